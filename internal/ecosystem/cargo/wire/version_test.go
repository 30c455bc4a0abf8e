package wire

import (
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestVersion(t *testing.T) {
	for _, c := range []struct {
		what, raw string
		ok        bool
	}{
		{"three numbers", "1.2.3", true},
		{"a pre-release and build metadata", "1.0.0-rc.1+a-b.001", true},
		{"the largest numbers", "18446744073709551615.0.0", true},
		{"a number that is too large", "18446744073709551616.0.0", false},
		{"a leading zero", "1.02.3", false},
		{"a leading zero in a pre-release", "1.0.0-01", false},
		{"two numbers", "1.2", false},
		{"four numbers", "1.2.3.4", false},
		{"a leading v", "v1.2.3", false},
		{"an empty pre-release", "1.2.3-", false},
		{"empty build metadata", "1.2.3+", false},
		{"an underscore", "1.2.3-a_b", false},
		{"a sign", "+1.2.3", false},
		{"empty", "", false},
		{"too long", "1.0.0-" + strings.Repeat("a", 200), false},
	} {
		got, err := Grammar{}.Version(c.raw)
		if (err == nil) != c.ok || c.ok && got != c.raw || !c.ok && !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %q is %q, %v", c.what, c.raw, got, err)
		}
	}
}

func TestOrder(t *testing.T) {
	ordered := []string{
		"what has no order", "0.0.1", "1.0.0-0", "1.0.0-9", "1.0.0-10", "1.0.0-99999999999999999999999", "1.0.0-alpha", "1.0.0-alpha.1",
		"1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-rc.1", "1.0.0", "1.0.1-x", "1.0.1", "18446744073709551615.0.0",
	}
	shuffled := slices.Clone(ordered)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, Grammar{}.Compare)
	if !slices.Equal(shuffled, ordered) {
		t.Errorf("ordered as %q", shuffled)
	}
	for _, v := range []string{"1.0.0-rc.1", "what has no order", "1.0"} {
		if !(Grammar{}).Prerelease(v) {
			t.Errorf("somebody gets %s unasked", v)
		}
	}
	if (Grammar{}).Prerelease("1.0.0+build-1") {
		t.Error("build metadata make a pre-release")
	}
	if (Grammar{}).Compare("1.0.0+a", "1.0.0+b") != 0 {
		t.Error("build metadata have an order")
	}
}

func TestRange(t *testing.T) {
	for _, c := range []struct {
		what, expr, in, out string
	}{
		{"a whole version alone means itself", "1.2.3", "1.2.3 1.2.3+b", "1.2.4 1.2.2 1.2.3-rc.1"},
		{"a short one means a caret", "1.2", "1.2.0 1.2.0-rc.1 1.9.9", "1.1.9 2.0.0 2.0.0-rc.1"},
		{"a caret", "^1.2.3", "1.2.3 1.3.0-a 1.99.0", "1.2.3-rc.1 2.0.0-rc.1"},
		{"a caret below one", "^0.2.3", "0.2.3 0.2.9", "0.3.0 0.3.0-a 0.2.2"},
		{"a caret below a tenth", "^0.0.3", "0.0.3", "0.0.4 0.0.4-a 0.0.2"},
		{"a caret of zeros", "^0.0", "0.0.0 0.0.9", "0.1.0"},
		{"a caret of zero", "^0", "0.0.0 0.9.9", "1.0.0"},
		{"a tilde", "~1.2.3", "1.2.3 1.2.9", "1.3.0 1.3.0-a"},
		{"a tilde of one number", "~1", "1.0.0 1.9.0", "2.0.0"},
		{"everything", "*", "0.0.0 1.0.0-a 9.9.9", ""},
		{"a wildcard", "1.2.*", "1.2.0 1.2.0-a 1.2.99", "1.3.0 1.1.9"},
		{"two wildcards", "1.*.*", "1.0.0 1.9.9", "2.0.0"},
		{"a wildcard by letter", "1.x", "1.9.9", "2.0.0"},
		{"all of a list at once", ">=1.2.0, <1.5", "1.2.0 1.4.9 1.5.0-rc.1", "1.5.0 1.1.0"},
		{"above a short version", ">1.2", "1.3.0 2.0.0", "1.2.9 1.2.0"},
		{"up to a short version", "<=1.2", "1.2.9 0.1.0", "1.3.0 1.3.0-a"},
		{"below", "<1.0.0", "0.9.0 1.0.0-rc.1", "1.0.0"},
		{"above", ">1.0.0", "1.0.1 1.0.1-a", "1.0.0 1.0.0-a"},
		{"exactly a short one", "=1.2", "1.2.0 1.2.7", "1.3.0"},
		{"blanks behind an operator", ">= 1.2.0 , < 2", "1.2.0", "2.0.0"},
		{"at the end of all numbers", "^18446744073709551615", "18446744073709551615.0.0 18446744073709551615.9.9", "1.0.0"},
		{"at the end of all patches", "=0.0.18446744073709551615", "0.0.18446744073709551615", "0.1.0"},
	} {
		r, err := Grammar{}.Range(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		for _, v := range strings.Fields(c.in) {
			if !r.Contains(v) {
				t.Errorf("%s: %s does not contain %s", c.what, c.expr, v)
			}
		}
		for _, v := range strings.Fields(c.out) {
			if r.Contains(v) {
				t.Errorf("%s: %s contains %s", c.what, c.expr, v)
			}
		}
		if !r.Contains("no version") {
			t.Errorf("%s: what has no order escapes %s", c.what, c.expr)
		}
	}
}

func TestRangeRefuses(t *testing.T) {
	for what, expr := range map[string]string{
		"nothing": "", "an empty part": "1.0,,2.0", "a comma at the end": "1.0,", "no comma between": ">=1.0 <2.0", "a number after a wildcard": "1.*.3",
		"four numbers": "1.2.3.4", "two operators": ">=<1", "an operator alone": ">=", "a pre-release of a short version": "1.2-rc", "letters": "latest",
		"npm's or": "1 || 2", "a leading zero": "01", "a wildcard in a list": "1.0, *", "too long": strings.Repeat("1", 2000),
		"too many parts": strings.Repeat(">0,", 40) + ">0", "a wildcard behind a pre-release": "1.0.*-a",
	} {
		if r, err := (Grammar{}).Range(expr); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %q is %v, %v", what, expr, r, err)
		}
	}
}

// Requirements are compared as Cargo writes them.
func TestRequirementText(t *testing.T) {
	for raw, want := range map[string]string{
		"1": "^1", "1.2.3": "^1.2.3", ">=1.0,<2": ">=1.0, <2", "= 1.2": "=1.2", "1.*": "1.*", "1.x.x": "1.*", "*": "*", "x": "*",
		"~0.3": "~0.3", "=1.0.0-rc.1+b": "=1.0.0-rc.1", ">=1.*": ">=1",
	} {
		r, err := parseRequirement(raw)
		if err != nil || r.String() != want {
			t.Errorf("%q is written %q, %v, want %q", raw, r.String(), err, want)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, seed := range []string{"1", "^1.2.3", ">=1.0, <2", "1.*", "*", "=1.0.0-rc.1+b", "18446744073709551615", "~0.0"} {
		f.Add(seed, "1.2.3")
	}
	f.Fuzz(func(t *testing.T, expr, version string) {
		r, err := parseRequirement(expr)
		if err != nil {
			return
		}
		text := r.String()
		again, err := parseRequirement(text)
		if err != nil || again.String() != text {
			t.Fatalf("%q is written %q, which is %q, %v", expr, text, again.String(), err)
		}
		if r.Contains(version) != again.Contains(version) {
			t.Fatalf("%q and %q differ about %q", expr, text, version)
		}
	})
}

func FuzzCompare(f *testing.F) {
	f.Add("1.0.0", "1.0.0-rc.1", "2")
	f.Add("1.0.0-a.1", "1.0.0-a.b", "1.0.0+b")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		g := Grammar{}
		if sign(g.Compare(a, b)) != -sign(g.Compare(b, a)) || g.Compare(a, a) != 0 {
			t.Fatalf("%q and %q have no order", a, b)
		}
		if g.Compare(a, b) <= 0 && g.Compare(b, c) <= 0 && g.Compare(a, c) > 0 {
			t.Fatalf("%q, %q, %q go in a circle", a, b, c)
		}
	})
}
