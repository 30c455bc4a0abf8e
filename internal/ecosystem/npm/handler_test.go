package npm

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// ask sends one request to the handler over HTTP; the path is sent as it is.
func ask(t *testing.T, f *fakeRepository, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	return askHandler(t, New().Handler(f), method, path, body, header...)
}

func askHandler(t *testing.T, handler http.Handler, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	r, err := http.NewRequest(method, server.URL+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = path // not cleaned, not escaped again
	if strings.HasPrefix(path, "//") {
		r.URL.Opaque = "//" + r.URL.Host + path
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(all)
}

func TestReads(t *testing.T) {
	for _, c := range []struct {
		what, path string
		status     int
		asks, says string
	}{
		{"a package", "/demo", 200, "listing demo full", `"versions"`},
		{"a package, slash behind", "/demo/", 200, "listing demo full", `"versions"`},
		{"with npm's write flag", "/demo?write=true", 200, "listing demo full", `"versions"`},
		{"a scoped package", "/@s/demo", 200, "listing @s/demo full", `"versions"`},
		{"a scoped package, encoded", "/@s%2fdemo", 200, "listing @s/demo full", `"versions"`},
		{"a scoped package, encoded in capitals", "/@s%2Fdemo", 200, "listing @s/demo full", `"versions"`},
		{"a scoped package, all encoded", "/%40s%2fdemo", 200, "listing @s/demo full", `"versions"`},
		{"a version", "/demo/1.0.0", 200, "listing demo manifest/1.0.0", `"version":"1.0.0"`},
		{"a version of a scoped package", "/@s%2fdemo/1.0.0", 200, "listing @s/demo manifest/1.0.0", `"version":"1.0.0"`},
		{"a tag that had to move", "/demo/latest", 200, "listing demo manifest/latest", `"version":"1.1.0"`},
		{"a denied version", "/demo/2.0.0", 403, "listing demo manifest/2.0.0", "prototype pollution"},
		{"a version that is none", "/demo/9.9.9", 404, "listing demo manifest/9.9.9", "no version or tag"},
		{"a tarball", "/demo/-/demo-1.0.0.tgz", 200, "file demo demo-1.0.0.tgz", "bytes of 1.0.0"},
		{"a tarball by the upstream's name for it", "/demo/-/x-1.0.0.tgz", 200, "file demo x-1.0.0.tgz", "bytes of 1.0.0"},
		{"a scoped tarball", "/@s/demo/-/demo-1.0.0.tgz", 200, "file @s/demo demo-1.0.0.tgz", "scoped"},
		{"a scoped tarball, encoded", "/@s%2fdemo/-/demo-1.0.0.tgz", 200, "file @s/demo demo-1.0.0.tgz", "scoped"},
		{"a scoped tarball with the scope again", "/@s/demo/-/@s/demo-1.0.0.tgz", 200, "file @s/demo demo-1.0.0.tgz", "scoped"},
		{"a denied tarball", "/demo/-/demo-2.0.0.tgz", 403, "file demo demo-2.0.0.tgz", "prototype pollution"},
		{"a tarball that is none", "/demo/-/demo-9.9.9.tgz", 404, "file demo demo-9.9.9.tgz", "no file"},
		{"tags", "/-/package/demo/dist-tags", 200, "listing demo dist-tags", `{"latest":"1.1.0"}`},
		{"tags of a scoped package", "/-/package/@s%2fdemo/dist-tags", 200, "listing @s/demo dist-tags", `{"latest":"1.0.0"}`},
		{"a package that is none", "/absent", 404, "listing absent full", "no package absent"},
		{"the place itself", "/", 200, "", "npm"},
		{"ping", "/-/ping", 200, "", "{}"},
		{"ping with npm's flag", "/-/ping?write=true", 200, "", "{}"},
		{"who am I", "/-/whoami", 401, "", "without a token"},
		{"a service that is none", "/-/npm/v1/tokens", 404, "", "nothing at this address"},
		{"the service route alone", "/-", 404, "", "nothing at this address"},
		{"a path that is too deep", "/demo/1.0.0/package.json", 404, "", "nothing at this address"},
	} {
		f := newFake(t)
		resp, body := ask(t, f, http.MethodGet, c.path, "")
		if resp.StatusCode != c.status || strings.Join(f.asked, ", ") != c.asks || !strings.Contains(body, c.says) {
			t.Errorf("%s: GET %s is %d after [%s]: %s\nwant %d after [%s] with %q", c.what, c.path, resp.StatusCode, strings.Join(f.asked, ", "), body, c.status, c.asks, c.says)
		}
		if c.status >= 400 {
			checkError(t, c.what, resp, body)
		}

		// HEAD answers the same without a body.
		f = newFake(t)
		head, body := ask(t, f, http.MethodHead, c.path, "")
		if head.StatusCode != c.status || body != "" || head.Header.Get("Content-Type") != resp.Header.Get("Content-Type") {
			t.Errorf("%s: HEAD is %d, %q, with %d bytes of body", c.what, head.StatusCode, head.Header.Get("Content-Type"), len(body))
		}
	}
}

// checkError checks that an error has the form that npm's world shows.
func checkError(t *testing.T, what string, resp *http.Response, body string) {
	t.Helper()
	var answer struct{ Error string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Error == "" {
		t.Errorf("%s: the body %q has no error field", what, body)
	}
	if notice := resp.Header.Get("npm-notice"); (notice == "") != (resp.StatusCode >= 500) {
		t.Errorf("%s: status %d with npm-notice %q", what, resp.StatusCode, notice)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s: an error of type %s", what, got)
	}
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s: an error with Cache-Control %q", what, got)
	}
}

func TestHostilePaths(t *testing.T) {
	for what, path := range map[string]string{
		"parent":                           "/..",
		"parent, encoded":                  "/%2e%2e/secret",
		"parent in a scope":                "/@s%2f..",
		"parent behind a package":          "/demo/..",
		"parent, encoded, as a file":       "/demo/-/%2e%2e",
		"encoded slash outside a scope":    "/demo%2f1.0.0",
		"encoded slash in a file":          "/demo/-/..%2f..%2fetc%2fpasswd",
		"second encoded slash in a scope":  "/@s%2fdemo%2f1.0.0",
		"encoded twice":                    "/@s%252fdemo",
		"dots encoded twice":               "/%252e%252e/x",
		"backslash":                        "/demo/-/..%5c..%5cx",
		"NUL":                              "/demo%00",
		"line feed":                        "/demo%0aSet-Cookie:x",
		"terminal escape":                  "/%1b%5b2Jdemo",
		"bytes that are not UTF-8":         "/%ff%fe",
		"empty segment":                    "/demo//1.0.0",
		"scope alone":                      "/@s",
		"hidden file":                      "/.npmrc",
		"couch database":                   "/_all_docs",
		"folder of npm":                    "/node_modules",
		"Cyrillic lookalike":               "/l%d0%bedash",
		"hidden tarball":                   "/demo/-/.tgz",
		"very long":                        "/" + strings.Repeat("a", 3000),
		"attestations of nothing":          "/-/npm/v1/attestations/demo",
		"attestations of a hidden version": "/-/npm/v1/attestations/demo@..%2f..",
		"tags of a hidden package":         "/-/package/..%2fdemo/dist-tags",
	} {
		f := newFake(t)
		resp, body := ask(t, f, http.MethodGet, path, "")
		if resp.StatusCode != http.StatusBadRequest || len(f.asked)+len(f.passages) > 0 {
			t.Errorf("%s: GET %s is %d (%s) after %v; want 400 and nothing asked", what, path, resp.StatusCode, body, f.asked)
			continue
		}
		checkError(t, what, resp, body)
		if strings.ContainsAny(body+resp.Header.Get("npm-notice"), "\x1b\n\x00") {
			t.Errorf("%s: the answer carries control characters: %q", what, body)
		}
	}
}

func TestMountedBelowAPrefix(t *testing.T) {
	f := newFake(t)
	mux := http.NewServeMux()
	mux.Handle("/npm/", http.StripPrefix("/npm", New().Handler(f)))
	resp, body := askHandler(t, mux, http.MethodGet, "/npm/@s%2fdemo/1.0.0", "")
	if resp.StatusCode != 200 || strings.Join(f.asked, "") != "listing @s/demo manifest/1.0.0" {
		t.Errorf("%d %s after %v", resp.StatusCode, body, f.asked)
	}
}

func TestWritesAreRefused(t *testing.T) {
	for _, c := range []struct{ what, method, path, allow, says string }{
		{"publish", "PUT", "/demo", "GET, HEAD", "publishing is not available"},
		{"publish, scoped", "PUT", "/@s%2fdemo", "GET, HEAD", "publishing is not available"},
		{"unpublish", "DELETE", "/demo/-rev/1-x", "GET, HEAD", "publishing is not available"},
		{"tag", "PUT", "/-/package/demo/dist-tags/latest", "GET, HEAD", "publishing is not available"},
		{"log in by the web", "POST", "/-/v1/login", "GET, HEAD", "logging in is not available"},
		{"log in by password", "PUT", "/-/user/org.couchdb.user:someone", "GET, HEAD", "logging in is not available"},
		{"trusted publishing", "POST", "/-/npm/v1/oidc/token/exchange/package/demo", "GET, HEAD", "publishing is not available"},
		{"read advisories", "GET", "/-/npm/v1/security/advisories/bulk", "POST", "with POST"},
		{"delete advisories", "DELETE", "/-/npm/v1/security/audits/quick", "POST", "with POST"},
		{"an unknown method", "BREW", "/demo", "GET, HEAD", "publishing is not available"},
	} {
		f := newFake(t)
		resp, body := ask(t, f, c.method, c.path, `{"name":"demo"}`)
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != c.allow || !strings.Contains(body, c.says) || len(f.asked)+len(f.passages) > 0 {
			t.Errorf("%s: %s %s is %d, Allow %q: %s", c.what, c.method, c.path, resp.StatusCode, resp.Header.Get("Allow"), body)
		}
		checkError(t, c.what, resp, body)
	}
}

func TestAccept(t *testing.T) {
	const short = "application/vnd.npm.install-v1+json"
	for accept, want := range map[string]string{
		"":                     "full",
		"*/*":                  "full",
		"application/json":     "full",
		"text/html":            "full",
		short:                  "abbreviated",
		strings.ToUpper(short): "abbreviated",
		short + "; q=1.0, application/json; q=0.8, */*": "abbreviated",
		short + ";q=0.5, application/json":              "full",
		short + ";q=0.5, */*":                           "full",
		short + ";q=0.5, application/json;q=0.4, */*":   "abbreviated",
		short + ", application/json":                    "abbreviated",
		"application/json, " + short:                    "abbreviated",
		short + ";q=0, */*;q=0.1":                       "full",
		short + ";q=0":                                  "full",
		short + ";q=nonsense":                           "abbreviated",
	} {
		f := newFake(t)
		resp, _ := ask(t, f, http.MethodGet, "/demo", "", "Accept", accept)
		if got := strings.Join(f.asked, ""); got != "listing demo "+want {
			t.Errorf("Accept %q: %s, want %s", accept, got, want)
		}
		if !strings.Contains(resp.Header.Get("Vary"), "Accept") {
			t.Errorf("Accept %q: the answer does not vary by it", accept)
		}
		wantType := map[string]string{"full": "application/json", "abbreviated": short}[want]
		if got := resp.Header.Get("Content-Type"); got != wantType {
			t.Errorf("Accept %q: content type %s, want %s", accept, got, wantType)
		}
	}
}

func TestRefusalReachesThePerson(t *testing.T) {
	f := newFake(t)
	f.denied["demo@2.0.0"] = denial("block", "bad\r\nSet-Cookie: x=1\x1b[31m and ünïcode")
	phrases := map[int]string{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := ecosystem.WithPhraser(r.Context(), func(status int, phrase string) { phrases[status] = phrase })
		New().Handler(f).ServeHTTP(w, r.WithContext(ctx))
	})
	resp, body := askHandler(t, handler, http.MethodGet, "/demo/-/demo-2.0.0.tgz", "")
	checkError(t, "refusal", resp, body)
	for channel, text := range map[string]string{"body": body, "npm-notice": resp.Header.Get("npm-notice")} {
		for _, part := range []string{"demo@2.0.0", "block", "bad Set-Cookie", "1.0.0", "/why/demo-2.0.0"} {
			if !strings.Contains(text, part) {
				t.Errorf("the %s %q does not say %q", channel, text, part)
			}
		}
	}
	if len(resp.Header.Values("Set-Cookie")) > 0 {
		t.Error("the reason split the headers")
	}
	if phrase := phrases[http.StatusForbidden]; !strings.Contains(phrase, "/why/demo-2.0.0") || len(phrase) > ecosystem.MaxPhrase {
		t.Errorf("reason phrase %q", phrase)
	}
}

func TestTheUpstreamsErrorIsMarkedAsSuch(t *testing.T) {
	f := newFake(t)
	f.passed = http.StatusNotFound
	phrase := ""
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := ecosystem.WithPhraser(r.Context(), func(_ int, said string) { phrase = said })
		New().Handler(f).ServeHTTP(w, r.WithContext(ctx))
	})
	resp, _ := askHandler(t, handler, http.MethodGet, "/-/v1/search?text=demo", "")
	if resp.StatusCode != http.StatusNotFound || !strings.Contains(phrase, "the upstream answered this with 404 Not Found") {
		t.Errorf("%d with the phrase %q", resp.StatusCode, phrase)
	}
}

func TestErrorsKeepTheirMeaning(t *testing.T) {
	for _, c := range []struct {
		what   string
		err    error
		status int
	}{
		{"the upstream is down", &assay.Error{Kind: assay.Unavailable, Message: "the upstream does not answer", RetryAfter: 1500 * time.Millisecond}, 503},
		{"the upstream fails", &assay.Error{Kind: assay.Unavailable, Message: "the upstream fails", Status: 502}, 502},
		{"the upstream sends garbage", assay.Errorf(assay.Unsound, "the document is not sound"), 502},
		{"a fault of ours", errors.New("secret path"), 500},
	} {
		f := newFake(t)
		f.fail = c.err
		for _, path := range []string{"/demo", "/demo/-/demo-1.0.0.tgz", "/-/npm/v1/keys"} {
			resp, body := ask(t, f, http.MethodGet, path, "")
			if resp.StatusCode != c.status || strings.Contains(body, "secret") {
				t.Errorf("%s: GET %s is %d: %s", c.what, path, resp.StatusCode, body)
			}
			checkError(t, c.what, resp, body)
			if c.status == 503 && resp.Header.Get("Retry-After") != "2" {
				t.Errorf("%s: Retry-After %q, want 2", c.what, resp.Header.Get("Retry-After"))
			}
		}
	}
}

func TestPassages(t *testing.T) {
	const bulk = `{"lodash":["4.17.20"],"@s/n":["1.0.0"]}`
	const quick = `{"name":"my-project","version":"1.0.0","requires":{"a":"^1.0.0"},"dependencies":{"a":{"version":"1.0.0","requires":true,"dependencies":{"@s%2fb":{"version":"2.0.0","requires":{"c":"1"}}}}}}`
	for _, c := range []struct {
		what, method, path, body, source, names string
		keep                                    time.Duration
	}{
		{"keys", "GET", "/-/npm/v1/keys", "", "-/npm/v1/keys", "", time.Hour},
		{"attestations", "GET", "/-/npm/v1/attestations/demo@1.0.0", "", "-/npm/v1/attestations/demo@1.0.0", "demo", time.Hour},
		{"attestations, scoped", "GET", "/-/npm/v1/attestations/@s%2fdemo@1.0.0", "", "-/npm/v1/attestations/@s%2fdemo@1.0.0", "@s/demo", time.Hour},
		{"attestations, scoped with a slash", "GET", "/-/npm/v1/attestations/@s/demo@1.0.0", "", "-/npm/v1/attestations/@s%2fdemo@1.0.0", "@s/demo", time.Hour},
		{"search", "GET", "/-/v1/search?text=left-pad+author:someone+%40s/n&size=5&token=x", "", "-/v1/search", "left-pad someone @s/n", 0},
		{"bulk advisories", "POST", "/-/npm/v1/security/advisories/bulk", bulk, "-/npm/v1/security/advisories/bulk", "lodash @s/n", 0},
		{"quick audit", "POST", "/-/npm/v1/security/audits/quick", quick, "-/npm/v1/security/audits/quick", "my-project a @s/b c", 0},
		{"full audit", "POST", "/-/npm/v1/security/audits", quick, "-/npm/v1/security/audits", "my-project a @s/b c", 0},
	} {
		f := newFake(t)
		resp, body := ask(t, f, c.method, c.path, c.body)
		if resp.StatusCode != 200 || body != `{"passed":true}` || len(f.passages) != 1 {
			t.Errorf("%s: %d %s after %d passages", c.what, resp.StatusCode, body, len(f.passages))
			continue
		}
		p := f.passages[0]
		if p.Method != c.method || p.Source.Path != c.source || p.Source.URL != "" || strings.Join(p.Names, " ") != c.names || p.Keep != c.keep || string(p.Body) != c.body {
			t.Errorf("%s: passed %+v", c.what, p)
		}
		if c.what == "search" && !reflect.DeepEqual(map[string][]string(p.Query), map[string][]string{"text": {"left-pad author:someone @s/n"}, "size": {"5"}}) {
			t.Errorf("search: query %v", p.Query)
		}
	}
}

func zipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	if _, err := io.WriteString(zw, s); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAuditBodies(t *testing.T) {
	small := adapter{limits: defaultLimits()}
	small.limits.body, small.limits.inflated = 1000, 2000
	const bulk = "/-/npm/v1/security/advisories/bulk"
	for _, c := range []struct {
		what, path, coding, body string
		status                   int
	}{
		{"plain", bulk, "", `{"a":["1.0.0"]}`, 200},
		{"gzip", bulk, "gzip", zipped(t, `{"a":["1.0.0"]}`), 200},
		{"too large", bulk, "", `{"a":["` + strings.Repeat("1", 1000) + `"]}`, 413},
		{"a bomb", bulk, "gzip", zipped(t, `{"a":["`+strings.Repeat("1", 100_000)+`"]}`), 413},
		{"no gzip at all", bulk, "gzip", `{"a":["1.0.0"]}`, 400},
		{"gzip cut short", bulk, "gzip", zipped(t, `{"a":["1.0.0"]}`)[:20], 400},
		{"another coding", bulk, "br", `{"a":["1.0.0"]}`, 400},
		{"no JSON", bulk, "", `lodash`, 400},
		{"an array", bulk, "", `["lodash"]`, 400},
		{"nothing", bulk, "", ``, 400},
		{"a name twice", bulk, "", `{"a":["1.0.0"],"a":[]}`, 400},
		{"two documents", bulk, "", `{"a":[]}{"claimed":[]}`, 400},
		{"a tree with dependencies in an array", "/-/npm/v1/security/audits/quick", "", `{"dependencies":[{"x":1}]}`, 400},
		{"an empty tree", "/-/npm/v1/security/audits/quick", "", `{}`, 200},
	} {
		f := newFake(t)
		resp, body := askHandler(t, small.Handler(f), http.MethodPost, c.path, c.body, "Content-Encoding", c.coding)
		if resp.StatusCode != c.status || (len(f.passages) > 0) != (c.status == 200) {
			t.Errorf("%s: %d %s after %d passages, want %d", c.what, resp.StatusCode, body, len(f.passages), c.status)
		}
		if c.what == "gzip" && (string(f.passages[0].Body) != `{"a":["1.0.0"]}` || f.passages[0].Header.Get("Content-Encoding") != "") {
			t.Errorf("gzip: passed %q as %v", f.passages[0].Body, f.passages[0].Header)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/demo", "/@s%2fn/-/n-1.0.0.tgz", "/%2e%2e/x", "/@s%252fn", "/a%5cb", "/-/package/@s%2Fn/dist-tags", "//", "/%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		segments, err := splitPath(path)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("splitPath(%q): %v is not of kind Invalid", path, err)
			}
			return
		}
		for _, s := range segments {
			if s == "" || s == "." || s == ".." || strings.ContainsAny(s, "/\\%\x00\r\n\x1b") {
				t.Fatalf("splitPath(%q) gives the segment %q", path, s)
			}
		}
		name, rest, err := cutName(segments)
		if err == nil && strings.Join(append([]string{name}, rest...), "/") != strings.Join(segments, "/") {
			t.Fatalf("cutName(%q) = %q, %q", segments, name, rest)
		}
	})
}
