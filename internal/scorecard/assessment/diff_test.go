package assessment

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assay.invalid/internal/scorecard/assess"
)

func mustRead(t testing.TB, name, raw string) *Assessment {
	t.Helper()
	a, problems := Read(name, []byte(raw), small())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return a
}

func TestDiffOfOneAssessmentIsEmpty(t *testing.T) {
	for name, raw := range map[string]string{"sound": sound, "checkable": checkable, "sourced": sourced} {
		a, b := mustRead(t, "a.yaml", raw), mustRead(t, "b.yaml", strings.Replace(raw, "made: 2026-11-22", "made: 2026-11-23", 1))
		if c := Diff(a, b, small()); !c.Empty() || c.Now.Made != "2026-11-23" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name, inPlaceOf, is string
		want                string // JSON of what changed, without the editions
	}{
		{"a state", "status-page: {state: not_met,", "status-page: {state: met,",
			`{"capabilities":[{"capability":"status-page","title":"Title of status-page","state":{"of":"state","then":"not_met","now":"met"}}]}`},
		{"what was stated is documented", `status-page: {state: not_met, evidence: [],`, `status-page: {state: not_met, evidence: [{where: A page, date: 2026-10-02}],`,
			`{"capabilities":[{"capability":"status-page","title":"Title of status-page","knowledge":{"of":"knowledge","then":"stated","now":"documented"},` +
				`"evidence_added":[{"where":"A page","date":"2026-10-02"}]}]}`},
		{"a document dated anew", "title: Signing up, date: 2026-10-01", "title: Signing up, date: 2026-11-01",
			`{"capabilities":[{"capability":"email-verified","title":"Title of email-verified","evidence_changed":[` +
				`{"then":{"url":"https://registry.example/docs","title":"Signing up","date":"2026-10-01"},"now":{"url":"https://registry.example/docs","title":"Signing up","date":"2026-11-01"}}]}]}`},
		{"another document", "url: https://registry.example/docs, title: Signing up", "url: https://registry.example/new, title: Signing up",
			`{"capabilities":[{"capability":"email-verified","title":"Title of email-verified",` +
				`"evidence_added":[{"url":"https://registry.example/new","title":"Signing up","date":"2026-10-01"}],` +
				`"evidence_removed":[{"url":"https://registry.example/docs","title":"Signing up","date":"2026-10-01"}]}]}`},
		{"a plan moved later", "by: 2027-06-30", "by: 2027-09-30",
			`{"capabilities":[{"capability":"mfa-totp","title":"Title of mfa-totp","plan":{` +
				`"then":{"by":"2027-06-30","weeks":2.5,"waits_for":"people","note":"A reviewer is missing."},` +
				`"now":{"by":"2027-09-30","weeks":2.5,"waits_for":"people","note":"A reviewer is missing."},"moved":"later"}}]}`},
		{"a plan moved earlier", "by: 2027-06-30", "by: 2027-01-01",
			`{"capabilities":[{"capability":"mfa-totp","title":"Title of mfa-totp","plan":{` +
				`"then":{"by":"2027-06-30","weeks":2.5,"waits_for":"people","note":"A reviewer is missing."},` +
				`"now":{"by":"2027-01-01","weeks":2.5,"waits_for":"people","note":"A reviewer is missing."},"moved":"earlier"}}]}`},
		{"a plan that names no day any more", "by: 2027-06-30, ", "",
			`{"capabilities":[{"capability":"mfa-totp","title":"Title of mfa-totp","plan":{` +
				`"then":{"by":"2027-06-30","weeks":2.5,"waits_for":"people","note":"A reviewer is missing."},` +
				`"now":{"by":"","weeks":2.5,"waits_for":"people","note":"A reviewer is missing."}}}]}`},
		{"a note", "note: Since 2024.", "note: Since 2025.",
			`{"capabilities":[{"capability":"email-verified","title":"Title of email-verified","note":{"of":"note","then":"Since 2024.","now":"Since 2025."}}]}`},
		{"a date from which on", "    note: Since 2024.", "    since: 2024\n    note: Since 2024.",
			`{"capabilities":[{"capability":"email-verified","title":"Title of email-verified","since":{"of":"since","then":"","now":"2024"}}]}`},
		{"an entry taken out", "  status-page: {state: not_met, evidence: [], note: \"\", plan: }\n", "",
			`{"capabilities":[{"capability":"status-page","title":"Title of status-page","entry":"removed",` +
				`"state":{"of":"state","then":"not_met","now":"unknown"},"knowledge":{"of":"knowledge","then":"stated","now":""}}]}`},
		{"governance", "Five people, who", "Six people, who",
			`{"repository":[{"of":"governance","then":"Five people, who decide by vote.","now":"Six people, who decide by vote."}]}`},
		{"an address, and with it an ecosystem", ", golang: https://registry.example/go/", "",
			`{"repository":[{"of":"ecosystems","then":"golang, npm","now":"npm"},` +
				`{"of":"addresses","then":"golang https://registry.example/go/, npm https://registry.example/npm/","now":"npm https://registry.example/npm/"}]}`},
		{"a trait, and what depends on it", "taxonomy: {accounts: true,", "taxonomy: {accounts: false,",
			`{"taxonomy":[{"of":"accounts","then":"true","now":"false"}],"capabilities":[` +
				`{"capability":"email-verified","title":"Title of email-verified","state":{"of":"state","then":"met","now":"not_applicable"},"knowledge":{"of":"knowledge","then":"documented","now":""}},` +
				`{"capability":"mfa-totp","title":"Title of mfa-totp","state":{"of":"state","then":"planned","now":"not_applicable"},"knowledge":{"of":"knowledge","then":"stated","now":""}}]}`},
		{"a trait that is not known any more", "taxonomy: {accounts: true, built", "taxonomy: {built",
			`{"taxonomy":[{"of":"accounts","then":"true","now":"not known"}]}`},
		{"another catalogue", `"2026.1"`, `"2027.1"`, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := strings.Replace(sound, c.inPlaceOf, c.is, 1)
			if raw == sound {
				t.Fatalf("the sound assessment has no %q", c.inPlaceOf)
			}
			changes := Diff(mustRead(t, "a.yaml", sound), mustRead(t, "b.yaml", raw), small())
			if changes.Empty() {
				t.Error("it is called empty")
			}
			if differs := changes.Then.Catalogue != changes.Now.Catalogue; differs != strings.HasPrefix(c.name, "another catalogue") {
				t.Errorf("catalogue %s, then %s", changes.Then.Catalogue, changes.Now.Catalogue)
			}
			var got, want map[string]any
			text, err := json.Marshal(changes)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			delete(got, "then")
			delete(got, "now")
			for _, list := range []string{"repository", "taxonomy", "capabilities"} {
				if items, ok := got[list].([]any); ok && len(items) == 0 {
					delete(got, list)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%s\nwant\n%s", text, c.want)
			}
		})
	}
}

// TestADocumentCitedTwice is told from one that is cited once.
func TestADocumentCitedTwice(t *testing.T) {
	one := assess.Link{Where: "The handbook", Date: "2026"}
	added, removed, changed := links([]assess.Link{one, one}, []assess.Link{one})
	if len(added) != 0 || len(removed) != 1 || len(changed) != 0 {
		t.Errorf("added %v, removed %v, changed %v", added, removed, changed)
	}
	other := one
	other.Date = "2027"
	added, removed, changed = links([]assess.Link{one, other}, []assess.Link{other})
	if len(added) != 0 || len(removed) != 1 || removed[0] != one || len(changed) != 0 {
		t.Errorf("added %v, removed %v, changed %v", added, removed, changed)
	}
}

// TestDiffIsTheSameFromBothSides: what one direction adds the other removes.
func TestDiffIsTheSameFromBothSides(t *testing.T) {
	cat := small()
	draw := func(t *rapid.T) *Assessment {
		a := &Assessment{file: "a.yaml", catalogue: "2026.1", taxonomy: assess.Taxonomy{}, entries: map[string]assess.Entry{}}
		for _, trait := range traits {
			if rapid.Bool().Draw(t, "known") {
				a.taxonomy[trait.trait] = rapid.Bool().Draw(t, "has")
			}
		}
		for _, c := range cat.All() {
			if !rapid.Bool().Draw(t, "an entry") {
				continue
			}
			e := assess.Entry{State: rapid.SampledFrom(assess.States).Draw(t, "state"), Note: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "note")}
			for range rapid.IntRange(0, 3).Draw(t, "documents") {
				e.Evidence = append(e.Evidence, assess.Link{Where: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "where"), Date: rapid.SampledFrom([]string{"2025", "2026"}).Draw(t, "date")})
			}
			if e.State == assess.Planned && rapid.Bool().Draw(t, "a plan") {
				e.Plan = &assess.Plan{By: rapid.SampledFrom([]string{"", "2027-01-01", "2027-06-30"}).Draw(t, "by")}
			}
			a.entries[c.ID] = e
		}
		return a
	}
	opposite := map[string]string{"earlier": "later", "later": "earlier", "added": "removed", "removed": "added", "": ""}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t), draw(t)
		if c := Diff(a, a, cat); !c.Empty() {
			t.Fatalf("from itself: %+v", c)
		}
		there, back := Diff(a, b, cat), Diff(b, a, cat)
		if len(there.Capabilities) != len(back.Capabilities) || len(there.Taxonomy) != len(back.Taxonomy) || there.Empty() != back.Empty() {
			t.Fatalf("there %+v\nback %+v", there, back)
		}
		for i, x := range there.Capabilities {
			y := back.Capabilities[i]
			if x.Entry != opposite[y.Entry] || len(x.Added) != len(y.Removed) || len(x.Removed) != len(y.Added) || len(x.Changed) != len(y.Changed) ||
				(x.State == nil) != (y.State == nil) || x.State != nil && (x.State.Then != y.State.Now || x.State.Now != y.State.Then) ||
				(x.Plan == nil) != (y.Plan == nil) || x.Plan != nil && x.Plan.Moved != opposite[y.Plan.Moved] {
				t.Fatalf("there %+v\nback %+v", x, y)
			}
		}
	})
}
