package wire

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestName(t *testing.T) {
	for _, c := range []struct{ what, raw, want string }{
		{"an ordinary one", "serde", "serde"},
		{"capitals become small", "Inflector", "inflector"},
		{"hyphens and underscores are kept apart", "Serde-json_x", "serde-json_x"},
		{"white space around it", " serde ", "serde"},
		{"a digit", "a1", "a1"},
		{"64 characters", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"65 characters", strings.Repeat("a", 65), ""},
		{"empty", "", ""},
		{"a dot", "a.b", ""},
		{"a slash", "a/b", ""},
		{"a letter outside ASCII", "caffè", ""},
		{"a capital that folds to ASCII", "\u212aelvin", ""}, // the Kelvin sign
		{"a control character", "a\x00b", ""},
	} {
		got, err := Name(c.raw)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %q is %q, %v, want %q", c.what, c.raw, got, err, c.want)
		}
	}
}

func TestNewName(t *testing.T) {
	for name, ok := range map[string]bool{
		"kettle": true, "k": true, "a-b_c": true, "Kettle": false, "9lives": false, "-a": false, "_a": false,
		"std": false, "core": false, "proc_macro": false, "nul": false, "com1": false, "lpt9": false, "com": true, "comb": true,
	} {
		if err := NewName(name); (err == nil) != ok {
			t.Errorf("%s: %v, want it allowed: %v", name, err, ok)
		}
	}
}

func TestIndexPath(t *testing.T) {
	for name, want := range map[string]string{
		"a": "1/a", "ab": "2/ab", "abc": "3/a/abc", "abcd": "ab/cd/abcd", "serde_json": "se/rd/serde_json", "auth": "au/th/auth",
	} {
		if got := IndexPath(name); got != want {
			t.Errorf("%s lies at %s, want %s", name, got, want)
		}
	}
}

func TestFileVersion(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"serde", "serde-1.0.0.crate", "1.0.0"},
		{"serde", "serde-1.0.0-rc.1+b.crate", "1.0.0-rc.1+b"},
		{"a-b", "a-b-1.0.0.crate", "1.0.0"},
		{"serde", "serde-.crate", ""},
		{"serde", "serde-1.0.0.tgz", ""},
		{"serde", "serd-1.0.0.crate", ""},
		{"serde", "serde-../x.crate", ""},
		{"serde", "serde-1.0.0%2f.crate", ""},
	} {
		if got, ok := FileVersion(c.name, c.file); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s of %s: %q, %v, want %q", c.file, c.name, got, ok, c.want)
		}
	}
	for version, ok := range map[string]bool{"1.0.0": true, "weird_one": true, "": false, ".": false, "..": false, "a b": false, "a/b": false, strings.Repeat("1", 201): false} {
		if ValidVersion(version) != ok {
			t.Errorf("%q can stand for a version: %v, want %v", version, !ok, ok)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"serde", "Serde-JSON_x", "caffè", "a\x00", strings.Repeat("x", 70)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, err := Name(raw)
		if err != nil {
			return
		}
		if again, err := Name(name); err != nil || again != name {
			t.Errorf("%q is %q, and that is %q, %v", raw, name, again, err)
		}
		if path := IndexPath(name); !strings.HasSuffix(path, "/"+name) || strings.ContainsAny(path, ".%\\ ") {
			t.Errorf("%q lies at %q", raw, path)
		}
		if got, ok := FileVersion(name, FileName(name, "1.0.0")); !ok || got != "1.0.0" {
			t.Errorf("the version of the file of %q is %q", name, got)
		}
	})
}
