package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// plainGrammar is a small ecosystem of its own: names in lower case, versions
// of dotted numbers, ranges "<v", ">=v" and "v".
type plainGrammar struct{}

func (plainGrammar) Name(raw string) (string, error) {
	if strings.ContainsAny(raw, " \t") {
		return "", assay.Errorf(assay.Invalid, "%q is no name", raw)
	}
	return strings.ToLower(raw), nil
}

func (plainGrammar) Version(raw string) (string, error) {
	if numbers(raw) == nil {
		return "", assay.Errorf(assay.Invalid, "%q is no version", raw)
	}
	return raw, nil
}

func (plainGrammar) Compare(a, b string) int {
	x, y := numbers(a), numbers(b)
	if x == nil && y == nil {
		return cmp.Compare(a, b)
	}
	return slices.Compare(x, y)
}

func (plainGrammar) Prerelease(string) bool { return false }

func (g plainGrammar) Range(expr string) (assay.Range, error) {
	bound := strings.TrimLeft(expr, "<>=")
	if numbers(bound) == nil {
		return nil, assay.Errorf(assay.Invalid, "%q is no range", expr)
	}
	return plainRange{strings.TrimSuffix(expr, bound), bound}, nil
}

type plainRange struct{ operator, bound string }

func (r plainRange) Contains(version string) bool {
	if numbers(version) == nil {
		return true
	}
	c := plainGrammar{}.Compare(version, r.bound)
	switch r.operator {
	case "<":
		return c < 0
	case ">=":
		return c >= 0
	default:
		return c == 0
	}
}

func numbers(version string) []int {
	var out []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

func grammars(eco assay.Ecosystem) (assay.Grammar, bool) {
	return plainGrammar{}, eco == assay.NPM || eco == assay.Golang
}

func pattern(t testing.TB, s string) assay.Pattern {
	t.Helper()
	p, err := assay.ParsePattern(s, plainGrammar{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parse reads a policy of which the version line is understood.
func parse(t testing.TB, text string) *File {
	t.Helper()
	f, err := Parse([]byte("version: 1\n"+text), grammars)
	if err != nil {
		t.Fatalf("reading the policy: %v\n%s", err, text)
	}
	return f
}

// noon is now in all tests.
var noon = at("2026-11-22 12:00")

// at reads a moment.
func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// lodash returns the facts of a version about which no rule has to say
// anything, changed by the functions.
func lodash(change ...func(*assay.Facts)) *assay.Facts {
	f := &assay.Facts{
		Coordinate:     assay.Coordinate{Ecosystem: assay.NPM, Name: "lodash", Version: "4.17.20"},
		Registry:       "npm",
		Published:      at("2020-08-13 16:53"),
		FirstListed:    at("2026-01-01 00:00"),
		InstallScripts: assay.No,
		Digest:         assay.NewDigest("sha512", make([]byte, 64)),
	}
	for _, c := range change {
		c(f)
	}
	return f
}
