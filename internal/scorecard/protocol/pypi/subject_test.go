package pypi

import (
	"context"
	"fmt"
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
	base := r.Subject().Addresses[assay.PyPI]
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
	return New().Open(s.URL+"/simple", v.Record()).(*acts), func() []string {
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

func TestAProjectFromItsUploadToItsYank(t *testing.T) {
	ctx := context.Background()
	r, a := good(t)
	publisher := r.Publisher(assay.PyPI)
	want(t, "recognise it", a.Recognise(ctx), scorecard.Accepted)
	for _, files := range []map[string]string{{"README.md": "a wheel\n"}, {"setup.py": "from setuptools import setup\nsetup()\n"}} {
		one := scorecard.Release{Name: fmt.Sprintf("Trial_%d.life", len(files["README.md"])), Version: "1.0.0", Files: files,
			Homepage: "https://home.example/", Mail: "a@mail.example", Dependencies: map[string]string{"six": "1.16.0"}}
		_, answer := a.Listing(ctx, scorecard.Credential{}, one.Name)
		want(t, "list what is not there", answer, scorecard.Absent)
		want(t, "upload without a token", a.Publish(ctx, scorecard.Credential{}, one), scorecard.Refused)
		want(t, "upload as a stranger", a.Publish(ctx, r.Stranger(assay.PyPI), one), scorecard.Refused)
		want(t, "upload", a.Publish(ctx, publisher, one), scorecard.Accepted)
		want(t, "upload it twice", a.Publish(ctx, publisher, one), scorecard.Refused)
		two := one
		two.Version = "1.0.1"
		want(t, "upload the next version", a.Publish(ctx, publisher, two), scorecard.Accepted)
		l, answer := a.Listing(ctx, scorecard.Credential{}, strings.ToUpper(one.Name))
		want(t, "list", answer, scorecard.Accepted)
		if l.Latest != "1.0.1" || len(l.Versions) != 2 || l.Versions["1.0.0"].Published.IsZero() {
			t.Errorf("listed as %+v", l.Versions)
		}
		f, answer := a.File(ctx, scorecard.Credential{}, one.Name, "1.0.0")
		want(t, "fetch the file", answer, scorecard.Accepted)
		if f.Digests["sha256"] != l.Versions["1.0.0"].Digests["sha256"] || len(f.Digests["sha256"]) != 64 {
			t.Errorf("the file has %v and is listed with %v", f.Digests, l.Versions["1.0.0"].Digests)
		}
		_, answer = a.File(ctx, scorecard.Credential{}, one.Name, "9.0.0")
		want(t, "fetch what never was", answer, scorecard.Absent)
		want(t, "yank by the protocol", a.SetStatus(ctx, publisher, one.Name, "1.0.1", assay.Yanked, "x"), scorecard.NoCall)
		want(t, "yank by the driver", r.For(assay.PyPI, a.subject.Visit).SetStatus(ctx, publisher, strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(one.Name)), "1.0.1", assay.Yanked, "it burns"), scorecard.Accepted)
		l, _ = a.Listing(ctx, scorecard.Credential{}, one.Name)
		if v := l.Versions["1.0.1"]; v.Status != assay.Yanked || v.Notice != "it burns" || l.Latest != "1.0.0" {
			t.Errorf("after the yank: %+v, newest %s", v, l.Latest)
		}
		_, answer = a.File(ctx, scorecard.Credential{}, one.Name, "1.0.1")
		want(t, "fetch a yanked file", answer, scorecard.Accepted)
	}
}

func TestBothFormsOfAnIndexSayTheSame(t *testing.T) {
	_, a := good(t)
	ctx := context.Background()
	for _, name := range []string{"requests", "six", "flask"} {
		l, answer := a.Listing(ctx, scorecard.Credential{}, name)
		want(t, "list "+name, answer, scorecard.Accepted)
		res, html := a.subject.Ask(ctx, question(a.index+name+"/", "text/html"), nil)
		old, html := readListing(name, res, html, 100)
		want(t, "list it in the older form", html, scorecard.Accepted)
		for version, v := range l.Versions {
			o := old.Versions[version]
			if o.File != v.File || o.Digests["sha256"] != v.Digests["sha256"] || o.Provenance != v.Provenance || o.Status != v.Status || !o.Published.IsZero() {
				t.Errorf("%s %s is %+v in one form and %+v in the other", name, version, v, o)
			}
		}
		if len(old.Versions) != len(l.Versions) || old.Latest != l.Latest {
			t.Errorf("%s has other versions in the older form", name)
		}
	}
	ids, answer := a.Advisories(ctx, scorecard.Credential{}, "requests", "2.19.1")
	want(t, "ask for advisories", answer, scorecard.Accepted)
	if len(ids) != 1 {
		t.Errorf("the advisories are %v", ids)
	}
	names, answer := a.Samples(ctx, 3)
	want(t, "find samples", answer, scorecard.Accepted)
	if !slices.Equal(names, []string{"requests", "six", "flask"}) {
		t.Errorf("the samples are %v", names)
	}
}

func TestATokenGoesToTheSubjectAloneInItsOwnForm(t *testing.T) {
	ctx := context.Background()
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the other host got %q", r.Header.Get("Authorization"))
		}
		elsewhere++
		says(200, "application/octet-stream", "PK bytes")(w, r)
	}))
	defer other.Close()
	a, sent := at(t, func(w http.ResponseWriter, r *http.Request) {
		says(200, mediaJSON, `{"meta":{"api-version":"1.0"},"name":"x","files":[{"filename":"x-1.0-py3-none-any.whl","url":"`+other.URL+`/x-1.0-py3-none-any.whl","hashes":{}}]}`)(w, r)
	})
	_, answer := a.File(ctx, scorecard.Credential{Who: "p", Secret: "pypi-secret"}, "x", "1.0")
	want(t, "fetch a file of another host", answer, scorecard.Accepted)
	for secret, basic := range map[string]string{"pypi-secret": "Basic X190b2tlbl9fOnB5cGktc2VjcmV0", "ann:secret": "Basic YW5uOnNlY3JldA=="} {
		_, _ = a.Listing(ctx, scorecard.Credential{Who: "p", Secret: secret}, "x")
		if got := sent(); got[len(got)-1] != basic {
			t.Errorf("%q was sent as %q", secret, got[len(got)-1])
		}
	}
	if elsewhere != 1 {
		t.Errorf("the other host was asked %d times", elsewhere)
	}
}

func TestUploadsGoWhereTheyAreTaken(t *testing.T) {
	ctx := context.Background()
	var paths []string
	a, _ := at(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		if r.URL.Path != "/" {
			says(405, "text/plain", "no")(w, r)
		}
	})
	one := scorecard.Release{Name: "x", Version: "1.0"}
	want(t, "upload", a.Publish(ctx, scorecard.Credential{Secret: "s"}, one), scorecard.Accepted)
	want(t, "upload again", a.Publish(ctx, scorecard.Credential{Secret: "s"}, one), scorecard.Accepted)
	if !slices.Equal(paths, []string{"/legacy/", "/", "/"}) {
		t.Errorf("uploads went to %v", paths)
	}
	b, _ := at(t, says(403, "text/plain", "not yours"))
	want(t, "upload what is not one's own", b.Publish(ctx, scorecard.Credential{Secret: "s"}, one), scorecard.Refused)
	c, _ := at(t, says(404, "text/plain", "nothing"))
	want(t, "upload where there is no such call", c.Publish(ctx, scorecard.Credential{Secret: "s"}, one), scorecard.NoCall)
}

// every act with an answer, so that each can be tried on a server that lies.
func every(a *acts) map[string]func(context.Context) scorecard.Answer {
	as := scorecard.Credential{Who: "publisher", Secret: "secret"}
	return map[string]func(context.Context) scorecard.Answer{
		"recognise": a.Recognise,
		"samples":   func(ctx context.Context) scorecard.Answer { _, x := a.Samples(ctx, 2); return x },
		"listing":   func(ctx context.Context) scorecard.Answer { _, x := a.Listing(ctx, as, "requests"); return x },
		"file":      func(ctx context.Context) scorecard.Answer { _, x := a.File(ctx, as, "requests", "1.0"); return x },
		"advisories": func(ctx context.Context) scorecard.Answer {
			_, x := a.Advisories(ctx, as, "requests", "1.0")
			return x
		},
		"publish": func(ctx context.Context) scorecard.Answer {
			return a.Publish(ctx, as, scorecard.Release{Name: "x", Version: "1.0"})
		},
		"exchange": func(ctx context.Context) scorecard.Answer { _, x := a.ExchangeIdentity(ctx, "x", "y"); return x },
	}
}

func TestAServerThatAnswersEverythingWrongIsNeverBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		// believed are the acts whose success has no form of its own: twine
		// looks at the status alone.
		believed string
	}{
		"a web page":                    {says(200, "text/html", "<!DOCTYPE html><title>Log in</title><a href='/login'>log in</a>"), ""},
		"a web page that it calls JSON": {says(200, mediaJSON, "<html>…"), ""},
		"text":                          {says(200, "text/plain", "hello"), "publish"},
		"broken JSON":                   {says(200, mediaJSON, `{"meta":{"api-version":"1.0"},"files":[`), "publish"},
		"another object":                {says(200, "application/json", `{"hello":"world"}`), "publish"},
		"another project":               {says(200, mediaJSON, `{"meta":{"api-version":"1.0"},"name":"other","files":[]}`), "publish"},
		"another version of the form":   {says(200, mediaJSON, `{"meta":{"api-version":"2.0"},"name":"requests","files":[],"projects":[]}`), "publish"},
		"fields of the wrong types":     {says(200, mediaJSON, `{"meta":[],"name":7,"files":{},"vulnerabilities":{},"token":{}}`), "publish"},
		"a token that writes headers":   {says(200, "application/json", `{"token":"a\r\nX-Evil: 1"}`), "publish"},
		"an error with status 200":      {says(200, "application/json", `{"error":"not really"}`), ""},
		"something put off":             {says(202, "text/plain", ""), ""},
		"a fault of its own":            {says(500, "text/plain", "oh"), ""},
		"a redirect to another host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://other.example/", http.StatusFound)
		}, ""},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"meta":`)
		}, ""},
		"arrays without end": {says(200, mediaJSON, strings.Repeat("[", 100_000)), "publish"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := at(t, c.handler)
			a.limits.Document, a.limits.Answer, a.limits.Index, a.limits.File = 1<<20, 1<<20, 1<<20, 1<<20
			for doing, act := range every(a) {
				got := act(context.Background())
				if (got.Verdict == scorecard.Accepted) != strings.Contains(c.believed, doing) {
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
	list := `{"meta":{"api-version":"1.0"},"name":"requests","files":[{"filename":"requests-2.0.tar.gz","url":"../../f/requests-2.0.tar.gz","hashes":{}}]}`
	only := func(path string, h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				h(w, r)
				return
			}
			says(404, "text/plain", "not found")(w, r)
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    scorecard.Verdict
	}{
		"a well-known project":       {only("/simple/requests/", says(200, mediaJSON, list)), scorecard.Accepted},
		"in HTML":                    {only("/simple/requests/", says(200, "text/html", `<!DOCTYPE html><html><body><a href="../../f/requests-2.0.tar.gz#sha256=00">requests-2.0.tar.gz</a>`)), scorecard.Accepted},
		"a list of private projects": {only("/simple/", says(200, "text/html", `<html><body><a href="ours/">Ours</a> <a href="/simple/our-other/">our.other</a>`)), scorecard.Accepted},
		"an empty list in JSON":      {only("/simple/", says(200, mediaJSON, `{"meta":{"api-version":"1.1"},"projects":[]}`)), scorecard.Accepted},
		"a list, and no upstream": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/simple/" {
				says(200, mediaJSON, `{"meta":{"api-version":"1.1"},"projects":[{"name":"ours"}]}`)(w, r)
				return
			}
			says(503, "text/plain", "no upstream")(w, r)
		}, scorecard.Accepted},
		"a page with other links": {only("/simple/", says(200, "text/html", `<html><body><a href="/login">Log in</a>`)), scorecard.Unclear},
		"404 for everything":      {says(404, "text/plain", "no"), scorecard.Unclear},
		"every project there is": {func(w http.ResponseWriter, r *http.Request) {
			says(200, mediaJSON, strings.ReplaceAll(list, "requests", strings.Split(r.URL.Path, "/")[2]))(w, r)
		}, scorecard.Unclear},
		"a wall with a log-in":     {says(401, "text/plain", "log in"), scorecard.Refused},
		"a wall that says to wait": {says(429, "text/plain", "slow down"), scorecard.Throttled},
		"a site of one page":       {says(200, "text/html", "<!doctype html><p>hello"), scorecard.Unclear},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := at(t, c.handler)
			want(t, "recognise it", a.Recognise(context.Background()), c.want)
		})
	}
}
