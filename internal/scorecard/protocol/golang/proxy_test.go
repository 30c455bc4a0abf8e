package golang

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/ecosystem/golang/wire"
	"assay.invalid/internal/scorecard"
)

const sumName = "sum.registry.example"

// proxy is a small module proxy that answers rightly, with a checksum
// database behind it.
type proxy struct {
	answers map[string]string // by path below /go/
	private string            // a path that needs the password "secret"
	sums    http.Handler
	key     string
	signer  string
	lies    func(path string) bool // paths of the database that are changed
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	signer, verifier, err := note.GenerateKey(rand.Reader, sumName)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{answers: map[string]string{}, key: verifier, signer: signer, lies: func(string) bool { return false }}
	p.begin()
	return p
}

// begin begins a history of the checksum database, with the key of before.
func (p *proxy) begin() {
	p.sums = sumdb.NewServer(sumdb.NewTestServer(p.signer, func(path, version string) ([]byte, error) {
		zip, ok := p.answers[path+"/@v/"+version+".zip"]
		if !ok || strings.Contains(path, "unknown") {
			return nil, fmt.Errorf("nobody knows %s@%s", path, version)
		}
		h1, err := wire.CheckZip(path, version, strings.NewReader(zip), int64(len(zip)), wire.DefaultLimits())
		if err != nil {
			return nil, err
		}
		return fmt.Appendf(nil, "%s %s %s\n", path, version, h1), nil
	}))
}

func (p *proxy) config() Config { return Config{SumDB: sumName, Key: p.key} }

// add publishes a version.
func (p *proxy) add(t *testing.T, r scorecard.Release, day int) {
	t.Helper()
	packed, err := New(Config{}).Archive(r)
	if err != nil {
		t.Fatal(err)
	}
	at := r.Name + "/@v/" + r.Version
	p.answers[at+".zip"] = string(packed)
	p.answers[at+".mod"] = r.Files["go.mod"]
	if p.answers[at+".mod"] == "" {
		p.answers[at+".mod"] = goMod(r, r.Name)
	}
	p.answers[at+".info"] = fmt.Sprintf(`{"Version":%q,"Time":"2026-01-%02dT00:00:00Z"}`, r.Version, day)
	p.answers[r.Name+"/@v/list"] += r.Version + "\n"
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/go/")
	if rest, ok := strings.CutPrefix(path, "sumdb/"+sumName); ok {
		p.sum(w, r, rest)
		return
	}
	if _, password, _ := r.BasicAuth(); p.private != "" && strings.HasPrefix(path, p.private) && password != "secret" {
		http.Error(w, "this module is private", http.StatusUnauthorized)
		return
	}
	body, ok := p.answers[path]
	if !ok {
		http.Error(w, "not found: there is no "+path, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if strings.HasSuffix(path, ".zip") {
		w.Header().Set("Content-Type", "application/zip")
	}
	_, _ = w.Write([]byte(body))
}

func (p *proxy) sum(w http.ResponseWriter, r *http.Request, rest string) {
	if rest == "/supported" {
		return
	}
	inner := r.Clone(r.Context())
	inner.URL.Path = rest
	kept := httptest.NewRecorder()
	p.sums.ServeHTTP(kept, inner)
	body := kept.Body.Bytes()
	if p.lies(rest) {
		body = bytes.Replace(body, []byte(" h1:"), []byte(" h1:AAAA"), 1)
		if strings.HasPrefix(rest, "/tile/") && len(body) > 0 {
			body[0] ^= 1
		}
	}
	w.WriteHeader(kept.Code)
	_, _ = w.Write(body)
}
