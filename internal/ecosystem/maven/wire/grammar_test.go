package wire

import (
	"os"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// rows reads a file of tab-separated rows; lines that begin with # say where
// they come from.
func rows(t testing.TB, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && line[0] != '#' {
			out = append(out, strings.Split(line, "\t"))
		}
	}
	return out
}

// The rows of the sources, of which Maven 3.8.7 itself contradicts one: it
// compares sec and _noneautotype as words, character by character, and so the
// underscore comes first. The source follows Maven 4, where a word with a
// number behind it is one thing. We follow the clients in use.
func TestOrder(t *testing.T) {
	tested := 0
	for _, row := range rows(t, "order.tsv") {
		a, op, b, disagrees := row[0], row[1], row[2], row[3] != ""
		order := Grammar{}.Compare(a, b)
		if back := (Grammar{}).Compare(b, a); sign(back) != -sign(order) {
			t.Errorf("%s to %s is %d, and back %d", a, b, order, back)
		}
		holds := op == "<" && order < 0 || op == "=" && order == 0
		if holds == disagrees {
			t.Errorf("%s %s %s: the order is %d", a, op, b, order)
		}
		tested++
	}
	if tested < 690 {
		t.Errorf("only %d rows were tested", tested)
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestOrderOfWhatCannotBeOrdered(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		want int
	}{
		"below every version":           {"not a version", "0-alpha", -1},
		"above it, the other way round": {"0-alpha", "LATEST", 1},
		"among themselves as text":      {"a b", "a c", -1},
		"equal to itself":               {"a/b", "a/b", 0},
		"a number of any length":        {"1.99999999999999999999999", "1.100000000000000000000000", -1},
		"leading zeros say nothing":     {"1.007", "1.7", 0},
		"a release without a word":      {"1.0.Final", "1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (Grammar{}).Compare(c.a, c.b); sign(got) != c.want {
				t.Errorf("%q to %q is %d, want %d", c.a, c.b, got, c.want)
			}
		})
	}
}

func TestRange(t *testing.T) {
	for _, row := range rows(t, "range.tsv") {
		expr, version, want := row[0], row[1], row[2] == "true"
		if !strings.ContainsAny(expr, "[(") {
			// A bare version is a mere recommendation to Maven, which any
			// version satisfies. Who blocks one means that one.
			want = Grammar{}.Compare(version, expr) == 0
		}
		r, err := Grammar{}.Range(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Contains(version); got != want {
			t.Errorf("%s in %s is %v, want %v", version, expr, got, want)
		}
	}
}

func TestRangeSyntax(t *testing.T) {
	for name, c := range map[string]struct {
		expr string
		in   []string
		out  []string
	}{
		"a bare version, in all spellings": {"1.0", []string{"1", "1.0.0", "1.0-ga", "1.0.Final"}, []string{"1.0.1", "1.0-rc1", "0.9"}},
		"one version in brackets":          {"[1.0]", []string{"1.0"}, []string{"1.1"}},
		"from and below":                   {"[1.0,2.0)", []string{"1.0", "1.9.9", "2.0-rc1"}, []string{"2.0", "0.9", "1.0-rc1"}},
		"up to":                            {"(,1.0]", []string{"0.1", "1.0"}, []string{"1.0.1"}},
		"above":                            {"(1.0,)", []string{"1.0.1", "2"}, []string{"1.0"}},
		"everything":                       {"[,]", []string{"1", "0-alpha"}, nil},
		"sets":                             {"(,1.0], [1.2,)", []string{"1.0", "1.2"}, []string{"1.1"}},
		"what cannot be ordered":           {"[1.0,2.0)", []string{"LATEST", "1.0;2"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Grammar{}.Range(c.expr)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range c.in {
				if !r.Contains(v) {
					t.Errorf("%s lies outside", v)
				}
			}
			for _, v := range c.out {
				if r.Contains(v) {
					t.Errorf("%s lies inside", v)
				}
			}
		})
	}
	for _, wrong := range []string{"", " ", "[1.0", "1.0]", "[1.0,2.0", "(1.0)", "[1.0)", "[]", "()", "[2.0,1.0]", "[1.0,1.0)", "(1.0,1.0)",
		"[1,2,3]", "[1.0],", "[1.0][2.0]", ">=1.0", "[1.0,2.0) || [3.0]", "[LATEST,)", "[1 0,2]", strings.Repeat("[1],", 300) + "[1]", strings.Repeat("1", 5000)} {
		if _, err := (Grammar{}).Range(wrong); !assay.Is(err, assay.Invalid) {
			t.Errorf("%.40q: %v, want Invalid", wrong, err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ name, raw, want, err string }{
		{"ordinary", "org.apache.commons/commons-lang3", "org.apache.commons/commons-lang3", ""},
		{"a group of one folder", "junit/junit", "junit/junit", ""},
		{"case and underscores stay", "com.Corp_x/My.Tool_2.13", "com.Corp_x/My.Tool_2.13", ""},
		{"blanks around", " junit/junit ", "junit/junit", ""},
		{"a group alone", "com.corp", "", "pkg:maven/com.corp/*"},
		{"colons", "com.corp:tool", "", "com.corp/tool"},
		{"three parts", "com/corp/tool", "", "group/artifact"},
		{"a dotted artifact", "com.corp/..", "", "group/artifact"},
		{"a hidden artifact", "com.corp/.index", "", "group/artifact"},
		{"an empty folder in a group", "com..corp/tool", "", "group/artifact"},
		{"a group that ends in a dot", "com./tool", "", "group/artifact"},
		{"the name of a document", "com.corp/maven-metadata.xml", "", "group/artifact"},
		{"an encoded slash", "com.corp%2ftool/x", "", "group/artifact"},
		{"a letter that is no ASCII", "com.corp/töol", "", "group/artifact"},
		{"too long", "com.corp/" + strings.Repeat("a", 600), "", "too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Grammar{}.Name(c.raw)
			if c.err == "" {
				if err != nil || got != c.want {
					t.Errorf("%q (%v), want %q", got, err, c.want)
				}
				return
			}
			if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v, want Invalid that says %q", err, c.err)
			}
		})
	}
}

func TestVersions(t *testing.T) {
	for _, ok := range []string{"1", "1.0-SNAPSHOT", "2.13.4.Final", "31.1-jre", "1.0+build", "20040616", "r09", "1.0_2~3"} {
		if got, err := (Grammar{}).Version(ok); err != nil || got != ok {
			t.Errorf("%s became %q (%v)", ok, got, err)
		}
	}
	for _, wrong := range []string{"", ".", "..", ".1", "1/2", "1 0", "${version}", "LATEST", "RELEASE", "1%2e", "1\n2", "[1]", "1@2", strings.Repeat("1", 201)} {
		if _, err := (Grammar{}).Version(wrong); !assay.Is(err, assay.Invalid) {
			t.Errorf("%.40q: %v, want Invalid", wrong, err)
		}
	}
}

func TestPrerelease(t *testing.T) {
	for _, v := range []string{"1.0-SNAPSHOT", "1.0-rc1", "1.0.RC1", "1.0-alpha-1", "1.0b2", "1.0-M3", "1.0.CR1", "2.0-beta", "1.0-pre", "1.0-ea", "not one"} {
		if !(Grammar{}).Prerelease(v) {
			t.Errorf("%s is no pre-release", v)
		}
	}
	for _, v := range []string{"1.0", "1.0.Final", "1.0-ga", "1.0-sp1", "31.1-jre", "31.1-android", "1.0.RELEASE", "1.0m", "2.0-b", "1.0-incubating", "r09"} {
		if (Grammar{}).Prerelease(v) {
			t.Errorf("%s is a pre-release", v)
		}
	}
}

func FuzzGrammar(f *testing.F) {
	for _, seed := range []string{"1.0-rc.1", "1..2--3", "1a1.b2", "00-0.0x"} {
		f.Add(seed, seed+"-1", "[1.0,"+seed+")")
	}
	f.Fuzz(func(t *testing.T, a, b, expr string) {
		g := Grammar{}
		if order := sign(g.Compare(a, b)); order != -sign(g.Compare(b, a)) {
			t.Fatalf("%q and %q are ordered both ways", a, b)
		}
		if g.Compare(a, a) != 0 {
			t.Fatalf("%q differs from itself", a)
		}
		g.Prerelease(a)
		if r, err := g.Range(expr); err == nil {
			r.Contains(a)
		}
		for _, s := range []string{a, b} {
			if name, err := g.Name(s); err == nil {
				if again, err := g.Name(name); err != nil || again != name {
					t.Fatalf("%q became %q, and that %q (%v)", s, name, again, err)
				}
			}
		}
	})
}
