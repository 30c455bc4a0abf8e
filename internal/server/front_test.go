package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web/home"
)

// echo answers with the path as an adapter sees it.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, r.URL.Path+" "+r.URL.EscapedPath())
}

func TestPathsReachThePlaceAsTheyWereWritten(t *testing.T) {
	addr := start(t, Config{Places: map[string]http.Handler{
		"npm": http.HandlerFunc(echo),
		"go":  http.HandlerFunc(echo),
	}}).addr
	for _, tt := range []struct {
		name, path string
		status     int
		body       string
	}{
		{"a name", "/npm/lodash", 200, "/lodash /lodash"},
		{"a scoped name with its slash escaped", "/npm/@s%2fn", 200, "/@s/n /@s%2fn"},
		{"all of it escaped", "/npm/%40s%2Fn", 200, "/@s/n /%40s%2Fn"},
		{"a place alone", "/npm", 200, "/ /"},
		{"a place and its slash", "/npm/", 200, "/ /"},
		{"empty segments are kept", "/npm//x//y", 200, "//x//y //x//y"},
		{"dots are kept for the adapter to refuse", "/npm/../go/x", 200, "/../go/x /../go/x"},
		{"escaped dots too", "/npm/%2e%2e/go", 200, "/../go /%2e%2e/go"},
		{"Go's case escape", "/go/github.com/!burnt!sushi/toml/@v/list", 200,
			"/github.com/!burnt!sushi/toml/@v/list /github.com/!burnt!sushi/toml/@v/list"},
		{"an escaped slash does not end the place", "/npm%2flodash", 404, ""},
		{"an escaped letter is not the place", "/np%6d/lodash", 404, ""},
		{"an empty first segment", "//npm/lodash", 404, ""},
		{"a place in other case", "/NPM/lodash", 404, ""},
		{"a longer name", "/npmx/lodash", 404, ""},
		{"dots first", "/../npm/lodash", 404, ""},
		{"an unknown place", "/pypi/simple/", 404, ""},
	} {
		resp, body := get(t, addr, tt.path)
		if resp.StatusCode != tt.status || tt.status == 200 && body != tt.body {
			t.Errorf("%s: %s answered %d %q", tt.name, tt.path, resp.StatusCode, body)
		}
	}
}

func FuzzMounted(f *testing.F) {
	for _, path := range []string{"/npm/@s%2fn", "/npm", "/npm%2f", "//npm/", "/npm/%2e%2e/", "/np%6d/", "*", "/npm/%zz", "/npm/\x00"} {
		f.Add(path)
	}
	s, err := New(Config{InstanceID: "i", Control: &fakeControl{}, Places: handle(echo)})
	if err != nil {
		f.Fatal(err)
	}
	front := s.newFront("http://h.example/", api.FromNetwork)
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		u, err := r.URL.Parse("http://h.example/")
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		if r.URL.Path, r.URL.RawPath = path, ""; strings.Contains(path, "%") {
			parsed, err := u.Parse(path)
			if err != nil {
				return
			}
			r.URL = parsed
		}
		written := r.URL.EscapedPath()
		rt := front.route(written)
		if !rt.place {
			return
		}
		m := mounted(r, rt.name)
		if r.URL.EscapedPath() != written {
			t.Fatal("the request was changed in place")
		}
		if got := m.URL.EscapedPath(); written != "/npm"+got && written+"/" != "/npm"+got {
			t.Fatalf("%q became %q", written, got)
		}
	})
}

func TestHostIsChecked(t *testing.T) {
	plain := start(t, Config{Places: handle(echo)})
	public := start(t, Config{Places: handle(echo), PublicURL: "https://Packages.example"})
	_, port, _ := net.SplitHostPort(plain.addr)
	_, publicPort, _ := net.SplitHostPort(public.addr)
	for _, tt := range []struct {
		name, addr, host string
		status           int
	}{
		{"the listen address", plain.addr, "127.0.0.1:" + port, 200},
		{"localhost", plain.addr, "localhost:" + port, 200},
		{"localhost in capitals", plain.addr, "LOCALHOST:" + port, 200},
		{"the IPv6 loopback", plain.addr, "[::1]:" + port, 200},
		{"without the port", plain.addr, "127.0.0.1", 421},
		{"another port", plain.addr, "127.0.0.1:1", 421},
		{"a rebound name", plain.addr, "evil.example:" + port, 421},
		{"a name that begins like ours", plain.addr, "localhost.evil.example:" + port, 421},
		{"an empty host", plain.addr, "", 421},
		{"user information", plain.addr, "localhost:" + port + "@evil.example", 421},
		{"the public host", public.addr, "packages.example", 200},
		{"the public host with its port", public.addr, "packages.example:443", 200},
		{"the public host in other case", public.addr, "PACKAGES.example", 200},
		{"loopback beside the public host", public.addr, "127.0.0.1:" + publicPort, 200},
		{"the public host with another port", public.addr, "packages.example:80", 421},
		{"a very long host", public.addr, strings.Repeat("a", 5000), 421},
	} {
		resp, body := ask(t, tt.addr, "GET /npm/x HTTP/1.1\nHost: "+tt.host+"\nX-Forwarded-Host: packages.example\nConnection: close\n\n")
		// net/http itself refuses what is no host at all.
		if resp.StatusCode != tt.status && (tt.status != 421 || resp.StatusCode != 400) {
			t.Errorf("%s: got %s", tt.name, resp.Status)
		}
		if resp.StatusCode == 421 && (!strings.Contains(body, "--public-url") || len(body) > 1000 || !strings.HasPrefix(resp.Status, "421 Assay: ")) {
			t.Errorf("%s: %s says %q", tt.name, resp.Status, body)
		}
	}
	// The host of an absolute request line counts, not the header beside it.
	resp, _ := ask(t, plain.addr, "GET http://evil.example/npm/x HTTP/1.1\nHost: $HOST\nConnection: close\n\n")
	if resp.StatusCode != 421 {
		t.Errorf("an absolute request line: got %s", resp.Status)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if resp, _ := ask(t, plain.addr, "GET "+path+" HTTP/1.1\nHost: 10.0.0.7\nConnection: close\n\n"); resp.StatusCode != 200 {
			t.Errorf("%s by IP address: got %s", path, resp.Status)
		}
	}
}

func TestOwnInstanceIsRecognised(t *testing.T) {
	addr := start(t, Config{Places: handle(echo), InstanceID: "abc"}).addr
	if resp, body := get(t, addr, "/npm/x", "Assay-Instance: abc"); resp.StatusCode != 508 || !strings.Contains(body, "own upstream") {
		t.Errorf("our own id: %s %q", resp.Status, body)
	}
	if resp, _ := get(t, addr, "/npm/x", "Assay-Instance: other", "Assay-Instance: abc"); resp.StatusCode != 508 {
		t.Errorf("among others: %s", resp.Status)
	}
	if resp, _ := get(t, addr, "/npm/x", "Assay-Instance: other"); resp.StatusCode != 200 {
		t.Errorf("another's: %s", resp.Status)
	}
}

// networkListener looks as if others could reach it.
type networkListener struct{ net.Listener }

func (l networkListener) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8417}
}

func TestAnonymousReadersFromTheNetwork(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		ln, err := Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := ln.Addr().String()
		startOn(t, Config{Places: handle(echo), AnonymousNetworkReads: allowed}, networkListener{ln})
		reads := 401
		if allowed {
			reads = 200
		}
		for path, want := range map[string]int{
			"/npm/x": reads, "/why/" + knownWhy: reads, "/metrics": reads, "/api/v1/why/" + knownWhy: reads,
			"/packages/pkg:npm/lodash": reads, "/decisions": reads, "/policy": reads, "/?q=lodash": reads,
			"/": 200, "/scorecard": 200, "/.well-known/security.txt": 404, "/healthz": 200, "/readyz": 200, "/assets/icon.svg": 200,
		} {
			resp, body := ask(t, addr, "GET "+path+" HTTP/1.1\nHost: 192.0.2.7:8417\nConnection: close\n\n")
			if resp.StatusCode != want {
				t.Errorf("allowed %v, %s: got %s", allowed, path, resp.Status)
			}
			if want == 401 && (!strings.Contains(body, "--allow-anonymous-network-reads") || resp.Header.Get("WWW-Authenticate") != "") {
				t.Errorf("%s says %q %v", path, body, resp.Header)
			}
		}
		if resp, _ := ask(t, addr, "GET /npm/x HTTP/1.1\nHost: localhost:8417\nConnection: close\n\n"); resp.StatusCode != 421 {
			t.Errorf("localhost on a network listener: %s", resp.Status)
		}
	}
}

func TestErrorsAreWrittenForWhoAsked(t *testing.T) {
	addr := start(t, Config{Places: handle(echo)}).addr
	for _, tt := range []struct{ name, accept, content, has string }{
		{"a browser", "Accept: text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8", "<h1>There is nothing here</h1>"},
		{"npm", "Accept: application/json", "application/json", `"kind":"not found"`},
		{"pnpm", "Accept: application/vnd.npm.install-v1+json; q=1.0, */*", "application/json", `"error":"nothing is served`},
		{"anything goes", "Accept: */*", "application/json", `"message":"nothing is served`},
		{"the go command", "User-Agent: Go-http-client/1.1", "text/plain; charset=utf-8", "nothing is served at /nowhere"},
	} {
		resp, body := get(t, addr, "/nowhere", tt.accept)
		if resp.StatusCode != 404 || resp.Header.Get("Content-Type") != tt.content || !strings.Contains(body, tt.has) {
			t.Errorf("%s: %s %s %q", tt.name, resp.Status, resp.Header.Get("Content-Type"), body)
		}
	}
	// What was asked for is shown, so it is where an attacker writes.
	for _, accept := range []string{"text/html", "text/plain", "application/json"} {
		_, body := get(t, addr, "/%3Cscript%3E%1b%5b31m%e2%80%ae", "Accept: "+accept)
		if strings.ContainsAny(body, "\x1b\u202e") || accept == "text/html" && strings.Contains(body, "<script") {
			t.Errorf("%s: %q", accept, body)
		}
	}
}

func TestProtectingHeaders(t *testing.T) {
	addr := start(t, Config{Places: handle(echo)}).addr
	for path, first := range map[string]string{
		"/": "default-src 'self'; script-src 'none'; ", "/why/" + knownWhy: "default-src 'self'; script-src 'none'; ",
		"/nowhere": "default-src 'self'; script-src 'none'; ", "/policy": "default-src 'self'; script-src 'none'; ",
		"/decisions": "default-src 'self'; script-src 'nonce-",
		// What is no page of ours is no page at all.
		"/npm/x": "default-src 'none'; ", "/healthz": "default-src 'none'; ", "/metrics": "default-src 'none'; ", "/assets/assay.css": "default-src 'none'; ",
	} {
		resp, _ := get(t, addr, path, "Accept: text/html")
		policy := resp.Header.Get("Content-Security-Policy")
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(policy, first) ||
			!strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %v", path, resp.Header)
		}
		if resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read by other sites", path)
		}
	}
}

func TestAFaultIsAnErrorAndNeverHalfAnAnswer(t *testing.T) {
	run := start(t, Config{Places: handle(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/before":
			w.Header().Set("Content-Length", "5000")
			w.Header().Set("Secret", "of the handler")
			panic("a bug")
		case "/after":
			io.WriteString(w, strings.Repeat("x", 10000))
			panic("a bug")
		case "/abort":
			w.Write([]byte("x"))
			panic(http.ErrAbortHandler)
		}
	})})
	resp, body := get(t, run.addr, "/npm/before")
	if resp.StatusCode != 500 || !strings.Contains(body, "under request") || resp.Header.Get("Secret") != "" || strings.Contains(body, "bug") {
		t.Errorf("before the answer: %s %v %q", resp.Status, resp.Header, body)
	}
	if logged := run.logs.String(); !strings.Contains(logged, "a bug") || !strings.Contains(logged, "front_test.go") {
		t.Errorf("the log lacks the fault: %s", logged)
	}
	for _, path := range []string{"/npm/after", "/npm/abort"} {
		c := dial(t, run.addr)
		c.send("GET " + path + " HTTP/1.1\nHost: $HOST\n\n")
		resp, err := http.ReadResponse(c.r, nil)
		if err != nil {
			continue // cut before anything was sent
		}
		if body, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("%s: looks complete with %d bytes", path, len(body))
		}
	}
}

func TestForwardedHeaders(t *testing.T) {
	type seen struct {
		headers string
	}
	got := make(chan seen, 1)
	tell := handle(func(w http.ResponseWriter, r *http.Request) {
		var names []string
		for name := range r.Header {
			if strings.HasPrefix(name, "X-") || name == "Forwarded" {
				names = append(names, name)
			}
		}
		got <- seen{strings.Join(names, " ")}
	})
	request := "GET /npm/x HTTP/1.1\nHost: $HOST\nX-Forwarded-For: 198.51.100.1\nX-Forwarded-Proto: https\nForwarded: for=1\nX-Real-IP: 198.51.100.1\nConnection: close\n\n"
	ask(t, start(t, Config{Places: tell}).addr, request)
	if s := <-got; s.headers != "" {
		t.Errorf("of a stranger, the place saw %q", s.headers)
	}
	ask(t, start(t, Config{Places: tell, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}).addr, request)
	if s := <-got; !strings.Contains(s.headers, "X-Forwarded-For") {
		t.Errorf("of a proxy, the place saw %q", s.headers)
	}
}

func TestTheClientBehindProxies(t *testing.T) {
	s := newSources(1, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")})
	proxy := netip.MustParseAddr("10.0.0.1")
	for _, tt := range []struct {
		name string
		said []string
		want string
	}{
		{"one hop", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a chain of our proxies", []string{"198.51.100.1, 10.0.0.3, 10.0.0.2"}, "198.51.100.1"},
		{"what the client claims does not count", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"in several lines", []string{"203.0.113.9", "198.51.100.1, fd00::2"}, "198.51.100.1"},
		{"garbage", []string{"198.51.100.1, what"}, "10.0.0.1"},
		{"nothing", nil, "10.0.0.1"},
		{"only proxies", []string{"10.0.0.2"}, "10.0.0.1"},
		{"a very long chain", []string{strings.Repeat("10.0.0.2,", 5000) + "10.0.0.2"}, "10.0.0.1"},
	} {
		if got := s.behind(proxy, http.Header{"X-Forwarded-For": tt.said}); got.String() != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}

func TestWaitingRequestsOfOneSourceAreBounded(t *testing.T) {
	proceed := make(chan struct{})
	waiting := make(chan struct{}, 10)
	streaming := make(chan struct{})
	run := start(t, Config{
		Limits:         Limits{ColdPerSource: 2},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Places: handle(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/cold":
				waiting <- struct{}{}
				<-proceed
			case "/stream":
				io.WriteString(w, "begun")
				http.NewResponseController(w).Flush()
				waiting <- struct{}{}
				<-streaming
			}
		}),
	})
	request := func(path, from string) *client {
		c := dial(t, run.addr)
		c.send("GET " + path + " HTTP/1.1\nHost: $HOST\nX-Forwarded-For: " + from + "\nConnection: close\n\n")
		return c
	}
	// A download under way waits for nobody.
	for range 3 {
		defer request("/npm/stream", "198.51.100.1").Close()
		<-waiting
	}
	var cold []*client
	for range 2 {
		cold = append(cold, request("/npm/cold", "198.51.100.1"))
		<-waiting
	}
	resp, body := request("/npm/warm", "198.51.100.1").read("GET")
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "1" || !strings.Contains(body, "fewer at a time") {
		t.Errorf("one too many: %s %v %q", resp.Status, resp.Header, body)
	}
	if resp, _ := request("/npm/warm", "198.51.100.2").read("GET"); resp.StatusCode != 200 {
		t.Errorf("another source: %s", resp.Status)
	}
	close(proceed)
	for _, c := range cold {
		c.read("GET")
	}
	if resp, _ := request("/npm/warm", "198.51.100.1").read("GET"); resp.StatusCode != 200 {
		t.Errorf("afterwards: %s", resp.Status)
	}
	close(streaming)
	if err := run.stop(); err != nil {
		t.Fatal(err)
	}
	run.server.sources.mu.Lock()
	defer run.server.sources.mu.Unlock()
	if n := len(run.server.sources.byAddr); n != 0 {
		t.Errorf("%d sources are still remembered", n)
	}
}

func TestSourcesGroupIPv6Networks(t *testing.T) {
	s := newSources(1, nil)
	a, b := s.enter(netip.MustParseAddr("2001:db8::1")), s.enter(netip.MustParseAddr("2001:db8::ffff:1"))
	c, d := s.enter(netip.MustParseAddr("::ffff:192.0.2.1")), s.enter(netip.MustParseAddr("192.0.2.1"))
	if a != b || c != d || a == c {
		t.Error("sources are not grouped")
	}
}

func TestBodiesAreBounded(t *testing.T) {
	run := start(t, Config{
		Limits: Limits{MaxBody: 10, ReadStall: 300 * time.Millisecond},
		Places: handle(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			var tooLarge *http.MaxBytesError
			switch {
			case errors.As(err, &tooLarge):
				w.WriteHeader(413)
			case errors.Is(err, os.ErrDeadlineExceeded):
				w.WriteHeader(408)
			case err != nil:
				w.WriteHeader(400)
			}
			time.Sleep(200 * time.Millisecond) // longer than the stall: a read body must not be held to it
			if r.Context().Err() != nil && err == nil {
				t.Error("the request was given up although its body was read")
			}
			w.Write(body)
		}),
	})
	for _, tt := range []struct {
		name, request string
		status        int
	}{
		{"announced and too large", "Content-Length: 11\n\nhello hello", 413},
		{"chunked and too large", "Transfer-Encoding: chunked\n\nb\nhello hello\n0\n\n", 413},
		{"small enough", "Content-Length: 5\n\nhello", 200},
		{"stalls", "Content-Length: 9\n\nhello", 408},
	} {
		resp, _ := ask(t, run.addr, "POST /npm/x HTTP/1.1\nHost: $HOST\nConnection: close\n"+tt.request)
		if resp.StatusCode != tt.status {
			t.Errorf("%s: got %s", tt.name, resp.Status)
		}
	}
	// A body that keeps coming may take longer than the stall.
	c := dial(t, run.addr)
	c.send("POST /npm/x HTTP/1.1\nHost: $HOST\nContent-Length: 5\n\n")
	for _, b := range "hello" {
		time.Sleep(90 * time.Millisecond)
		c.send(string(b))
	}
	if resp, body := c.read("POST"); resp.StatusCode != 200 || body != "hello" {
		t.Errorf("slowly: %s %q", resp.Status, body)
	}
}

func TestSlowHeadersAreCut(t *testing.T) {
	addr := start(t, Config{Limits: Limits{ReadHeader: 100 * time.Millisecond}, Places: handle(echo)}).addr
	for _, begun := range []string{"", "GET /npm/x HTT", "GET /npm/x HTTP/1.1\nHost: $HOST\nX: "} {
		c := dial(t, addr)
		c.send(begun)
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("after %q: %v", begun, err)
		}
	}
	c := dial(t, addr)
	c.send("GET /npm/x HTTP/1.1\nHost: $HOST\nX: " + strings.Repeat("x", 80<<10) + "\n\n")
	if resp, _ := c.read("GET"); resp.StatusCode != 431 {
		t.Errorf("a large header: %s", resp.Status)
	}
}

func TestConnectionsAreCapped(t *testing.T) {
	addr := start(t, Config{Limits: Limits{MaxConnections: 2}, Places: handle(echo)}).addr
	open := []*client{dial(t, addr), dial(t, addr)}
	for _, c := range open {
		c.send("GET /npm/x HTTP/1.1\nHost: $HOST\n\n")
		c.read("GET")
	}
	late := dial(t, addr)
	late.send("GET /npm/x HTTP/1.1\nHost: $HOST\n\n")
	if err := late.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := late.r.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("a third connection was answered: %v", err)
	}
	open[0].Close()
	if err := late.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if resp, _ := late.read("GET"); resp.StatusCode != 200 {
		t.Errorf("when there was room: %s", resp.Status)
	}
	c := dial(t, addr)
	open[1].Close()
	c.send("GET /npm/x HTTP/1.1\nHost: $HOST\n\n")
	if resp, _ := c.read("GET"); resp.StatusCode != 200 {
		t.Errorf("after one has gone: %s", resp.Status)
	}
}

func TestRequestsAreLoggedByWeight(t *testing.T) {
	run := start(t, Config{Places: handle(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/refused":
			w.WriteHeader(403)
		case "/broken":
			w.WriteHeader(502)
		}
	})})
	var refused *http.Response
	for _, path := range []string{"fine", "refused", "broken"} {
		resp, _ := get(t, run.addr, "/npm/"+path)
		if path == "refused" {
			refused = resp
		}
	}
	if err := run.stop(); err != nil {
		t.Fatal(err)
	}
	logged := run.logs.String()
	for _, want := range []string{
		`"level":"DEBUG","msg":"request","method":"GET","path":"/npm/fine","status":200,"size_bytes":0`,
		`"level":"INFO","msg":"request","method":"GET","path":"/npm/refused","status":403`,
		`"level":"WARN","msg":"request","method":"GET","path":"/npm/broken","status":502`,
		`"request":"` + refused.Header.Get("Assay-Request") + `"`,
	} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log lacks %s:\n%s", want, logged)
		}
	}
}

func TestMetrics(t *testing.T) {
	addr := start(t, Config{Places: handle(echo)}).addr
	get(t, addr, "/npm/lodash")
	get(t, addr, "/nowhere")
	ask(t, addr, "PUT /npm/x HTTP/1.1\nHost: $HOST\nContent-Length: 0\nConnection: close\n\n")
	_, body := get(t, addr, "/metrics")
	for _, want := range []string{
		`assay_http_requests_total{method="read",place="npm",status="2xx"} 1`,
		`assay_http_requests_total{method="write",place="npm",status="2xx"} 1`,
		`assay_http_requests_total{method="read",place="unknown",status="4xx"} 1`,
		`assay_http_request_duration_seconds_count{place="npm"} 2`,
		`assay_http_requests_in_flight{place="metrics"} 1`,
		`assay_http_response_bytes_total{place="npm"} 20`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("lacks %s", want)
		}
	}
}

type fixedHome struct{ err error }

func (h fixedHome) Home(context.Context) (home.Page, error) {
	return home.Page{Places: []home.Place{{Name: "npm", Base: "http://127.0.0.1:8417/npm/",
		Lines: []home.Line{{Client: "npm", Line: "npm install --registry http://127.0.0.1:8417/npm/ express"}}}}}, h.err
}

func TestPages(t *testing.T) {
	addr := start(t, Config{Home: fixedHome{}}).addr
	for _, tt := range []struct {
		name, path, accept string
		status             int
		content, has       string
	}{
		{"home", "/", "text/html", 200, "text/html; charset=utf-8", "npm install --registry"},
		{"a decision for a browser", "/why/" + knownWhy, "text/html,*/*;q=0.8", 200, "text/html; charset=utf-8", "left@1.2.3 is refused"},
		{"a decision for curl", "/why/" + knownWhy, "*/*", 200, "text/html; charset=utf-8", "left@1.2.3 is refused"},
		{"a decision for a program", "/why/" + knownWhy, "application/json", 200, "application/json", `"rule":"block"`},
		{"an unknown decision", "/why/zzz", "text/html", 404, "text/html; charset=utf-8", "No decision has the id"},
		{"an unknown decision for a program", "/why/zzz", "application/json", 404, "application/json", `"kind":"not found"`},
		{"no id", "/why/", "text/html", 404, "text/html; charset=utf-8", "as it stands in the refusal"},
		{"no id at all", "/why", "text/html", 404, "text/html; charset=utf-8", "as it stands in the refusal"},
		{"more than an id", "/why/a/b", "text/html", 404, "text/html; charset=utf-8", "as it stands in the refusal"},
		{"the stylesheet", "/assets/assay.css", "text/css", 200, "text/css; charset=utf-8", "prefers-color-scheme"},
		{"no such asset", "/assets/secret", "text/html", 404, "text/html; charset=utf-8", "Nothing is served"},
		{"the interface, for reading", "/api/v1/why/" + knownWhy, "", 200, "application/json", `"rule":"block"`},
		{"the interface, for changing", "/api/v1/blocks", "", 401, "application/json", "administrator"},
	} {
		resp, body := get(t, addr, tt.path, "Accept: "+tt.accept)
		if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != tt.content || !strings.Contains(body, tt.has) {
			t.Errorf("%s: %s %s %q", tt.name, resp.Status, resp.Header.Get("Content-Type"), body)
		}
	}
	if resp, _ := ask(t, addr, "POST /why/x HTTP/1.1\nHost: $HOST\nContent-Length: 0\nConnection: close\n\n"); resp.StatusCode != 405 {
		t.Errorf("writing to a page: %s", resp.Status)
	}
	broken := start(t, Config{Home: fixedHome{err: assay.Wrap(assay.Internal, errors.New("the private cause"), "the first page cannot be made")}})
	resp, body := get(t, broken.addr, "/", "Accept: text/html")
	if resp.StatusCode != 500 || strings.Contains(body, "private") || !strings.Contains(broken.logs.String(), "the private cause") {
		t.Errorf("a fault: %s %q", resp.Status, body)
	}
}
