package wire

import (
	"net/url"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestName(t *testing.T) {
	for _, c := range []struct{ what, raw, want string }{ // want "" means refused
		{"plain", "lodash", "lodash"},
		{"scoped", "@scope/name", "@scope/name"},
		{"scoped, encoded as npm does", "@scope%2fname", "@scope/name"},
		{"scoped, encoded in capitals", "@scope%2Fname", "@scope/name"},
		{"case is kept", "JSONStream", "JSONStream"},
		{"old name with odd punctuation", "it's.(alive)~!*", "it's.(alive)~!*"},
		{"name of a core module", "http", "http"},
		{"scoped name with an underscore in front", "@s/_private", "@s/_private"},
		{"empty", "", ""},
		{"parent", "..", ""},
		{"hidden", ".npmrc", ""},
		{"hidden in a scope", "@s/.npmrc", ""},
		{"scope that is a parent", "@../name", ""},
		{"underscore in front", "_all_docs", ""},
		{"looks like an option", "-g", ""},
		{"service route", "-", ""},
		{"folder of npm", "node_modules", ""},
		{"folder of npm in capitals", "Node_Modules", ""},
		{"icon of browsers", "favicon.ico", ""},
		{"slash without scope", "a/b", ""},
		{"two slashes", "@s/a/b", ""},
		{"scope alone", "@scope", ""},
		{"empty scope", "@/name", ""},
		{"empty name in a scope", "@s/", ""},
		{"traversal in an encoded slash", "@s%2f..", ""},
		{"encoded twice", "@s%252fname", ""},
		{"blank", "lo dash", ""},
		{"blank behind", "lodash ", ""},
		{"line feed", "lodash\n", ""},
		{"NUL", "lodash\x00", ""},
		{"terminal escape", "\x1b[31mlodash", ""},
		{"Cyrillic lookalike", "lоdash", ""},
		{"backslash", `a\b`, ""},
		{"question mark", "a?b", ""},
		{"very long", strings.Repeat("a", 301), ""},
	} {
		got, err := Name(c.raw)
		if c.want == "" {
			if !assay.Is(err, assay.Invalid) {
				t.Errorf("%s: Name(%q) = %q, %v; want an error of kind Invalid", c.what, c.raw, got, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: Name(%q) = %q, %v; want %q", c.what, c.raw, got, err, c.want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"lodash", "@s/n", "@s%2fn", "@s%2F..", "..", "@", "@/", "a/../b", "%2e%2e", "JSONStream"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, err := Name(raw)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("Name(%q): %v is not of kind Invalid", raw, err)
			}
			return
		}
		again, err := Name(name)
		if err != nil || again != name {
			t.Fatalf("Name(%q) = %q, which reads as %q, %v", raw, name, again, err)
		}
		if encoded, err := Name(EscapeName(name)); err != nil || encoded != name {
			t.Fatalf("the escaped form of %q reads as %q, %v", name, encoded, err)
		}
		for segment := range strings.SplitSeq(name, "/") {
			bare := strings.TrimPrefix(segment, "@")
			if bare == "" || bare[0] == '.' || url.PathEscape(bare) != pathEscaped(bare) {
				t.Fatalf("Name(%q) = %q has a segment that a path would change", raw, name)
			}
		}
	})
}

// pathEscaped does by hand what url.PathEscape does to the few characters that
// names may hold and that it escapes.
func pathEscaped(segment string) string {
	return strings.NewReplacer("!", "%21", "'", "%27", "(", "%28", ")", "%29", "*", "%2A").Replace(segment)
}

func TestFileNames(t *testing.T) {
	for _, c := range []struct{ what, name, file, version string }{ // version "" means unconventional
		{"plain", "lodash", "lodash-4.17.21.tgz", "4.17.21"},
		{"scoped", "@s/n", "n-1.0.0.tgz", "1.0.0"},
		{"hyphens in name and version", "a-b", "a-b-1.0.0-rc.1.tgz", "1.0.0-rc.1"},
		{"name that begins like another", "a", "a-b-1.0.0.tgz", "b-1.0.0"},
		{"other name", "a", "b-1.0.0.tgz", ""},
		{"no version", "a", "a-.tgz", ""},
		{"other suffix", "a", "a-1.0.0.zip", ""},
		{"scope in the file", "@s/n", "s-n-1.0.0.tgz", ""},
	} {
		version, ok := FileVersion(c.name, c.file)
		if ok != (c.version != "") || ok && version != c.version {
			t.Errorf("%s: FileVersion(%q, %q) = %q, %v; want %q", c.what, c.name, c.file, version, ok, c.version)
		}
		if ok && FileName(c.name, version) != c.file {
			t.Errorf("%s: FileName gives %q back", c.what, FileName(c.name, version))
		}
	}
}

func FuzzFileVersion(f *testing.F) {
	f.Add("lodash", "lodash-1.0.0.tgz")
	f.Add("@s/n", "n-1.0.0-rc.1+b.tgz")
	f.Add("a", "../a-1.tgz")
	f.Fuzz(func(t *testing.T, name, file string) {
		name, err := Name(name)
		if err != nil {
			return
		}
		if version, ok := FileVersion(name, file); ok && FileName(name, version) != file {
			t.Fatalf("%q of %q reads as version %q, which is written %q", file, name, version, FileName(name, version))
		}
		if ValidFile(file) && (strings.ContainsAny(file, "/\\\x00\n") || strings.HasPrefix(file, ".")) {
			t.Fatalf("%q passes as a file name", file)
		}
	})
}
