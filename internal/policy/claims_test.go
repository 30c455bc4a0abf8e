package policy

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assay.invalid/internal/assay"
)

func claims(t testing.TB, patterns ...string) *Ruleset {
	t.Helper()
	var list []Claim
	for i, p := range patterns {
		list = append(list, Claim{ID: fmt.Sprint("c", i), Pattern: pattern(t, p)})
	}
	return Compile(1, nil, nil, nil, list...)
}

func TestClaimed(t *testing.T) {
	cases := []struct {
		name    string
		claims  []string
		in, out []string // as pkg:type/name
	}{
		{"nothing is claimed", nil, nil, []string{"pkg:npm/a", "pkg:golang/corp.example"}},
		{"a name", []string{"pkg:npm/acme"}, []string{"pkg:npm/acme"}, []string{"pkg:npm/acme2", "pkg:npm/acm", "pkg:golang/acme", "pkg:npm/acme/x"}},
		{"a scope", []string{"pkg:npm/@acme/*"}, []string{"pkg:npm/@acme/a", "pkg:npm/@acme/b"},
			[]string{"pkg:npm/@acmes/a", "pkg:npm/@acm/e", "pkg:npm/acme", "pkg:golang/@acme/a"}},
		{"below a path", []string{"pkg:golang/corp.example/team/*"}, []string{"pkg:golang/corp.example/team/a", "pkg:golang/corp.example/team/a/v2"},
			[]string{"pkg:golang/corp.example/team", "pkg:golang/corp.example/teams/a", "pkg:golang/corp.example", "pkg:golang/x.example/corp.example/team/a"}},
		{"a star within a segment", []string{"pkg:npm/acme-*"}, []string{"pkg:npm/acme-", "pkg:npm/acme-a"}, []string{"pkg:npm/acme", "pkg:npm/x-acme-a"}},
		{"a star in the middle", []string{"pkg:golang/corp.example/*/internal"}, []string{"pkg:golang/corp.example/a/internal", "pkg:golang/corp.example/a/b/internal"},
			[]string{"pkg:golang/corp.example/a", "pkg:golang/corp.example/a/internal/b"}},
		{"two stars", []string{"pkg:golang/corp.example/a*/b/*"}, []string{"pkg:golang/corp.example/ax/b/c"}, []string{"pkg:golang/corp.example/ax/b", "pkg:golang/corp.example/x/b/c"}},
		{"several", []string{"pkg:npm/a", "pkg:npm/@b/*", "pkg:npm/c*"}, []string{"pkg:npm/a", "pkg:npm/@b/x", "pkg:npm/cd"}, []string{"pkg:npm/b", "pkg:npm/d"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := claims(t, c.claims...)
			for want, names := range map[bool][]string{true: c.in, false: c.out} {
				for _, n := range names {
					p := pattern(t, n)
					if got := r.Claimed(p.Ecosystem, p.Name); got != want {
						t.Errorf("%s claimed: %v, want %v", n, got, want)
					}
				}
			}
			if len(r.Claims()) != len(c.claims) {
				t.Errorf("the claims are %+v", r.Claims())
			}
		})
	}
}

func TestClaimedBelow(t *testing.T) {
	cases := []struct {
		name    string
		claim   string
		in, out []string
	}{
		{"everything below a path", "pkg:golang/corp.example/team/*", []string{"corp.example", "corp.example/team"},
			[]string{"corp", "corp.exampl", "corp.example/t", "corp.example/team/", "corp.example/team/a", "corp.example/other", "example", ""}},
		{"one module", "pkg:golang/corp.example/team/a", []string{"corp.example", "corp.example/team"}, []string{"corp.example/team/a", "corp.example/team/a/b"}},
		{"a star within a segment", "pkg:golang/corp.example/te*", []string{"corp.example"}, []string{"corp.example/te", "corp.example/t"}},
		{"a star in the middle", "pkg:golang/corp.example/*/internal", []string{"corp.example"}, []string{"corp.example/x"}},
		{"a name without a slash", "pkg:golang/corp.example", nil, []string{"corp", "corp.example", ""}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := claims(t, c.claim)
			for want, names := range map[bool][]string{true: c.in, false: c.out} {
				for _, n := range names {
					if got := r.ClaimedBelow(assay.Golang, n); got != want {
						t.Errorf("%q leads to a claimed name: %v, want %v", n, got, want)
					}
				}
			}
			if len(c.in) > 0 && r.ClaimedBelow(assay.NPM, c.in[0]) {
				t.Error("the parent of another ecosystem's name counts")
			}
		})
	}
}

// The index answers as the patterns themselves do, one after the other.
func TestClaimsAreTheirPatterns(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "b", "a.example", "ab", "*", "a*", "*b", "aa"})
	path := func(t *rapid.T, label string) string {
		return strings.Join(rapid.SliceOfN(piece, 1, 4).Draw(t, label), "/")
	}
	rapid.Check(t, func(t *rapid.T) {
		var list []Claim
		for range rapid.IntRange(0, 4).Draw(t, "claims") {
			p, err := assay.ParsePattern("pkg:golang/"+path(t, "pattern"), plainGrammar{})
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, Claim{Pattern: p})
		}
		r := Compile(1, nil, nil, nil, list...)
		name := strings.ReplaceAll(path(t, "name"), "*", rapid.SampledFrom([]string{"", "a", "b/a"}).Draw(t, "star"))
		var claimed, below bool
		for _, c := range list {
			claimed = claimed || c.Pattern.MatchesPackage(assay.Golang, name)
			fixed, _, _ := strings.Cut(c.Pattern.Name, "*")
			below = below || name != "" && strings.HasPrefix(fixed, name+"/")
		}
		if got := r.Claimed(assay.Golang, name); got != claimed {
			t.Fatalf("%q claimed: %v, by the patterns %+v: %v", name, got, list, claimed)
		}
		if got := r.ClaimedBelow(assay.Golang, name); got != below {
			t.Fatalf("%q leads to a claimed name: %v, by the patterns %+v: %v", name, got, list, below)
		}
	})
}

func manyClaims(t testing.TB) *Ruleset {
	patterns := []string{"pkg:npm/x*y", "pkg:npm/acme-*"}
	for i := range 1000 {
		patterns = append(patterns, fmt.Sprintf("pkg:npm/@scope%d/*", i), fmt.Sprintf("pkg:npm/name%d", i))
	}
	return claims(t, patterns...)
}

func TestClaimedAllocatesNothing(t *testing.T) {
	r := manyClaims(t)
	answers := 0
	allocations := testing.AllocsPerRun(100, func() {
		for _, name := range []string{"lodash", "@scope7/a", "name9", "@other/b"} {
			if r.Claimed(assay.NPM, name) {
				answers++
			}
			if r.ClaimedBelow(assay.NPM, name) {
				answers++
			}
		}
	})
	if allocations != 0 || answers != 2*101 {
		t.Errorf("%v allocations, %d of 202 answers", allocations, answers)
	}
}

func TestClaimsCannotBeChangedByTheCaller(t *testing.T) {
	r := claims(t, "pkg:npm/a")
	r.Claims()[0].ID = "changed"
	if r.Claims()[0].ID != "c0" {
		t.Error("a caller can change the ruleset's claims")
	}
	if Compile(1, nil, nil, nil, Claim{}).Claimed("", "") {
		t.Error("the zero claim claims something")
	}
}

func BenchmarkClaimed(b *testing.B) {
	r := manyClaims(b)
	b.ReportAllocs()
	for b.Loop() {
		r.Claimed(assay.NPM, "@types/node")
	}
}

// A slip of the finger in a claimed npm name stays in the house; Go paths are
// case-sensitive by right.
func TestClaimsOfAnotherCase(t *testing.T) {
	r := Compile(1, nil, nil, nil,
		Claim{ID: "1", Pattern: pattern(t, "pkg:npm/@acme/*")}, Claim{ID: "2", Pattern: pattern(t, "pkg:npm/Odd")},
		Claim{ID: "3", Pattern: pattern(t, "pkg:golang/corp.example/*")})
	for name, want := range map[assay.Coordinate]bool{
		{Ecosystem: assay.NPM, Name: "@Acme/X"}: true, {Ecosystem: assay.NPM, Name: "odd"}: true, {Ecosystem: assay.NPM, Name: "@acm/x"}: false,
		{Ecosystem: assay.Golang, Name: "corp.example/x"}: true, {Ecosystem: assay.Golang, Name: "Corp.example/x"}: false,
	} {
		if got := r.Claimed(name.Ecosystem, name.Name); got != want {
			t.Errorf("%s: claimed %v", name, got)
		}
		covered := false
		for _, c := range r.Claims() {
			covered = covered || c.Covers(name.Ecosystem, name.Name)
		}
		if covered != want {
			t.Errorf("%s: covered %v", name, covered)
		}
	}
}
