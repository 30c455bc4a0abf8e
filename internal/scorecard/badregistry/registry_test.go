package badregistry_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/badregistry"
)

// start starts a registry that ends with the test.
func start(t testing.TB, sins ...badregistry.Sin) *badregistry.Registry {
	t.Helper()
	return startAt(t, nil, sins...)
}

func startAt(t testing.TB, now func() time.Time, sins ...badregistry.Sin) *badregistry.Registry {
	t.Helper()
	r, err := badregistry.Start(badregistry.Config{Sins: sins, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// got is an answer, read whole.
type got struct {
	status int
	header http.Header
	body   []byte
}

// object reads the answer as JSON.
func (g got) object(t testing.TB) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(g.body, &m); err != nil {
		t.Fatalf("status %d, and no JSON: %.200s", g.status, g.body)
	}
	return m
}

// at follows keys into nested objects.
func at(t testing.TB, m map[string]any, keys ...string) any {
	t.Helper()
	var v any = m
	for _, key := range keys {
		inner, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("no %q in %v", key, v)
		}
		v = inner[key]
	}
	return v
}

// ask makes one request with a client that keeps nothing open.
func ask(t testing.TB, method, address, secret string, body any, header ...string) got {
	t.Helper()
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, address, sent)
	if err != nil {
		t.Fatal(err)
	}
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{resp.StatusCode, resp.Header, content}
}

func base(r *badregistry.Registry, e assay.Ecosystem) string { return r.Subject().Addresses[e] }

func origin(t testing.TB, r *badregistry.Registry) string {
	t.Helper()
	u, err := url.Parse(base(r, assay.NPM))
	if err != nil {
		t.Fatal(err)
	}
	return u.Scheme + "://" + u.Host
}

// wants checks an answer's verdict.
func wants(t testing.TB, doing string, a scorecard.Answer, want scorecard.Verdict) {
	t.Helper()
	if a.Verdict != want {
		t.Errorf("%s: %s, want %s", doing, a, want)
	}
}

func TestAnUnknownSinIsRefused(t *testing.T) {
	if _, err := badregistry.Start(badregistry.Config{Sins: []badregistry.Sin{"gluttony"}}); !assay.Is(err, assay.Invalid) {
		t.Errorf("got %v", err)
	}
}

// Every constant is described once, in a sentence, with the checks that must
// notice it; and is read somewhere, or it would be a switch that does nothing.
func TestEverySinIsDescribedAndRead(t *testing.T) {
	described := map[badregistry.Sin]bool{}
	for _, d := range badregistry.Sins() {
		if described[d.Sin] {
			t.Errorf("%s is described twice", d.Sin)
		}
		described[d.Sin] = true
		if len(d.What) < 10 || len(d.Fails) == 0 {
			t.Errorf("%s: %q, fails %v", d.Sin, d.What, d.Fails)
		}
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	constants, read := map[string]badregistry.Sin{}, map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "Sin" && len(n.Values) == 1 {
					constants[n.Names[0].Name] = badregistry.Sin(strings.Trim(n.Values[0].(*ast.BasicLit).Value, `"`))
				}
			case *ast.IndexExpr:
				if key, ok := n.Index.(*ast.Ident); ok && name != "sins.go" {
					read[key.Name] = true
				}
			}
			return true
		})
	}
	if len(constants) != len(described) {
		t.Errorf("%d sins, %d descriptions", len(constants), len(described))
	}
	for name, sin := range constants {
		if !described[sin] {
			t.Errorf("%s is not described", sin)
		}
		if !read[name] {
			t.Errorf("nothing reads %s", name)
		}
	}
}

func TestStartAndCloseLeaveNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	r, err := badregistry.Start(badregistry.Config{TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Upstream(assay.NPM).Offer(scorecard.Release{Name: "afar", Version: "1.0.0"}, time.Now().AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	wants(t, "report", r.Report(t.Context(), scorecard.Credential{}, "afar", "1.0.0", "looks odd"), scorecard.Accepted)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(3 * time.Second); runtime.NumGoroutine() > before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestTheDriversCallsAreTheDriversAlone(t *testing.T) {
	r := start(t)
	for who, secret := range map[string]string{"nobody": "", "the publisher": r.Publisher(assay.NPM).Secret, "a guess": "good_guess"} {
		g := ask(t, http.MethodPost, origin(t, r)+"/-/trial/claim", secret, map[string]string{"ecosystem": "npm", "name": "stolen"})
		if g.status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", who, g.status)
		}
	}
	acted, a := r.Acted(t.Context())
	wants(t, "read the audit log", a, scorecard.Accepted)
	if len(acted) != 0 {
		t.Errorf("refused calls did something: %v", acted)
	}
}

func TestSamplesAreListedWithTheirDigests(t *testing.T) {
	r := start(t)
	doc := ask(t, http.MethodGet, base(r, assay.NPM)+"signed-granite", "", nil).object(t)
	dist := at(t, doc, "versions", "2.0.0", "dist").(map[string]any)
	file := ask(t, http.MethodGet, dist["tarball"].(string), "", nil)
	sum := sha512.Sum512(file.body)
	if want := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); dist["integrity"] != want {
		t.Errorf("the file gives %s, the listing says %s", want, dist["integrity"])
	}
	attested := ask(t, http.MethodGet, at(t, dist, "attestations", "url").(string), "", nil).object(t)
	if len(attested["attestations"].([]any)) != 1 {
		t.Errorf("attestations: %v", attested)
	}
	if at(t, doc, "dist-tags", "latest") != "2.0.0" {
		t.Errorf("latest is %v", at(t, doc, "dist-tags", "latest"))
	}
	plain := ask(t, http.MethodGet, base(r, assay.NPM)+"plain-granite", "", nil).object(t)
	if at(t, plain, "dist-tags", "latest") != "1.1.0" {
		t.Errorf("a pre-release was chosen: %v", plain["dist-tags"])
	}
}

func TestTheAuditCallKnowsWhatIsVulnerable(t *testing.T) {
	r := start(t)
	address := base(r, assay.NPM) + "-/npm/v1/security/advisories/bulk"
	found := ask(t, http.MethodPost, address, "", map[string][]string{"lodash": {"4.17.15"}, "minimist": {"0.0.8"}, "plain-granite": {"1.0.0"}}).object(t)
	if len(found) != 2 || found["lodash"] == nil || found["minimist"] == nil {
		t.Errorf("found %v", found)
	}
	if sound := ask(t, http.MethodPost, address, "", map[string][]string{"lodash": {"4.17.21"}}).object(t); len(sound) != 0 {
		t.Errorf("a fixed version is called vulnerable: %v", sound)
	}
}

func TestPagesAnswer(t *testing.T) {
	r := start(t)
	for page, words := range map[string]string{
		"/package/lapsed-granite":    "Provenance is missing: 1.2.0 has no attestation, although 1.1.0 had one",
		"/package/spotted-granite":   "GHSA-good-spot-0001",
		"/package/plain-granite":     "Report this package",
		"/package/rsc.io/quote":      "rsc.io/quote v1.5.2",
		"/package/rsc.io%2Fquote":    "rsc.io/quote v1.5.2",
		"/releases":                  ".intoto.jsonl",
		"/log/advisories":            "MAL-2026-0001",
		"/.well-known/security.txt":  "Contact: ",
		"/events":                    `"name":"plain-granite"`,
		"/scorecard/assessment.yaml": "assessment: 1",
		"/scorecard/card.json":       "payload",
	} {
		g := ask(t, http.MethodGet, origin(t, r)+page, "", nil)
		if g.status != http.StatusOK || !strings.Contains(string(g.body), words) {
			t.Errorf("%s: status %d, without %q: %.300s", page, g.status, words, g.body)
		}
	}
	if g := ask(t, http.MethodGet, origin(t, r)+"/package/nobody", "", nil); g.status != http.StatusNotFound {
		t.Errorf("a page for nobody's package: %d", g.status)
	}
}

// What a request asks for is whatever somebody wrote: it must be answered,
// and never with a fault of the registry's own.
func FuzzRequests(f *testing.F) {
	r := start(f)
	for _, seed := range []struct{ method, path, body string }{
		{"GET", "/npm/@trial%2fx", ""}, {"PUT", "/npm/x", `{"versions":{"1.0.0":{}},"_attachments":{"x":{"data":"eA=="}}}`},
		{"PUT", "/npm/signed-granite/-rev/1", `{"versions":{}}`}, {"DELETE", "/npm/a/-/a-1.0.0.tgz/-rev/1", ""},
		{"PUT", "/npm/-/user/org.couchdb.user:a", `{"name":"a","password":"long enough","email":"a@b"}`},
		{"POST", "/npm/-/npm/v1/tokens", `{"expires":1e300}`}, {"POST", "/npm/-/npm/v1/user", `{"tfa":["1"]}`},
		{"POST", "/npm/-/npm/v1/security/advisories/bulk", `{"lodash":["x"]}`},
		{"GET", "/go/rsc.io/quote/@v/v1.5.2.zip", ""}, {"GET", "/go/sumdb/sum.good.example/lookup/rsc.io/quote@v1.5.2", ""},
		{"GET", "/log/tile/entries/000.p/9", ""}, {"GET", "/log/tile/0/x001/000", ""}, {"GET", "/package/%ff", ""},
		{"POST", "/-/trial/block", `{"name":"pkg:npm/@a/b@1"}`},
	} {
		f.Add(seed.method, seed.path, []byte(seed.body), uint8(1))
		f.Add(seed.method, seed.path, []byte(seed.body), uint8(0))
	}
	f.Fuzz(func(t *testing.T, method, path string, body []byte, who uint8) {
		u, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(path, "/") || !slices.Contains([]string{"GET", "HEAD", "PUT", "POST", "DELETE"}, method) {
			return
		}
		req := httptest.NewRequest(method, "http://good.example/", bytes.NewReader(body))
		req.URL.Path, req.URL.RawPath, req.URL.RawQuery = u.Path, u.RawPath, u.RawQuery
		if secrets := r.Secrets(); int(who) < len(secrets) { // the driver, the parties, then whoever signed up
			req.Header.Set("Authorization", "Bearer "+secrets[who])
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %s: %s", method, path, w.Body)
		}
	})
}
