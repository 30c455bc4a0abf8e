package assessment

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// checkable is an assessment of which nothing is to be asked.
const checkable = `assessment: 1
catalogue: "2026.1"
made: 2026-11-22
repository: {name: Example Registry}
taxonomy: {accounts: true, built: false, builds: false}
capabilities:
  email-verified:
    state: met
    evidence: [{where: The handbook, date: 2025-11-22}]
  mfa-totp:
    state: planned
    plan: {by: 2026-11-22}
  yank: {state: not_met}
  status-page: {state: unknown}
`

func TestCheck(t *testing.T) {
	standing := func(found, said assess.State, reasons ...string) []assess.Standing {
		s := assess.Standing{Capability: "email-verified", State: found, Knowledge: assess.Probed, Reasons: reasons}
		if found != said {
			s.Contradicts = said
		}
		return []assess.Standing{s}
	}
	for _, c := range []struct {
		name, inPlaceOf, is string
		card                []assess.Standing
		want                []string // "severity line:column: message"
	}{
		{name: "nothing to ask", want: nil},
		{name: "another catalogue", inPlaceOf: `"2026.1"`, is: `"2025.7"`,
			want: []string{`finding 2:1: catalogue: made against catalogue 2025.7, and this build's is 2026.1: what changed since stands in the catalogue's list of changes`}},
		{name: "made tomorrow", inPlaceOf: "made: 2026-11-22", is: "made: 2026-11-24",
			want: []string{`mistake 3:1: made: 2026-11-24 lies in the future`}},
		{name: "a claim without evidence", inPlaceOf: "[{where: The handbook, date: 2025-11-22}]", is: "[]",
			want: []string{`finding 9:5: capabilities.email-verified.evidence: says met, and nothing shows it: link a public document, or say where it is`}},
		{name: "a claim without even the word evidence", inPlaceOf: "yank: {state: not_met}", is: "yank: {state: partial}",
			want: []string{`finding 13:3: capabilities.yank.evidence: says partial, and nothing shows it: link a public document, or say where it is`}},
		{name: "a claim that checks found", inPlaceOf: "[{where: The handbook, date: 2025-11-22}]", is: "[]",
			card: standing(assess.Met, assess.Met, "a publish was refused"), want: nil},
		{name: "a claim that a card repeats", inPlaceOf: "[{where: The handbook, date: 2025-11-22}]", is: "[]",
			card: []assess.Standing{{Capability: "email-verified", State: assess.Met, Knowledge: assess.Stated}},
			want: []string{`finding 9:5: capabilities.email-verified.evidence: says met, and nothing shows it: link a public document, or say where it is`}},
		{name: "evidence older than a year", inPlaceOf: "2025-11-22}", is: "2025-11-21}",
			want: []string{`finding 9:38: capabilities.email-verified.evidence[0].date: 2025-11-21 is more than a year ago: read the document again, and date it anew if it still says so`}},
		{name: "evidence from the future", inPlaceOf: "2025-11-22}", is: "2026-11-24}",
			want: []string{`mistake 9:38: capabilities.email-verified.evidence[0].date: 2026-11-24 lies in the future`}},
		{name: "evidence of a day that has begun elsewhere", inPlaceOf: "2025-11-22}", is: "2026-11-23}", want: nil},
		{name: "planned without a plan", inPlaceOf: "plan: {by: 2026-11-22}", is: "note: soon",
			want: []string{`finding 10:3: capabilities.mfa-totp.plan: the state is planned, and there is no plan: by which day, and what it waits for`}},
		{name: "planned without a day", inPlaceOf: "{by: 2026-11-22}", is: "{weeks: 2}",
			want: []string{`finding 12:5: capabilities.mfa-totp.plan: has no day by which it is to be done: say by: with a date`}},
		{name: "planned for yesterday", inPlaceOf: "{by: 2026-11-22}", is: "{by: 2026-11-21}",
			want: []string{`finding 12:12: capabilities.mfa-totp.plan.by: 2026-11-21 is past: give a new day, or another state`}},
		{name: "an entry that is missing", inPlaceOf: "  yank: {state: not_met}\n", is: "",
			want: []string{`finding 6:1: capabilities.yank: is missing: by the taxonomy it applies. If nobody knows, say so with state: unknown`}},
		{name: "one that is missing while nobody knows whether it applies", inPlaceOf: "built: false, ", is: "",
			want: []string{`finding 6:1: capabilities.build-provenance: is missing: by the taxonomy it applies. If nobody knows, say so with state: unknown`}},
		{name: "an entry of what does not apply", inPlaceOf: "  yank:", is: "  build-provenance: {state: not_met}\n  yank:",
			want: []string{`finding 13:22: capabilities.build-provenance.state: says not_met, and by the taxonomy this does not apply (it is asked of those with built or builds): take the entry out, or correct the taxonomy`}},
		{name: "a claim of what does not apply", inPlaceOf: "  yank:", is: "  build-provenance: {state: met}\n  yank:",
			want: []string{`finding 13:22: capabilities.build-provenance.state: says met, and by the taxonomy this does not apply (it is asked of those with built or builds): take the entry out, or correct the taxonomy`}},
		{name: "what does not apply is unknown", inPlaceOf: "  yank:", is: "  build-provenance: {state: unknown}\n  yank:", want: nil},
		{name: "what does not apply, said", inPlaceOf: "  yank:", is: "  build-provenance: {state: not_applicable}\n  yank:", want: nil},
		{name: "checks found less", card: standing(assess.NotMet, assess.Met, "npm: a publish went through", "a \x1b[31mrecovery\n mail came"),
			want: []string{`contradiction 8:5: capabilities.email-verified.state: says met, and the checks found not_met: npm: a publish went through; a [31mrecovery mail came`}},
		{name: "checks found more", inPlaceOf: "state: met", is: "state: not_met", card: standing(assess.Met, assess.NotMet),
			want: []string{`contradiction 8:5: capabilities.email-verified.state: says not_met, and the checks found met`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(checkable, c.inPlaceOf) {
				t.Fatalf("there is no %q", c.inPlaceOf)
			}
			a, problems := Read("a.yaml", []byte(strings.Replace(checkable, c.inPlaceOf, c.is, 1)), small())
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			var got []string
			for _, p := range Check(a, small(), noon, c.card) {
				if p.File != "a.yaml" || (p.Capability == "") == strings.HasPrefix(p.Message, "capabilities.") {
					t.Errorf("file %q, capability %q", p.File, p.Capability)
				}
				got = append(got, fmt.Sprintf("%s %d:%d: %s", p.Severity, p.Line, p.Column, p.Message))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestCheckOfWhatCouldNotBeRead(t *testing.T) {
	if got := Check(nil, small(), noon, nil); got != nil {
		t.Errorf("%v", got)
	}
}

// TestCheckUnderstandsDerive goes the whole way from an entry that a check
// refutes.
func TestCheckUnderstandsDerive(t *testing.T) {
	a, problems := Read("a.yaml", []byte(checkable), small())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	standings := assess.Derive(refuted(small(), a))
	got := Check(a, small(), noon, standings)
	if len(got) != 1 || got[0].Severity != Contradiction || got[0].Capability != "email-verified" || !strings.HasSuffix(got[0].Message, "found not_met: it went through") {
		t.Errorf("%v", got)
	}
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name    string
		options Options
		holds   []string
		lacks   []string
		subject string
	}{
		{"nothing known", Options{Catalogue: small()}, []string{"addresses: {}", "  #accounts: true", "  build-provenance:\n", `name: "A package repository"`}, []string{"not_applicable"}, "A package repository"},
		{"traits known", Options{Catalogue: small(), Traits: assess.Taxonomy{"accounts": true, "built": false, "builds": false}},
			[]string{"  accounts: true", "  built: false"}, []string{"build-provenance"}, "A package repository"},
		{"an outcome of which nothing applies", Options{Catalogue: small(), Traits: assess.Taxonomy{"accounts": false}},
			[]string{"# 2. Second outcome"}, []string{"First outcome", "mfa-totp"}, "A package repository"},
		{"named after its address", Options{Catalogue: small(), Addresses: addresses("npm", "https://registry.example/npm/")},
			[]string{`npm: "https://registry.example/npm/"`}, nil, "registry.example"},
		{"an address with a password", Options{Catalogue: small(), Addresses: addresses("npm", "https://me:secret@registry.example/npm/")},
			nil, []string{"secret", "me:secret"}, "registry.example"},
		{"a name that looks like YAML", Options{Catalogue: small(), Name: "a: [b] # \"c\" 'd' \\ <e> &f"}, nil, nil, "a: [b] # \"c\" 'd' \\ <e> &f"},
		{"a name that looks like no", Options{Catalogue: small(), Name: "no"}, nil, nil, "no"},
		{"a name that drives terminals", Options{Catalogue: small(), Name: "a\x1b[2J\r\nb\u202ec"}, nil, []string{"\x1b"}, "a[2J bc"},
		{"a long name", Options{Catalogue: small(), Name: strings.Repeat("é", 1000)}, nil, nil, strings.Repeat("é", 150) + "…"},
		{"the whole catalogue", Options{Catalogue: current(t), Name: "Example", Addresses: addresses("golang", "http://127.0.0.1:1/go/")}, nil, nil, "Example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.options.Now = noon
			raw := New(c.options)
			for _, s := range c.holds {
				if !strings.Contains(string(raw), s) {
					t.Errorf("does not hold %q:\n%s", s, raw)
				}
			}
			for _, s := range c.lacks {
				if strings.Contains(string(raw), s) {
					t.Errorf("holds %q:\n%s", s, raw)
				}
			}
			a, problems := Read("a.yaml", raw, c.options.Catalogue)
			if len(problems) > 0 {
				t.Fatalf("%v in\n%s", problems, raw)
			}
			if a.Subject().Name != c.subject {
				t.Errorf("its name is %q, want %q", a.Subject().Name, c.subject)
			}
			want := 0
			for _, k := range c.options.Catalogue.All() {
				e, there := a.Entries()[k.ID]
				applies, _ := c.options.Traits.Applies(k.AppliesWhen)
				if applies {
					want++
				}
				if there != applies || there && (e.State != assess.Unknown || e.Evidence != nil || e.Note != "" || e.Plan != nil) {
					t.Errorf("%s: there %t, applies %t, %+v", k.ID, there, applies, e)
				}
			}
			if len(a.Entries()) != want {
				t.Errorf("%d entries, want %d", len(a.Entries()), want)
			}
			if got := Check(a, c.options.Catalogue, noon, nil); len(got) > 0 {
				t.Errorf("a new assessment is asked about: %v", got)
			}
			for line := range strings.Lines(string(raw)) {
				if strings.HasPrefix(strings.TrimSpace(line), "# ") && len([]rune(line)) > width+1 {
					t.Errorf("a comment is too long: %s", line)
				}
			}
		})
	}
}

// TestNewSaysHowInWordsThatWork takes the # away from every line that says
// so, and reads the examples of the head.
func TestNewSaysHowInWordsThatWork(t *testing.T) {
	var out, examples strings.Builder
	for line := range strings.Lines(string(New(Options{Catalogue: small(), Now: noon}))) {
		trimmed := strings.TrimLeft(line, " ")
		if len(trimmed) > 1 && trimmed[0] == '#' && trimmed[1] != ' ' {
			line = strings.Replace(line, "#", "", 1)
		}
		out.WriteString(line)
		if text, ok := strings.CutPrefix(line, "#   "); ok && (strings.HasPrefix(text, "evidence:") || strings.HasPrefix(text, "  - ") || strings.HasPrefix(text, "plan:")) {
			examples.WriteString("    " + text)
		}
	}
	if n := strings.Count(examples.String(), "\n"); n != 4 {
		t.Fatalf("%d lines of examples:\n%s", n, examples.String())
	}
	raw := strings.Replace(out.String(), "  yank:\n    state: unknown\n    evidence: []\n", "  yank:\n    state: planned\n"+examples.String(), 1)
	a, problems := Read("a.yaml", []byte(raw), small())
	if len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, raw)
	}
	if len(a.Taxonomy()) != 6 || len(a.Subject().Pages) < 9 {
		t.Errorf("%v, %v", a.Taxonomy(), a.Subject())
	}
	if y := a.Entries()["yank"]; len(y.Evidence) != 2 || y.Plan == nil || y.Plan.By == "" {
		t.Errorf("%+v", y)
	}
	if got := Check(a, small(), noon.Add(24*time.Hour), nil); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

func TestTraitsAreThoseOfTheCatalogue(t *testing.T) {
	used := map[catalogue.Trait]bool{}
	for _, k := range current(t).All() {
		for _, trait := range slices.Concat(k.AppliesWhen.All, k.AppliesWhen.Any) {
			used[trait] = true
		}
	}
	for _, trait := range traits {
		delete(used, trait.trait)
	}
	if len(used) > 0 {
		t.Errorf("the catalogue asks for traits that an assessment cannot state: %v", used)
	}
}
