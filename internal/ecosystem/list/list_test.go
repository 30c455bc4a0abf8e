package list

import (
	"os"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func table() *Table { return NewTable(Adapters(Config{})) }

// TestEveryFolderIsListed fails when an ecosystem's folder lacks its line.
func TestEveryFolderIsListed(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, e := range entries {
		if _, err := os.Stat("../" + e.Name() + "/wire"); err != nil {
			continue // no ecosystem: this table, the suite
		}
		folders++
		if _, ok := table().Ecosystem(assay.Ecosystem(e.Name())); !ok {
			t.Errorf("the folder %s has no line in the table", e.Name())
		}
	}
	if n := len(table().Adapters()); n != folders {
		t.Errorf("%d adapters for %d folders", n, folders)
	}
}

func TestNamesAreUsedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range table().Adapters() {
		for _, name := range []string{"place " + a.Place(), "ecosystem " + string(a.Ecosystem())} {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
		}
		if a.Place() == "" || strings.ContainsAny(a.Place(), "/ %?#") {
			t.Errorf("%q cannot be the first segment of a path", a.Place())
		}
		if a.Grammar() == nil || a.Format() == nil {
			t.Errorf("%s has no grammar or no format", a.Place())
		}
		lines := a.Setup("http://127.0.0.1:8417/" + a.Place() + "/")
		if len(lines) == 0 {
			t.Errorf("%s tells nobody how to use it", a.Place())
		}
		for _, line := range lines {
			if line.Client == "" || !strings.Contains(line.Line, "http://127.0.0.1:8417/"+a.Place()) || strings.ContainsAny(line.Line, "\r\n") {
				t.Errorf("%s: %+v is not a line to copy", a.Place(), line)
			}
		}
		if found, ok := table().Place(a.Place()); !ok || found.Ecosystem() != a.Ecosystem() {
			t.Errorf("place %s is not found", a.Place())
		}
	}
}

func TestNormalise(t *testing.T) {
	cases := []struct {
		name, purl, want, err string
	}{
		{"npm", "pkg:npm/lodash@4.17.20", "pkg:npm/lodash@4.17.20", ""},
		{"a type in capitals", "pkg:NPM/lodash", "pkg:npm/lodash", ""},
		{"a scope", "pkg:npm/@acme/tool@1.0.0", "pkg:npm/%40acme/tool@1.0.0", ""},
		{"an encoded scope", "pkg:npm/%40acme%2ftool@1.0.0", "pkg:npm/%40acme/tool@1.0.0", ""},
		{"a Go path keeps its case", "pkg:golang/github.com/BurntSushi/toml@v1.0.0", "pkg:golang/github.com/BurntSushi/toml@v1.0.0", ""},
		{"no prefix", "npm/lodash@4.17.20", "", "write pkg:npm/"},
		{"another ecosystem", "pkg:conan/zlib@1.0", "", "it knows pkg:npm/, pkg:golang/"},
		{"no name", "pkg:npm/", "", "names no package"},
		{"a version that is none", "pkg:npm/lodash@latest", "", "latest"},
		{"a name that is none", "pkg:golang/not a path@v1.0.0", "", "not a path"},
		{"a traversal", "pkg:npm/..%2f..%2fetc", "", "dotted"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := table().Normalise(c.purl)
			if c.err != "" {
				if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v (%v), want Invalid that says %q", err, assay.KindOf(err), c.err)
				}
				return
			}
			if err != nil || got.String() != c.want {
				t.Errorf("%s (%v), want %s", got, err, c.want)
			}
		})
	}
}

func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"pkg:npm/lodash@1.0.0", "pkg:golang/github.com/a/B@v1.2.3+incompatible", "pkg:npm/%40a%2fb?file_name=x", "pkg:", "pkg:npm/a@b@c", "pkg:golang/x%00y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, purl string) {
		c, err := table().Normalise(purl)
		if err != nil {
			return
		}
		again, err := table().Normalise(c.String())
		if err != nil || again != c {
			t.Errorf("%q became %+v, and its own text %s became %+v (%v)", purl, c, c, again, err)
		}
	})
}
