package golang

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

const kettle = "corp.example/works/Kettle"

var published = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// hostedPlace is a place that hosts what is published, and claims all below
// corp.example/works/. It keeps what Compose makes where place keeps an
// upstream's documents.
type hostedPlace struct {
	*place
	mu       sync.Mutex
	releases map[string][]ecosystem.Release
	named    []string // names that were asked of the repository
}

var _ ecosystem.Publisher = (*hostedPlace)(nil)

func newHostedPlace(t *testing.T, cfg Config) (*hostedPlace, http.Handler) {
	a := New(cfg)
	p := &hostedPlace{place: &place{t: t, format: a.Format(), upstream: map[string]string{}, status: map[string]int{},
		denied: map[string]string{}, late: map[string]string{}, fails: map[string]error{}}, releases: map[string][]ecosystem.Release{}}
	return p, a.Handler(p)
}

func (p *hostedPlace) Claimed(name string) bool {
	return strings.HasPrefix(name, "corp.example/works/")
}
func (p *hostedPlace) ClaimedBelow(name string) bool {
	return name == "corp.example" || name == "corp.example/works"
}
func (p *hostedPlace) ClaimPatterns() []string { return []string{"corp.example/works/*"} }

func (p *hostedPlace) note(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.named = append(p.named, name)
}

func (p *hostedPlace) Listing(ctx context.Context, name, representation string) (*ecosystem.Answer, error) {
	p.note(name)
	return p.place.Listing(ctx, name, representation)
}

func (p *hostedPlace) Versions(ctx context.Context, name string) ([]ecosystem.Decided, error) {
	p.note(name)
	return p.place.Versions(ctx, name)
}

func (p *hostedPlace) File(ctx context.Context, name, file string) (*ecosystem.Content, error) {
	p.note(name)
	return p.place.File(ctx, name, file)
}

func (p *hostedPlace) Publish(_ context.Context, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	hosting := p.format.(ecosystem.Hosting)
	inside, err := hosting.Inspect(up)
	if err != nil {
		return ecosystem.Receipt{}, err
	}
	if inside.Name != up.Name || len(inside.Disagreements) > 0 {
		return ecosystem.Receipt{}, assay.Errorf(assay.Invalid, "they disagree: %v", inside)
	}
	for _, f := range up.Files {
		text, err := io.ReadAll(io.NewSectionReader(f.Content, 0, f.Size))
		if err != nil {
			return ecosystem.Receipt{}, err
		}
		located, err := p.format.Locate(up.Name, f.Name, nil)
		if err != nil {
			return ecosystem.Receipt{}, err
		}
		if _, err := p.format.Check(located, f.Content, f.Size); err != nil || located.ContentType != f.ContentType {
			return ecosystem.Receipt{}, errors.Join(err, errors.New("the file is not served as it was published"))
		}
		p.upstream[located.Source.Path] = string(text)
	}
	p.releases[up.Name] = append(p.releases[up.Name], ecosystem.Release{Version: up.Version, Published: published, Manifest: inside.Manifest})
	docs, err := hosting.Compose(up.Name, p.releases[up.Name], nil)
	if err != nil {
		return ecosystem.Receipt{}, err
	}
	for i, src := range p.format.Sources(up.Name) {
		p.upstream[src.Path] = string(docs[i])
	}
	return ecosystem.Receipt{Coordinate: coordinate(up.Name, up.Version), Index: 7}, nil
}

func (p *hostedPlace) Tag(context.Context, string, string, string) (ecosystem.Receipt, error) {
	return ecosystem.Receipt{}, nil
}
func (p *hostedPlace) Tags(context.Context, string) (map[string]string, error) { return nil, nil }
func (p *hostedPlace) SetStatus(context.Context, string, string, assay.Status, string) (ecosystem.Receipt, error) {
	return ecosystem.Receipt{}, nil
}
func (p *hostedPlace) Search(context.Context, string, int) ([]ecosystem.Found, error) {
	return nil, nil
}

// zipOf makes a module zip of path@version.
func zipOf(t testing.TB, name, version string, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for rel, content := range files {
		f, err := w.Create(name + "@" + version + "/" + rel)
		if err == nil {
			_, err = io.WriteString(f, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func uploadOf(t testing.TB, name, version string, files map[string]string) *ecosystem.Upload {
	t.Helper()
	data := zipOf(t, name, version, files)
	up, h1, err := NewUpload(name, version, bytes.NewReader(data), int64(len(data)), published)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := wire.CheckZip(name, version, bytes.NewReader(data), int64(len(data)), wire.DefaultLimits()); err != nil || h1 != want {
		t.Fatalf("the digest is %s, want %s, %v", h1, want, err)
	}
	return up
}

func kettleFiles() map[string]string {
	return map[string]string{"go.mod": "module " + kettle + "\n\ngo 1.21\n", "kettle.go": "package kettle\n\nconst Version = \"hosted\"\n", "spout/spout.go": "package spout\n"}
}

func TestHostedModuleIsServed(t *testing.T) {
	p, h := newHostedPlace(t, Config{SumDB: testSumDB(t)})
	for _, version := range []string{"v1.0.0", "v1.10.0", "v1.2.0"} {
		if _, err := p.Publish(t.Context(), uploadOf(t, kettle, version, kettleFiles())); err != nil {
			t.Fatal(err)
		}
	}
	const base = "/corp.example/works/!kettle"
	for path, want := range map[string]string{
		base + "/@v/list":        "v1.0.0\nv1.2.0\nv1.10.0\n",
		base + "/@v/v1.2.0.info": `{"Version":"v1.2.0","Time":"2026-11-22T10:00:00Z"}`,
		base + "/@v/v1.2.0.mod":  kettleFiles()["go.mod"],
		base + "/@latest":        `{"Version":"v1.10.0","Time":"2026-11-22T10:00:00Z"}`,
	} {
		if r := get(t, h, path); r.status != 200 || r.body != want {
			t.Errorf("%s: %d %q, want %q", path, r.status, r.body, want)
		}
	}
	if r := get(t, h, base+"/@v/v1.2.0.zip"); r.status != 200 || r.header.Get("Content-Type") != "application/zip" {
		t.Errorf("the zip: %d %v", r.status, r.header)
	}
	checkRefusal(t, "a version that is not there", get(t, h, base+"/@v/v9.0.0.info"), 404)
	if len(p.passages) != 0 {
		t.Errorf("passed on: %+v", p.passages)
	}
}

// TestClaimedNamesStayHere: nothing that the go command may ask about a
// claimed module, or a parent of one, reaches the registry's upstream side.
func TestClaimedNamesStayHere(t *testing.T) {
	p, h := newHostedPlace(t, Config{SumDB: testSumDB(t)})
	p.upstream["corp.example/@v/list"] = "v1.0.0\n" // what must not be asked for
	for _, parent := range []string{"/corp.example", "/corp.example/works"} {
		for _, rest := range []string{"/@v/list", "/@latest", "/@v/v1.0.0.info", "/@v/v1.0.0.mod", "/@v/v1.0.0.zip", "/@v/main.info"} {
			checkRefusal(t, parent+rest, get(t, h, parent+rest), 404, "no upstream is asked")
		}
	}
	if len(p.named) != 0 || len(p.passages) != 0 {
		t.Errorf("parents were asked for: %q, %+v", p.named, p.passages)
	}
	for _, query := range []string{"main", "v1", "v1.2", "5f2d1c3", "latest"} {
		checkRefusal(t, query, get(t, h, "/corp.example/works/!kettle/@v/"+query+".info"), 404, kettle+" has no "+query, "no branches")
	}
	sumdb := "/sumdb/" + sumName + "/lookup/"
	r := get(t, h, sumdb+"corp.example/works/!kettle@v1.0.0")
	checkRefusal(t, "look-up", r, 403, kettle, "export GONOSUMDB='corp.example/works/*'")
	if !strings.Contains(r.phrase, kettle) {
		t.Errorf("the phrase is %q", r.phrase)
	}
	checkRefusal(t, "look-up of its go.mod's parent", get(t, h, sumdb+"corp.example@v1.0.0"), 404)
	if head := ask(t, h, http.MethodHead, sumdb+"corp.example/works/!kettle@v1.0.0"); head.status != 403 || head.body != "" {
		t.Errorf("HEAD: %d %q", head.status, head.body)
	}
	if len(p.passages) != 0 {
		t.Errorf("passed on: %+v", p.passages)
	}
	// Others are passed on as before.
	if get(t, h, sumdb+"public.example/m@v1.0.0"); len(p.passages) != 1 {
		t.Errorf("passed on: %+v", p.passages)
	}
}

// nameless can say which names are claimed and nothing more.
type nameless struct{ *place }

func (nameless) Claimed(name string) bool { return name == kettle }

func TestLookUpWithoutPatterns(t *testing.T) {
	p, _ := newPlace(t)
	h := New(Config{SumDB: testSumDB(t)}).Handler(nameless{p})
	checkRefusal(t, "look-up", get(t, h, "/sumdb/"+sumName+"/lookup/corp.example/works/!kettle@v1.0.0"), 403, "export GONOSUMDB="+kettle)
	if len(p.passages) != 0 {
		t.Errorf("passed on: %+v", p.passages)
	}
}

func TestSetupClaims(t *testing.T) {
	line, ok := SetupClaims([]string{"corp.example/*", "corp.example/kettle"})
	if want := "export GONOSUMDB='corp.example/*,corp.example/kettle'"; !ok || line.Line != want || line.Client != "go" {
		t.Errorf("%+v, %v; want %s", line, ok, want)
	}
	if line, ok := SetupClaims([]string{"*"}); ok {
		t.Errorf("of nothing: %+v", line)
	}
}

func TestNewUploadRefuses(t *testing.T) {
	data := zipOf(t, kettle, "v1.0.0", kettleFiles())
	for what, c := range map[string]struct {
		name, version string
		data          []byte
		kind          assay.Kind
	}{
		"a pseudo-version":        {kettle, "v0.0.0-20191109021931-daa7c04131f5", data, assay.Invalid},
		"the wrong major version": {kettle, "v2.0.0", data, assay.Invalid},
		"another version's zip":   {kettle, "v1.0.1", data, assay.Invalid},
		"another module's zip":    {kettle + "s", "v1.0.0", data, assay.Invalid},
		"no zip":                  {kettle, "v1.0.0", []byte("zip"), assay.Invalid},
	} {
		if up, _, err := NewUpload(c.name, c.version, bytes.NewReader(c.data), int64(len(c.data)), published); up != nil || !assay.Is(err, c.kind) {
			t.Errorf("%s: %+v, %v", what, up, err)
		}
	}
	limits := wire.DefaultLimits()
	limits.Zip = 10
	if up, _, err := newUpload(kettle, "v1.0.0", bytes.NewReader(data), int64(len(data)), published, limits); up != nil || !assay.Is(err, assay.TooLarge) {
		t.Errorf("too large: %+v, %v", up, err)
	}
}

func TestInspect(t *testing.T) {
	hosting := New(Config{}).Format().(ecosystem.Hosting)
	good := func() *ecosystem.Upload { return uploadOf(t, kettle, "v1.0.0", kettleFiles()) }
	inside, err := hosting.Inspect(good())
	if err != nil || inside.Name != kettle || inside.Version != "v1.0.0" || len(inside.Disagreements) != 0 || string(inside.Manifest) != `{"module":"`+kettle+`","go":"1.21"}` {
		t.Errorf("%+v %s, %v", inside, inside.Manifest, err)
	}
	replace := func(up *ecosystem.Upload, i int, text string) {
		up.Files[i].Content, up.Files[i].Size = strings.NewReader(text), int64(len(text))
	}
	for what, c := range map[string]struct {
		change func(up *ecosystem.Upload)
		kind   assay.Kind
	}{
		"no files":                  {func(up *ecosystem.Upload) { up.Files = nil }, assay.Invalid},
		"no .mod":                   {func(up *ecosystem.Upload) { up.Files = slices.Delete(up.Files, 1, 2) }, assay.Invalid},
		"a fourth file":             {func(up *ecosystem.Upload) { up.Files = append(up.Files, up.Files[1]) }, assay.Invalid},
		"the .mod first":            {func(up *ecosystem.Upload) { up.Files[0], up.Files[1] = up.Files[1], up.Files[0] }, assay.Invalid},
		"a file of another version": {func(up *ecosystem.Upload) { up.Files[0].Name = "v1.0.1.zip" }, assay.Invalid},
		"a name that leads out":     {func(up *ecosystem.Upload) { up.Files[1].Name = "../v1.0.0.mod" }, assay.Invalid},
		"another version":           {func(up *ecosystem.Upload) { up.Version = "v1.0.1" }, assay.Invalid},
		"another module":            {func(up *ecosystem.Upload) { up.Name = "corp.example/works/pot" }, assay.Invalid},
		"a zip that is none":        {func(up *ecosystem.Upload) { replace(up, 0, "PK") }, assay.Invalid},
		"info of another version":   {func(up *ecosystem.Upload) { replace(up, 2, `{"Version":"v1.0.1","Time":"2026-11-22T10:00:00Z"}`) }, assay.Invalid},
		"info without a time":       {func(up *ecosystem.Upload) { replace(up, 2, `{"Version":"v1.0.0"}`) }, assay.Invalid},
		"info with its version twice": {func(up *ecosystem.Upload) {
			replace(up, 2, `{"Version":"v1.0.0","version":"v1.0.1","Time":"2026-11-22T10:00:00Z"}`)
		}, assay.Invalid},
		"info too large":           {func(up *ecosystem.Upload) { up.Files[2].Size = 1 << 30 }, assay.TooLarge},
		"a .mod too large":         {func(up *ecosystem.Upload) { up.Files[1].Size = 1 << 30 }, assay.TooLarge},
		"a .mod of negative size":  {func(up *ecosystem.Upload) { up.Files[1].Size = -1 }, assay.TooLarge},
		"a .mod shorter than said": {func(up *ecosystem.Upload) { up.Files[1].Size++ }, assay.Invalid},
	} {
		up := good()
		c.change(up)
		if got, err := hosting.Inspect(up); !assay.Is(err, c.kind) {
			t.Errorf("%s: %+v, %v; want kind %s", what, got, err, c.kind)
		}
	}
	// The go command would choose by one go.mod and build with the other.
	up := good()
	replace(up, 1, kettleFiles()["go.mod"]+"\nrequire evil.example/x v1.0.0\n")
	if got, err := hosting.Inspect(up); err != nil || !slices.Equal(got.Disagreements, []string{"go.mod"}) {
		t.Errorf("two go.mod files: %+v, %v", got, err)
	}
}

// An upload's files have no source yet when their digests are asked for.
func TestCheckOfAnUpload(t *testing.T) {
	format := New(Config{}).Format()
	up := uploadOf(t, kettle, "v1.0.0", kettleFiles())
	for _, f := range up.Files {
		located, err := format.Locate(kettle, f.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.Check(located, f.Content, f.Size)
		if err != nil {
			t.Fatal(err)
		}
		got, err := format.Check(ecosystem.File{Name: f.Name, Version: "v1.0.0"}, f.Content, f.Size)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", f.Name, got, err, want)
		}
	}
	for what, c := range map[string]struct{ name, content string }{
		"a file of another version": {"v1.0.1.mod", "module " + kettle}, "a file of no sort": {"v1.0.0.exe", "x"}, "no zip": {"v1.0.0.zip", "PK"},
		"an empty zip": {"v1.0.0.zip", "PK\x05\x06" + strings.Repeat("\x00", 18)}, "another version's zip": {"v1.0.0.zip", string(zipOf(t, kettle, "v1.0.1", kettleFiles()))},
	} {
		if got, err := format.Check(ecosystem.File{Name: c.name, Version: "v1.0.0"}, strings.NewReader(c.content), int64(len(c.content))); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}

func TestCompose(t *testing.T) {
	format := New(Config{}).Format()
	hosting := format.(ecosystem.Hosting)
	for what, c := range map[string]struct {
		releases []ecosystem.Release
		versions []string
		latest   string
	}{
		"nothing left":           {nil, nil, ""},
		"one":                    {[]ecosystem.Release{{Version: "v1.0.0", Published: published}}, []string{"v1.0.0"}, `{"Version":"v1.0.0","Time":"2026-11-22T10:00:00Z"}`},
		"a pre-release alone":    {[]ecosystem.Release{{Version: "v1.0.0-rc.1", Published: published}}, []string{"v1.0.0-rc.1"}, `{"Version":"v1.0.0-rc.1","Time":"2026-11-22T10:00:00Z"}`},
		"an older one came last": {[]ecosystem.Release{{Version: "v1.1.0", Published: published}, {Version: "v1.2.0-rc.1"}, {Version: "v1.0.9"}}, []string{"v1.0.9", "v1.1.0", "v1.2.0-rc.1"}, `{"Version":"v1.1.0","Time":"2026-11-22T10:00:00Z"}`},
	} {
		docs, err := hosting.Compose(kettle, c.releases, nil)
		sources := format.Sources(kettle)
		if err != nil || len(docs) != len(sources) || string(docs[1]) != c.latest || (docs[1] == nil) != (c.latest == "") {
			t.Errorf("%s: %q, %v", what, docs, err)
			continue
		}
		var read []ecosystem.Document
		for i, src := range sources {
			read = append(read, ecosystem.Document{Source: src, Missing: docs[i] == nil && src.Optional, Content: bytes.NewReader(docs[i]), Size: int64(len(docs[i]))})
		}
		listing, err := format.Read(kettle, read)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var versions []string
		for _, v := range listing.Versions() {
			versions = append(versions, v.Version)
		}
		if !slices.Equal(versions, c.versions) {
			t.Errorf("%s: read as %v", what, versions)
		}
	}
	if docs, err := hosting.Compose(kettle, []ecosystem.Release{{Version: "v2.0.0"}}, nil); !assay.Is(err, assay.Internal) {
		t.Errorf("an impossible version: %q, %v", docs, err)
	}
}

// TestRealGo publishes a module and has the go command of this machine fetch
// it, by an import path of which it does not know which part is the module.
func TestRealGo(t *testing.T) {
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatalf("the tests are run by the go command, and yet: %v", err)
	}
	db := testSumDB(t)
	p, h := newHostedPlace(t, Config{SumDB: db})
	if _, err := p.Publish(t.Context(), uploadOf(t, kettle, "v1.2.0", kettleFiles())); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	defer s.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module app.example/app\n\ngo 1.21\n", "app.go": "package app\n\nimport _ \"" + kettle + "/spout\"\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(env ...string) (string, error) {
		home := t.TempDir()
		cmd := exec.CommandContext(t.Context(), program, "get", kettle+"/spout@latest")
		cmd.Dir = dir
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(), "GOPATH=" + filepath.Join(home, "go"), "GOCACHE=" + filepath.Join(home, "cache"),
			"GOFLAGS=-modcacherw", "GOTOOLCHAIN=local", "GOENV=off", "GOPROXY=" + s.URL, "GOSUMDB=" + db.Key}, env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run()
	if err == nil || !strings.Contains(out, "export GONOSUMDB='corp.example/works/*'") {
		t.Errorf("without the line: %v\n%s", err, out)
	}
	if out, err = run("GONOSUMDB=corp.example/works/*"); err != nil || !strings.Contains(out, kettle+" v1.2.0") {
		t.Errorf("with the line: %v\n%s", err, out)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil || !strings.Contains(string(sum), kettle+" v1.2.0 h1:") {
		t.Errorf("go.sum: %s, %v", sum, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.passages) != 0 {
		t.Errorf("passed on: %+v", p.passages)
	}
	for _, name := range p.named {
		if !p.Claimed(name) {
			t.Errorf("the registry was asked for %s, which it would ask an upstream for", name)
		}
	}
}
