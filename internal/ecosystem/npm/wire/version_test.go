package wire

import (
	"slices"
	"strings"
	"testing"

	depsdev "deps.dev/util/semver"

	"assay.invalid/internal/assay"
)

func TestVersionOrder(t *testing.T) {
	// Each is below the next.
	ascending := []string{
		"0.0.0-0", "0.0.0", "0.0.1-alpha", "0.0.1", "0.9.9", "0.10.0", "1.0.0-0", "1.0.0-1", "1.0.0-2", "1.0.0-10",
		"1.0.0-99999999999999999999", "1.0.0--1", "1.0.0-ALPHA", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
		"1.0.0-rc.1", "1.0.0-rc.1.0", "1.0.0-rc1", "1.0.0", "1.0.1", "1.2.0", "2.0.0", "10.0.0", "9007199254740991.0.0",
	}
	g := Grammar{}
	for i, a := range ascending {
		for j, b := range ascending {
			if got, want := g.Compare(a, b), sign(i-j); sign(got) != want {
				t.Errorf("Compare(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
	if g.Compare("1.0.0+a", "1.0.0+b") != 0 {
		t.Error("build metadata takes part in the order")
	}
	if g.Compare("1.0.0beta2", "1.0.0-beta2") != 0 || g.Compare("1.0.0rc", "1.0.0") >= 0 {
		t.Error("a pre-release without a hyphen is not ordered as one with it")
	}
	if g.Compare("weekly", "0.0.0-0") >= 0 || g.Compare("a", "b") >= 0 || g.Compare("b", "b") != 0 {
		t.Error("versions without an order are not below the others, as text")
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

func TestVersionNormalForm(t *testing.T) {
	for _, c := range []struct{ what, raw, want string }{ // want "" means Invalid
		{"as it is", "4.17.21", "4.17.21"},
		{"v in front", "v1.2.3", "1.2.3"},
		{"equals in front", "=v1.2.3", "1.2.3"},
		{"blanks around", " 1.2.3 ", "1.2.3"},
		{"pre-release", "1.0.0-rc.1", "1.0.0-rc.1"},
		{"build metadata is kept", "1.0.0+build.5", "1.0.0+build.5"},
		{"pre-release without a hyphen", "1.0.0beta2", "1.0.0beta2"},
		{"partial", "1.2", ""},
		{"leading zero", "01.2.3", ""},
		{"leading zero in a pre-release", "1.2.3-01", ""},
		{"empty identifier", "1.2.3-a..b", ""},
		{"four numbers", "1.2.3.4", ""},
		{"wildcard", "1.x.0", ""},
		{"number too large", "9007199254740992.0.0", ""},
		{"word", "latest", ""},
		{"empty", "", ""},
	} {
		got, err := Grammar{}.Version(c.raw)
		if (c.want == "") != assay.Is(err, assay.Invalid) || got != c.want {
			t.Errorf("%s: Version(%q) = %q, %v; want %q", c.what, c.raw, got, err, c.want)
		}
	}
}

func TestPrerelease(t *testing.T) {
	for version, want := range map[string]bool{"1.0.0": false, "1.0.0+b": false, "1.0.0-0": true, "1.0.0-rc.1": true, "odd": true} {
		if got := (Grammar{}).Prerelease(version); got != want {
			t.Errorf("Prerelease(%q) = %v, want %v", version, got, want)
		}
	}
}

func TestRange(t *testing.T) {
	for _, c := range []struct {
		expr    string
		in, out []string
	}{
		{"<4.17.21", []string{"4.17.20", "4.17.21-rc.1", "0.0.0-0"}, []string{"4.17.21", "4.17.21+b", "5.0.0-0"}},
		{"<=4.17.20", []string{"4.17.20", "4.17.20-x"}, []string{"4.17.21-0", "4.17.21"}},
		{"< 4.17.21", []string{"4.17.20"}, []string{"4.17.21"}},
		{">1.2.3", []string{"1.2.4-0", "2.0.0"}, []string{"1.2.3", "1.2.3-rc"}},
		{">1.2", []string{"1.3.0-0", "1.3.0"}, []string{"1.2.9", "1.2.0"}},
		{">=1.2", []string{"1.2.0-alpha", "1.2.0", "9.0.0"}, []string{"1.1.9"}},
		{"<=1.2", []string{"1.2.9", "1.2.0-a"}, []string{"1.3.0-0", "1.3.0"}},
		{"<1.2", []string{"1.1.9"}, []string{"1.2.0-0", "1.2.0"}},
		{"1.2.3", []string{"1.2.3", "1.2.3+build"}, []string{"1.2.3-rc.1", "1.2.4"}},
		{"=1.2.3", []string{"1.2.3"}, []string{"1.2.4"}},
		{"v1.2.3", []string{"1.2.3"}, []string{"1.2.2"}},
		{"1.2.3-rc.1", []string{"1.2.3-rc.1"}, []string{"1.2.3", "1.2.3-rc.2"}},
		{"1", []string{"1.0.0-0", "1.9.9"}, []string{"0.9.9", "2.0.0-0"}},
		{"1.2.x", []string{"1.2.0", "1.2.99", "1.2.0-a"}, []string{"1.3.0", "1.3.0-a"}},
		{"1.X", []string{"1.0.0", "1.9.0"}, []string{"2.0.0"}},
		{"*", []string{"0.0.0-0", "99.0.0-rc"}, nil},
		{"", []string{"1.0.0"}, nil},
		{"<*", nil, []string{"0.0.0-0", "0.0.0", "1.0.0"}},
		{"^1.2.3", []string{"1.2.3", "1.9.0", "1.3.0-beta"}, []string{"1.2.2", "2.0.0", "2.0.0-rc.1", "1.2.3-rc"}},
		{"^0.2.3", []string{"0.2.3", "0.2.9"}, []string{"0.3.0", "0.3.0-0"}},
		{"^0.0.3", []string{"0.0.3"}, []string{"0.0.4", "0.0.4-0"}},
		{"^0.0", []string{"0.0.0", "0.0.9"}, []string{"0.1.0"}},
		{"^0", []string{"0.9.9"}, []string{"1.0.0-0"}},
		{"^1.2.3-beta.2", []string{"1.2.3-beta.2", "1.2.3-beta.10", "1.2.3"}, []string{"1.2.3-beta.1", "2.0.0-0"}},
		{"~1.2.3", []string{"1.2.3", "1.2.9"}, []string{"1.3.0", "1.3.0-rc"}},
		{"~1.2", []string{"1.2.0", "1.2.0-a"}, []string{"1.3.0"}},
		{"~1", []string{"1.9.9"}, []string{"2.0.0"}},
		{"~> 1.2.3", []string{"1.2.4"}, []string{"1.3.0"}},
		{"1.2.3 - 2.3.4", []string{"1.2.3", "2.3.4", "2.3.4-rc"}, []string{"1.2.2", "2.3.5-0"}},
		{"1.2 - 2.3", []string{"1.2.0-a", "2.3.99"}, []string{"2.4.0-0"}},
		{"* - 2", []string{"0.0.0", "2.9.9"}, []string{"3.0.0"}},
		{"1.0.0 - x", []string{"1.0.0", "9.0.0"}, []string{"0.9.9"}},
		{">=1.0.0 <2.0.0", []string{"1.5.0", "2.0.0-rc.1"}, []string{"2.0.0", "1.0.0-rc"}},
		{">= 1.0.0 < 2.0.0 || >= 3.0.0", []string{"1.5.0", "3.0.0"}, []string{"2.5.0"}},
		{"1.2.3||2.3.4", []string{"1.2.3", "2.3.4"}, []string{"1.2.4"}},
	} {
		r, err := Grammar{}.Range(c.expr)
		if err != nil {
			t.Errorf("Range(%q): %v", c.expr, err)
			continue
		}
		for _, v := range c.in {
			if !r.Contains(v) {
				t.Errorf("%q leaves %s out", c.expr, v)
			}
		}
		for _, v := range c.out {
			if r.Contains(v) {
				t.Errorf("%q takes %s in", c.expr, v)
			}
		}
		for _, odd := range []string{"odd", "1.2", "v1.2.3", "01.0.0", ""} {
			if !r.Contains(odd) {
				t.Errorf("%q leaves %q out, which has no order", c.expr, odd)
			}
		}
	}
}

func TestRangeRefused(t *testing.T) {
	for _, expr := range []string{"latest", "1.x.5", ">01.2.3", "<", ">=", "1.2.3.4", "1.2.3 -", "- 1.2.3", "1.2.3 - 2.3.4 - 5", "<1.2.3-", "^1.2.3+", "<\x00", "https://registry.example/a.tgz", "1.2-rc", "><1.0.0"} {
		if _, err := (Grammar{}).Range(expr); !assay.Is(err, assay.Invalid) {
			t.Errorf("Range(%q) gives %v, want an error of kind Invalid", expr, err)
		}
	}
}

// FuzzVersion compares our reading of versions with that of a field-made
// library, which is wider in what it accepts.
func FuzzVersion(f *testing.F) {
	seeds := []string{"1.2.3", "v1.2.3", "1.2.3-rc.1+b", "1.0.0-01", "01.0.0", "1.0.0--1", "1.2", "9007199254740993.0.0", "1.0.0-99999999999999999999", "1.0.0beta2"}
	for i, seed := range seeds {
		f.Add(seed, seeds[(i+1)%len(seeds)])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		va, okA := parseVersion(a)
		vb, okB := parseVersion(b)
		if okA && strict(a) {
			if _, err := depsdev.NPM.Parse(a); err != nil {
				t.Fatalf("we read %q, the library does not: %v", a, err)
			}
		}
		if !okA || !okB || !strict(a) || !strict(b) {
			return
		}
		if va.compare(vb) != -vb.compare(va) {
			t.Fatalf("%q and %q have no one order", a, b)
		}
		// The library takes "-1" and numbers beyond 64 bits for what they
		// are not (semver, section 11.4).
		if slices.ContainsFunc([]string{va.pre, vb.pre}, unlike) {
			return
		}
		if got, want := sign(va.compare(vb)), sign(depsdev.NPM.Compare(a, b)); got != want {
			t.Fatalf("compare(%q, %q) = %d, the library says %d", a, b, got, want)
		}
	})
}

// strict tells whether a version's pre-release has its hyphen.
func strict(version string) bool {
	i := strings.IndexFunc(version, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	return i < 0 || version[i] == '-' || version[i] == '+'
}

func unlike(pre string) bool {
	digits, run := 0, 0
	for i := range len(pre) {
		if pre[i] == '-' {
			return true
		}
		if run++; pre[i] < '0' || pre[i] > '9' {
			run = 0
		}
		digits = max(digits, run)
	}
	return digits > 18
}

func FuzzRange(f *testing.F) {
	for _, seed := range []string{"<4.17.21", "^1.2.3 || ~2 - 3", "1.2 - 2.x", ">= 1 < 2", "*", "x.x.x", "~>1.2.3-rc+b", "||||", "- - -"} {
		f.Add(seed, "1.2.3")
	}
	f.Fuzz(func(t *testing.T, expr, version string) {
		r, err := Grammar{}.Range(expr)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("Range(%q): %v is not of kind Invalid", expr, err)
			}
			return
		}
		in := r.Contains(version)
		v, ok := parseVersion(version)
		if !ok && !in {
			t.Fatalf("%q has no order and lies outside %q", version, expr)
		}
		// What npm itself lets in lies inside, too: a block that is written
		// in npm's words catches all that npm would install by them.
		if c, err := depsdev.NPM.ParseConstraint(expr); ok && strict(version) && err == nil && !in && !unlike(v.pre) && c.Match(version) {
			t.Fatalf("%q lies outside %q, and npm would install it by that", version, expr)
		}
	})
}
