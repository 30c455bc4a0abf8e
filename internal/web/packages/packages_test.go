package packages

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

var left = assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/left"}

func about() About {
	return About{
		What: web.PURLOf(left), Name: left.Name, Registry: "npm", Hosted: true, Claimed: "pkg:npm/@acme/*",
		Install: []Install{{"npm", "npm install @acme/left@1.14.0"}},
		Facts:   []assay.Fact{{Name: "published", Value: "2026-03-31", Source: "packument time", Known: true}, {Name: "install scripts", Source: "the manifest"}},
		Exceptions: []web.Exception{{ID: "e7", What: web.PURLOf(left.At("1.0.0")), Rule: "cooldown", Reason: "needed", By: "operator",
			Created: now, Until: now.Add(time.Hour)}},
		Events: []web.Event{
			{Index: 47655, Time: now, Kind: "published", Version: "1.14.1", By: "token-9f2c"},
			{Index: -1, Time: now, Kind: "status-changed", Version: "1.0.0", By: "operator", Reason: "cracks"},
		},
		Epoch: 212,
	}
}

func versions(n int) []Version {
	var all []Version
	for i := range n {
		v := Version{Version: fmt.Sprintf("1.%d.0", n-i), Listed: true, Badges: []web.Badge{web.BadgeNamed("allow")}, Downloads: int64(i) * 1000}
		v.What = web.PURLOf(left.At(v.Version))
		all = append(all, v)
	}
	return all
}

func refuse(v *Version) {
	v.Badges = []web.Badge{web.BadgeNamed("deny"), web.BadgeNamed("would deny")}
	v.Rule, v.Reason, v.Until, v.Status, v.Listed = "cooldown", "published 49 minutes ago", now.Add(time.Hour), "yanked", false
}

func TestPackage(t *testing.T) {
	p := Package{About: about(), Versions: versions(3)}
	refuse(&p.Versions[0])
	p.Versions[1].Lifted = "block"
	page := webtest.Check(t, p.Write)
	page.Has("1.2.0 allow An exception lifts what block says of it.", "@acme/left pkg:npm/ %40acme/left hosted here; the name belongs to this place by the claim pkg:npm/@acme/*",
		"Some versions are refused 1.3.0 , by cooldown : published 49 minutes ago",
		"npm install @acme/left@1.14.0",
		"1.3.0 yanked deny would deny cooldown : published 49 minutes ago Until 2026-03-31 02:10 UTC . Not in the upstream’s listing now. 0",
		"1.1.0 allow No rule refuses it or warns of it. 2,000",
		"published 2026-03-31 source: packument time", "install scripts unknown source: the manifest",
		"2026-03-31 01:10 UTC entry 47,655 published 1.14.1 by token-9f2c", "not in the log yet status changed 1.0.0 by operator : cracks",
		"pkg:npm/ %40acme/left @1.0.0 cooldown needed 2026-03-31 01:10 UTC by operator 2026-03-31 02:10 UTC",
		"assay explain 'pkg:npm/%40acme/left'", "epoch 212", "assay report 'pkg:npm/%40acme/left@VERSION' --reason WORDS")
	page.Lacks("older ones", "No version is known")
	for _, want := range []string{"/packages/pkg:npm/%40acme/left@1.3.0", "/log?entry=47655#proof", "/?q=&registry=npm"} {
		if !slices.Contains(page.Links(), want) {
			t.Errorf("the page does not link to %s but to %q", want, page.Links())
		}
	}
}

func TestAPackageOfWhichNothingIsKnown(t *testing.T) {
	p := Package{About: About{What: web.PURLOf(left), Name: left.Name, Registry: "npm", Stale: "2 minutes"}}
	page := webtest.Check(t, p.Write)
	page.Has("pulled through", "No version can be installed from here now.", "No version is known.", "Nothing has happened to it here yet.",
		"No exception stands for it.", "The upstream could not be asked: what is known of it is 2 minutes old.")
	page.Lacks("refused", "What is known ")
}

// Walking from page to page shows every version once.
func TestVersionsArePaged(t *testing.T) {
	p := Package{About: about(), Versions: versions(2*versionsAPage + 50)}
	p.Versions[7].Version = "1.0.0+a&b=c"
	p.Versions[versionsAPage-1].Version = "0.0.1-é+x y" // the last of the first page is a cursor
	var seen []string
	for range 4 {
		page := webtest.Check(t, p.Write)
		for _, v := range p.Shown() {
			seen = append(seen, v.Version)
		}
		older := p.Older()
		if older == "" {
			page.Has("Newest")
			break
		}
		if !slices.Contains(page.Links(), strings.ReplaceAll(older, "&amp;", "&")) {
			t.Fatalf("the page does not link to %s", older)
		}
		p.After = p.Shown()[versionsAPage-1].Version
	}
	if len(seen) != len(p.Versions) {
		t.Fatalf("%d of %d versions were shown", len(seen), len(p.Versions))
	}
	for i := range seen {
		if seen[i] != p.Versions[i].Version {
			t.Fatalf("version %d is %s, want %s", i, seen[i], p.Versions[i].Version)
		}
	}
	p.After = "9.9.9" // gone since
	if got := p.Shown()[0].Version; got != p.Versions[0].Version {
		t.Errorf("a cursor that is gone leads to %s", got)
	}
}

func TestManyRefusedVersionsAreNotAllNamed(t *testing.T) {
	p := Package{About: about(), Versions: versions(9)}
	for i := range p.Versions[:refusedNamed] {
		refuse(&p.Versions[i])
	}
	webtest.Check(t, p.Write).Lacks("and older ones")
	refuse(&p.Versions[8])
	webtest.Check(t, p.Write).Has("and older ones, each with its reason")
	if n := len(p.Refused()); n != refusedNamed {
		t.Errorf("%d refused versions are named", n)
	}
}

func version() VersionPage {
	nearest := web.PURLOf(left.At("1.14.0"))
	p := VersionPage{
		About: about(), Package: web.PURLOf(left), Version: "1.14.1", Badge: web.BadgeNamed("deny"), Sentence: "@acme/left@1.14.1 is refused.",
		Rule: "cooldown", Reason: "published 49 minutes ago", Until: now.Add(71 * time.Hour), Left: "2 days 23 hours", Nearest: &nearest,
		Status: "quarantined", StatusReason: "an alarm", Downloads: 31440, Why: "/why/7f3k",
		Opinions: []web.Opinion{{Rule: "cooldown", Badge: web.BadgeNamed("deny"), Reason: "published 49 minutes ago", Until: now, Remedy: "wait"}},
	}
	p.What = web.PURLOf(left.At("1.14.1"))
	return p
}

func TestVersion(t *testing.T) {
	p := version()
	page := webtest.Check(t, p.Write)
	page.Has("@acme/left 1.14.1 pkg:npm/ %40acme/left @1.14.1 deny quarantined hosted here", "quarantined: an alarm",
		"@acme/left@1.14.1 is refused.", "Rule cooldown Why published 49 minutes ago Until 2026-04-03 00:10 UTC , in 2 days 23 hours",
		"Use instead pkg:npm/ %40acme/left @1.14.0", "Downloads in 30 days: 31,440.", "assay explain 'pkg:npm/%40acme/left@1.14.1'", "Report it as malicious", "assay report 'pkg:npm/%40acme/left@1.14.1' --reason WORDS")
	// The line would not work.
	page.Lacks("npm install")
	for _, want := range []string{"/packages/pkg:npm/%40acme/left", "/packages/pkg:npm/%40acme/left@1.14.0", "/why/7f3k", "/policy"} {
		if !slices.Contains(page.Links(), want) {
			t.Errorf("the page does not link to %s but to %q", want, page.Links())
		}
	}
	p = VersionPage{About: about(), Package: web.PURLOf(left), Version: "1.0.0", Badge: web.BadgeNamed("allow"), Sentence: "@acme/left@1.0.0 is allowed."}
	p.Events, p.Exceptions = nil, nil
	page = webtest.Check(t, p.Write)
	page.Has("npm install @acme/left@1.14.0", "No rule refuses it or warns of it.", "Nothing has happened to it here yet.", "No exception stands for it.")
	page.Lacks("Use instead", "Until")
}

// FuzzPages holds that no text from outside becomes markup or an address, or
// reads as another.
func FuzzPages(f *testing.F) {
	f.Add(`<script>alert(1)</script>`)
	f.Add("\u202egnp.exe \x1b[31m \x00")
	f.Add(`"><img src=x onerror=alert(1)>`)
	f.Add(`javascript:alert(1)`)
	f.Add(`../../../etc?x#y`)
	f.Fuzz(func(t *testing.T, s string) {
		c := assay.Coordinate{Ecosystem: assay.NPM, Name: s + "x", Version: s + "1"}
		a := about()
		a.What, a.Name, a.Registry, a.Claimed, a.Stale = web.PURLOf(c.Package()), s+"x", s, s, s
		a.Install = []Install{{s, s}}
		a.Facts = []assay.Fact{{Name: s, Value: s, Source: s, Known: true}}
		a.Advice = []string{s}
		a.Exceptions = []web.Exception{{ID: s, What: web.PURLOf(c), Rule: s, Reason: s, By: s}}
		a.Events = []web.Event{{Index: 1, Kind: s, What: web.PURLOf(c), Version: s, By: s, Reason: s}}
		v := Version{Version: s + "1", What: web.PURLOf(c), Badges: []web.Badge{web.BadgeNamed("deny"), web.BadgeNamed(s)}, Rule: s, Reason: s, Status: s}
		p := Package{About: a, Versions: []Version{v, v, v}, After: s}
		q := version()
		q.About, q.Version, q.Sentence, q.Rule, q.Reason, q.Status, q.StatusReason = a, s, s, s, s, s, s
		q.Opinions = []web.Opinion{{Rule: s, Badge: web.BadgeNamed(s), Reason: s, Aside: s, Remedy: s}}
		for _, write := range []webtest.Write{p.Write, q.Write} {
			page := webtest.Check(t, write)
			if text := page.Text("body"); strings.ContainsAny(text, "\x00\x1b\u202e\u200b") {
				t.Errorf("the page has hidden characters: %.500q", text)
			}
		}
	})
}
