package cargo

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/badregistry"
	"assay.invalid/internal/scorecard/visit"
)

func want(t *testing.T, doing string, a scorecard.Answer, v scorecard.Verdict) {
	t.Helper()
	if a.Verdict != v {
		t.Fatalf("to %s: %s, want %s", doing, a, v)
	}
}

// good is a registry that does everything right, as the protocol sees it.
func good(t *testing.T, sins ...badregistry.Sin) (*badregistry.Registry, *acts) {
	t.Helper()
	r, err := badregistry.Start(badregistry.Config{Sins: sins})
	if err != nil {
		t.Fatal(err)
	}
	base := r.Subject().Addresses[assay.Cargo]
	v := visit.New(visit.Config{Subject: []string{base}, Acting: true})
	t.Cleanup(func() {
		v.Close()
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r, New().Open(base, v.Record()).(*acts)
}

// at is a subject of a handler, with the Authorization headers that it got.
func at(t *testing.T, h http.HandlerFunc) (*acts, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var sent []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		sent = append(sent, r.Header.Get("Authorization"))
		mu.Unlock()
		h(w, r)
	}))
	v := visit.New(visit.Config{Subject: []string{s.URL}, Acting: true})
	t.Cleanup(func() { v.Close(); s.Close() })
	return New().Open(s.URL+"/index", v.Record()).(*acts), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(sent)
	}
}

func says(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestACrateFromItsPublishingToItsYank(t *testing.T) {
	ctx := context.Background()
	r, a := good(t)
	publisher := r.Publisher(assay.Cargo)
	want(t, "recognise it", a.Recognise(ctx), scorecard.Accepted)
	one := scorecard.Release{Name: "trial-life", Version: "1.0.0", Files: map[string]string{"README.md": "a crate\n"},
		Homepage: "https://home.example/", Repository: "https://code.example/x", Dependencies: map[string]string{"itoa": "1.0.0"}}
	_, answer := a.Listing(ctx, scorecard.Credential{}, one.Name)
	want(t, "list what is not there", answer, scorecard.Absent)
	want(t, "publish without a token", a.Publish(ctx, scorecard.Credential{}, one), scorecard.Refused)
	want(t, "publish as a stranger", a.Publish(ctx, r.Stranger(assay.Cargo), one), scorecard.Refused)
	want(t, "publish", a.Publish(ctx, publisher, one), scorecard.Accepted)
	again := a.Publish(ctx, publisher, one)
	want(t, "publish it twice", again, scorecard.Refused)
	if !strings.Contains(again.Reason, "published already") {
		t.Errorf("the refusal says %q", again.Reason)
	}
	two := one
	two.Version = "1.1.0"
	want(t, "publish the next version", a.Publish(ctx, publisher, two), scorecard.Accepted)
	l, answer := a.Listing(ctx, scorecard.Credential{}, "Trial-Life")
	want(t, "list", answer, scorecard.Accepted)
	if v := l.Versions["1.0.0"]; l.Latest != "1.1.0" || len(l.Versions) != 2 || v.Published.IsZero() || v.Dependencies["itoa"] != "^1.0.0" {
		t.Errorf("listed as %+v", l.Versions)
	}
	f, answer := a.File(ctx, scorecard.Credential{}, one.Name, "1.0.0")
	want(t, "fetch the file", answer, scorecard.Accepted)
	if f.Digests["sha256"] != l.Versions["1.0.0"].Digests["sha256"] || len(f.Digests["sha256"]) != 64 {
		t.Errorf("the file has %v and is listed with %v", f.Digests, l.Versions["1.0.0"].Digests)
	}
	_, answer = a.File(ctx, scorecard.Credential{}, one.Name, "9.0.0")
	want(t, "fetch what never was", answer, scorecard.Absent)
	want(t, "take back what was not yanked", a.SetStatus(ctx, publisher, one.Name, "1.1.0", assay.Active, ""), scorecard.NoCall)
	want(t, "deprecate", a.SetStatus(ctx, publisher, one.Name, "1.1.0", assay.Deprecated, "x"), scorecard.NoCall)
	want(t, "yank as a stranger", a.SetStatus(ctx, r.Stranger(assay.Cargo), one.Name, "1.1.0", assay.Yanked, ""), scorecard.Refused)
	want(t, "yank", a.SetStatus(ctx, publisher, one.Name, "1.1.0", assay.Yanked, ""), scorecard.Accepted)
	l, _ = a.Listing(ctx, scorecard.Credential{}, one.Name)
	if v := l.Versions["1.1.0"]; v.Status != assay.Yanked || l.Latest != "1.0.0" {
		t.Errorf("after the yank: %+v, newest %s", v, l.Latest)
	}
	_, answer = a.File(ctx, scorecard.Credential{}, one.Name, "1.1.0")
	want(t, "fetch a yanked file", answer, scorecard.Accepted)
	want(t, "take the yank back", a.SetStatus(ctx, publisher, one.Name, "1.1.0", assay.Active, ""), scorecard.Accepted)
	want(t, "yank what never was", a.SetStatus(ctx, publisher, one.Name, "9.0.0", assay.Yanked, ""), scorecard.Absent)
	want(t, "add an owner with a token for publishing", a.AddOwner(ctx, publisher, one.Name, "stranger"), scorecard.Refused)
	names, answer := a.Samples(ctx, 2)
	want(t, "find samples", answer, scorecard.Accepted)
	if !slices.Equal(names, []string{"granite", "itoa"}) {
		t.Errorf("the samples are %v", names)
	}
}

const config200 = `{"dl":"https://files.registry.example/{crate}/{version}","api":"https://registry.example"}`

// every act with an answer, so that each can be tried on a server that lies in
// all but its config.json. That one is what it is recognised by.
func every(a *acts) map[string]func(context.Context) scorecard.Answer {
	as := scorecard.Credential{Who: "publisher", Secret: "secret"}
	return map[string]func(context.Context) scorecard.Answer{
		"samples": func(ctx context.Context) scorecard.Answer { _, x := a.Samples(ctx, 2); return x },
		"listing": func(ctx context.Context) scorecard.Answer { _, x := a.Listing(ctx, as, "serde"); return x },
		"file":    func(ctx context.Context) scorecard.Answer { _, x := a.File(ctx, as, "serde", "1.0.0"); return x },
		"publish": func(ctx context.Context) scorecard.Answer {
			return a.Publish(ctx, as, scorecard.Release{Name: "x", Version: "1.0.0"})
		},
		"yank": func(ctx context.Context) scorecard.Answer {
			return a.SetStatus(ctx, as, "x", "1.0.0", assay.Yanked, "")
		},
		"owner":    func(ctx context.Context) scorecard.Answer { return a.AddOwner(ctx, as, "x", "y") },
		"exchange": func(ctx context.Context) scorecard.Answer { _, x := a.ExchangeIdentity(ctx, "x", "y"); return x },
	}
}

func TestAServerThatAnswersEverythingWrongIsNeverBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc // to all but config.json
		// believed are the acts whose success has no form of its own: cargo
		// wants JSON without errors.
		believed string
	}{
		"a web page":                        {says(200, "text/html", "<!DOCTYPE html><title>Log in</title>"), ""},
		"a web page that it calls JSON":     {says(200, "application/json", "<html>…"), ""},
		"text":                              {says(200, "text/plain", "hello"), ""},
		"broken JSON":                       {says(200, "application/json", `{"name":"serde",`), ""},
		"another object":                    {says(200, "application/json", `{"hello":"world"}`), "publish, yank, owner"},
		"another crate":                     {says(200, "text/plain", `{"name":"other","vers":"1.0.0","cksum":"","yanked":false}`), "publish, yank, owner"},
		"two lines of one version":          {says(200, "text/plain", "{\"name\":\"serde\",\"vers\":\"1.0.0\"}\n{\"name\":\"serde\",\"vers\":\"1.0.0\"}"), ""},
		"a yank that is a word":             {says(200, "text/plain", `{"name":"serde","vers":"1.0.0","yanked":"no"}`), "publish, yank, owner"},
		"errors with status 200":            {says(200, "application/json", `{"errors":[{"detail":"not yours"}]}`), ""},
		"a failure that it calls a success": {says(200, "application/json", `{"ok":false}`), ""},
		"a token that writes headers":       {says(200, "application/json", `{"token":"a\r\nX-Evil: 1"}`), "publish, yank, owner"},
		"a fault of its own":                {says(500, "text/plain", "oh"), ""},
		"arrays without end":                {says(200, "application/json", strings.Repeat("[", 100_000)), ""},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"name":`)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := at(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/index/config.json" {
					here := "http://" + r.Host
					says(200, "application/json", `{"dl":"`+here+`/dl/{crate}/{version}","api":"`+here+`/"}`)(w, r)
					return
				}
				c.answer(w, r)
			})
			a.limits.Index, a.limits.Answer, a.limits.File = 1<<20, 1<<20, 1<<20
			for doing, act := range every(a) {
				got := act(context.Background())
				if believed := strings.Contains(c.believed, doing); (got.Verdict == scorecard.Accepted) != believed {
					t.Errorf("%s: %s", doing, got)
				}
				if got.Verdict == scorecard.Unclear && got.Reason == "" {
					t.Errorf("%s: unclear without a reason", doing)
				}
			}
		})
	}
}

func TestWhatIsNoIndexIsNotRecognised(t *testing.T) {
	for name, c := range map[string]struct {
		config, crate http.HandlerFunc
		want          scorecard.Verdict
	}{
		"an index":                {says(200, "application/json", config200), says(404, "text/plain", "no"), scorecard.Accepted},
		"one whose upstream died": {says(200, "application/json", config200), says(502, "text/plain", "no"), scorecard.Accepted},
		"a crate that nobody has": {says(200, "application/json", config200), says(200, "text/plain", `{"name":"`+nobodyHas+`","vers":"1.0.0"}`), scorecard.Unclear},
		"no config.json":          {says(404, "text/plain", "no"), says(404, "text/plain", "no"), scorecard.Unclear},
		"another config.json":     {says(200, "application/json", `{"debug":true}`), says(404, "text/plain", "no"), scorecard.Unclear},
		"an address that is none": {says(200, "application/json", `{"dl":"file:///etc/{crate}"}`), says(404, "text/plain", "no"), scorecard.Unclear},
		"a site of one page":      {says(200, "text/html", "<!doctype html>"), says(200, "text/html", "<!doctype html>"), scorecard.Unclear},
		"one that wants a token": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", `Cargo login_url="https://registry.example/me"`)
			says(401, "text/plain", "log in")(w, r)
		}, says(401, "text/plain", "log in"), scorecard.Accepted},
		"a wall with a log-in":     {says(401, "text/plain", "log in"), says(401, "text/plain", "log in"), scorecard.Refused},
		"a wall that says to wait": {says(429, "text/plain", "slow down"), says(429, "text/plain", "slow down"), scorecard.Throttled},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := at(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/config.json") {
					c.config(w, r)
					return
				}
				c.crate(w, r)
			})
			want(t, "recognise it", a.Recognise(context.Background()), c.want)
		})
	}
}

func TestATokenIsTheWholeHeaderAndStaysHere(t *testing.T) {
	ctx := context.Background()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the other host got %q", r.Header.Get("Authorization"))
		}
		says(200, "application/octet-stream", "bytes")(w, r)
	}))
	defer other.Close()
	a, sent := at(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/config.json") {
			says(200, "application/json", `{"dl":"`+other.URL+`"}`)(w, r)
			return
		}
		says(200, "text/plain", `{"name":"x","vers":"1.0.0"}`)(w, r)
	})
	_, answer := a.File(ctx, scorecard.Credential{Who: "p", Secret: "cio-secret"}, "x", "1.0.0")
	want(t, "fetch a file of another host", answer, scorecard.Accepted)
	for _, got := range sent() {
		if got != "cio-secret" {
			t.Errorf("the token was sent as %q", got)
		}
	}
	want(t, "publish where no calls are", a.Publish(ctx, scorecard.Credential{Secret: "s"}, scorecard.Release{Name: "x", Version: "1.0.0"}), scorecard.NoCall)
}
