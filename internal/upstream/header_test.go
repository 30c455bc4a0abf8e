package upstream

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"assay.invalid/internal/assay"
)

// echo writes down what it was asked.
type echo struct {
	mu   sync.Mutex
	seen []*http.Request
	body []string
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	e.seen, e.body = append(e.seen, r), append(e.body, string(b))
	e.mu.Unlock()
	if to := r.URL.Query().Get("to"); to != "" {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	w.Header().Set("Set-Cookie", "session=1; Path=/")
	io.WriteString(w, "ok")
}

func (e *echo) last() *http.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen[len(e.seen)-1]
}

func TestWhatARequestCarries(t *testing.T) {
	e := &echo{}
	s := serve(t, e.ServeHTTP)
	c := newTestClient(t, nil)
	o := Origin{Address: s.URL + "/base", Token: "t0ken"}
	mustGet(t, c, o, Request{Path: "@s%2fn", Query: url.Values{"q": {"a b&c"}}, Accept: "application/json",
		ETag: `W/"1"`, LastModified: "Sun, 06 Nov 1994 08:49:37 GMT",
		Header: http.Header{
			"X-Extra": {"1", "2"}, "authorization": {"Bearer of-the-asker"}, "Cookie": {"a=b"}, "Host": {"evil.example"},
			"User-Agent": {"npm"}, "Assay-Instance": {"other"}, "Range": {"bytes=0-1"}, "Connection": {"X-Extra"}, "Accept-Encoding": {"br"},
		}}, "ok")
	r := e.last()
	if r.RequestURI != "/base/@s%2fn?q=a+b%26c" || r.Host != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("asked %s of %s", r.RequestURI, r.Host)
	}
	want := http.Header{
		"User-Agent": {"assay-test"}, "Assay-Instance": {"test-instance"}, "Accept": {"application/json"}, "Accept-Encoding": {"identity"},
		"If-None-Match": {`W/"1"`}, "If-Modified-Since": {"Sun, 06 Nov 1994 08:49:37 GMT"}, "Authorization": {"Bearer t0ken"}, "X-Extra": {"1", "2"},
	}
	if fmt.Sprint(r.Header) != fmt.Sprint(want) {
		t.Errorf("header\n%v, want\n%v", r.Header, want)
	}
	mustGet(t, c, o, Request{Method: "POST", Path: "p", Body: []byte("data"), Header: http.Header{"Content-Type": {"application/json"}}}, "ok")
	if r := e.last(); r.Method != "POST" || e.body[len(e.body)-1] != "data" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Cookie") != "" {
		t.Errorf("%s %q %v", r.Method, e.body, r.Header)
	}
}

func TestCredentialsStayWithTheOrigin(t *testing.T) {
	main, mirror, open := &echo{}, &echo{}, &echo{}
	mainAt, mirrorAt, openAt := serve(t, main.ServeHTTP), serve(t, mirror.ServeHTTP), serveOn(t, public2, open.ServeHTTP)
	c := newTestClient(t, nil)
	o := Origin{Address: mainAt.URL, Mirrors: []string{mirrorAt.URL}, User: "user", Password: "hunter2"}
	to := func(places ...string) string {
		out := places[len(places)-1]
		for i := len(places) - 2; i >= 0; i-- {
			out = places[i] + "/?to=" + url.QueryEscape(out)
		}
		return out
	}
	const basic = "Basic dXNlcjpodW50ZXIy"
	extra := http.Header{"X-Extra": {"for the origin"}}
	cases := []struct {
		name  string
		url   string
		at    *echo
		auth  string
		extra bool
	}{
		{"the origin", mainAt.URL + "/x", main, basic, true},
		{"the origin after its own redirect", to(mainAt.URL, mainAt.URL+"/x"), main, basic, true},
		{"a mirror", mirrorAt.URL + "/x", mirror, "", true},
		{"another host", openAt.URL + "/x", open, "", false},
		{"a mirror after a redirect", to(mainAt.URL, mirrorAt.URL+"/x"), mirror, "", false},
		{"another host after a redirect", to(mainAt.URL, openAt.URL+"/x"), open, "", false},
		{"the origin after a detour", to(mainAt.URL, openAt.URL, mainAt.URL+"/x"), main, "", false},
		{"the origin, sent there by another host", to(openAt.URL, mainAt.URL+"/x"), main, "", false},
	}
	for _, cs := range cases {
		mustGet(t, c, o, Request{URL: cs.url, Header: extra}, "ok")
		r := cs.at.last()
		if r.URL.Path != "/x" || r.Header.Get("Authorization") != cs.auth || (r.Header.Get("X-Extra") != "") != cs.extra {
			t.Errorf("%s: %s with %v", cs.name, r.URL, r.Header)
		}
		if r.Header.Get("Assay-Instance") != "test-instance" || r.Header.Get("User-Agent") != "assay-test" || r.Header.Get("Cookie") != "" {
			t.Errorf("%s: header %v", cs.name, r.Header)
		}
		if r.Header.Get("Referer") != "" {
			t.Errorf("%s: it is told where we came from: %v", cs.name, r.Header)
		}
	}
	for _, at := range []*echo{mirror, open} {
		for _, r := range at.seen {
			if r.Header.Get("Authorization") != "" {
				t.Errorf("credentials were sent to %s", r.Host)
			}
		}
	}
}

func TestCredentialsAreNotShown(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403)
		user, password, _ := r.BasicAuth()
		fmt.Fprintf(w, "no: %s, %s, %s", r.Header.Get("Authorization"), user, password)
	})
	o := Origin{Address: s.URL, User: "user", Password: "hunter2"}
	c := newTestClient(t, nil)
	_, _, err := get(t, c, o, Request{})
	e := wantError(t, err, assay.Unavailable, "403 Forbidden", "it says: no: Basic (withheld), user, (withheld)")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "error", e, "origin", o)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "error", e, "origin", o)
	fmt.Fprintf(&log, "%v %+v %#v %s", o, o, o, o)
	for _, secret := range []string{"hunter2", "dXNlcjpodW50ZXIy"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q shows in %s", secret, log.String())
		}
	}
}

func TestOurOwnAnswerIsRefused(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Assay-Instance", r.Header.Get("Assay-Instance"))
		io.WriteString(w, "{}")
	})
	c := newTestClient(t, nil)
	_, _, err := get(t, c, Origin{Address: s.URL}, Request{})
	wantError(t, err, assay.Unsound, "Assay itself")
	// Without an id of our own there is nothing to recognise.
	c = newTestClient(t, func(cfg *Config) { cfg.InstanceID = "" })
	mustGet(t, c, Origin{Address: s.URL}, Request{}, "{}")
}

func TestRequestsThatAreNotMade(t *testing.T) {
	e := &echo{}
	s := serve(t, e.ServeHTTP)
	c := newTestClient(t, nil)
	good := Origin{Address: s.URL}
	for name, cs := range map[string]struct {
		o Origin
		r Request
	}{
		"another method":             {good, Request{Method: "DELETE"}},
		"a method with a line break": {good, Request{Method: "GET / HTTP/1.1\r\n"}},
		"a body to GET":              {good, Request{Body: []byte("x")}},
		"path and URL":               {good, Request{Path: "x", URL: s.URL}},
		"a line break in the ETag":   {good, Request{ETag: "\"a\"\r\nX: y"}},
		"a line break in Accept":     {good, Request{Accept: "a\r\nX: y"}},
		"a line break in a header":   {good, Request{Header: http.Header{"X": {"a\nb"}}}},
		"a name that is none":        {good, Request{Header: http.Header{"X Y": {"a"}}}},
		"traversal":                  {good, Request{Path: "../x"}},
		"a token with a line break":  {Origin{Address: s.URL, Token: "a\nb"}, Request{}},
		"no address":                 {Origin{}, Request{}},
		"a mirror that is none":      {Origin{Address: s.URL, Mirrors: []string{"mirror"}}, Request{}},
	} {
		_, _, err := get(t, c, cs.o, cs.r)
		if assay.KindOf(err) != assay.Invalid || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(e.seen) != 0 {
		t.Errorf("%d requests were made", len(e.seen))
	}
}
