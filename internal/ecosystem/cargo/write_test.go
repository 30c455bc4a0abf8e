package cargo

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// upload is the body of a publish.
func upload(name, version, file string) string {
	metadata := `{"name":"` + name + `","vers":"` + version + `","deps":[],"features":{},"description":"made for a test"}`
	body := binary.LittleEndian.AppendUint32(nil, uint32(len(metadata)))
	body = append(body, metadata...)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(file)))
	return string(body) + file
}

func TestPublish(t *testing.T) {
	f := newFake()
	w := ask(t, fakePlace{f}, mason(t), "PUT", "/api/v1/crates/new", upload("vault-Door", "1.0.0", "the file"))
	if w.Code != 200 || w.Body.String() != `{"warnings":{"invalid_badges":[],"invalid_categories":[],"other":[]}}` || w.Header().Get("Assay-Log-Index") != "7" {
		t.Fatalf("answered %d %s, %v", w.Code, w.Body, w.Header())
	}
	up := f.uploads[0]
	content, err := io.ReadAll(io.NewSectionReader(up.Files[0].Content, 0, up.Files[0].Size))
	if err != nil || up.Name != "vault-door" || up.Version != "1.0.0" || up.Files[0].Name != "vault-door-1.0.0.crate" || string(content) != "the file" {
		t.Errorf("published %+v, %q, %v", up, content, err)
	}
	if !strings.Contains(string(up.Manifest), `"name":"vault-Door"`) {
		t.Errorf("the spelling is lost: %s", up.Manifest)
	}
}

// Each refusal leaves nothing behind.
func TestPublishRefused(t *testing.T) {
	good := upload("vault-door", "1.0.0", "the file")
	for _, c := range []struct {
		what   string
		who    assay.Principal
		body   string
		status int
		words  string
	}{
		{"nobody", nobody, good, 401, "token"},
		{"a token for something else", guest, good, 403, "may not publish or change vault-door"},
		{"half a body", mason(t), good[:30], 400, "ends within"},
		{"no body", mason(t), "", 400, "ends within"},
		{"something behind it", mason(t), good + "x", 400, "follows"},
		{"a name that is none", mason(t), upload("../x", "1.0.0", ""), 400, "no crate's name"},
		{"another crate's name in a published spelling", mason(t), upload("vault-Stone", "2.0.0", "x"), 409, "published as vault-stone"},
		{"a name that looks the same", mason(t), upload("vault-iron_gate", "2.0.0", "x"), 409, "cannot be told from vault-iron-gate"},
	} {
		f := newFake()
		w := ask(t, fakePlace{f}, c.who, "PUT", "/api/v1/crates/new", c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.words) || !strings.HasPrefix(w.Body.String(), `{"errors":[{"detail":"`) {
			t.Errorf("%s: answered %d %s", c.what, w.Code, w.Body)
		}
		if len(f.uploads) != 0 || len(f.passages) != 0 {
			t.Errorf("%s: something was published or asked for", c.what)
		}
	}
	if w := ask(t, newFake(), mason(t), "PUT", "/api/v1/crates/new", good); w.Code != 405 {
		t.Errorf("a place that takes nothing answered %d", w.Code)
	}
	if w := ask(t, fakePlace{newFake()}, mason(t), "POST", "/api/v1/crates/new", good); w.Code != 405 || w.Header().Get("Allow") != "PUT" {
		t.Errorf("a POST answered %d", w.Code)
	}
}

func TestUploadsAreBounded(t *testing.T) {
	limits := defaultLimits()
	limits.sent.Metadata, limits.sent.Crate, limits.uploads = 1<<10, 100, 2<<10
	h := adapter{limits: limits}.Handler(fakePlace{newFake()})
	for what, body := range map[string]io.Reader{
		"a length that is said":       strings.NewReader(upload("vault-door", "1.0.0", strings.Repeat("x", 3000))),
		"a length that is not said":   io.MultiReader(strings.NewReader(upload("vault-door", "1.0.0", strings.Repeat("x", 3000)))),
		"a part beyond its own limit": strings.NewReader(upload("vault-door", "1.0.0", strings.Repeat("x", 101))),
	} {
		r, err := http.NewRequest("PUT", "/api/v1/crates/new", body)
		if err != nil {
			t.Fatal(err)
		}
		r = r.WithContext(assay.WithPrincipal(t.Context(), mason(t)))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: answered %d %s", what, w.Code, w.Body)
		}
	}
}

func TestYank(t *testing.T) {
	const yank, unyank = "/api/v1/crates/vault-stone/1.0.0/yank", "/api/v1/crates/vault-stone/1.0.0/unyank"
	for _, c := range []struct {
		what, method, path string
		was                assay.Status
		status             int
		said               string
	}{
		{"a yank", "DELETE", yank, assay.Active, 200, "vault-stone@1.0.0 yanked"},
		{"a yank of what is deprecated", "DELETE", yank, assay.Deprecated, 200, "vault-stone@1.0.0 yanked"},
		{"a yank of what is yanked", "DELETE", yank, assay.Yanked, 200, ""},
		{"a yank taken back", "PUT", unyank, assay.Yanked, 200, "vault-stone@1.0.0 active"},
		{"a yank taken back that was none", "PUT", unyank, assay.Active, 200, ""},
		{"a yank of what is quarantined", "DELETE", yank, assay.Quarantined, 409, ""},
		{"a quarantine taken back", "PUT", unyank, assay.Quarantined, 409, ""},
		{"a removal taken back", "PUT", unyank, assay.Removed, 409, ""},
		{"a deprecation taken back", "PUT", unyank, assay.Deprecated, 409, ""},
		{"a version that is not there", "DELETE", "/api/v1/crates/vault-stone/9.0.0/yank", assay.Active, 404, ""},
		{"a crate that is not there", "DELETE", "/api/v1/crates/vault-door/1.0.0/yank", assay.Active, 404, ""},
		{"a crate of the upstream", "DELETE", "/api/v1/crates/kettle/1.0.0/yank", assay.Active, 403, ""},
		{"a version that is none", "DELETE", "/api/v1/crates/vault-stone/~/yank", assay.Active, 400, ""},
		{"the wrong method", "PUT", yank, assay.Active, 404, ""},
	} {
		f := newFake()
		f.status["vault-stone@1.0.0"] = c.was
		w := ask(t, fakePlace{f}, mason(t), c.method, c.path, "")
		if w.Code != c.status || strings.Join(f.said, "; ") != c.said {
			t.Errorf("%s: answered %d %s, and %q was said", c.what, w.Code, w.Body, f.said)
		}
		if c.status == 200 && w.Body.String() != `{"ok":true}` {
			t.Errorf("%s: cargo cannot read %s", c.what, w.Body)
		}
	}
	f := newFake()
	for who, p := range map[string]assay.Principal{"nobody": nobody, "a guest": guest} {
		if w := ask(t, fakePlace{f}, p, "DELETE", yank, ""); w.Code != 401 && w.Code != 403 || len(f.said) > 0 {
			t.Errorf("%s: answered %d, and %q was said", who, w.Code, f.said)
		}
	}
}

func TestOwners(t *testing.T) {
	const path = "/api/v1/crates/vault-stone/owners"
	f := newFake()
	if w := ask(t, fakePlace{f}, guest, "GET", path, ""); w.Body.String() != `{"users":[{"id":1,"login":"t-one","name":"the mason"},{"id":2,"login":"t-two"}]}` {
		t.Errorf("the owners are %d %s", w.Code, w.Body)
	}
	if w := ask(t, fakePlace{f}, mason(t), "PUT", path, `{"users":["t-three","t-four"]}`); w.Code != 200 || !strings.Contains(w.Body.String(), `"msg":"t-three, t-four may publish vault-stone`) {
		t.Errorf("adding answered %d %s", w.Code, w.Body)
	}
	if w := ask(t, fakePlace{f}, mason(t), "DELETE", path, `{"users":["t-one"]}`); w.Code != 200 || !strings.Contains(w.Body.String(), `"msg":"t-one may no longer publish`) {
		t.Errorf("removing answered %d %s", w.Code, w.Body)
	}
	if want := []string{"t-three may publish vault-stone", "t-four may publish vault-stone", "t-one may not publish vault-stone"}; !slices.Equal(f.said, want) {
		t.Errorf("what was said is %q", f.said)
	}
	f.said = nil
	for body, status := range map[string]int{"": 400, `{"users":[]}`: 400, `{"users":"t-one"}`: 400, `{"users":["t-nobody"]}`: 404, `{"users":["` + strings.Repeat("x", 70<<10) + `"]}`: 413} {
		if w := ask(t, fakePlace{f}, mason(t), "PUT", path, body); w.Code != status || len(f.said) > 0 {
			t.Errorf("%.30q answered %d %s, and %q was said", body, w.Code, w.Body, f.said)
		}
	}
	if w := ask(t, fakePlace{f}, guest, "PUT", path, `{"users":["t-guest"]}`); w.Code != 403 || len(f.said) > 0 {
		t.Errorf("a guest made an owner: %d", w.Code)
	}
}

// crate packs files below a folder.
func crate(t *testing.T, folder, manifest string) []byte {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	if err := archive.WriteHeader(&tar.Header{Name: folder + "/Cargo.toml", Mode: 0o644, Size: int64(len(manifest)), Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(archive, manifest); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHosting(t *testing.T) {
	hosting, ok := New().Format().(ecosystem.Hosting)
	if !ok {
		t.Fatal("crates cannot be hosted")
	}
	for name, ok := range map[string]bool{"vault-door": true, "Vault": false, "std": false} {
		if err := hosting.Admissible(name, "1.0.0"); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := hosting.Admissible("vault-door", "1.0"); err == nil {
		t.Error("half a version is admissible")
	}
	manifest := []byte(`{"name":"Vault-Door","vers":"1.0.0","deps":[],"features":{}}`)
	file := crate(t, "Vault-Door-1.0.0", "[package]\nname = \"Vault-Door\"\nversion = \"1.0.0\"\nlinks = \"hinge\"\n")
	up := &ecosystem.Upload{Name: "vault-door", Version: "1.0.0", Manifest: manifest,
		Files: []ecosystem.UploadFile{{Name: "vault-door-1.0.0.crate", Content: bytes.NewReader(file), Size: int64(len(file))}}}
	in, err := hosting.Inspect(up)
	if err != nil || in.Name != "vault-door" || in.Version != "1.0.0" || !slices.Equal(in.Disagreements, []string{"links"}) {
		t.Errorf("the crate says %+v, %v", in, err)
	}
	up.Files = append(up.Files, up.Files[0])
	if _, err := hosting.Inspect(up); !assay.Is(err, assay.Invalid) {
		t.Errorf("two files: %v", err)
	}
	digests := []assay.Digest{"sha512:" + assay.Digest(strings.Repeat("0", 128)), "sha256:" + sum}
	docs, err := hosting.Compose("vault-door", []ecosystem.Release{{Version: "1.0.0", Published: time.Unix(1, 0), Manifest: manifest, Digests: digests}}, nil)
	if err != nil || len(docs) != 2 {
		t.Fatalf("composed %q, %v", docs, err)
	}
	l, err := New().Format().Read("vault-door", []ecosystem.Document{document(string(docs[0])), document(string(docs[1]))})
	if err != nil || len(l.Versions()) != 1 {
		t.Fatalf("read back as %v, %v", l, err)
	}
	if found, err := New().Format().Locate("vault-door", "vault-door-1.0.0.crate", l); err != nil || !strings.Contains(found.Source.URL, ".invalid/") {
		t.Errorf("the hosted file lies at %+v, %v", found, err)
	}
}
