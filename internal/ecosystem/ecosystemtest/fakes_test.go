package ecosystemtest

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb"
)

func newNPM(t *testing.T) *NPM {
	t.Helper()
	n, err := NewNPM()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	return n
}

func newGo(t *testing.T) *Go {
	t.Helper()
	g, err := NewGo()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	return g
}

func publishBoth(t *testing.T) (*NPM, *Go) {
	t.Helper()
	n, g := newNPM(t), newGo(t)
	when := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	if err := n.Publish(NPMVersion{Name: "@works/kettle", Version: "1.0.0", Published: when, Scripts: map[string]string{"postinstall": "true"}}); err != nil {
		t.Fatal(err)
	}
	if err := g.Publish(GoVersion{Path: "registry.example/Works/kettle", Version: "v1.0.0", Published: when}); err != nil {
		t.Fatal(err)
	}
	return n, g
}

func TestNPMPromisesWhatItServes(t *testing.T) {
	n, _ := publishBoth(t)
	body, err := get(t.Context(), n.URL()+"@works%2fkettle", "")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Time     map[string]string
		Versions map[string]struct {
			HasInstallScript bool
			Dist             struct {
				Tarball, Integrity string
				Signatures         []struct{ Keyid, Sig string }
			}
		}
	}
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	v := document.Versions["1.0.0"]
	if document.Time["1.0.0"] != "2025-05-01T00:00:00.000Z" || !v.HasInstallScript {
		t.Errorf("the document lacks the time or the script: %s", body)
	}
	tarball, err := get(t.Context(), v.Dist.Tarball, "")
	if err != nil {
		t.Fatal(err)
	}
	if v.Dist.Integrity != integrity(tarball) {
		t.Errorf("the integrity is %s, the tarball's %s", v.Dist.Integrity, integrity(tarball))
	}
	signature, err := base64.StdEncoding.DecodeString(v.Dist.Signatures[0].Sig)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(n.publicKey())
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("@works/kettle@1.0.0:" + v.Dist.Integrity))
	if !ecdsa.VerifyASN1(key.(*ecdsa.PublicKey), digest[:], signature) {
		t.Error("the signature does not verify")
	}
	again, err := get(t.Context(), n.URL()+"@works%2fkettle", "")
	if err != nil || !bytes.Equal(body, again) {
		t.Errorf("the document changed between two requests (%v)", err)
	}
}

// sumClient is the little that the checksum database's own client needs.
type sumClient struct {
	t    *testing.T
	fake *Go
}

func (c sumClient) ReadRemote(path string) ([]byte, error) {
	return get(c.t.Context(), c.fake.URL()+"sumdb/"+SumDBName+path, "")
}
func (c sumClient) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(c.fake.SumDBKey), nil
	}
	return nil, nil
}
func (sumClient) WriteConfig(string, []byte, []byte) error { return nil }
func (sumClient) ReadCache(string) ([]byte, error)         { return nil, io.EOF }
func (sumClient) WriteCache(string, []byte)                {}
func (c sumClient) Log(msg string)                         { c.t.Log(msg) }
func (c sumClient) SecurityError(msg string)               { c.t.Error(msg) }

func TestGoChecksumDatabaseVerifies(t *testing.T) {
	_, g := publishBoth(t)
	lines, err := sumdb.NewClient(sumClient{t, g}).Lookup("registry.example/Works/kettle", "v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	h1, err := hashZip(g.Zip("registry.example/Works/kettle", "v1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "registry.example/Works/kettle v1.0.0 " + h1; len(lines) != 1 || lines[0] != want {
		t.Errorf("the database says %q, want %q", lines, want)
	}
}

func TestGoSpeaksTheProxyProtocol(t *testing.T) {
	_, g := publishBoth(t)
	for _, v := range []string{"v1.1.0", "v1.2.0-rc.1", "v0.0.0-20250501000000-0123456789ab"} {
		if err := g.Publish(GoVersion{Path: "registry.example/Works/kettle", Version: v, Published: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)}); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"registry.example/!works/kettle/@v/list":        "v1.0.0\nv1.1.0\nv1.2.0-rc.1\n",
		"registry.example/!works/kettle/@latest":        `{"Time":"2025-06-01T00:00:00Z","Version":"v1.1.0"}` + "\n",
		"registry.example/!works/kettle/@v/v1.0.0.info": `{"Time":"2025-05-01T00:00:00Z","Version":"v1.0.0"}` + "\n",
		"registry.example/!works/kettle/@v/v1.0.0.mod":  "module registry.example/Works/kettle\n\ngo 1.21\n",
	} {
		if got, err := get(t.Context(), g.URL()+path, ""); err != nil || string(got) != want {
			t.Errorf("%s: got %q (%v), want %q", path, got, err, want)
		}
	}
	if _, err := get(t.Context(), g.URL()+"registry.example/Works/kettle/@v/list", ""); err == nil {
		t.Error("a capital that is not escaped was understood")
	}
}

func TestSinsDoWhatTheySay(t *testing.T) {
	n, g := publishBoth(t)
	tarball := NPMWorld{n}.FilePath("@works/kettle", "1.0.0")
	right := n.Tarball("@works/kettle", "1.0.0")
	for _, c := range []struct {
		sin   Sin
		check func(a answer) bool
	}{
		{Honest, func(a answer) bool { return a.status == 200 && bytes.Equal(a.body, right) && a.err == nil }},
		{Slow, func(a answer) bool { return a.status == 200 && bytes.Equal(a.body, right) && a.err == nil }},
		{WrongBytes, func(a answer) bool {
			return a.status == 200 && len(a.body) == len(right) && !bytes.Equal(a.body, right) && a.err == nil
		}},
		{Truncated, func(a answer) bool { return a.status == 200 && len(a.body) < len(right) && a.err != nil }},
		{ShortButConsistent, func(a answer) bool { return a.status == 200 && len(a.body) < len(right) && a.err == nil }},
		{ServerError, func(a answer) bool { return a.status == 500 }},
		{Overloaded, func(a answer) bool { return a.status == 503 && a.header.Get("Retry-After") != "" }},
		{Garbage, func(a answer) bool { return a.status == 200 && !json.Valid(a.body) }},
		{HTMLPage, func(a answer) bool {
			return strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && bytes.Contains(a.body, []byte("<html>"))
		}},
		{Missing, func(a answer) bool { return a.status == 404 }},
	} {
		n.Repent()
		n.Misbehave(".tgz", c.sin)
		if a := read(t, n.URL()+tarball); !c.check(a) {
			t.Errorf("%s answered %s with %d bytes (%v)", c.sin, a.line, len(a.body), a.err)
		}
	}
	n.Repent()

	n.Misbehave("kettle", DuplicateKeys)
	if a := read(t, n.URL()+"@works%2fkettle"); bytes.Count(a.body, []byte(`"versions":`)) != 2 {
		t.Errorf("no duplicate key in %s", a.body)
	}
	n.Repent()
	n.Misbehave("kettle", CaseVariantKeys)
	if a := read(t, n.URL()+"@works%2fkettle"); !bytes.Contains(a.body, []byte(`"VERSIONS":`)) {
		t.Errorf("no case-variant key in %s", a.body)
	}
	n.Repent()
	n.Misbehave("kettle", NoDates)
	if a := read(t, n.URL()+"@works%2fkettle"); bytes.Contains(a.body, []byte("2025-05-01")) {
		t.Errorf("a date in %s", a.body)
	}
	g.Misbehave(".info", FutureDates)
	a := read(t, g.URL()+"registry.example/!works/kettle/@v/v1.0.0.info")
	var info struct{ Time time.Time }
	if err := json.Unmarshal(a.body, &info); err != nil || info.Time.Before(time.Now().AddDate(0, 6, 0)) {
		t.Errorf("the date %v (%v) does not lie in the future", info.Time, err)
	}
}

func TestHangingEndsWithStop(t *testing.T) {
	n, _ := publishBoth(t)
	n.Misbehave("", HangsBeforeHeader)
	ended := make(chan error, 1)
	go func() {
		_, err := get(t.Context(), n.URL()+"@works%2fkettle", "")
		ended <- err
	}()
	for n.Count("kettle") == 0 {
		time.Sleep(time.Millisecond)
	}
	n.Stop()
	if err := <-ended; err == nil {
		t.Error("an answer came from a server that hung and was stopped")
	}
	n.Repent()
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t.Context(), n.URL()+"@works%2fkettle", ""); err != nil {
		t.Errorf("after starting again: %v", err)
	}
}

func TestEntityTags(t *testing.T) {
	n, _ := publishBoth(t)
	etag := read(t, n.URL()+"@works%2fkettle").header.Get("ETag")
	ask := func() int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL()+"@works%2fkettle", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-None-Match", etag)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		return got.StatusCode
	}
	if status := ask(); status != http.StatusNotModified {
		t.Errorf("the same document answered %d, want 304", status)
	}
	if err := n.Rewrite("@works/kettle", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	if status := ask(); status != http.StatusOK {
		t.Errorf("a changed document answered %d, want 200", status)
	}
}

func read(t *testing.T, url string) answer {
	t.Helper()
	got, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	a := answer{status: got.StatusCode, line: got.Status, header: got.Header}
	a.body, a.err = io.ReadAll(got.Body)
	return a
}

func TestCompressedDocumentsAreTheSame(t *testing.T) {
	n, _ := publishBoth(t)
	plain := read(t, n.URL()+"@works%2fkettle").body
	n.Compress()
	zipped := read(t, n.URL()+"@works%2fkettle") // the client asks for gzip and unpacks it
	if !bytes.Equal(plain, zipped.body) || zipped.err != nil {
		t.Errorf("the compressed document differs: %s", zipped.body)
	}
	if tarball := read(t, n.URL()+NPMWorld{n}.FilePath("@works/kettle", "1.0.0")).body; !bytes.Equal(tarball, n.Tarball("@works/kettle", "1.0.0")) {
		t.Error("the tarball was compressed again")
	}
}

// A leak test that reads a request must find a name however it was wrapped.
func TestRequestsAreLoggedWhole(t *testing.T) {
	n := newNPM(t)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(w, `{"@secret/compressed":["1.0.0"]}`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL()+"%40secret%252fpath?text=%40secret%2Fquery", &zipped)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Encoding", "gzip")
	r.Header.Set("Referer", "install @secret/header")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	logged := n.Requests()
	if len(logged) != 1 {
		t.Fatalf("%d requests were logged, want one", len(logged))
	}
	for _, want := range []string{"@secret/path", "@secret/query", "@secret/compressed", "@secret/header"} {
		if !strings.Contains(logged[0].Text(), want) {
			t.Errorf("the log does not show %s:\n%s", want, logged[0].Text())
		}
	}
	if broken := (Request{Path: "/100%/%4", Query: "%zz"}).Text(); !strings.Contains(broken, "/100%/%4?%zz") {
		t.Errorf("what is no escape reads as %q", broken)
	}
}
