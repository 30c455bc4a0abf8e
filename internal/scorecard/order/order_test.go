package order

import (
	"slices"
	"testing"

	"assay.invalid/internal/assay"
)

func TestVersionsHaveTheOrderOfTheirClients(t *testing.T) {
	for name, c := range map[string]struct {
		e    assay.Ecosystem
		want []string // lowest first
	}{
		"PyPI's releases and what comes before and after them": {assay.PyPI, []string{"no version", "1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.1", "1.10", "1!0.1"}},
		"Cargo's releases and pre-releases":                    {assay.Cargo, []string{"", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0", "1.2.0", "1.10.0"}},
		"Maven's qualifiers":                                   {assay.Maven, []string{"1.0-alpha-1", "1.0-SNAPSHOT", "1.0", "1.0.1", "1.2", "1.10"}},
	} {
		got := slices.Clone(c.want)
		slices.Reverse(got)
		slices.SortFunc(got, func(a, b string) int { return Compare(c.e, a, b) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAReleaseIsChosenBeforeAPreRelease(t *testing.T) {
	for name, c := range map[string]struct {
		e        assay.Ecosystem
		versions []string
		want     string
	}{
		"PyPI":              {assay.PyPI, []string{"1.0", "2.0rc1", "1.5"}, "1.5"},
		"Cargo":             {assay.Cargo, []string{"0.1.0", "1.0.0-rc.1"}, "0.1.0"},
		"Maven":             {assay.Maven, []string{"1.0", "1.1-SNAPSHOT", "1.1-beta-2"}, "1.0"},
		"pre-releases only": {assay.Cargo, []string{"1.0.0-a", "1.0.0-b"}, "1.0.0-b"},
		"nothing sound":     {assay.PyPI, []string{"x", "y"}, "y"},
		"nothing":           {assay.Maven, nil, ""},
	} {
		if got := Newest(c.e, c.versions); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzOrder(f *testing.F) {
	f.Add("1.0", "1.0.0-rc1")
	f.Add("1!2.0.post1+local", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, e := range []assay.Ecosystem{assay.PyPI, assay.Cargo, assay.Maven} {
			if x, y := Compare(e, a, b), Compare(e, b, a); (x < 0) != (y > 0) || (x == 0) != (a == b) {
				t.Errorf("%s: %q against %q is %d, and the other way round %d", e, a, b, x, y)
			}
			if got := Newest(e, []string{a, b}); got != a && got != b {
				t.Errorf("%s: the newest of two is a third: %q", e, got)
			}
		}
	})
}
