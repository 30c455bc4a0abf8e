package decisions

import (
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/html"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/webtest"
)

func row() web.Decided {
	return web.Decided{
		Key: "2026-03-31 npm pkg:npm/left@1.14.1 cooldown deny", What: web.PURLOf(assay.Coordinate{Ecosystem: assay.NPM, Name: "left", Version: "1.14.1"}),
		Badge: web.BadgeNamed("deny"), Rule: "cooldown", Registry: "npm", Reason: "published <b>49</b> minutes ago",
		Last: time.Date(2026, 3, 31, 1, 10, 0, 0, time.UTC), Count: 1912, Principal: "token-9f2c", Why: "/why/7f3k",
	}
}

func TestDecisions(t *testing.T) {
	p := Page{
		Filter: Filter{Rule: "gone", Effect: "would deny"}, Next: "c 2&", Decisions: []web.Decided{row()},
		Rules: []string{"block", "cooldown"}, Registries: []string{"go", "npm"},
	}
	page := webtest.CheckLive(t, p.Write)
	page.Has("pkg:npm/ left @1.14.1 deny cooldown published <b>49</b> minutes ago asked for by token-9f2c 2026-03-31 01:10 UTC 1,912 Why pkg:npm/left@1.14.1")
	if !slices.Contains(page.Links(), "/decisions?after=c+2%26&effect=would+deny&rule=gone") {
		t.Errorf("the page links to %q", page.Links())
	}
	var chosen []string
	for _, o := range page.All("option") {
		if slices.ContainsFunc(o.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
			chosen = append(chosen, o.FirstChild.Data)
		}
	}
	// A rule that is no longer in force can have been chosen all the same.
	if !slices.Equal(chosen, []string{"gone", "would deny"}) {
		t.Errorf("the form has %q chosen", chosen)
	}
}

// Without a nonce there is no script, and the page says the same.
func TestThePageNeedsNoScript(t *testing.T) {
	p := Page{Decisions: []web.Decided{row()}}
	if with, without := webtest.CheckLive(t, p.Write).Text("main"), webtest.Check(t, p.Write).Text("main"); with != without {
		t.Errorf("with a script: %s\nwithout: %s", with, without)
	}
	older := Page{After: "c2", Decisions: []web.Decided{row()}}
	page := webtest.Check(t, func(w io.Writer, f web.Frame) error { f.Nonce = "n"; return older.Write(w, f) })
	if !slices.Contains(page.Links(), "/decisions") {
		t.Errorf("an older page links to %q", page.Links())
	}
}

func TestNothingToList(t *testing.T) {
	for words, p := range map[string]Page{
		"Nothing was refused or warned of yet.":      {},
		"No decision that is kept fits this choice.": {Filter: Filter{Registry: "npm"}},
		"No older decisions are kept.":               {After: "c9"},
	} {
		webtest.Check(t, p.Write).Has(words)
	}
}
