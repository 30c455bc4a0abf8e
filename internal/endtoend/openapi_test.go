package endtoend_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// described is the part of an OpenAPI document that the test reads.
type described struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema json.RawMessage `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
		Security []map[string][]string `json:"security"`
	} `json:"paths"`
}

// asked is one request to the interface, made in the order of the table, and
// what its answer is looked at for.
type asked struct {
	method, path string // as the document names it
	values       string // the variable of the path, "" if none; then query
	body         any
	refused      bool
}

// Every operation of the document is asked of a server at work, and every
// answer fits the schema that the document gives for it, without a member that
// the document does not know.
func TestTheInterfaceIsWhatItsDocumentSays(t *testing.T) {
	a, token := newVault(t)
	admin := a.token("--admin")
	q := newPublisher(t, a, token)
	q.mustRun("npm", "install", "kettle@1.0.0", privatePackage)
	a.do("block", "pkg:npm/kettle@1.1.0", "--reason", "a leak")
	if status, _ := a.get("npm/kettle/-/kettle-1.1.0.tgz"); status != http.StatusForbidden {
		t.Fatalf("a blocked file is answered with %d", status)
	}
	// What was refused is written a moment later.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, _, body := a.asks(t, admin, "GET", "api/v1/decisions?rule=block", nil); bytes.Contains(body, []byte("kettle")) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the refusal is not among the decisions")
		}
	}

	_, raw := a.get("api/v1/openapi.json")
	var doc described
	must(t, json.Unmarshal(raw, &doc))
	compiler := strictly(t, raw)

	purl := "purl=" + url.QueryEscape("pkg:npm/kettle")
	private := "pkg:npm/" + url.PathEscape(privatePackage) + "@1.0.0"
	requests := []asked{
		{method: "get", path: "/openapi.json"},
		{method: "get", path: "/status"},
		{method: "get", path: "/search", values: "?q=kettle&limit=5"},
		{method: "get", path: "/packages", values: "?" + purl},
		{method: "get", path: "/packages", values: "?purl=" + url.QueryEscape(private)},
		{method: "get", path: "/packages", values: "?purl=" + url.QueryEscape("pkg:npm/no-such-kettle"), refused: true},
		{method: "get", path: "/explain", values: "?" + purl},
		{method: "get", path: "/explain", values: "?purl=" + url.QueryEscape("pkg:npm/kettle@1.1.0")},
		{method: "get", path: "/explain", values: "", refused: true},
		{method: "get", path: "/decisions", values: "?rule=block&limit=10"},
		{method: "get", path: "/decisions", values: "?colour=red", refused: true},
		{method: "get", path: "/why/{id}", values: "/nonesuch", refused: true},
		{method: "get", path: "/traffic"},
		{method: "get", path: "/rules"},
		{method: "get", path: "/policy"},
		{method: "put", path: "/policy", body: map[string]any{"text": "version: 1\nrules:\n  cooldown:\n    minimum: 48h\n"}},
		{method: "put", path: "/policy", body: map[string]any{"text": "version: 7\n"}, refused: true},
		{method: "put", path: "/policy/mode", body: map[string]any{"rule": "cooldown", "mode": "observe"}},
		{method: "post", path: "/policy/preview", body: map[string]any{"text": "version: 1\nblocks:\n  - pattern: pkg:npm/kettle\n    reason: all of it\n"}},
		{method: "post", path: "/blocks", body: map[string]any{"pattern": "pkg:npm/stove", "reason": "on fire"}},
		{method: "get", path: "/blocks"},
		{method: "delete", path: "/blocks", values: "?which=" + url.QueryEscape("pkg:npm/stove")},
		{method: "post", path: "/exceptions", body: map[string]any{"version": "pkg:npm/kettle@1.1.0", "rule": "block", "reason": "needed"}},
		{method: "get", path: "/exceptions"},
		{method: "delete", path: "/exceptions", values: "?which=" + url.QueryEscape("pkg:npm/kettle@1.1.0")},
		{method: "post", path: "/claims", body: map[string]any{"pattern": "pkg:golang/private.example/*"}},
		{method: "get", path: "/claims"},
		{method: "delete", path: "/claims", values: "?which=" + url.QueryEscape("pkg:golang/private.example/*")},
		{method: "put", path: "/standing", body: map[string]any{"version": private, "status": "removed", "reason": "superseded"}},
		{method: "post", path: "/erasures", body: map[string]any{"version": private, "reason": "a secret"}},
		{method: "post", path: "/removals", body: map[string]any{"version": "pkg:npm/kettle@1.2.0", "reason": "it brews malware"}},
		{method: "get", path: "/advisories/own"},
		{method: "get", path: "/held", values: "?all=yes"},
		{method: "post", path: "/held/appeal", body: map[string]any{"id": "h-nonesuch", "reason": "ours"}, refused: true},
		{method: "post", path: "/held/release", body: map[string]any{"id": "h-nonesuch", "reason": "known"}, refused: true},
		{method: "post", path: "/held/refuse", body: map[string]any{"id": "h-nonesuch", "reason": "too close"}, refused: true},
		{method: "post", path: "/reports", body: map[string]any{"version": "pkg:npm/kettle@1.0.0", "reason": "odd"}},
		{method: "get", path: "/reports"},
		{method: "get", path: "/reports", values: "?all=no", refused: true},
		{method: "post", path: "/reports/close", body: map[string]any{"id": "r-nonesuch", "reason": "looked at"}, refused: true},
		{method: "get", path: "/sources/{kind}", values: "/advisories"},
		{method: "get", path: "/sources/{kind}", values: "/known-bad"},
		{method: "get", path: "/sources/{kind}", values: "/nonesuch", refused: true},
		{method: "post", path: "/sources/{kind}", values: "/advisories", body: map[string]any{"name": "local", "from": "/nonesuch"}, refused: true}, // files are named over the socket alone
		{method: "delete", path: "/sources/{kind}", values: "/advisories?which=nonesuch", refused: true},
		{method: "post", path: "/refreshes/{kind}", values: "/advisories", body: map[string]any{}},
		{method: "get", path: "/exposure", values: "?subject=" + url.QueryEscape("pkg:npm/kettle")},
		{method: "get", path: "/exposure", values: "", refused: true},
		{method: "put", path: "/publish/{place}", values: "/go?module=private.example/x&version=v1.0.0", refused: true},
		{method: "post", path: "/tokens", body: map[string]any{"note": "for reading", "read": []string{"pkg:npm/*"}}},
		{method: "get", path: "/tokens"},
		{method: "post", path: "/tokens/revoke", body: map[string]any{"which": "t-nonesuch"}, refused: true},
		{method: "get", path: "/upstreams"},
		{method: "put", path: "/upstreams/{place}", values: "/nonesuch", body: map[string]any{"origins": []any{}}, refused: true},
		{method: "get", path: "/log/key"},
		{method: "get", path: "/log/entries", values: "?limit=100"},
		{method: "get", path: "/log/proof", values: "?index=0"},
		{method: "post", path: "/log/verify", body: map[string]any{}},
		{method: "post", path: "/backup", body: map[string]any{"directory": "/nonesuch"}, refused: true}, // over the socket alone
	}
	seen := map[string]bool{}
	for _, r := range requests {
		name := strings.ToUpper(r.method) + " " + r.path + r.values
		t.Run(name, func(t *testing.T) {
			o, ok := doc.Paths[r.path][r.method]
			if !ok {
				t.Fatalf("the document does not know it")
			}
			path := r.path + r.values
			if head, _, variable := strings.Cut(r.path, "/{"); variable {
				path = head + r.values
			}
			status, kind, body := a.asks(t, admin, strings.ToUpper(r.method), "api/v1"+path, r.body)
			if r.refused != (status >= 400) {
				t.Fatalf("status %d: %s", status, body)
			}
			response := "200"
			if r.refused {
				response = "default"
			}
			_, ok = o.Responses[response].Content[kind]
			if !ok {
				t.Fatalf("it is answered as %q, and the document does not say so", kind)
			}
			pointer := fmt.Sprintf("#/paths/%s/%s/responses/%s/content/%s/schema", strings.ReplaceAll(r.path, "/", "~1"), r.method, response, strings.ReplaceAll(kind, "/", "~1"))
			compiled, err := compiler.Compile("openapi.json" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer))
			must(t, err)
			for line := range bytes.Lines(body) {
				if len(bytes.TrimSpace(line)) == 0 {
					continue
				}
				value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
				must(t, err)
				if err := compiled.Validate(value); err != nil {
					t.Errorf("%v\n%s", err, line)
				}
			}
		})
		seen[r.method+" "+r.path] = true
	}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			if !seen[method+" "+path] {
				t.Errorf("%s %s is in the document and was not asked", method, path)
			}
			// What the document calls open is open, and nothing else is.
			if method == "get" && !strings.Contains(path, "{") {
				open := len(o.Security) == 0
				status, _, _ := a.asks(t, "", "GET", "api/v1"+path, nil)
				if denied := status == http.StatusUnauthorized || status == http.StatusForbidden; denied == open {
					t.Errorf("GET %s without a token: status %d, and the document says open %v", path, status, open)
				}
			}
		}
	}
}

// strictly compiles the document's schemas so that an answer may have no
// member that they do not name.
func strictly(t *testing.T, raw []byte) *jsonschema.Compiler {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	must(t, err)
	for _, s := range doc.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		s.(map[string]any)["additionalProperties"] = false
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	must(t, c.AddResource("openapi.json", doc))
	return c
}

// asks sends one request, as JSON, with a token or without.
func (a *assay) asks(t *testing.T, token, method, path string, body any) (status int, kind string, answer []byte) {
	t.Helper()
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(t, err)
		sent = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, a.base+path, sent)
	must(t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		secret, err := os.ReadFile(filepath.Clean(token))
		if err != nil {
			secret = []byte(token)
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(secret)))
	}
	res, err := a.client.Do(r)
	must(t, err)
	defer res.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(res.Body, 8<<20))
	must(t, err)
	kind, _, _ = strings.Cut(res.Header.Get("Content-Type"), ";")
	return res.StatusCode, kind, answer
}
