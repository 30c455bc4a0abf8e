package webtest

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"assay.invalid/internal/web"
)

// noted collects what a check finds instead of failing.
type noted struct {
	testing.TB
	found []string
}

func (n *noted) Helper()                   {}
func (n *noted) Error(args ...any)         { n.found = append(n.found, fmt.Sprint(args...)) }
func (n *noted) Errorf(f string, a ...any) { n.found = append(n.found, fmt.Sprintf(f, a...)) }

func found(t *testing.T, main string, change ...string) []string {
	t.Helper()
	page := web.Parse(`{{define "main"}}{{.}}{{end}}`)
	n := &noted{TB: t}
	Check(n, func(w io.Writer, frame web.Frame) error {
		var b strings.Builder
		if err := web.Write(&b, page, frame, web.Head{Title: "T", Description: "D"}, "MAIN"); err != nil {
			return err
		}
		_, err := io.WriteString(w, strings.NewReplacer(append([]string{"MAIN", main}, change...)...).Replace(b.String()))
		return err
	})
	return n.found
}

// A check that finds nothing wrong in a page that is wrong proves nothing.
func TestWhatIsWrongIsFound(t *testing.T) {
	if wrong := found(t, `<h1>A</h1><h2>B</h2><p><a href="/policy">c</a></p>`); len(wrong) != 0 {
		t.Fatalf("a page that is right has %q", wrong)
	}
	for _, tt := range []struct {
		name, main, words string
		change            []string
	}{
		{"no heading", `<p>a</p>`, "0 of h1", nil},
		{"two headings", `<h1>A</h1><h1>B</h1>`, "2 of h1", nil},
		{"a level left out", `<h1>A</h1><h3>B</h3>`, "comes one of level 3", nil},
		{"a link that leads nowhere", `<h1>A</h1><a href="/nowhere">b</a>`, "where nothing is", nil},
		{"a link to another origin", `<h1>A</h1><a href="//evil.example/">b</a>`, "where nothing is", nil},
		{"a link to a place that is not on the page", `<h1>A</h1><a href="#x">b</a>`, "which is not there", nil},
		{"a style", `<h1 style="color:red">A</h1>`, "attribute style", nil},
		{"an event's attribute", `<h1 onclick="x()">A</h1>`, "attribute onclick", nil},
		{"a script", `<h1>A</h1><script>x()</script>`, "script without a nonce", nil},
		{"a style sheet in the page", `<h1>A</h1><style>x{}</style>`, "style element", nil},
		{"one id twice", `<h1 id="main">A</h1>`, "stands twice", nil},
		{"a section without a name", `<h1>A</h1><section><p>b</p></section>`, "section has no name", nil},
		{"a field without a label", `<h1>A</h1><form method="get" action="/"><input id="q" name="q"></form>`, "has no label", nil},
		{"a form that changes something", `<h1>A</h1><form method="post" action="/"></form>`, "sent by", nil},
		{"a second search", `<h1>A</h1><form method="get" action="/" role="search"></form>`, "2 searches", nil},
		{"an element that is left open", `<h1>A</h1><p>b`, "closed inside", nil},
		{"a shape that is read out", `<h1>A</h1><svg></svg>`, "neither hidden", nil},
		{"a table without a caption", `<h1>A</h1><table><thead><tr><th scope="col">a</th></tr></thead></table>`, "no caption", nil},
		{"a cell without its label", `<h1>A</h1><table class="cards"><caption>c</caption><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><th scope="row">a</th><td>b</td></tr></tbody></table>`, "does not say what it is", nil},
		{"a cell too few", `<h1>A</h1><table class="cards"><caption>c</caption><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead><tbody><tr><th scope="row">a</th></tr></tbody></table>`, "under 2 columns", nil},
		{"no way past the navigation", `<h1>A</h1>`, "does not skip", []string{`href="#main"`, `href="/"`}},
		{"no language", `<h1>A</h1>`, "its language", []string{` lang="en"`, ``}},
		{"no foot", `<h1>A</h1>`, "0 of footer", []string{`footer`, `div`}},
	} {
		if wrong := found(t, tt.main, tt.change...); !strings.Contains(strings.Join(wrong, "\n"), tt.words) {
			t.Errorf("%s: found %q", tt.name, wrong)
		}
	}
}
