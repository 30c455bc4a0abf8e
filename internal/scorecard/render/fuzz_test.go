package render

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/scorecard/assess"
)

// FuzzOutsideText: whatever a subject says, it can neither draw on a terminal
// nor become markup.
func FuzzOutsideText(f *testing.F) {
	for _, s := range []string{hostile, "", "- a\n# b", "1. x", "`", "``a`", "|", `\`, "<!--", "&#60;", strings.Repeat("ä", 900), "\xff\xfe", "]( <x>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := everyState(t)
		v.Card.Subject.Name = s
		v.Standings = []assess.Standing{{Capability: "mfa-totp", State: assess.State(s), Knowledge: assess.Knowledge(s), Reasons: []string{s}, Open: []string{s}, Note: s,
			Evidence: []assess.Link{{URL: s, Title: s, Date: s}, {URL: "https://" + s}}}}
		v.Card.Left, v.Notes = []string{s}, []string{s}
		var text, md, page bytes.Buffer
		for _, err := range []error{Text(&text, v, false), Markdown(&md, v), HTML(&page, v)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for line := range strings.SplitSeq(text.String(), "\n") {
			if utf8.RuneCountInString(line) > width {
				t.Fatalf("a line of %d columns: %q", utf8.RuneCountInString(line), line)
			}
		}
		for name, out := range map[string]string{"text": text.String(), "Markdown": md.String(), "the page": page.String()} {
			for _, r := range out {
				if r != '\n' && !unicode.IsGraphic(r) {
					t.Fatalf("%q reached %s", r, name)
				}
			}
		}
		if got, want := strings.Count(page.String(), "<script"), 0; got != want {
			t.Fatalf("%d scripts", got)
		}
		if lines := strings.Count(md.String(), "\n# ") + strings.Count("\n"+md.String()[:2], "\n# "); lines != 1 {
			t.Fatalf("%d headings of the first rank", lines)
		}
		unescaped := strings.NewReplacer(`\\`, "", `\<`, "", `\|`, "", `\[`, "").Replace(escape(s))
		if strings.ContainsAny(unescaped, "<|[") {
			t.Fatalf("%q holds markup", escape(s))
		}
	})
}
