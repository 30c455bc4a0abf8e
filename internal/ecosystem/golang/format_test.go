package golang

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// moduleZip makes the module zip of example.com/m.
func moduleZip(t testing.TB, version, mod string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range map[string]string{"go.mod": mod, "m.go": "package m\n"} {
		f, err := w.Create("example.com/m@" + version + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func document(body string) ecosystem.Document {
	return ecosystem.Document{Content: strings.NewReader(body), Size: int64(len(body))}
}

var missing = ecosystem.Document{Missing: true}

const pseudo = "v0.0.0-20191109021931-daa7c04131f5"

func TestSources(t *testing.T) {
	sources := New(Config{}).Format().Sources("github.com/BurntSushi/toml")
	if len(sources) != 2 || sources[0].Path != "github.com/!burnt!sushi/toml/@v/list" || sources[1].Path != "github.com/!burnt!sushi/toml/@latest" ||
		sources[0].Optional || !sources[1].Optional || sources[0].Key == sources[1].Key {
		t.Errorf("%+v", sources)
	}
	if sources := New(Config{}).Format().Sources("not a module"); sources != nil {
		t.Errorf("what is no module has sources: %+v", sources)
	}
}

func TestRead(t *testing.T) {
	at := time.Date(2019, 11, 9, 2, 19, 31, 0, time.UTC)
	latest := document(`{"Version":"` + pseudo + `","Time":"2019-11-09T02:19:31Z"}`)
	for what, c := range map[string]struct {
		docs []ecosystem.Document
		want []string
		kind assay.Kind // of the error, if any
	}{
		"list alone":                     {[]ecosystem.Document{document("v1.0.0\nv1.1.0\n")}, []string{"v1.0.0", "v1.1.0"}, 0},
		"list, latest missing":           {[]ecosystem.Document{document("v1.0.0\n"), missing}, []string{"v1.0.0"}, 0},
		"list, latest failed":            {[]ecosystem.Document{document("v1.0.0\n"), {}}, []string{"v1.0.0"}, 0},
		"list, latest is not looked at":  {[]ecosystem.Document{document("v1.0.0\n"), document("<html>")}, []string{"v1.0.0"}, 0},
		"empty list, latest":             {[]ecosystem.Document{document(""), latest}, []string{pseudo}, 0},
		"empty list, latest missing":     {[]ecosystem.Document{document("\n"), missing}, nil, 0},
		"empty list, latest failed":      {[]ecosystem.Document{document("\n"), {}}, nil, 0},
		"empty list, latest is a page":   {[]ecosystem.Document{document(""), document("<html>")}, nil, assay.Unsound},
		"empty list, latest of a branch": {[]ecosystem.Document{document(""), document(`{"Version":"master"}`)}, nil, assay.Unsound},
		"list missing":                   {[]ecosystem.Document{missing, latest}, nil, assay.NotFound},
		"list is a page":                 {[]ecosystem.Document{document("<html>"), latest}, nil, assay.Unsound},
		"nothing":                        {nil, nil, assay.NotFound},
	} {
		listing, err := New(Config{}).Format().Read("example.com/m", c.docs)
		if c.kind != 0 {
			if !assay.Is(err, c.kind) {
				t.Errorf("%s: %v; want an error of kind %v", what, err, c.kind)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		versions := listing.Versions()
		if len(versions) != len(c.want) {
			t.Errorf("%s: %+v", what, versions)
			continue
		}
		for i, v := range versions {
			if v.Version != c.want[i] || listing.Find(v.Version) != i {
				t.Errorf("%s: version %d is %q", what, i, v.Version)
			}
			if v.Version == pseudo && !v.Published.Equal(at) {
				t.Errorf("%s: published %v", what, v.Published)
			}
			if v.Version != pseudo && !v.Published.IsZero() {
				t.Errorf("%s: a list has no dates, and %s was published %v", what, v.Version, v.Published)
			}
		}
		if listing.Find("v9.9.9") != -1 || listing.Bytes() <= 0 {
			t.Errorf("%s: finds what is not there, or weighs nothing", what)
		}
	}
}

func TestRender(t *testing.T) {
	for what, c := range map[string]struct {
		list, denied, want, hidden string
	}{
		"all allowed":                        {"v1.0.0\nv1.1.0\n", "", "v1.0.0\nv1.1.0\n", ""},
		"an old one denied":                  {"v1.0.0\nv1.1.0\n", "v1.0.0", "v1.1.0\n", ""},
		"the newest denied":                  {"v1.1.0\nv1.0.0\n", "v1.1.0", "v1.0.0\n", "v1.1.0"},
		"the newest release denied":          {"v1.0.0\nv1.1.0\nv1.2.0-rc.1\n", "v1.1.0", "v1.0.0\nv1.2.0-rc.1\n", "v1.1.0"},
		"a pre-release above it denied":      {"v1.0.0\nv1.1.0-rc.1\n", "v1.1.0-rc.1", "v1.0.0\n", ""},
		"the newest of pre-releases denied":  {"v1.0.0-a\nv1.0.0-b\n", "v1.0.0-b", "v1.0.0-a\n", "v1.0.0-b"},
		"all denied":                         {"v1.0.0\n", "v1.0.0", "", ""},
		"pseudo-versions are left out":       {"v1.0.0\n" + pseudo + "\n", "", "v1.0.0\n", ""},
		"an incompatible one is newest":      {"v1.0.0\nv2.0.0+incompatible\n", "v2.0.0+incompatible", "v1.0.0\n", "v2.0.0+incompatible"},
		"no versions and nothing is written": {"", "", "", ""},
	} {
		listing, err := New(Config{}).Format().Read("example.com/m", []ecosystem.Document{document(c.list), missing})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		contentType, err := listing.Render(&b, ecosystem.Rendering{Representation: "list", Decision: func(i int) *assay.Decision {
			if listing.Versions()[i].Version == c.denied {
				return deny("blocked")
			}
			return &assay.Decision{Effect: assay.Allow}
		}})
		plain, hidden := hiddenNewest(contentType)
		if err != nil || b.String() != c.want || plain != "text/plain; charset=utf-8" || hidden != c.hidden {
			t.Errorf("%s: %q of type %q, %v", what, b.String(), contentType, err)
		}
		b.Reset()
		if _, err := listing.Render(&b, ecosystem.Rendering{Representation: "packument"}); !assay.Is(err, assay.NotFound) || b.Len() > 0 {
			t.Errorf("%s: another representation: %v", what, err)
		}
	}
}

func TestVersionDocuments(t *testing.T) {
	f := New(Config{}).Format()
	src, ok := f.VersionSource("github.com/BurntSushi/toml", "v1.0.0-RC.1")
	if !ok || src.Path != "github.com/!burnt!sushi/toml/@v/v1.0.0-!r!c.1.info" || src.Key != "info/v1.0.0-RC.1" || src.Limit == 0 {
		t.Errorf("%+v, %v", src, ok)
	}
	for _, version := range []string{"master", "v1", "v2.0.0", "../x", ""} {
		if src, ok := f.VersionSource("example.com/m", version); ok {
			t.Errorf("%q has a document: %+v", version, src)
		}
	}
	unlister := f.(ecosystem.Unlister)
	if !unlister.Unlisted("example.com/m", pseudo) || unlister.Unlisted("example.com/m", "v1.0.0") || unlister.Unlisted("example.com/m", "v1.0.0-rc.1") {
		t.Error("pseudo-versions, and they alone, are in no list")
	}
	v, err := f.ReadVersion("example.com/m", "v1.0.0", document(`{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}`))
	if err != nil || v.Version != "v1.0.0" || v.Published.Year() != 2020 || v.PublishedSource != "commit time (author-set)" {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := f.ReadVersion("example.com/m", "v1.0.0", document(`{"Version":"v1.0.0"}`)); err != nil || v.PublishedSource != "" {
		t.Errorf("without a date: %+v, %v", v, err)
	}
	if _, err := f.ReadVersion("example.com/m", "v1.0.0", missing); !assay.Is(err, assay.NotFound) {
		t.Errorf("missing: %v", err)
	}
	if _, err := f.ReadVersion("example.com/m", "v1.0.0", document(`{"Version":"v1.0.1"}`)); !assay.Is(err, assay.Unsound) {
		t.Errorf("of another version: %v", err)
	}
	if _, err := f.ReadVersion("example.com/m", "v1.0.0", ecosystem.Document{Content: strings.NewReader("x"), Size: 1 << 40}); !assay.Is(err, assay.Unsound) {
		t.Errorf("huge: %v", err)
	}
	if _, err := f.ReadVersion("example.com/m", "v1.0.0", ecosystem.Document{Content: strings.NewReader("x"), Size: 100}); !assay.Is(err, assay.Internal) {
		t.Errorf("cut short on our disk: %v", err)
	}
}

func TestLocate(t *testing.T) {
	f := New(Config{}).Format()
	for file, want := range map[string]ecosystem.File{
		"v1.0.0.info":   {Version: "v1.0.0", Info: true, ContentType: "application/json"},
		"v1.0.0.mod":    {Version: "v1.0.0", Always: true, ContentType: "text/plain; charset=utf-8"},
		"v1.0.0.zip":    {Version: "v1.0.0", ContentType: "application/zip"},
		pseudo + ".zip": {Version: pseudo, ContentType: "application/zip"},
	} {
		got, err := f.Locate("example.com/M", file, nil)
		if err != nil || got.Version != want.Version || got.Info != want.Info || got.Always != want.Always || got.ContentType != want.ContentType ||
			got.Source.Path != "example.com/!m/@v/"+file || got.Name != file {
			t.Errorf("%s: %+v, %v", file, got, err)
		}
	}
	for _, file := range []string{"", "list", "v1.0.0", "v1.0.0.tar", "master.info", "v1.2.info", "v2.0.0.zip", "v1.0.0+x.mod", "../v1.0.0.zip", ".zip"} {
		if got, err := f.Locate("example.com/m", file, nil); !assay.Is(err, assay.NotFound) {
			t.Errorf("%q is a file: %+v, %v", file, got, err)
		}
	}
}

func TestCheck(t *testing.T) {
	f := New(Config{}).Format()
	for what, c := range map[string]struct {
		file, content string
		digest        bool
		kind          assay.Kind
	}{
		"info":                  {"v1.0.0.info", `{"Version":"v1.0.0"}`, false, 0},
		"info of another":       {"v1.0.0.info", `{"Version":"v1.0.1"}`, false, assay.Unsound},
		"info that is a page":   {"v1.0.0.info", "<html>", false, assay.Unsound},
		"info far too large":    {"v1.0.0.info", `{"Version":"v1.0.0","x":"` + strings.Repeat("x", 300<<10) + `"}`, false, assay.Unsound},
		"mod":                   {"v1.0.0.mod", "module example.com/m\n", true, 0},
		"mod that is a page":    {"v1.0.0.mod", "<html>module x", false, assay.Unsound},
		"mod that is empty":     {"v1.0.0.mod", "", false, assay.Unsound},
		"zip":                   {"v1.0.0.zip", string(moduleZip(t, "v1.0.0", "module example.com/m\n")), true, 0},
		"zip of another":        {"v1.0.0.zip", string(moduleZip(t, "v1.0.1", "module example.com/m\n")), false, assay.Unsound},
		"zip that is cut short": {"v1.0.0.zip", string(moduleZip(t, "v1.0.0", "module example.com/m\n")[:100]), false, assay.Unsound},
	} {
		file, err := f.Locate("example.com/m", c.file, nil)
		if err != nil {
			t.Fatal(err)
		}
		digests, err := f.Check(file, strings.NewReader(c.content), int64(len(c.content)))
		if c.kind != 0 {
			if !assay.Is(err, c.kind) || digests != nil {
				t.Errorf("%s: %v, %v", what, digests, err)
			}
			continue
		}
		if err != nil || (len(digests) == 1 && digests[0].Algorithm() == "h1") != c.digest {
			t.Errorf("%s: %v, %v", what, digests, err)
		}
	}
	if _, err := f.Check(ecosystem.File{Name: "v1.0.0.zip", Version: "v1.0.1", Source: ecosystem.Source{Path: "example.com/m/@v/v1.0.0.zip"}}, strings.NewReader(""), 0); !assay.Is(err, assay.Internal) {
		t.Errorf("a file that Locate never made: %v", err)
	}
}

func TestSetup(t *testing.T) {
	a := New(Config{})
	if lines := a.Setup("http://127.0.0.1:8417/go/"); len(lines) != 1 || lines[0].Client != "go" || lines[0].Line != "export GOPROXY=http://127.0.0.1:8417/go/" {
		t.Errorf("%+v", lines)
	}
	if line := a.Setup("http://assay.example/$(x)'/go/")[0].Line; line != `export GOPROXY='http://assay.example/$(x)'\''/go/'` {
		t.Errorf("an odd address: %s", line)
	}
	if a.Ecosystem() != assay.Golang || a.Place() != "go" || a.Grammar() == nil {
		t.Error("the adapter does not say who it is")
	}
}

func TestProvenIsBounded(t *testing.T) {
	p := newProven(2000)
	for _, key := range []string{"a", "b", "c", "d"} {
		p.put(key, bytes.Repeat([]byte(key), 400))
		p.get("a")
	}
	if _, ok := p.get("a"); !ok {
		t.Error("the most recently used is gone")
	}
	if _, ok := p.get("b"); ok || p.size > 2000 {
		t.Errorf("the least recently used is there; %d bytes", p.size)
	}
	p.put("a", []byte("new"))
	if data, _ := p.get("a"); string(data) != "new" {
		t.Errorf("%q", data)
	}
	p.put("huge", make([]byte, 5000))
	if _, ok := p.get("huge"); ok || p.size != 0 || p.order.Len() != 0 || len(p.parts) != 0 {
		t.Errorf("more than the bound is kept: %d bytes", p.size)
	}
}
