package upstream

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"assay.invalid/internal/assay"
)

func answer(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

func redirectTo(place *string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", *place)
		w.WriteHeader(http.StatusFound)
	}
}

func TestOnlyTheOriginMayBePrivate(t *testing.T) {
	var touched atomic.Int64
	secret := serve(t, func(w http.ResponseWriter, _ *http.Request) { touched.Add(1); io.WriteString(w, "secret") })
	port := portOf(t, secret.URL)
	var location string
	origin := serve(t, redirectTo(&location))
	open := serveOn(t, public2, redirectTo(&location))
	c := newTestClient(t, nil)

	for name, place := range map[string]string{
		"loopback":                "http://127.0.0.1:" + port + "/",
		"loopback by name":        "http://localhost:" + port + "/",
		"loopback elsewhere":      "http://127.1.2.3:" + port + "/",
		"mapped loopback":         "http://[::ffff:127.0.0.1]:" + port + "/",
		"mapped, in hexadecimal":  "http://[::ffff:7f00:1]:" + port + "/",
		"IPv6 loopback":           "http://[::1]:" + port + "/",
		"unspecified":             "http://0.0.0.0:" + port + "/",
		"unspecified IPv6":        "http://[::]:" + port + "/",
		"cloud metadata":          "http://169.254.169.254/latest/meta-data/",
		"mapped cloud metadata":   "http://[::ffff:169.254.169.254]/",
		"private network":         "http://10.0.0.1/",
		"carrier-grade NAT":       "http://100.64.0.1/",
		"NAT64":                   "http://[64:ff9b::7f00:1]:" + port + "/",
		"the origin on its https": "https://" + strings.TrimPrefix(origin.URL, "http://") + "1/",
	} {
		t.Run(name, func(t *testing.T) {
			location = place
			_, _, err := get(t, c, Origin{Address: origin.URL}, Request{Path: "redirected"})
			wantUnsoundOrUnreachable(t, name, err)
			_, _, err = get(t, c, Origin{Address: origin.URL}, Request{URL: place})
			wantUnsoundOrUnreachable(t, name, err)
			_, _, err = get(t, c, Origin{Address: origin.URL}, Request{URL: open.URL + "/twice"})
			wantUnsoundOrUnreachable(t, name, err)
		})
	}
	if touched.Load() != 0 {
		t.Errorf("a private server was asked %d times", touched.Load())
	}
	idle(t, c, origin.URL)
}

// wantUnsoundOrUnreachable: a port that is none never gets as far as the guard.
func wantUnsoundOrUnreachable(t *testing.T, name string, err error) {
	t.Helper()
	if name == "the origin on its https" {
		if err == nil {
			t.Error("asked")
		}
		return
	}
	e := wantError(t, err, assay.Unsound, "not on the open network")
	if strings.Contains(e.Message, "guard refuses") {
		t.Errorf("the message tells what the name resolves to: %q", e.Message)
	}
}

func TestPublicHostsAreAsked(t *testing.T) {
	cdn := serveOn(t, public2, answer("file"))
	location := cdn.URL + "/f"
	origin := serve(t, redirectTo(&location))
	c := newTestClient(t, nil)
	if r := mustGet(t, c, Origin{Address: origin.URL}, Request{Path: "x"}, "file"); r.Mirror != origin.URL+"/" {
		t.Errorf("mirror %q", r.Mirror)
	}
	if r := mustGet(t, c, Origin{Address: origin.URL}, Request{URL: cdn.URL + "/f"}, "file"); r.Mirror != "" {
		t.Errorf("mirror %q of a host that is none", r.Mirror)
	}
	idle(t, c, origin.URL)
}

func TestARedirectMayLeadToAMirror(t *testing.T) {
	mirror := serve(t, answer("file"))
	location := mirror.URL + "/f"
	origin := serve(t, redirectTo(&location))
	c := newTestClient(t, nil)
	mustGet(t, c, Origin{Address: origin.URL, Mirrors: []string{mirror.URL}}, Request{Path: "x"}, "file")
	// And what one origin may reach, another may not.
	_, _, err := get(t, c, Origin{Address: origin.URL}, Request{Path: "x"})
	wantError(t, err, assay.Unsound)
}

// A connection that was opened to the private origin, and lies idle in its
// pool, must not carry the request of another origin.
func TestPooledPrivateConnectionsAreNotShared(t *testing.T) {
	var asked atomic.Int64
	nearby := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); io.WriteString(w, "near") })
	other := serve(t, answer("other"))
	c := newTestClient(t, nil)
	mustGet(t, c, Origin{Address: nearby.URL}, Request{Path: "x"}, "near")
	_, _, err := get(t, c, Origin{Address: other.URL}, Request{URL: nearby.URL + "/x"})
	wantError(t, err, assay.Unsound)
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestDNSRebinding(t *testing.T) {
	var near atomic.Int64
	open, nearby := listenTwice(t, public2, private1)
	cdn := serveAt(t, open, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		io.WriteString(w, "file")
	})
	port := portOf(t, cdn.URL)
	serveAt(t, nearby, func(http.ResponseWriter, *http.Request) { near.Add(1) })
	origin := serve(t, answer(""))
	c := newTestClient(t, func(cfg *Config) {
		cfg.Resolver = resolverFor(t, map[string][][]string{
			"cdn.example": {{public2}, {private1}},
			"mix.example": {{private1, public2}},
		})
	})
	o := Origin{Address: origin.URL}
	mustGet(t, c, o, Request{URL: "http://cdn.example:" + port + "/f"}, "file")
	_, _, err := get(t, c, o, Request{URL: "http://cdn.example:" + port + "/f"})
	wantError(t, err, assay.Unsound, "cdn.example")
	// Of several addresses only the public one is connected to.
	mustGet(t, c, o, Request{URL: "http://mix.example:" + port + "/f"}, "file")
	if near.Load() != 0 {
		t.Errorf("the private server was asked %d times", near.Load())
	}
}

func TestOriginsNameMayNotBecomeLinkLocal(t *testing.T) {
	c := newTestClient(t, func(cfg *Config) {
		cfg.Resolver = resolverFor(t, map[string][][]string{"registry.example": {{"169.254.169.254"}}})
	})
	_, _, err := get(t, c, Origin{Address: "http://registry.example/"}, Request{Path: "x"})
	wantError(t, err, assay.Unsound, "registry.example")
}

func TestBehindAProxyOnlyListedHosts(t *testing.T) {
	var through []string
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		through = append(through, r.URL.Host)
		if r.URL.Host == "registry.example" && r.URL.Path == "/away" {
			http.Redirect(w, r, "http://evil.example/", http.StatusFound)
			return
		}
		io.WriteString(w, "by proxy")
	})
	to, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := newTestClient(t, func(cfg *Config) {
		cfg.Proxy = http.ProxyURL(to)
		cfg.ExtraHosts = []string{"CDN.example", "files.example:8080"}
	})
	o := Origin{Address: "http://registry.example/", Mirrors: []string{"http://mirror.example/"}}
	for _, address := range []string{"http://registry.example/x", "http://mirror.example/x", "http://cdn.example/x", "http://files.example:8080/x"} {
		mustGet(t, c, o, Request{URL: address}, "by proxy")
	}
	before := len(through)
	for name, r := range map[string]Request{
		"a host from a document": {URL: "http://evil.example/"},
		"another port":           {URL: "http://files.example/"},
		"a listed host's port":   {URL: "http://cdn.example:22/"},
		"the origin's port":      {URL: "http://registry.example:8080/"},
		"the metadata service":   {URL: "http://169.254.169.254/"},
		"a mapped address":       {URL: "http://[::ffff:127.0.0.1]/"},
	} {
		_, _, err := get(t, c, o, r)
		e := wantError(t, err, assay.Unsound, "behind a proxy")
		if e == nil {
			t.Errorf("%s was asked", name)
		}
	}
	if len(through) != before {
		t.Errorf("the proxy was asked for %v", through[before:])
	}
	_, _, err = get(t, c, o, Request{Path: "away"})
	wantError(t, err, assay.Unsound, "evil.example", "behind a proxy")
	if last := through[len(through)-1]; last != "registry.example" {
		t.Errorf("the proxy was asked for %s", last)
	}
}

func TestAProxyThatRefusesOrIsDown(t *testing.T) {
	proxy := serve(t, status(http.StatusForbidden))
	to, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := newTestClient(t, func(cfg *Config) { cfg.Proxy = http.ProxyURL(to) })
	o := Origin{Address: "https://registry.example/"}
	_, _, err = get(t, c, o, Request{Path: "x"})
	if e := wantError(t, err, assay.Unavailable, "the proxy", "registry.example", "403 Forbidden"); e.Status != 403 {
		t.Errorf("status %d", e.Status)
	}
	proxy.Close()
	_, _, err = get(t, c, o, Request{Path: "x"})
	wantError(t, err, assay.Unavailable, "the proxy", "registry.example", "HTTPS_PROXY")
}

func TestAProxyThatCannotBeReadIsNotGoneRound(t *testing.T) {
	var asked atomic.Int64
	origin := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	c := newTestClient(t, func(cfg *Config) {
		cfg.Proxy = func(*http.Request) (*url.URL, error) { return nil, io.ErrUnexpectedEOF }
	})
	_, _, err := get(t, c, Origin{Address: origin.URL}, Request{Path: "x"})
	wantError(t, err, assay.Unavailable, "HTTP_PROXY")
	if asked.Load() != 0 {
		t.Error("the origin was asked without the proxy")
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	var location string
	var asked atomic.Int64
	origin := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		redirectTo(&location)(w, r)
	})
	c := newTestClient(t, nil)
	for name, place := range map[string]string{
		"to itself for ever": "/again",
		"to nothing":         "",
		"to a file":          "file:///etc/passwd",
		"to another scheme":  "gopher://registry.example/",
		"with credentials":   "http://user:pw@" + public2 + "/",
		"without a host":     "http:///x",
		"to what is no URL":  "http://[::1/",
	} {
		location = place
		_, _, err := get(t, c, Origin{Address: origin.URL}, Request{Path: "x"})
		e := wantError(t, err, assay.Unsound, "redirect")
		if e.Status != http.StatusFound {
			t.Errorf("%s: status %d", name, e.Status)
		}
	}
	location = "/again"
	before := asked.Load()
	if _, _, err := get(t, c, Origin{Address: origin.URL}, Request{Path: "x"}); err == nil || asked.Load()-before != 4 {
		t.Errorf("three redirects are allowed, and %d requests were made: %v", asked.Load()-before, err)
	}
	location = "/elsewhere"
	_, _, err := get(t, c, Origin{Address: origin.URL}, Request{Method: "POST", Path: "x", Body: []byte("b")})
	wantError(t, err, assay.Unsound, "redirected a POST")
	idle(t, c, origin.URL)
}

func TestReferencesInDocuments(t *testing.T) {
	c := newTestClient(t, nil)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	t.Cleanup(origin.Close)
	for reference, want := range map[string]string{
		"/mirror/a.whl": "/mirror/a.whl", "../../packages/a.whl#sha256=00": "/packages/a.whl", "a/b.whl": "/base/simple/a/b.whl",
		"../../../../../etc/passwd": "/etc/passwd", // of the same host, which decides what it has there
	} {
		_, body, err := get(t, c, Origin{Address: origin.URL + "/base/simple/"}, Request{URL: reference})
		if err != nil || body != want {
			t.Errorf("%s: %q, %v, want %s", reference, body, err, want)
		}
	}
	idle(t, c, origin.URL)
}

// TestNeighboursMayBePrivate: where an origin is known to keep its files, and
// nowhere else, a private address is asked.
func TestNeighboursMayBePrivate(t *testing.T) {
	c := newTestClient(t, nil)
	serve := func(text string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }))
		t.Cleanup(s.Close)
		return s
	}
	origin, files, trap := serve("origin"), serve("files"), serve("trap")
	o := Origin{Address: origin.URL + "/", Beside: []string{files.URL + "/"}, Token: "secret"}
	if _, body, err := get(t, c, o, Request{URL: files.URL + "/x"}); err != nil || body != "files" {
		t.Errorf("a neighbour answered %q, %v", body, err)
	}
	if _, _, err := get(t, c, o, Request{URL: trap.URL + "/x"}); err == nil {
		t.Error("another private host was asked")
	}
	if _, _, err := get(t, c, Origin{Address: origin.URL + "/"}, Request{URL: files.URL + "/x"}); err == nil {
		t.Error("a private host that is no neighbour was asked")
	}
}

func TestDocumentAddressesThatAreNotAsked(t *testing.T) {
	c := newTestClient(t, nil)
	for name, cs := range map[string]struct{ origin, url string }{
		"a file":                       {"https://registry.example/", "file:///etc/passwd"},
		"credentials":                  {"https://registry.example/", "https://u:p@cdn.example/x"},
		"no host":                      {"https://registry.example/", "https:///x"},
		"plain http on its own port":   {"https://registry.example/", "http://cdn.example:8080/x"},
		"a line break":                 {"https://registry.example/", "https://cdn.example/\r\nx"},
		"javascript":                   {"https://registry.example/", "javascript:alert(1)"},
		"a Windows path, as some have": {"https://registry.example/", `\\host\share`},
	} {
		_, _, err := get(t, c, Origin{Address: cs.origin}, Request{URL: cs.url})
		if e := wantError(t, err, assay.Unsound, "document"); e == nil {
			t.Error(name)
		}
	}
}

func TestPlainHTTPFromAnHTTPSOriginIsUpgraded(t *testing.T) {
	origin, err := url.Parse("https://registry.example/npm/")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"http://registry.example/x.tgz":    "https://registry.example/x.tgz",
		"http://registry.example:80/x.tgz": "https://registry.example/x.tgz",
		"http://[2001:db8::1]:80/x#f":      "https://[2001:db8::1]/x",
		"https://cdn.example:8443/x?y=z":   "https://cdn.example:8443/x?y=z",
	} {
		if u, err := named(origin, address); err != nil || u.String() != want {
			t.Errorf("%s: %v, %v", address, u, err)
		}
	}
}
