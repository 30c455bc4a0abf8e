package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/catalogue"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile is what a subject could say to draw on a reader's screen or page.
const hostile = "\x1b[2J\x1b]0;owned\a<script>alert(1)</script> | **bold** [x](javascript:alert(1)) `tick` \u202egnp.exe &amp; https://evil.example/"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// everyState is a view with every state, degree of knowledge and kind of
// text, against a small catalogue of its own.
func everyState(t *testing.T) View {
	t.Helper()
	capability := func(id, title string, c catalogue.Colour, m catalogue.Method) catalogue.Capability {
		return catalogue.Capability{ID: id, Title: title, Colour: c, Statement: title + " is so, and everyone can tell.", Verify: catalogue.Verify{Method: m, Text: "Look. Then look again."}}
	}
	cat := &catalogue.Catalogue{Version: "2026.1", Outcomes: []catalogue.Outcome{
		{Number: 1, ID: "accounts", Short: "Accounts", Title: "Only those a maintainer trusts can speak for a package", Capabilities: []catalogue.Capability{
			capability("email-verified", "Verified mail address", catalogue.Foundation, catalogue.Trial),
			capability("mfa-totp", "Second factor", catalogue.Foundation, catalogue.Trial),
			capability("recovery-policy-documented", "Public recovery policy", catalogue.Foundation, catalogue.Document),
			capability("passkeys", "Passkeys", catalogue.Leading, catalogue.Trial),
			capability("two-person-publish", "Two people publish", catalogue.Leading, catalogue.Trial),
		}},
		{Number: 2, ID: "bytes", Short: "Bytes", Title: "What was published stays what it was", Capabilities: []catalogue.Capability{
			capability("immutable-versions", "Versions never change", catalogue.Foundation, catalogue.Trial),
			capability("digests-in-metadata", "Strong digests in the metadata", catalogue.Foundation, catalogue.Probe),
			capability("signed-metadata", "Signed metadata", catalogue.Leading, catalogue.Probe),
			capability("rebuild-verification", "Rebuilt and compared", catalogue.Established, catalogue.Review),
		}},
	}}
	key, err := card.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	judged := func(id string, e assay.Ecosystem, o scorecard.Outcome, reason string) scorecard.Judged {
		return scorecard.Judged{
			Evidence: scorecard.Evidence{
				Check: id, Version: 1, Protocol: e, Began: noon, Ended: noon.Add(1500 * time.Millisecond),
				Seen: json.RawMessage(`{"versions":3,"said":` + string(mustJSON(t, hostile)) + `}`),
				Exchanges: []scorecard.Exchange{
					{Method: "GET", URL: "http://registry.example/npm/lodash?a=1&b=2", At: noon, Took: 12, Status: 200, Bytes: 1234, Digest: strings.Repeat("ab", 32)},
					{Method: "PUT", URL: "http://registry.example/npm/" + hostile, At: noon, Took: 7, As: "publisher", Fault: "registry.example closed the connection before its answer was whole"},
				},
				Left: []string{"assay-trial-x: refused, status 405"},
			},
			Finding: scorecard.Found(o, reason),
		}
	}
	return View{
		Card: card.Card{
			Subject:   scorecard.Subject{Name: "Example Registry " + hostile, Software: "exampled", Version: "1.2.3", Addresses: map[assay.Ecosystem]string{assay.NPM: "http://registry.example/npm/", assay.Golang: "http://registry.example/go/"}},
			Protocols: []assay.Ecosystem{assay.NPM, assay.Golang},
			Catalogue: card.CatalogueRef{Version: "2026.1", SHA256: strings.Repeat("0a", 32)},
			Trial:     true, Made: noon, Tool: card.Tool{Name: "assay", Version: "1.0.0"},
			Judged: []scorecard.Judged{
				judged("digests-in-metadata", assay.Golang, scorecard.Fails, "No version has a digest."),
				judged("digests-in-metadata", assay.NPM, scorecard.Holds, "All 50 versions have one."),
				judged("email-verified", "", scorecard.CouldNotTell, "this needs an instance whose mail comes to us"),
				judged("of-another-build", assay.NPM, scorecard.Holds, hostile),
			},
			Left: []string{"assay-trial-x: refused, status 405"},
		},
		Standings: []assess.Standing{
			{Capability: "email-verified", State: assess.Unknown, Open: []string{"this needs an instance whose mail comes to us"}},
			{Capability: "mfa-totp", State: assess.NotMet, Knowledge: assess.Probed, Contradicts: assess.Met, Reasons: []string{"A log-in without a code was let in. " + hostile}, Note: "We say otherwise."},
			{Capability: "recovery-policy-documented", State: assess.Met, Knowledge: assess.Documented, Evidence: []assess.Link{
				{URL: "https://docs.registry.example/recovery", Title: "Recovery [of] accounts", Date: "2026-10-01"},
				{URL: "javascript:alert(1)", Title: "Not an address of the web", Date: "2026-10-01"},
				{Where: "the help page, under Accounts", Date: "2026"},
			}},
			{Capability: "passkeys", State: assess.Planned, Knowledge: assess.Stated, Plan: &assess.Plan{By: "2027-06-30", Weeks: 3, WaitsFor: "people", Note: "After the new log-in page."}},
			{Capability: "two-person-publish", State: assess.NotApplicable},
			{Capability: "immutable-versions", State: assess.Met, Knowledge: assess.Witnessed, Checks: []string{"of-another-build"}, Reasons: []string{"Other bytes for a published version were refused, and its file and digest are those of the first fetch."}},
			{Capability: "digests-in-metadata", State: assess.Partial, Knowledge: assess.Probed, Checks: []string{"digests-in-metadata"}, Reasons: []string{"golang: No version has a digest.", "npm: All 50 versions have one."}, Protocols: map[assay.Ecosystem]assess.State{assay.NPM: assess.Met, assay.Golang: assess.NotMet}},
			{Capability: "signed-metadata", State: assess.Unknown, Open: []string{"npm: there is no root", "this needs an instance whose mail comes to us"}},
			{Capability: "of-the-future", State: "improved", Knowledge: "dreamt", Reasons: []string{"A state that nobody knows."}},
		},
		Signer: strings.Repeat("c0", 16),
		Witnesses: []card.Countersigned{{Signer: key.Public(), Witness: card.Witness{
			Made: noon.AddDate(0, 0, 1), Agreed: []string{"digests-in-metadata npm"}, Differed: []card.Difference{{Check: "x"}},
		}}},
		Notes:     []string{"of-another-build (version 1) is not a check of this build: its finding was taken as it stands"},
		Catalogue: cat,
		Definitions: map[string]scorecard.Definition{
			"digests-in-metadata": {ID: "digests-in-metadata", Kind: scorecard.Probe, Capability: "digests-in-metadata", Question: "Do they?"},
			"email-verified":      {ID: "email-verified", Kind: scorecard.Trial, Capability: "email-verified", Question: "Is it?"},
		},
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// forms are the forms of a card, by the end of their golden file.
var forms = map[string]func(*bytes.Buffer, View) error{
	"txt":        func(b *bytes.Buffer, v View) error { return Text(b, v, false) },
	"colour.txt": func(b *bytes.Buffer, v View) error { return Text(b, v, true) },
	"md":         func(b *bytes.Buffer, v View) error { return Markdown(b, v) },
	"html":       func(b *bytes.Buffer, v View) error { return HTML(b, v) },
}

func rendered(t *testing.T, form string, v View) string {
	t.Helper()
	var b bytes.Buffer
	if err := forms[form](&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestACardWithEveryStateLooksAsItDid(t *testing.T) {
	v := everyState(t)
	fingerprint := v.Witnesses[0].Signer.Fingerprint()
	for form := range forms {
		t.Run(form, func(t *testing.T) {
			got := strings.ReplaceAll(rendered(t, form, v), fingerprint, strings.Repeat("d1", 16))
			name := filepath.Join("testdata", "card."+form)
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not what is written; after looking at the difference: go test ./internal/scorecard/render -update", name)
			}
		})
	}
}

func TestEveryFormSaysEveryState(t *testing.T) {
	v := everyState(t)
	says := []string{
		"partial, probed", "planned", "not met", "not applicable", "unknown", "improved",
		"The assessment says met, and the checks found otherwise.", "2027-06-30", "3 person-weeks", "waits for people",
		"golang: not met, npm: met", "the help page, under Accounts", "2026-11-23", "1 the same, 1 otherwise",
		"this needs an instance whose mail comes to us", "there is no root", "A person must look", "assay-trial-x", "exampled 1.2.3", "What was published stays what it was",
	}
	spaces := regexp.MustCompile(`\s+`)
	markupOf := regexp.MustCompile(`<[^>]*>|\\|\*\*`)
	for _, form := range []string{"txt", "md", "html"} {
		text := spaces.ReplaceAllString(markupOf.ReplaceAllString(rendered(t, form, v), ""), " ")
		for _, want := range says {
			if form == "html" && want == "partial, probed" {
				want = "partial Strong digests"
			}
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", form, want)
			}
		}
		for _, never := range []string{"%", "score of", "out of", "level"} {
			if form != "html" && strings.Contains(strings.ReplaceAll(text, "%7C", ""), never) {
				t.Errorf("%s says %q: cards have no totals and no levels", form, never)
			}
		}
	}
}

func TestTextFitsATerminalAndCannotDriveIt(t *testing.T) {
	v := everyState(t)
	text := rendered(t, "txt", v)
	for i, line := range strings.Split(text, "\n") {
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("line %d has %d columns: %q", i+1, n, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("line %d ends in blanks: %q", i+1, line)
		}
	}
	for _, r := range text {
		if r != '\n' && !unicode.IsGraphic(r) {
			t.Fatalf("%q reached the terminal", r)
		}
	}
	coloured := rendered(t, "colour.txt", v)
	if left := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(coloured, ""); left != text {
		t.Errorf("colours change more than colours")
	}
}

func TestMarkdownTakesNoMarkupFromOutside(t *testing.T) {
	text := rendered(t, "md", everyState(t))
	outside := regexp.MustCompile(`\\.`).ReplaceAllString(text, "")         // what has a backslash before it means itself
	outside = regexp.MustCompile("`+[^`]*`+").ReplaceAllString(outside, "") // and so does what stands between backticks
	for _, bad := range []string{"<script", "<img", "](javascript", " **bold**", "https://evil", "\x1b", "\u202e"} {
		if strings.Contains(outside, bad) {
			t.Errorf("%q stands unescaped", bad)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "| ") && strings.Count(line, "|")-strings.Count(line, `\|`) != 6 {
			t.Errorf("a row has another number of cells: %s", line)
		}
	}
}

func TestEscape(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"nothing special", "a plain word", "a plain word"},
		{"a list", "- item", `\- item`},
		{"a numbered list", "1. item", `1\. item`},
		{"a version", "2026.1", "2026.1"},
		{"a heading under the line before", "=====", `\=====`},
		{"several lines", "a\n# b", `a \# b`},
		{"an address that readers turn into a link", "see https://x.example", `see https:\//x.example`},
		{"an entity", "&lt;", `\&lt;`},
		{"a backslash before a bracket", `\[x]`, `\\\[x\]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := escape(c.text); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestCodeHoldsWhatItIsGiven(t *testing.T) {
	for text, want := range map[string]string{"a": "`a`", "a`b": "``a`b``", "`a": "`` `a ``", "": "", "a|b": "`a%7Cb`"} {
		if got := code(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestThePageStandsAloneAndIsWellFormed(t *testing.T) {
	text := rendered(t, "html", everyState(t))
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	ids, refs, labelled := map[string]int{}, []string{}, []string{}
	headings := []string{}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "iframe", "img", "link", "object", "form":
				t.Errorf("there is a %s element", n.Data)
			case "h1", "h2", "h3":
				headings = append(headings, n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					ids[a.Val]++
				case a.Key == "style", strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s has the attribute %s", n.Data, a.Key)
				case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
					refs = append(refs, a.Val[1:])
				case a.Key == "href" && a.Val != "https://docs.registry.example/recovery":
					t.Errorf("a link leads to %q", a.Val)
				case a.Key == "aria-labelledby":
					labelled = append(labelled, a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	for id, n := range ids {
		if n > 1 {
			t.Errorf("the id %q stands there %d times", id, n)
		}
	}
	for _, ref := range append(refs, labelled...) {
		if ids[ref] == 0 {
			t.Errorf("nothing has the id %q", ref)
		}
	}
	if len(headings) == 0 || headings[0] != "h1" {
		t.Errorf("the headings are %v", headings)
	}
	for _, bad := range []string{"\x1b", "\u202e", "ZgotmplZ", "<script>alert"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q stands in the page", bad)
		}
	}
	for _, want := range []string{`class="mark not-met"`, `class="mark unknown"`, `<span class="vh">1 met, 1 planned, 1 not met, 1 not applicable, 1 unknown</span>`, "prefers-color-scheme: dark", "@media print"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestAFragmentIsWhatStandsInsideThePagesMain(t *testing.T) {
	v := everyState(t)
	var b bytes.Buffer
	if err := Fragment(&b, v); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<main") || strings.Contains(b.String(), "<style") {
		t.Error("the fragment holds more than the part inside main")
	}
	if !strings.Contains(rendered(t, "html", v), b.String()) {
		t.Error("the page holds something else")
	}
	if !strings.Contains(Stylesheet(), ".overview") {
		t.Error("the stylesheet is not that of the card")
	}
}

func TestACardWithNothingInItIsStillACard(t *testing.T) {
	for form := range forms {
		if got := rendered(t, form, View{Catalogue: everyState(t).Catalogue}); !strings.Contains(got, "nothing was run") && !strings.Contains(got, "Nothing was run") {
			t.Errorf("%s: %q", form, got)
		}
	}
}

func TestAKnownSignerIsNotCalledUnknown(t *testing.T) {
	v := everyState(t)
	v.SignerKnown = true
	for form := range forms {
		if strings.Contains(strings.ToLower(rendered(t, form, v)), "no key was given") {
			t.Errorf("%s calls the signer unknown", form)
		}
	}
}
