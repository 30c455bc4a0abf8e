package assay

import (
	"strings"
	"testing"
)

func TestParseCoordinate(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want Coordinate
		out  string // as printed; "" means as read
	}{
		"plain version":             {"pkg:npm/lodash@4.17.20", Coordinate{NPM, "lodash", "4.17.20", ""}, ""},
		"package alone":             {"pkg:npm/lodash", Coordinate{NPM, "lodash", "", ""}, ""},
		"scope with a plain at":     {"pkg:npm/@acme/app@1.0.0", Coordinate{NPM, "@acme/app", "1.0.0", ""}, "pkg:npm/%40acme/app@1.0.0"},
		"scope without a version":   {"pkg:npm/@acme/app", Coordinate{NPM, "@acme/app", "", ""}, "pkg:npm/%40acme/app"},
		"scope percent-encoded":     {"pkg:npm/%40acme/app@1.0.0", Coordinate{NPM, "@acme/app", "1.0.0", ""}, ""},
		"scope in one segment":      {"pkg:npm/%40acme%2Fapp@1.0.0", Coordinate{NPM, "@acme/app", "1.0.0", ""}, "pkg:npm/%40acme/app@1.0.0"},
		"a Go path keeps its case":  {"pkg:golang/github.com/BurntSushi/toml@v1.4.0", Coordinate{Golang, "github.com/BurntSushi/toml", "v1.4.0", ""}, ""},
		"a type is case-blind":      {"pkg:NPM/lodash", Coordinate{NPM, "lodash", "", ""}, "pkg:npm/lodash"},
		"build metadata is encoded": {"pkg:golang/a.example/x@v2.0.0%2Bincompatible", Coordinate{Golang, "a.example/x", "v2.0.0+incompatible", ""}, ""},
		"a file":                    {"pkg:npm/a@1.0.0?file_name=a-1.0.0.tgz", Coordinate{NPM, "a", "1.0.0", "a-1.0.0.tgz"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCoordinate(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("read %+v, want %+v", got, tc.want)
			}
			want := tc.out
			if want == "" {
				want = tc.in
			}
			if got.String() != want {
				t.Errorf("printed %s, want %s", got, want)
			}
		})
	}
}

func TestParseCoordinateRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"no scheme": "npm/lodash@1", "no name": "pkg:npm/", "no type": "pkg:/lodash", "nothing": "",
		"parent segment": "pkg:npm/../etc/passwd", "hidden parent": "pkg:npm/a%2f..%2fb", "empty segment": "pkg:npm/a//b",
		"broken escape": "pkg:npm/a%zz", "broken version escape": "pkg:npm/a@%z", "subpath": "pkg:golang/a.example/x#sub", "file of no version": "pkg:npm/a?file_name=x",
	} {
		t.Run(name, func(t *testing.T) {
			if c, err := ParseCoordinate(in); !Is(err, Invalid) {
				t.Errorf("read %+v, error %v, want one of kind invalid", c, err)
			}
		})
	}
}

// FuzzCoordinate: what can be read can be printed, and reads as the same.
func FuzzCoordinate(f *testing.F) {
	f.Add("pkg:npm/@acme/app@1.0.0")
	f.Add("pkg:golang/github.com/BurntSushi/toml@v1.4.0+x?file_name=a b")
	f.Fuzz(func(t *testing.T, in string) {
		c, err := ParseCoordinate(in)
		if err != nil {
			return
		}
		again, err := ParseCoordinate(c.String())
		if err != nil || again != c {
			t.Fatalf("%q read as %+v, printed as %q, read again as %+v, %v", in, c, c, again, err)
		}
		for _, segment := range strings.Split(c.Name, "/") {
			if segment == "" || segment == "." || segment == ".." {
				t.Fatalf("%q left a traversal in %q", in, c.Name)
			}
		}
	})
}
