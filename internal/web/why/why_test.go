package why

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/webtest"
)

var now = time.Date(2026, 3, 31, 1, 10, 0, 0, time.UTC)

func refused() assay.Explanation {
	return assay.Explanation{
		Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/left", Version: "1.14.1"},
		Registry:   "npm",
		Facts: []assay.Fact{
			{Name: "published", Value: "2026-03-31T00:21:00Z", Source: "packument time", Known: true},
			{Name: "install scripts", Source: "the version's manifest"},
		},
		Decision: assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{
			{Rule: "cooldown", Effect: assay.Deny, Reason: "published 49 minutes ago; versions wait 72 hours", Remedy: "wait, or ask for an exception.", Until: now.Add(71*time.Hour + 11*time.Minute)},
			{Rule: "scripts", Effect: assay.Warn, Mode: assay.Observe, Reason: "runs code at install"},
			{Rule: "block", Effect: assay.Deny, Reason: "an old block", LiftedBy: "e7"},
		}},
		Nearest: "1.14.0",
		Advice:  []string{"Take 1.14.0 now."},
		Epoch:   212,
		Stale:   120,
	}
}

func TestARefusalSaysEverything(t *testing.T) {
	p := New(refused(), now)
	page := webtest.Check(t, p.Write)
	if got := page.Text("h1"); got != "@acme/left@1.14.1 is refused" {
		t.Errorf("the heading is %q", got)
	}
	page.Has(
		"What pkg:npm/ %40acme/left @1.14.1 from the registry npm",
		"Rule cooldown", "Why published 49 minutes ago; versions wait 72 hours",
		"Until 2026-04-03 00:21 UTC , in 2 days 23 hours",
		"Use instead pkg:npm/ %40acme/left @1.14.0 the nearest allowed version",
		"Take 1.14.0 now. Wait, or ask for an exception.",
		"scripts would warn only observed: it does not count runs code at install",
		"block deny lifted by exception e7 an old block",
		"published 2026-03-31T00:21:00Z source: packument time",
		"install scripts unknown source: the version's manifest",
		"2 minutes old", "assay explain 'pkg:npm/%40acme/left@1.14.1'", "epoch 212",
	)
	page.Lacks("Exceptions given")
	if links := page.Links(); !slices.Contains(links, "/packages/pkg:npm/%40acme/left@1.14.0") || !slices.Contains(links, "/packages/pkg:npm/%40acme/left@1.14.1") {
		t.Errorf("the page links to %q", links)
	}
	// The reason stands above the facts, the advice between them.
	text := page.Text("main")
	if why, do, facts := strings.Index(text, "Why published"), strings.Index(text, "What you can do"), strings.Index(text, "What was known"); !(why < do && do < facts) {
		t.Errorf("the order is %d, %d, %d", why, do, facts)
	}
}

func TestOtherDecisions(t *testing.T) {
	warned := refused()
	warned.Decision = assay.Decision{Effect: assay.Warn, Opinions: []assay.Opinion{{Rule: "scripts", Effect: assay.Warn, Reason: "runs code at install"}}}
	p := New(warned, now)
	page := webtest.Check(t, p.Write)
	page.Has("is allowed, with a warning", "Rule scripts")
	page.Lacks("Until", "refused")

	bare := assay.Explanation{Coordinate: warned.Coordinate, Registry: "npm", Decision: assay.Decision{Effect: assay.Allow}}
	p = New(bare, now)
	page = webtest.Check(t, p.Write)
	page.Has("@acme/left@1.14.1 is allowed")
	page.Lacks("Rule", "What you can do", "What was known", "Use instead")
	if n := len(page.Class("refusal-none")); n != 1 {
		t.Error("an allowed version has the certificate of a refusal")
	}

	past := refused()
	past.Decision.Opinions[0].Until = now.Add(-time.Minute)
	p = New(past, now)
	page = webtest.Check(t, p.Write)
	page.Has("Until 2026-03-31 01:09 UTC")
	page.Lacks(", in ")
}

func TestAPackageListsItsVersions(t *testing.T) {
	e := assay.Explanation{Coordinate: refused().Coordinate.Package(), Registry: "npm"}
	for i := range maxVersions + 5 {
		e.Versions = append(e.Versions, assay.VersionDecision{Version: fmt.Sprintf("%d.0.0", i), Decision: refused().Decision})
	}
	p := New(e, now)
	page := webtest.Check(t, p.Write)
	page.Has("decided version by version", "5 older ones are not shown", "199.0.0 deny cooldown : published 49 minutes ago", "Not in the upstream’s listing now.")
	page.Lacks("200.0.0")
	if got := page.Text("h1"); got != "Every version of @acme/left is refused" {
		t.Errorf("the heading is %q", got)
	}
	e.Versions[0].Decision = assay.Decision{Effect: assay.Allow}
	if got := New(e, now).Title; got != fmt.Sprintf("%d of %d versions of @acme/left are refused", maxVersions+4, maxVersions+5) {
		t.Errorf("with one allowed the title is %q", got)
	}
	if got := New(assay.Explanation{Coordinate: e.Coordinate, Versions: e.Versions[:1]}, now).Title; got != "No version of @acme/left is refused" {
		t.Errorf("with nothing refused the title is %q", got)
	}
	if rows := len(page.All("tr")); rows != maxVersions+1 {
		t.Errorf("the table has %d rows", rows)
	}
}

func TestExceptionsAreShown(t *testing.T) {
	p := New(refused(), now)
	p.Exceptions = []web.Exception{
		{ID: "e7", What: p.What, Rule: "block", Reason: "needed <i>now</i>", By: "token-9f2c", Created: now.Add(-time.Hour), Until: now.Add(time.Hour)},
		{ID: "e8", What: p.What, Rule: "cooldown", Reason: "reviewed", Created: now},
	}
	webtest.Check(t, p.Write).Has("Exceptions given", "block needed <i>now</i> 2026-03-31 00:10 UTC by token-9f2c 2026-03-31 02:10 UTC",
		"cooldown reviewed 2026-03-31 01:10 UTC when it is revoked")
}

// A decision on a file leads to the page of its version, and says what was
// asked for.
func TestADecisionOnAFile(t *testing.T) {
	e := refused()
	e.Coordinate.File = "left-1.14.1.tgz"
	p := New(e, now)
	page := webtest.Check(t, p.Write)
	page.Has("assay explain 'pkg:npm/%40acme/left@1.14.1?file_name=left-1.14.1.tgz'")
	if !slices.Contains(page.Links(), "/packages/pkg:npm/%40acme/left@1.14.1") {
		t.Errorf("the page links to %q", page.Links())
	}
}

// FuzzWhy holds that no text from outside becomes markup, an address or a
// line that reads backwards.
func FuzzWhy(f *testing.F) {
	f.Add(`<script>alert(1)</script>`)
	f.Add(`"><img src=x onerror=alert(1)>`)
	f.Add("\u202egnp.exe \x1b[31m \x00")
	f.Add(`</dd></dl></section><style>*{display:none}</style>`)
	f.Add(`'; rm -rf / #`)
	f.Add("{{.}}")
	f.Fuzz(func(t *testing.T, s string) {
		e := refused()
		e.Coordinate.Name, e.Coordinate.Version, e.Registry, e.Nearest = s+"x", s, s, s
		e.Advice = []string{s}
		e.Facts = append(e.Facts, assay.Fact{Name: s, Value: s, Source: s, Known: true})
		for i := range e.Decision.Opinions {
			o := &e.Decision.Opinions[i]
			o.Rule, o.Reason, o.Remedy = s, s, s
		}
		p := New(e, now)
		p.Exceptions = []web.Exception{{ID: s, What: p.What, Rule: s, Reason: s, By: s}}
		page := webtest.Check(t, p.Write)
		if text := page.Text("body"); strings.ContainsAny(text, "\x00\x1b\u202e\u200b") {
			t.Errorf("the page has hidden characters: %q", text)
		}
		// The one line to copy holds a package URL in quotes and nothing else.
		line := page.Text("pre")
		if inner, ok := strings.CutPrefix(line, "assay explain '"); !ok || strings.Count(inner, "'") != 1 || !strings.HasSuffix(inner, "'") {
			t.Errorf("the line to copy is %q", line)
		}
	})
}
