package assessment

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
)

const sound = `# A whole assessment.
assessment: 1
catalogue: "2026.1"
made: 2026-11-22
repository:
  name: Example Registry
  addresses: {npm: https://registry.example/npm, golang: https://registry.example/go/}
  pages: {package: "https://registry.example/p/{name}", releases: https://registry.example/releases}
  governance: Five people, who decide by vote.
taxonomy: {accounts: true, built: false, builds: false}
capabilities:
  email-verified:
    state: met
    evidence: [{url: https://registry.example/docs, title: Signing up, date: 2026-10-01}]
    note: Since 2024.
  mfa-totp:
    state: planned
    plan: {by: 2027-06-30, weeks: 2.5, waits_for: people, note: A reviewer is missing.}
  yank:
    state: partial
    evidence:
      - where: The printed handbook, page 3
        date: "2026-09-30"
  build-provenance: {state: not_applicable}
  status-page: {state: not_met, evidence: [], note: "", plan: }
`

func TestReadsAWholeAssessment(t *testing.T) {
	a, problems := Read("a.yaml", []byte(sound), small())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	entries := map[string]assess.Entry{
		"email-verified": {State: assess.Met, Note: "Since 2024.",
			Evidence: []assess.Link{{URL: "https://registry.example/docs", Title: "Signing up", Date: "2026-10-01"}}},
		"mfa-totp":         {State: assess.Planned, Plan: &assess.Plan{By: "2027-06-30", Weeks: 2.5, WaitsFor: "people", Note: "A reviewer is missing."}},
		"yank":             {State: assess.Partial, Evidence: []assess.Link{{Where: "The printed handbook, page 3", Date: "2026-09-30"}}},
		"build-provenance": {State: assess.NotApplicable},
		"status-page":      {State: assess.NotMet},
	}
	subject := scorecard.Subject{Name: "Example Registry",
		Addresses: map[assay.Ecosystem]string{"npm": "https://registry.example/npm/", "golang": "https://registry.example/go/"},
		Pages:     map[string]string{"package": "https://registry.example/p/{name}", "releases": "https://registry.example/releases"}}
	taxonomy := assess.Taxonomy{"accounts": true, "built": false, "builds": false}
	for what, pair := range map[string][2]any{
		"entries":    {a.Entries(), entries},
		"subject":    {a.Subject(), subject},
		"taxonomy":   {a.Taxonomy(), taxonomy},
		"catalogue":  {a.Catalogue(), "2026.1"},
		"made":       {a.Made(), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)},
		"governance": {a.Governance(), "Five people, who decide by vote."},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %+v, want %+v", what, pair[0], pair[1])
		}
	}
	a.Entries()["yank"] = assess.Entry{}
	a.Subject().Pages["log"] = "x"
	if !reflect.DeepEqual(a.Entries(), entries) || !reflect.DeepEqual(a.Subject(), subject) {
		t.Error("what it hands out can be used to change it")
	}
}

// TestWaysToWrite are all the same to a reader.
func TestWaysToWrite(t *testing.T) {
	for _, c := range []struct {
		name, inPlaceOf, is string
		want                func(*Assessment) bool
	}{
		{"a note of two lines", "note: Since 2024.", "note: |\n      Since 2024.\n      For \"all\".\n",
			func(a *Assessment) bool { return a.Entries()["email-verified"].Note == "Since 2024.\nFor \"all\"." }},
		{"a version without quotes", `"2026.1"`, "2026.1", func(a *Assessment) bool { return a.Catalogue() == "2026.1" }},
		{"a version that a number would spoil", `"2026.1"`, "2026.10", func(a *Assessment) bool { return a.Catalogue() == "2026.10" }},
		{"nothing behind evidence", "evidence: [], ", "evidence: , ", func(a *Assessment) bool { return a.Entries()["status-page"].Evidence == nil }},
		{"no taxonomy yet", "taxonomy: {accounts: true, built: false, builds: false}", "taxonomy:\n  # accounts: true\n  built: false\n  builds: false",
			func(a *Assessment) bool { return len(a.Taxonomy()) == 2 }},
		{"a plan that waits for nothing", "waits_for: people", `waits_for: ""`, func(a *Assessment) bool { return a.Entries()["mfa-totp"].Plan.WaitsFor == "" }},
		{"Windows line ends", "\n", "\r\n", func(a *Assessment) bool { return len(a.Entries()) == 5 }},
		{"an encoded brace", "/p/{name}", "/p/{name}?x=%7B", func(a *Assessment) bool {
			return a.Subject().Pages["package"] == "https://registry.example/p/{name}?x=%7B"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(sound, c.inPlaceOf) {
				t.Fatalf("the sound assessment has no %q", c.inPlaceOf)
			}
			a, problems := Read("a.yaml", []byte(strings.ReplaceAll(sound, c.inPlaceOf, c.is)), small())
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			if !c.want(a) {
				t.Errorf("%+v", a)
			}
		})
	}
}

// TestMistakes changes one thing in the sound assessment; "in place of" is
// what stood there.
func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		name, inPlaceOf, is string
		want                string // "line:column: message" of the only problem
	}{
		{"a state mistyped", "state: planned", "state: plannd", `17:12: capabilities.mfa-totp.state: "plannd" is no state: met, partial, planned, not_met or unknown`},
		{"a state in capitals", "state: met", "state: Met", `13:12: capabilities.email-verified.state: "Met" is no state: met, partial, planned, not_met or unknown`},
		{"no state", "state: partial", "note: x", `20:5: capabilities.yank.state: is missing: met, partial, planned, not_met or unknown`},
		{"nothing as state", "state: partial", "state:", `20:11: capabilities.yank.state: nothing where state belongs: met, partial, planned, not_met or unknown`},
		{"a list as state", "state: partial", "state: [met]", `20:12: capabilities.yank.state: a list where state belongs: met, partial, planned, not_met or unknown`},
		{"not applicable by hand", "state: met", "state: not_applicable", `13:5: capabilities.email-verified.state: not_applicable follows from the taxonomy alone, and by the taxonomy this applies (it is asked of those with accounts). Write met, partial, planned, not_met or unknown, or correct the taxonomy`},
		{"not applicable, taxonomy silent", "built: false, ", "", `24:22: capabilities.build-provenance.state: not_applicable follows from the taxonomy alone, and the taxonomy does not say enough: this is asked of those with built or builds. Complete the taxonomy, or write met, partial, planned, not_met or unknown`},
		{"not applicable of what all are asked", "state: not_met", "state: not_applicable", `25:17: capabilities.status-page.state: not_applicable is not true of this one: every repository is asked for it. Write met, partial, planned, not_met or unknown`},
		{"an unknown key of an entry", "note: Since", "notes: Since", `15:5: capabilities.email-verified: "notes" is no key here: did you mean note?`},
		{"an unknown key at the top", "taxonomy:", "taxonomi:", `10:1: "taxonomi" is no key here: did you mean taxonomy?`},
		{"a key like no other", "governance:", "zzzzzzzzzzzz:", `9:3: repository: "zzzzzzzzzzzz" is no key here: there are name, addresses, pages, governance, ecosystems, evidence, reach, correction`},
		{"a capability mistyped", "  mfa-totp:", "  mfa_topt:", `16:3: capabilities: "mfa_topt" is no capability of catalogue 2026.1: did you mean mfa-totp?`},
		{"a capability twice", "  mfa-totp:", "  email-verified:", `16:3: capabilities: "email-verified" stands here twice, first in line 12: keep one`},
		{"a key twice", "note: Since", "state: partial\n    note: Since", `15:5: capabilities.email-verified: "state" stands here twice, first in line 13: keep one`},
		{"a date that is none", "date: 2026-10-01", "date: 2026-02-30", `14:78: capabilities.email-verified.evidence[0].date: "2026-02-30" is no date: write year, month and day, as 2026-10-01, or 2026-10 or 2026 if no more is known`},
		{"a date with a time", "date: 2026-10-01", "date: 2026-10-01T10:00:00Z", `14:78: capabilities.email-verified.evidence[0].date: "2026-10-01T10:00:00Z" is no date: write year, month and day, as 2026-10-01, or 2026-10 or 2026 if no more is known`},
		{"evidence without a date", ", date: 2026-10-01", "", `14:16: capabilities.email-verified.evidence[0].date: is missing: when the document was written, or read if it bears no date, as 2026-10-01`},
		{"evidence of nothing", "url: https://registry.example/docs, ", "", `14:16: capabilities.email-verified.evidence[0]: has no url, and does not say where the document is`},
		{"evidence in two places", "title: Signing up", "where: here", `14:16: capabilities.email-verified.evidence[0]: has a url and says where: keep one`},
		{"evidence that is text", "[{url: https://registry.example/docs, title: Signing up, date: 2026-10-01}]", "https://registry.example/docs", `14:15: capabilities.email-verified.evidence: text where a list belongs: one item a line, each after a dash`},
		{"evidence that runs", "https://registry.example/docs", "javascript:alert(1)", `14:22: capabilities.email-verified.evidence[0].url: "javascript:alert(1)" is no web address: begin it with https://, and write a space as %20`},
		{"evidence without a scheme", "https://registry.example/docs", "registry.example/docs", `14:22: capabilities.email-verified.evidence[0].url: "registry.example/docs" is no web address: begin it with https://, and write a space as %20`},
		{"a plan for the autumn", "by: 2027-06-30", "by: autumn", `18:16: capabilities.mfa-totp.plan.by: "autumn" is no date: write year, month and day, as 2026-10-01`},
		{"a plan that waits for rain", "waits_for: people", "waits_for: rain", `18:51: capabilities.mfa-totp.plan.waits_for: "rain" is no thing to wait for: money, people or decision`},
		{"weeks in words", "weeks: 2.5", "weeks: two", `18:35: capabilities.mfa-totp.plan.weeks: text where a number of person-weeks belongs`},
		{"weeks without end", "weeks: 2.5", "weeks: .inf", `18:35: capabilities.mfa-totp.plan.weeks: ".inf" person-weeks: more than 0 and at most 10000, or leave the line out`},
		{"weeks that are none", "weeks: 2.5", "weeks: .nan", `18:35: capabilities.mfa-totp.plan.weeks: ".nan" person-weeks: more than 0 and at most 10000, or leave the line out`},
		{"a note that is a truth value", "note: Since 2024.", "note: true", `15:11: capabilities.email-verified.note: true or false where text belongs: put "true" in quotes`},
		{"a note with an escape sequence", "note: Since 2024.", `note: "\e[2J"`, `15:11: capabilities.email-verified.note: holds the sign U+001B, which does not show: take it out`},
		{"a note that turns around", "note: Since 2024.", `note: "a\u202Eb"`, `15:11: capabilities.email-verified.note: holds the sign U+202E, which does not show: take it out`},
		{"a note too long", "note: Since 2024.", "note: " + strings.Repeat("x", 5000), `15:11: capabilities.email-verified.note: 5000 bytes, and 4000 are the most`},
		{"an anchor", "note: Since 2024.", "note: &a Since 2024.", `15:11: anchors and aliases are refused: write it out, so that everyone reads the same`},
		{"a tag", "note: Since 2024.", "note: !!binary aGVsbG8=", `15:11: tags such as "!!binary" are refused: write the plain value`},
		{"a trait mistyped", "accounts: true", "acounts: true", `10:12: taxonomy: "acounts" is no key here: did you mean accounts?`},
		{"a trait that is perhaps", "builds: false", "builds: perhaps", `10:50: taxonomy.builds: text where true or false belongs: say true if it builds packages for its users, and leave the line out if nobody knows`},
		{"an ecosystem in capitals", "{npm:", "{NPM:", `7:15: repository.addresses: "NPM" is no ecosystem: npm, golang, pypi, ... in small letters, as in package URLs`},
		{"an address with a password", "npm: https://registry", "npm: https://me:secret@registry", `7:20: repository.addresses.npm: the address holds a user name or password: take it out, assessments are published (and change the password if this file was)`},
		{"a broken address with a password", "npm: https://registry", "npm: https://me:se cret@registry", `7:20: repository.addresses.npm: this is no web address: begin it with https://, and write a space as %20`},
		{"an address with a query", "https://registry.example/npm,", `"https://registry.example/npm?a=b",`, `7:20: repository.addresses.npm: a base address ends with its path: leave out what follows ? or #`},
		{"an address that ends with a question mark", "https://registry.example/npm,", `"https://registry.example/npm?",`, `7:20: repository.addresses.npm: a base address ends with its path: leave out what follows ? or #`},
		{"an unknown page", "releases: https", "realeses: https", `8:57: repository.pages: "realeses" is no page: did you mean releases?`},
		{"a package page for one package", "p/{name}", "p/lodash", `8:20: repository.pages.package: has no {name} in it, which stands for the package`},
		{"no name", "name: Example Registry", `name: ""`, `6:9: repository.name: is empty: say what people call the repository`},
		{"another form", "assessment: 1", "assessment: 2", `2:13: assessment: "2" is no form that this build reads: it reads form 1`},
		{"a form in words", "assessment: 1", "assessment: one", `2:13: assessment: text where the version of the form belongs: 1`},
		{"no day", "made: 2026-11-22\n", "", `2:1: made: is missing: it is the day on which it was made, as 2026-10-01`},
		{"no version of the catalogue", `catalogue: "2026.1"`, `catalogue:`, `3:11: catalogue: nothing where a version of the catalogue belongs: this build's is "2026.1"`},
		{"a second document", "  status-page: {state: not_met, evidence: [], note: \"\", plan: }", "---\na: 1\n", `25:1: a second document begins here: an assessment is one document`},
		{"a key that is a list", "  status-page:", "  [a]:", `25:3: capabilities: a list where a key belongs`},
		{"a merge key", "    note: Since 2024.", "    <<: {note: x}", `15:5: capabilities.email-verified: "<<" is no key here: there are state, since, evidence, note, plan`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(sound, c.inPlaceOf) {
				t.Fatalf("the sound assessment has no %q", c.inPlaceOf)
			}
			a, problems := Read("a.yaml", []byte(strings.Replace(sound, c.inPlaceOf, c.is, 1)), small())
			var got []string
			for _, p := range problems {
				if p.Severity != Mistake || p.File != "a.yaml" {
					t.Errorf("severity %q, file %q", p.Severity, p.File)
				}
				got = append(got, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
			}
			if len(got) != 1 || got[0] != c.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), c.want)
			}
			if a != nil {
				t.Error("an assessment with a mistake is handed out")
			}
		})
	}
}

func TestFilesThatAreNoAssessment(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"empty", "", "a.yaml:1:1: the file is empty: `assay assess new` writes one to begin with"},
		{"only comments", "# x\n", "a.yaml:1:1: the file is empty: `assay assess new` writes one to begin with"},
		{"a list", "- a\n", "a.yaml:1:1: an assessment is a mapping that begins with assessment: 1"},
		{"a word", "hello\n", "a.yaml:1:1: an assessment is a mapping that begins with assessment: 1"},
		{"no YAML", "a: 1\nb: [\n", "a.yaml:2:1: not readable as YAML: did not find expected node content"},
		{"bytes", "\x00\x01", "a.yaml:1:1: not readable as YAML: control characters are not allowed"},
		{"too big", strings.Repeat("#", 2<<20+1), "a.yaml:1:1: the file has 2097153 bytes, and an assessment has at most 2097152: keep documents elsewhere and link them as evidence"},
		{"an alias to nowhere", "a: *b\n", `a.yaml:1:1: not readable as YAML: unknown anchor 'b' referenced`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, problems := Read("a.yaml", []byte(c.raw), small())
			if a != nil || len(problems) != 1 || problems[0].String() != c.want {
				t.Errorf("got %v, %v\nwant %s", a, problems, c.want)
			}
		})
	}
}

func TestAllMistakesAtOnceInTheOrderOfTheFile(t *testing.T) {
	raw := strings.NewReplacer("assessment: 1", "assessment: x", "state: met", "state: mett", "by: 2027-06-30", "by: soon", "accounts: true", "accounts: 1").Replace(sound)
	_, problems := Read("a.yaml", []byte(raw), small())
	var lines []int
	var about []string
	for _, p := range problems {
		lines, about = append(lines, p.Line), append(about, p.Capability)
	}
	if !reflect.DeepEqual(lines, []int{2, 10, 13, 18}) || !reflect.DeepEqual(about, []string{"", "", "email-verified", "mfa-totp"}) {
		t.Errorf("lines %v about %q: %v", lines, about, problems)
	}
}

func TestAliasesCannotGrow(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	a, problems := Read("a.yaml", []byte(b.String()), small())
	if a != nil || len(problems) == 0 || !strings.Contains(problems[0].Message, "anchors and aliases are refused") {
		t.Errorf("%v", problems)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit func(*limits)
		want  string
	}{
		{"bytes of the file", func(l *limits) { l.bytes = 100 }, "an assessment has at most 100"},
		{"nesting", func(l *limits) { l.depth = 2 }, "nested more than 2 deep"},
		{"items of evidence", func(l *limits) { l.evidence = 0 }, "1 items, and 0 are the most"},
		{"a name", func(l *limits) { l.short = 8 }, "16 bytes, and 8 are the most"},
		{"problems", func(l *limits) { l.short, l.problems = 2, 1 }, "there are more mistakes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := safe()
			c.limit(&l)
			a, problems := read(l, "a.yaml", []byte(sound), small())
			if a != nil || !strings.Contains(fmt.Sprint(problems), c.want) {
				t.Errorf("%v", problems)
			}
			if len(problems) > l.problems+1 {
				t.Errorf("%d problems are told", len(problems))
			}
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"mfa-totp", "yank", "status-page", "security-txt"}
	for word, want := range map[string]string{
		"mfa-topt": "mfa-totp", "MFA_TOTP": "mfa-totp", "yanked": "yank", "statuspage": "status-page", "security.txt": "security-txt",
		"lodash": "", "": "", strings.Repeat("yank", 50): "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
