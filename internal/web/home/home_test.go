package home

import (
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/webtest"
)

var hour = time.Date(2026, 3, 31, 1, 12, 0, 0, time.UTC)

func TestHome(t *testing.T) {
	p := Page{
		Notes: []string{"New versions wait 3 days."},
		Places: []Place{
			{Name: "npm", Base: "http://127.0.0.1:8417/npm/", Upstream: "registry.example",
				Lines: []Line{{Client: "npm", Line: "npm install --registry http://127.0.0.1:8417/npm/ express"}}},
			{Name: "go", Base: "http://127.0.0.1:8417/go/"},
		},
		Hour: &Hour{From: hour.Add(-time.Hour), To: hour, Passed: 6214, Warned: 31, Refused: 5},
		Latest: []web.Decided{{
			Key: "k", What: web.PURLOf(assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/left", Version: "1.14.1"}),
			Badge: web.BadgeNamed("deny"), Rule: "cooldown", Registry: "npm", Reason: "published 49 minutes ago", Last: hour, Count: 3, Why: "/why/7f3k",
		}},
	}
	page := webtest.Check(t, p.Write)
	page.Has("New versions wait 3 days.", "npm install --registry http://127.0.0.1:8417/npm/ express",
		"pulls through from registry.example", "has no upstream: hosted packages only",
		"allow 6,214 handed out", "warn 31", "deny 5 refused", "2026-03-31 00:12 UTC to 2026-03-31 01:12 UTC",
		"pkg:npm/ %40acme/left @1.14.1", "cooldown", "published 49 minutes ago", "Why pkg:npm/%40acme/left@1.14.1")
	page.Lacks("would deny", "Nothing was refused")
	if n := len(page.All("pre")); n != 1 {
		t.Errorf("the page has %d lines to copy", n)
	}
	p.Hour.WouldRefuse, p.Latest = 2, nil
	webtest.Check(t, p.Write).Has("would deny 2", "Nothing was refused or warned of yet.")
}

// Who may not read packages learns how to set up a client, and nothing of
// what others do.
func TestHomeForStrangers(t *testing.T) {
	page := webtest.Check(t, new(Page).Write)
	page.Has("No registry is served here yet.")
	page.Lacks("The last hour", "refusals")
}

func TestResults(t *testing.T) {
	r := Results{Query: "left\u202e <b>", Registry: "npm", Places: []string{"go", "npm"}, After: "c1", Next: "c2", Found: []Found{
		{What: web.PURLOf(assay.Coordinate{Ecosystem: assay.NPM, Name: "left"}), Registry: "npm", Description: "pads <i>left</i>"},
		{What: web.PURLOf(assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/left"}), Registry: "npm", Hosted: true},
	}}
	page := webtest.Check(t, r.Write)
	page.Has("Packages named “left <b>”", "pkg:npm/ left npm pulled through pads <i>left</i>", "pkg:npm/ %40acme/left npm hosted here none is known")
	want := []string{"/packages/pkg:npm/left", "/packages/pkg:npm/%40acme/left",
		"/?q=left%E2%80%AE+%3Cb%3E&registry=npm", "/?after=c2&q=left%E2%80%AE+%3Cb%3E&registry=npm"}
	links := page.Links()
	if len(links) != len(want) {
		t.Fatalf("the page links to %q", links)
	}
	for i := range want {
		if links[i] != want[i] {
			t.Errorf("link %d leads to %s, want %s", i, links[i], want[i])
		}
	}
	webtest.Check(t, (&Results{Query: "nosuch"}).Write).Has("Nothing is known under that name.")
	webtest.Check(t, (&Results{}).Write).Has("All packages", "Nothing is known here yet.")
	webtest.Check(t, (&Results{Query: "x", After: "c"}).Write).Has("Nothing more is known under that name.", "First page")
}
