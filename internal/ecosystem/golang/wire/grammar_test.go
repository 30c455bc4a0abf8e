package wire

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"pgregory.net/rapid"

	"assay.invalid/internal/assay"
)

func TestNames(t *testing.T) {
	for what, c := range map[string]struct{ raw, want string }{
		"ordinary path":             {"github.com/spf13/cobra", "github.com/spf13/cobra"},
		"case is kept":              {"github.com/BurntSushi/toml", "github.com/BurntSushi/toml"},
		"percent-encoded slashes":   {"github.com%2FBurntSushi%2ftoml", "github.com/BurntSushi/toml"},
		"major version suffix":      {"example.com/m/v2", "example.com/m/v2"},
		"gopkg.in":                  {"gopkg.in/yaml.v3", "gopkg.in/yaml.v3"},
		"host alone":                {"example.com", "example.com"},
		"blanks around are dropped": {" example.com/m\n", "example.com/m"},
		"empty":                     {"", ""},
		"no dot in the host":        {"fmt", ""},
		"escaped form":              {"github.com/!burnt!sushi/toml", ""},
		"dotted segment":            {"example.com/../m", ""},
		"hidden dotted segment":     {"example.com%2F..%2Fm", ""},
		"second encoding":           {"example.com%252Fm", ""},
		"broken encoding":           {"example.com%2", ""},
		"control character":         {"example.com/\x1b[31m", ""},
		"letter of another script":  {"example.com/\u0456", ""},
		"trailing slash":            {"example.com/m/", ""},
		"wrong suffix":              {"example.com/m/v1", ""},
		"gopkg.in without version":  {"gopkg.in/yaml", ""},
		"too long":                  {"example.com/" + strings.Repeat("a", maxName), ""},
	} {
		got, err := Grammar{}.Name(c.raw)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: Name(%q) = %q, %v; want %q", what, c.raw, got, err, c.want)
		}
		if err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: error of kind %v", what, assay.KindOf(err))
		}
	}
}

func TestPackageURLOfAGoPath(t *testing.T) {
	for _, s := range []string{"pkg:golang/github.com/BurntSushi/toml@v1.0.0", "pkg:golang/github.com%2FBurntSushi%2Ftoml@v1.0.0", "pkg:golang/github.com/BurntSushi/toml@1.0.0"} {
		c, err := assay.ParseCoordinate(s)
		if err != nil {
			t.Fatal(err)
		}
		name, err := Grammar{}.Name(c.Name)
		if err != nil {
			t.Fatal(err)
		}
		version, err := Grammar{}.Version(c.Version)
		if err != nil {
			t.Fatal(err)
		}
		if name != "github.com/BurntSushi/toml" || version != "v1.0.0" {
			t.Errorf("%s means %s@%s", s, name, version)
		}
	}
}

func TestVersions(t *testing.T) {
	for what, c := range map[string]struct{ raw, want string }{
		"release":              {"v1.2.3", "v1.2.3"},
		"without v":            {"1.2.3", "v1.2.3"},
		"pre-release":          {"v1.2.3-RC.1", "v1.2.3-RC.1"},
		"pseudo-version":       {"v0.0.0-20191109021931-daa7c04131f5", "v0.0.0-20191109021931-daa7c04131f5"},
		"incompatible":         {"v2.0.0+incompatible", "v2.0.0+incompatible"},
		"toolchain":            {"v0.0.1-go1.22.0.linux-amd64", "v0.0.1-go1.22.0.linux-amd64"},
		"short":                {"v1.2", ""},
		"major alone":          {"v1", ""},
		"build metadata":       {"v1.2.3+meta", ""},
		"leading zero":         {"v1.02.3", ""},
		"branch":               {"master", ""},
		"latest":               {"latest", ""},
		"empty":                {"", ""},
		"upper-case V":         {"V1.2.3", ""},
		"far too long":         {"v1.2.3-" + strings.Repeat("a", 300), ""},
		"path in the version":  {"v1.2.3/../x", ""},
		"wildcard":             {"v1.2.x", ""},
		"control character in": {"v1.2.3-\x00", ""},
	} {
		got, err := Grammar{}.Version(c.raw)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: Version(%q) = %q, %v; want %q", what, c.raw, got, err, c.want)
		}
		if err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: error of kind %v", what, assay.KindOf(err))
		}
	}
}

func TestOrder(t *testing.T) {
	rising := []string{"garbage", "latest", "v0.0.0-20191109021931-daa7c04131f5", "v0.1.0", "v1.0.0-alpha", "v1.0.0-alpha.2", "v1.0.0-alpha.10",
		"v1.0.0", "v1.2.9", "v1.2.10", "v1.10.0", "v2.0.0", "v2.0.0+incompatible", "v10.0.0"}
	for i, a := range rising {
		for j, b := range rising {
			if got := (Grammar{}).Compare(a, b); sign(got) != sign(i-j) {
				t.Errorf("Compare(%q, %q) = %d", a, b, got)
			}
		}
	}
	for version, want := range map[string]bool{"v1.0.0": false, "v2.0.0+incompatible": false, "v1.0.0-rc.1": true,
		"v0.0.0-20191109021931-daa7c04131f5": true, "garbage": true} {
		if (Grammar{}).Prerelease(version) != want {
			t.Errorf("Prerelease(%q) is not %v", version, want)
		}
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

func TestPreference(t *testing.T) {
	versions := []string{"v0.0.0-20191109021931-daa7c04131f5", "v1.3.0-rc.1", "garbage", "v1.1.0", "v1.2.0", "v2.0.0-0.20191109021931-daa7c04131f5"}
	slices.SortFunc(versions, Prefer)
	want := []string{"garbage", "v0.0.0-20191109021931-daa7c04131f5", "v2.0.0-0.20191109021931-daa7c04131f5", "v1.3.0-rc.1", "v1.1.0", "v1.2.0"}
	if !slices.Equal(versions, want) {
		t.Errorf("from the least preferred: %q", versions)
	}
}

func TestRanges(t *testing.T) {
	for what, c := range map[string]struct {
		expr    string
		in, out []string
	}{
		"below":                         {"<v1.2.3", []string{"v1.2.2", "v0.1.0", "v1.2.3-rc.1", "v0.0.0-20191109021931-daa7c04131f5"}, []string{"v1.2.3", "v1.2.4-rc.1"}},
		"below, without v":              {"<1.2.3", []string{"v1.2.2"}, []string{"v1.2.3"}},
		"at most":                       {"<=v1.2.3", []string{"v1.2.3", "v1.0.0"}, []string{"v1.2.4-0"}},
		"above":                         {">v1.2.3", []string{"v1.2.4", "v1.2.4-rc.1"}, []string{"v1.2.3", "v1.2.3-rc.1"}},
		"at least":                      {">=v1.2.3", []string{"v1.2.3", "v2.0.0+incompatible"}, []string{"v1.2.3-rc.1"}},
		"exactly":                       {"v1.2.3", []string{"v1.2.3"}, []string{"v1.2.4", "v1.2.3-rc.1"}},
		"exactly, without v":            {"1.2.3", []string{"v1.2.3"}, []string{"v1.2.2"}},
		"exactly, with sign":            {"= v1.2.3", []string{"v1.2.3"}, []string{"v1.2.2"}},
		"incompatible by its number":    {"v2.0.0", []string{"v2.0.0", "v2.0.0+incompatible"}, []string{"v2.0.1+incompatible"}},
		"and, by a blank":               {">=v1.0.0 <v1.5.0", []string{"v1.0.0", "v1.4.9"}, []string{"v0.9.9", "v1.5.0"}},
		"and, by a comma":               {">=v1.0.0,<v1.5.0", []string{"v1.0.0"}, []string{"v1.5.0"}},
		"and, by both":                  {" >= v1.0.0 , < v1.5.0 ", []string{"v1.0.0"}, []string{"v1.5.0"}},
		"and, by nothing":               {">=v1.0.0<v1.5.0", []string{"v1.0.0"}, []string{"v1.5.0"}},
		"or":                            {"<v1.0.0 || >=v2.0.0 <v2.1.0 || v3.0.0", []string{"v0.1.0", "v2.0.5+incompatible", "v3.0.0"}, []string{"v1.0.0", "v2.1.0", "v3.0.1"}},
		"short where it has one sense":  {">=v1.2 <v1.5", []string{"v1.2.0", "v1.4.9", "v1.5.0-rc.1"}, []string{"v1.5.0", "v1.1.9"}},
		"empty intersection":            {"<v1.0.0 >v2.0.0", nil, []string{"v0.1.0", "v3.0.0"}},
		"what is no version is inside":  {"<v0.0.1", []string{"master", "", "1.2.3", "v1.2.x", "V9.9.9"}, []string{"v0.0.1"}},
		"pseudo-version as a bound":     {"<=v0.0.0-20191109021931-daa7c04131f5", []string{"v0.0.0-20181109021931-daa7c04131f5"}, []string{"v0.0.1"}},
		"pre-release as an exact match": {"v1.0.0-rc.1", []string{"v1.0.0-rc.1"}, []string{"v1.0.0"}},
	} {
		r, err := Grammar{}.Range(c.expr)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for _, v := range c.in {
			if !r.Contains(v) {
				t.Errorf("%s: %q lacks %q", what, c.expr, v)
			}
		}
		for _, v := range c.out {
			if r.Contains(v) {
				t.Errorf("%s: %q contains %q", what, c.expr, v)
			}
		}
	}
}

func TestRangesRefused(t *testing.T) {
	for what, expr := range map[string]string{
		"empty":                    "",
		"blank":                    "  ",
		"empty alternative":        "<v1.0.0 ||",
		"caret":                    "^v1.2.3",
		"tilde":                    "~1.2.3",
		"not equal":                "!=v1.2.3",
		"operator alone":           "<",
		"doubled operator":         "<>v1.2.3",
		"branch":                   "master",
		"short exact version":      "v1.2",
		"short upper bound":        "<=v1.2",
		"short lower bound, open":  ">v1",
		"wildcard":                 "v1.2.*",
		"single bar":               "<v1.0.0 | >v2.0.0",
		"operator after a version": "v1.0.0<",
		"far too long":             strings.Repeat("<v1.0.0 ", 1000),
		"too many comparisons":     strings.Repeat("<v9 ", maxTerms+1),
	} {
		if r, err := (Grammar{}).Range(expr); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: Range(%q) = %v, %v; want an Invalid error", what, expr, r, err)
		}
	}
}

// A range and the order agree, whatever the versions.
func TestRangeFollowsOrder(t *testing.T) {
	version := rapid.StringMatching(`v[0-9]\.[1-9]?[1-9]\.[0-9](-[a-z]{1,3}(\.[1-9])?)?`)
	rapid.Check(t, func(t *rapid.T) {
		v, bound := version.Draw(t, "version"), version.Draw(t, "bound")
		order := semver.Compare(v, bound)
		for op, want := range map[string]bool{"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "": order == 0} {
			r, err := Grammar{}.Range(op + bound)
			if err != nil {
				t.Fatal(err)
			}
			if r.Contains(v) != want {
				t.Fatalf("%s%s contains %s: %v", op, bound, v, !want)
			}
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"<v1.2.3", ">=v1.0.0 <v1.5.0 || v2.0.0", "1.2.3,<2", "^1", "||", "<v1.0.0-rc.1+x"} {
		f.Add(s, "v1.2.3")
	}
	f.Fuzz(func(t *testing.T, expr, version string) {
		r, err := Grammar{}.Range(expr)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("error of kind %v", assay.KindOf(err))
			}
			return
		}
		if !r.Contains(version) && !semver.IsValid(version) {
			t.Fatalf("%q does not contain %q, which cannot be ordered", expr, version)
		}
	})
}

func FuzzGrammar(f *testing.F) {
	for _, s := range []string{"github.com/BurntSushi/toml", "github.com%2fa", "v1.2.3", "1.2.3+incompatible", "v0.0.0-20191109021931-daa7c04131f5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if name, err := (Grammar{}).Name(raw); err == nil {
			if module.CheckPath(name) != nil {
				t.Fatalf("%q is taken for a module path", name)
			}
			if again, err := (Grammar{}).Name(name); err != nil || again != name {
				t.Fatalf("%q is not normal: %q, %v", name, again, err)
			}
		}
		if version, err := (Grammar{}).Version(raw); err == nil {
			if module.CanonicalVersion(version) != version {
				t.Fatalf("%q is not canonical", version)
			}
			if again, err := (Grammar{}).Version(version); err != nil || again != version {
				t.Fatalf("%q is not normal: %q, %v", version, again, err)
			}
		}
	})
}
