package desk

import (
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/webtest"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func what(name string) web.PURL {
	return web.PURLOf(assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: "1.0.0"})
}

func filled(admin, all bool) Page {
	return Page{
		Admin: admin, All: all,
		Held: []Held{
			{ID: "h-aaaa", What: what("lodahs"), LooksLike: "lodash", How: "transposition", By: "t-one", At: noon, State: "appealed", Appeal: "it is a <ship>"},
			{ID: "h-bbbb", What: what("expresss"), LooksLike: "express", How: "repetition", By: "t-two", At: noon, State: "refused", Answer: "too close", From: "operator"},
		},
		Reports: []Report{
			{ID: "r-aaaa", What: what("left"), Reason: "it reads ~/.npmrc \u202ebackwards", By: "t-two", At: noon, Open: true},
			{ID: "r-bbbb", What: what("right"), Reason: "odd", By: "t-two", At: noon, Answer: "looked at", From: "operator"},
		},
	}
}

func TestForAnAdministrator(t *testing.T) {
	p := filled(true, false)
	page := webtest.Check(t, p.Write)
	page.Has("What waits for an administrator",
		"pkg:npm/ lodahs @1.0.0 h-aaaa lodash transposition 2026-11-23 12:00 UTC by t-one it is a <ship> appealed",
		"pkg:npm/ expresss @1.0.0 h-bbbb express repetition 2026-11-23 12:00 UTC by t-two nothing yet refused too close by operator",
		"pkg:npm/ left @1.0.0 r-aaaa it reads ~/.npmrc backwards 2026-11-23 12:00 UTC by t-two open",
		"looked at by operator",
		"assay held release ID", "assay held refuse ID", "assay remove VERSION --malicious", "assay reports close ID", "assay quarantine VERSION")
	page.Lacks("assay held appeal", "Nothing is held")
}

func TestForWhoeverSentSomething(t *testing.T) {
	p := filled(false, true)
	page := webtest.Check(t, p.Write)
	page.Has("What you sent and what became of it", "assay held appeal ID", "Only what waits for an answer")
	page.Lacks("assay held release", "--malicious")
}

func TestNothingWaits(t *testing.T) {
	webtest.Check(t, (&Page{Admin: true}).Write).Has("Nothing is held.", "No report waits for an answer.", "assay report VERSION --reason WORDS")
}
