package golang

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

func want(t *testing.T, doing string, a scorecard.Answer, v scorecard.Verdict) {
	t.Helper()
	if a.Verdict != v {
		t.Fatalf("to %s: %s, want %s", doing, a, v)
	}
}

const sample = "trial.example/assay-x/Sample"

func escaped(p *proxy) {
	// An upper-case letter is written with an exclamation mark in a path.
	for path, body := range p.answers {
		p.answers[strings.Replace(path, "/Sample", "/!sample", 1)] = body
	}
}

func TestAModuleIsReadWhole(t *testing.T) {
	ctx := context.Background()
	p := newProxy(t)
	for i := range 14 {
		p.add(t, scorecard.Release{Name: sample, Version: fmt.Sprintf("v1.%d.0", i)}, i+1)
	}
	p.add(t, scorecard.Release{Name: sample, Version: "v1.14.0", Files: map[string]string{
		"go.mod": "module " + sample + "\n\nretract v1.14.0 // it broke\n\nretract v1.3.0\n",
	}}, 20)
	p.add(t, scorecard.Release{Name: sample, Version: "v1.15.0-rc.1"}, 21)
	escaped(p)
	a, _, base := serve(t, p.config(), p)
	l, answer := a.Listing(ctx, scorecard.Credential{}, sample)
	want(t, "list it", answer, scorecard.Accepted)
	if len(l.Versions) != 16 || l.Latest != "v1.13.0" {
		t.Errorf("latest is %q of %d", l.Latest, len(l.Versions))
	}
	for version, status := range map[string]assay.Status{"v1.14.0": assay.Yanked, "v1.3.0": assay.Yanked, "v1.13.0": assay.Active} {
		if got := l.Versions[version].Status; got != status {
			t.Errorf("%s is %s, want %s", version, got, status)
		}
	}
	if l.Versions["v1.14.0"].Notice != "it broke" {
		t.Errorf("the notice is %q", l.Versions["v1.14.0"].Notice)
	}
	dated, proven := 0, 0
	for version, v := range l.Versions {
		if !v.Published.IsZero() {
			dated++
		}
		if v.Digests["h1"] == "" {
			continue
		}
		proven++
		f, answer := a.File(ctx, scorecard.Credential{}, sample, version)
		want(t, "fetch "+version, answer, scorecard.Accepted)
		if f.Digests["h1"] != v.Digests["h1"] || len(f.Digests["sha256"]) != 64 {
			t.Errorf("the file of %s has %v, listed are %v", version, f.Digests, v.Digests)
		}
	}
	if dated != 12 || proven != 6 {
		t.Errorf("%d versions have dates and %d digests, want 12 and 6", dated, proven)
	}
	if l.Versions["v1.0.0"].Digests != nil || l.Versions["v1.0.0"].File != base+"trial.example/assay-x/!sample/@v/v1.0.0.zip" {
		t.Errorf("the oldest is %+v", l.Versions["v1.0.0"])
	}
	_, answer = a.File(ctx, scorecard.Credential{}, sample, "v9.0.0")
	want(t, "fetch what is not there", answer, scorecard.Absent)
	_, answer = a.Listing(ctx, scorecard.Credential{}, "trial.example/nothing")
	want(t, "list what is not there", answer, scorecard.Absent)
}

func TestARetractionIsReadInTheNewestModAlone(t *testing.T) {
	p := newProxy(t)
	mod := "// Deprecated: use another\nmodule trial.example/a\n\nretract v1.1.0 // broke\n"
	p.add(t, scorecard.Release{Name: "trial.example/a", Version: "v1.0.0"}, 1)
	p.add(t, scorecard.Release{Name: "trial.example/a", Version: "v1.1.0", Files: map[string]string{"go.mod": mod}}, 2)
	a, _, _ := serve(t, p.config(), p)
	l, answer := a.Listing(context.Background(), scorecard.Credential{}, "trial.example/a")
	want(t, "list it", answer, scorecard.Accepted)
	if l.Latest != "v1.0.0" || l.Versions["v1.1.0"].Status != assay.Yanked || l.Versions["v1.0.0"].Status != assay.Deprecated || l.Versions["v1.0.0"].Notice != "use another" {
		t.Errorf("listed as %+v", l)
	}
}

func TestDigestsAreToldWhenTheyAreProven(t *testing.T) {
	const name = "trial.example/a"
	for what, c := range map[string]struct {
		cfg    func(*proxy) Config
		lies   func(string) bool
		module string
		nils   bool // not even looked up
		found  bool
	}{
		"by the right key":                {cfg: (*proxy).config, module: name, found: true},
		"without a key":                   {cfg: func(*proxy) Config { return Config{} }, module: name, nils: true},
		"by the key of another database":  {cfg: func(p *proxy) Config { return Config{SumDB: "sum.other.example", Key: p.key} }, module: name, nils: true},
		"by something that is no key":     {cfg: func(*proxy) Config { return Config{SumDB: sumName, Key: "key"} }, module: name, nils: true},
		"by another database's signature": {cfg: func(*proxy) Config { return newProxy(t).config() }, module: name},
		"a look-up that lies":             {cfg: (*proxy).config, lies: func(path string) bool { return strings.HasPrefix(path, "/lookup/") }, module: name},
		"tiles that do not fit":           {cfg: (*proxy).config, lies: func(path string) bool { return strings.HasPrefix(path, "/tile/") }, module: name},
		"of what the database knows not":  {cfg: (*proxy).config, module: "trial.example/unknown"},
	} {
		t.Run(what, func(t *testing.T) {
			p := newProxy(t)
			if c.lies != nil {
				p.lies = c.lies
			}
			p.add(t, scorecard.Release{Name: c.module, Version: "v1.0.0"}, 1)
			a, _, _ := serve(t, c.cfg(p), p)
			l, answer := a.Listing(context.Background(), scorecard.Credential{}, c.module)
			want(t, "list it", answer, scorecard.Accepted)
			digests := l.Versions["v1.0.0"].Digests
			if (digests == nil) != c.nils || (digests["h1"] != "") != c.found {
				t.Errorf("the digests are %#v", digests)
			}
		})
	}
}

func TestADatabaseOfTwoHistoriesIsNotBelieved(t *testing.T) {
	ctx := context.Background()
	p := newProxy(t)
	for _, name := range []string{"trial.example/a", "trial.example/b", "trial.example/c"} {
		p.add(t, scorecard.Release{Name: name, Version: "v1.0.0"}, 1)
	}
	a, v, _ := serve(t, p.config(), p)
	proven := func(name string) bool {
		t.Helper()
		l, answer := a.Listing(ctx, scorecard.Credential{}, name)
		want(t, "list "+name, answer, scorecard.Accepted)
		return l.Versions["v1.0.0"].Digests["h1"] != ""
	}
	if !proven("trial.example/a") || !proven("trial.example/b") {
		t.Fatal("a sound database is not believed")
	}
	v.asked = nil
	if !proven("trial.example/a") || slices.ContainsFunc(v.asked, func(r scorecard.Request) bool { return strings.Contains(r.URL, "/tile/") }) {
		t.Error("what was proven is asked for again")
	}
	p.begin()
	if proven("trial.example/c") {
		t.Error("a second history, signed by the same key, is believed")
	}
}

func TestADatabaseThatFallsSilentIsLeftAlone(t *testing.T) {
	p := newProxy(t)
	for i := range 6 {
		p.add(t, scorecard.Release{Name: "trial.example/a", Version: fmt.Sprintf("v1.%d.0", i)}, 1)
	}
	var asked atomic.Int32
	a, _, _ := serve(t, p.config(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/lookup/") {
			asked.Add(1)
			panic(http.ErrAbortHandler)
		}
		p.ServeHTTP(w, r)
	}))
	l, answer := a.Listing(context.Background(), scorecard.Credential{}, "trial.example/a")
	want(t, "list it", answer, scorecard.Accepted)
	// The HTTP client itself repeats a request whose connection was closed.
	if l.Versions["v1.5.0"].Digests != nil || asked.Load() > 2 {
		t.Errorf("it was asked %d times, for %v", asked.Load(), l.Versions)
	}
}

func TestAModuleWithoutTagsHasALatestCommit(t *testing.T) {
	const commit = "v0.0.0-20260101000000-abcdefabcdef"
	p := newProxy(t)
	p.answers["trial.example/a/@v/list"] = ""
	p.answers["trial.example/a/@latest"] = `{"Version":"` + commit + `","Time":"2026-01-01T00:00:00Z"}`
	p.answers["trial.example/b/@v/list"] = ""
	p.answers["trial.example/c/@v/list"] = ""
	p.answers["trial.example/c/@latest"] = `<html>`
	a, _, _ := serve(t, Config{}, p)
	l, answer := a.Listing(context.Background(), scorecard.Credential{}, "trial.example/a")
	want(t, "list a module without tags", answer, scorecard.Accepted)
	if l.Latest != commit || l.Versions[commit].Published.IsZero() {
		t.Errorf("listed as %+v", l)
	}
	l, answer = a.Listing(context.Background(), scorecard.Credential{}, "trial.example/b")
	if answer.Verdict != scorecard.Accepted || len(l.Versions) != 0 || l.Latest != "" {
		t.Errorf("a module of nothing is %+v: %s", l, answer)
	}
	_, answer = a.Listing(context.Background(), scorecard.Credential{}, "trial.example/c")
	want(t, "list one whose latest is a page", answer, scorecard.Unclear)
}

func TestPrivateModulesAreReadWithAPassword(t *testing.T) {
	p := newProxy(t)
	p.private = "trial.example/"
	p.add(t, scorecard.Release{Name: "trial.example/a", Version: "v1.0.0"}, 1)
	a, v, base := serve(t, Config{}, p)
	_, answer := a.Listing(context.Background(), scorecard.Credential{}, "trial.example/a")
	want(t, "list it as a stranger", answer, scorecard.Refused)
	if answer.Reason != "this module is private" {
		t.Errorf("the reason is %q", answer.Reason)
	}
	_, answer = a.Listing(context.Background(), scorecard.Credential{Who: "publisher", Secret: "secret"}, "trial.example/a")
	want(t, "list it", answer, scorecard.Accepted)
	for _, r := range v.asked {
		if !strings.HasPrefix(r.URL, base) {
			t.Errorf("%s was asked", r.URL)
		}
	}
}

func TestSamples(t *testing.T) {
	p := newProxy(t)
	p.add(t, scorecard.Release{Name: "golang.org/x/text", Version: "v0.3.0"}, 1)
	p.answers["rsc.io/quote/@v/list"] = "\n"
	a, _, _ := serve(t, Config{}, p)
	names, answer := a.Samples(context.Background(), 2)
	if want(t, "find well-known ones", answer, scorecard.Accepted); !slices.Equal(names, []string{"golang.org/x/text"}) {
		t.Errorf("the samples are %v", names)
	}
	p.answers["index"] = `{"Path":"trial.example/a","Version":"v1.0.0","Timestamp":"2026-01-01T00:00:00Z"}` + "\n" +
		`{"Path":"trial.example/a","Version":"v1.1.0"}` + "\n" + `{"Path":"trial.example/b","Version":"v1.1.0"}` + "\n"
	if names, _ = a.Samples(context.Background(), 2); !slices.Equal(names, []string{"trial.example/a", "trial.example/b"}) {
		t.Errorf("the samples of an index are %v", names)
	}
	p.answers["index"] = `<html>`
	if names, _ = a.Samples(context.Background(), 2); !slices.Equal(names, []string{"golang.org/x/text"}) {
		t.Errorf("the samples of a page are %v", names)
	}
	empty, _, _ := serve(t, Config{}, says(404, "text/plain", "not found: module x"))
	_, answer = empty.Samples(context.Background(), 2)
	want(t, "find samples where there are none", answer, scorecard.Absent)
	broken, _, _ := serve(t, Config{}, says(500, "text/plain", "oh"))
	_, answer = broken.Samples(context.Background(), 2)
	want(t, "find samples of a broken server", answer, scorecard.Unclear)
}

func TestWhatTheProtocolCannotDoIsNoCall(t *testing.T) {
	a, v, _ := serve(t, Config{}, says(200, "text/plain", ""))
	ctx := context.Background()
	want(t, "publish", a.Publish(ctx, scorecard.Credential{}, scorecard.Release{}), scorecard.NoCall)
	want(t, "yank", a.SetStatus(ctx, scorecard.Credential{}, "a", "v1.0.0", assay.Yanked, ""), scorecard.NoCall)
	_, answer := a.WhoAmI(ctx, scorecard.Credential{})
	want(t, "ask who I am", answer, scorecard.NoCall)
	if len(v.asked) != 0 {
		t.Errorf("%v was asked", v.asked)
	}
}

// firstFails is a proxy that is out of luck with the first module.
func firstFails(p *proxy) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, wellKnown()[0]) {
			http.Error(w, "the upstream does not answer", http.StatusBadGateway)
			return
		}
		p.ServeHTTP(w, r)
	})
}

func TestRecognising(t *testing.T) {
	p := newProxy(t)
	p.add(t, scorecard.Release{Name: "rsc.io/quote", Version: "v1.0.0"}, 1)
	p.add(t, scorecard.Release{Name: "golang.org/x/text", Version: "v0.3.0"}, 1)
	for name, c := range map[string]struct {
		handler http.Handler
		want    scorecard.Verdict
	}{
		"a proxy":                          {p, scorecard.Accepted},
		"an empty proxy":                   {newProxy(t), scorecard.Accepted},
		"a proxy that fails for the first": {firstFails(p), scorecard.Accepted},
		"a proxy that refuses in words":    {says(403, "text/plain; charset=utf-8", "this module may not be had here"), scorecard.Accepted},
		"any web server":                   {says(404, "text/plain; charset=utf-8", "404 page not found\n"), scorecard.Unclear},
		"a web page":                       {says(404, "text/html", "<html>module"), scorecard.Unclear},
		"a site of one page":               {says(200, "text/html", "<!doctype html>"), scorecard.Unclear},
		"a server that answers nothing":    {says(200, "text/plain", ""), scorecard.Unclear},
		"a server that lists anything":     {says(200, "text/plain", "v1.0.0\n"), scorecard.Unclear},
		"an npm registry":                  {says(404, "application/json", `{"error":"no such module"}`), scorecard.Unclear},
		"a wall with a log-in":             {says(401, "text/plain", "log in"), scorecard.Refused},
		"a wall that says to wait":         {says(429, "text/plain", "slow down"), scorecard.Throttled},
		"a server with a fault of its own": {says(500, "text/plain", "module"), scorecard.Unclear},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := serve(t, Config{}, c.handler)
			want(t, "recognise it", a.Recognise(context.Background()), c.want)
		})
	}
}
