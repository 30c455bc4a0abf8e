package assessment

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/assess"
)

// sourced is an assessment by others than the repository, with all that its
// sources may say.
const sourced = `assessment: 1
catalogue: "2026.1"
made: 2026-11-22
by: a reader of public documents
repository:
  name: Example Registry
  ecosystems: [npm, golang]
  governance: A foundation.
  evidence: [{where: The statutes, date: 2019, basis: documentation, publisher: The foundation}]
  reach:
    - of: downloads
      number: 1000000000000
      per: year
      note: the source says "over"
      evidence: {url: https://blog.example/numbers, title: Numbers, publisher: Example, date: 2025-04, basis: blog post}
    - {of: packages, number: 190000, evidence: {where: The front page, date: "2026-04", undated: true}}
  correction: Write to the list.
taxonomy: {accounts: true, built: false, builds: false}
capabilities:
  email-verified:
    state: met
    since: 2024-03
    evidence:
      - {url: https://registry.example/docs, title: Sign-up, publisher: Example, date: 2024, basis: documentation, says: Mail is verified first.}
      - {where: An old guide, date: 2023-12-01, undated: false, basis: survey, says: No mail is sent., against: true}
    note: The sources differ.
  mfa-totp: {state: unknown}
  yank: {state: unknown}
  status-page: {state: unknown}
`

func TestReadsWhatSourcesSay(t *testing.T) {
	a, problems := Read("a.yaml", []byte(sourced), small())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for what, pair := range map[string][2]any{
		"by":         {a.By(), "a reader of public documents"},
		"ecosystems": {a.Ecosystems(), []assay.Ecosystem{"npm", "golang"}},
		"correction": {a.Correction(), "Write to the list."},
		"evidence":   {a.Evidence(), []assess.Link{{Where: "The statutes", Date: "2019", Basis: assess.Documentation, Publisher: "The foundation"}}},
		"reach": {a.Reach(), []Reach{
			{Of: "downloads", Number: 1e12, Per: "year", Note: `the source says "over"`,
				Evidence: assess.Link{URL: "https://blog.example/numbers", Title: "Numbers", Publisher: "Example", Date: "2025-04", Basis: assess.BlogPost}},
			{Of: "packages", Number: 190000, Evidence: assess.Link{Where: "The front page", Date: "2026-04", Undated: true}},
		}},
		"the entry": {a.Entries()["email-verified"], assess.Entry{State: assess.Met, Since: "2024-03", Note: "The sources differ.", Evidence: []assess.Link{
			{URL: "https://registry.example/docs", Title: "Sign-up", Publisher: "Example", Date: "2024", Basis: assess.Documentation, Says: "Mail is verified first."},
			{Where: "An old guide", Date: "2023-12-01", Basis: assess.Survey, Says: "No mail is sent.", Against: true},
		}}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %+v, want %+v", what, pair[0], pair[1])
		}
	}
	a.Reach()[0].Number, a.Evidence()[0].Title, a.Ecosystems()[0] = 1, "x", "x"
	if a.Reach()[0].Number != 1e12 || a.Evidence()[0].Title != "" || a.Ecosystems()[0] != "npm" {
		t.Error("what it hands out can be used to change it")
	}
	if err := schema(t).Validate(asJSON(t, sourced)); err != nil {
		t.Error(err)
	}
}

// TestEcosystemsFollowFromAddresses where the file does not list them.
func TestEcosystemsFollowFromAddresses(t *testing.T) {
	a, problems := Read("a.yaml", []byte(sound), small())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if want := []assay.Ecosystem{"golang", "npm"}; !reflect.DeepEqual(a.Ecosystems(), want) {
		t.Errorf("%v, want %v", a.Ecosystems(), want)
	}
}

func TestMistakesInWhatSourcesSay(t *testing.T) {
	s := schema(t)
	for _, c := range []struct {
		name, inPlaceOf, is, want string
		onlyRead                  bool // what no schema can say
	}{
		{name: "an unknown basis", inPlaceOf: "basis: survey", is: "basis: hearsay",
			want: `25:72: capabilities.email-verified.evidence[1].basis: "hearsay" is no basis: source code, documentation, blog post, search excerpt or survey`},
		{name: "against in words", inPlaceOf: "against: true", is: "against: perhaps",
			want: `25:113: capabilities.email-verified.evidence[1].against: text where true or false belongs: say true if it speaks against the state, else leave the line out`},
		{name: "a season", inPlaceOf: "since: 2024-03", is: "since: spring",
			want: `22:12: capabilities.email-verified.since: "spring" is no date: write year, month and day, as 2026-10-01, or 2026-10 or 2026 if no more is known`},
		{name: "a thirteenth month", inPlaceOf: "date: 2025-04", is: "date: 2025-13",
			want: `15:95: repository.reach[0].evidence.date: "2025-13" is no date: write year, month and day, as 2026-10-01, or 2026-10 or 2026 if no more is known`},
		{name: "an undated document without the day of reading", inPlaceOf: `date: "2026-04", undated`, is: "undated",
			want: `16:48: repository.reach[1].evidence.date: is missing: when the document was written, or read if it bears no date, as 2026-10-01`},
		{name: "a reach of stars", inPlaceOf: "of: downloads", is: "of: stars",
			want: `11:11: repository.reach[0].of: "stars" is no thing to count: downloads, requests, packages, files, dependents, publishers, organisations or bytes`},
		{name: "a reach of nothing", inPlaceOf: "of: downloads\n      number", is: "number",
			want: `11:7: repository.reach[0].of: is missing: it is what was counted: downloads, requests, packages, files, dependents, publishers, organisations or bytes`},
		{name: "a reach in words", inPlaceOf: "number: 190000", is: "number: many",
			want: `16:30: repository.reach[1].number: text where a number belongs`},
		{name: "a reach of half a package", inPlaceOf: "number: 190000", is: "number: 0.5",
			want: `16:30: repository.reach[1].number: "0.5": a whole number from 1 to 9007199254740991 belongs here`},
		{name: "a reach without end", inPlaceOf: "number: 190000", is: "number: .inf", onlyRead: true,
			want: `16:30: repository.reach[1].number: ".inf": a whole number from 1 to 9007199254740991 belongs here`},
		{name: "a reach that nobody states", inPlaceOf: `, evidence: {where: The front page, date: "2026-04", undated: true}`, is: "",
			want: `16:7: repository.reach[1].evidence: is missing: it is the document that says so`},
		{name: "a reach in a blink", inPlaceOf: "per: year", is: "per: blink",
			want: `13:12: repository.reach[0].per: "blink" is no span of time: day, month or year`},
		{name: "an ecosystem in capitals", inPlaceOf: "[npm, golang]", is: "[NPM]",
			want: `7:16: repository.ecosystems[0]: "NPM" is no ecosystem: npm, golang, pypi, ... in small letters, as in package URLs`},
		{name: "an ecosystem twice", inPlaceOf: "[npm, golang]", is: "[npm, npm]",
			want: `7:21: repository.ecosystems[1]: "npm" stands in this list twice: keep one`},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := strings.Replace(sourced, c.inPlaceOf, c.is, 1)
			if raw == sourced {
				t.Fatalf("the assessment has no %q", c.inPlaceOf)
			}
			a, problems := Read("a.yaml", []byte(raw), small())
			var got []string
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
			}
			if len(got) != 1 || got[0] != c.want || a != nil {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), c.want)
			}
			if !c.onlyRead && s.Validate(asJSON(t, raw)) == nil {
				t.Error("the schema takes it")
			}
		})
	}
}

func TestChecksWhatSourcesSay(t *testing.T) {
	for _, c := range []struct{ name, inPlaceOf, is, want string }{
		{"an old year", "", "",
			"24:82: capabilities.email-verified.evidence[0].date: 2024 is more than a year ago"},
		{"a year that is not over counts from its end", "date: 2024,", "date: 2025,", ""},
		{"a month that is coming", "date: 2024,", "date: 2026-12,",
			"24:82: capabilities.email-verified.evidence[0].date: 2026-12 lies in the future"},
		{"this year", "date: 2024,", "date: 2026,", ""},
		{"a state that is to hold next year", "since: 2024-03", "since: 2027",
			"22:5: capabilities.email-verified.since: 2027 lies in the future"},
		{"governance that is old", "", "", "9:36: repository.evidence[0].date: 2019 is more than a year ago"},
		{"a reach of next year", "date: 2025-04", "date: 2027", "15:89: repository.reach[0].evidence.date: 2027 lies in the future"},
		{"only what speaks against the state", "says: Mail is verified first.", "against: true",
			"23:5: capabilities.email-verified.evidence: says met, and all that is linked speaks against it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, problems := Read("a.yaml", []byte(strings.Replace(sourced, c.inPlaceOf, c.is, 1)), small())
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var told []string
			for _, p := range Check(a, small(), noon, nil) {
				told = append(told, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
			}
			all := strings.Join(told, "\n")
			if c.want != "" && !strings.Contains(all, c.want) {
				t.Errorf("got\n%s\nwant\n%s", all, c.want)
			}
			if c.want == "" && strings.Contains(all, "evidence[0].date: 202") && strings.Contains(all, "capabilities.email-verified.evidence[0]") {
				t.Errorf("got\n%s", all)
			}
		})
	}
}
