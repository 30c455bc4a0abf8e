package assay

import (
	"strconv"
	"strings"
	"testing"
)

// numbers is a grammar whose versions are whole numbers and whose only range
// is "<n".
type numbers struct{}

func (numbers) Name(raw string) (string, error) {
	if strings.Contains(raw, "!") {
		return "", Errorf(Invalid, "no exclamation marks")
	}
	return strings.ToLower(raw), nil
}
func (numbers) Version(raw string) (string, error) {
	if _, err := strconv.Atoi(raw); err != nil {
		return "", Errorf(Invalid, "%q is no number", raw)
	}
	return raw, nil
}
func (numbers) Compare(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}
func (numbers) Prerelease(string) bool { return false }
func (numbers) Range(expr string) (Range, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(expr, "<"))
	if err != nil || !strings.HasPrefix(expr, "<") {
		return nil, Errorf(Invalid, "%q is no range", expr)
	}
	return below(n), nil
}

type below int

func (b below) Contains(version string) bool {
	n, err := strconv.Atoi(version)
	return err != nil || n < int(b)
}

func TestPattern(t *testing.T) {
	at := func(name, version string) Coordinate { return Coordinate{NPM, name, version, ""} }
	for name, tc := range map[string]struct {
		pattern string
		in, out []Coordinate
	}{
		"a package":              {"pkg:npm/a", []Coordinate{at("a", "1"), at("a", "")}, []Coordinate{at("ab", "1"), {Golang, "a", "1", ""}}},
		"a range":                {"pkg:npm/a@<3", []Coordinate{at("a", "2")}, []Coordinate{at("a", "3"), at("b", "2"), at("a", "")}},
		"an unorderable version": {"pkg:npm/a@<3", []Coordinate{at("a", "odd")}, nil},
		"a scope":                {"pkg:npm/@acme/*", []Coordinate{at("@acme/x", "1"), at("@acme/y", "")}, []Coordinate{at("@acmex/y", "1"), at("acme", "1")}},
		"a range over a scope":   {"pkg:npm/@acme/*@<2", []Coordinate{at("@acme/x", "1")}, []Coordinate{at("@acme/x", "2")}},
		"a star in the middle":   {"pkg:npm/a*z", []Coordinate{at("az", "1"), at("a/b/z", "1")}, []Coordinate{at("azb", "1")}},
		"the name is normalised": {"pkg:npm/ABC", []Coordinate{at("abc", "1")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePattern(tc.pattern, numbers{})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range tc.in {
				if !p.Matches(c) {
					t.Errorf("%s does not match %s", p, c)
				}
			}
			for _, c := range tc.out {
				if p.Matches(c) {
					t.Errorf("%s matches %s", p, c)
				}
			}
		})
	}
}

func TestPatternRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"no scheme": "a@<1", "no range after the at": "pkg:npm/a@", "not a range": "pkg:npm/a@x", "a bad name": "pkg:npm/a!", "a traversal": "pkg:npm/../a", "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := ParsePattern(in, numbers{}); !Is(err, Invalid) {
				t.Errorf("read %v, error %v, want one of kind invalid", p, err)
			}
		})
	}
}

func TestZeroPatternMatchesNothing(t *testing.T) {
	if (Pattern{}).Matches(Coordinate{}) {
		t.Error("the zero pattern matches the zero coordinate")
	}
}

// FuzzGlob compares with a plain recursive matcher on short input.
func FuzzGlob(f *testing.F) {
	f.Add("@acme/*", "@acme/x")
	f.Add("a*b*c", "aXbYbc")
	f.Fuzz(func(t *testing.T, glob, s string) {
		if len(glob) > 8 || len(s) > 12 {
			return
		}
		if got, want := globMatch(glob, s), plainGlob(glob, s); got != want {
			t.Fatalf("%q on %q: %v, want %v", glob, s, got, want)
		}
	})
}

func plainGlob(glob, s string) bool {
	if glob == "" {
		return s == ""
	}
	if glob[0] == '*' {
		return plainGlob(glob[1:], s) || (s != "" && plainGlob(glob, s[1:]))
	}
	return s != "" && glob[0] == s[0] && plainGlob(glob[1:], s[1:])
}
