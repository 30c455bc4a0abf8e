package wire

import (
	"bufio"
	"os"
	"strings"
	"testing"

	depsdev "deps.dev/util/semver"

	"assay.invalid/internal/assay"
)

// rows reads a table of testdata: tabs between the columns, # before comments.
func rows(t *testing.T, file string, columns int) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		row := strings.Split(lines.Text(), "\t")
		if len(row) != columns {
			t.Fatalf("%s: the row %q has %d columns, want %d", file, row, len(row), columns)
		}
		all = append(all, row)
	}
	if len(all) < 50 {
		t.Fatalf("%s has %d rows: it was not read", file, len(all))
	}
	return all
}

func sign(n int) int { return max(-1, min(1, n)) }

// The order that packaging and others know holds here. Rows that the
// reference cannot read are about versions without an order, which stand
// below all that have one, and among themselves as text.
func TestVersionOrderOfOthers(t *testing.T) {
	g := Grammar{}
	for _, row := range rows(t, "version-order.tsv", 4) {
		a, op, b := row[0], row[1], row[2]
		want := map[string]int{"<": -1, "=": 0}[op]
		if got := sign(g.Compare(a, b)); got != want {
			t.Errorf("Compare(%q, %q) = %d, want %d (%s)", a, b, got, want, row[3])
		}
		if got := sign(g.Compare(b, a)); got != -want {
			t.Errorf("Compare(%q, %q) = %d, want %d", b, a, got, -want)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	// Each is below the next.
	ascending := []string{
		"-class.-jw.util", "weekly", "0.dev0", "0", "1.0.dev456", "1.0a1.dev1", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456",
		"1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0+5.1",
		"1.0.post456.dev34", "1.0.post456", "1.1.dev1", "1.1", "20231231235959999999999", "99999999999999999999999999", "1!0.1",
	}
	g := Grammar{}
	for i, a := range ascending {
		for j, b := range ascending {
			if got, want := sign(g.Compare(a, b)), sign(i-j); got != want {
				t.Errorf("Compare(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
	for _, same := range [][2]string{{"1.0", "1"}, {"1.0", "1.0.0"}, {"1.0c1", "1.0rc1"}, {"1.0-1", "1.0.post1"}, {"1.0+ubuntu-1", "1.0+ubuntu.1"}, {"v1.0", "1.0"}} {
		if g.Compare(same[0], same[1]) != 0 {
			t.Errorf("%q and %q are not equal", same[0], same[1])
		}
	}
}

func TestVersionNormalForm(t *testing.T) {
	for _, row := range rows(t, "normal-form.tsv", 2) {
		if got, err := (Grammar{}).Version(row[0]); err != nil || got != row[1] {
			t.Errorf("Version(%q) = %q, %v; want %q", row[0], got, err, row[1])
		}
	}
	for what, raw := range map[string]string{
		"empty": "", "a word": "latest", "an empty number": "1..0", "a dot at the end": "1.", "an empty local part": "1.0+", "two local parts": "1.0+a+b",
		"an empty local segment": "1.0+a..b", "a star": "1.*", "letters behind": "1.0x", "a blank inside": "1 .0", "an epoch alone": "1!", "too long": strings.Repeat("1", 300),
		"a path": "../1.0", "a local part with a slash": "1.0+a/b",
	} {
		if got, err := (Grammar{}).Version(raw); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: Version(%q) = %q, %v; want Invalid", what, raw, got, err)
		}
	}
}

// PEP 440 leaves pre-releases of a bound out of <, post-releases out of >, so
// that installers do not choose them unasked (and local versions with them),
// and packaging says of versions
// without an order that no range has them. Here a range decides what is
// blocked: order alone counts, and what has no order is inside.
func TestRangesOfOthers(t *testing.T) {
	differences := 0
	for _, row := range rows(t, "version-range.tsv", 3) {
		expr, text, want := row[0], row[1], row[2] == "true"
		r, err := Grammar{}.Range(expr)
		if err != nil {
			t.Errorf("Range(%q): %v", expr, err)
			continue
		}
		v, ordered := parseVersion(text)
		bound, single := parseVersion(strings.TrimLeft(expr, "<>"))
		switch {
		case !ordered:
			differences++
			want = true
		case strings.HasPrefix(expr, "<") && !strings.HasPrefix(expr, "<=") && single && v.prerelease() && v.comparePublic(bound) < 0:
			differences++
			want = true
		case strings.HasPrefix(expr, ">") && !strings.HasPrefix(expr, ">=") && single && (v.post != "" || len(v.local) > 0) && v.comparePublic(bound) > 0:
			differences++
			want = true
		case expr == "==2.0.*" && numberAt(v.release, 0) == "2" && numberAt(v.release, 1) == "0":
			// packaging 21.3 compares 2rc1, but not 2.0rc1, as text here.
			differences++
			want = true
		}
		if got := r.Contains(text); got != want {
			t.Errorf("%q contains %q is %v, want %v", expr, text, got, want)
		}
	}
	if differences == 0 {
		t.Error("no row shows the difference that this test explains")
	}
}

func TestRange(t *testing.T) {
	for _, c := range []struct {
		expr    string
		in, out []string
	}{
		{"<2.0", []string{"1.9", "2.0rc1", "2.0.dev1", "odd-one"}, []string{"2.0", "2", "2.0.post1", "2.0+local"}},
		{">1.7", []string{"1.7.1", "1.7.post1"}, []string{"1.7", "1.7.0", "1.7+local", "1.7rc1"}},
		{">=1.4,<2,!=1.5.*", []string{"1.4", "1.6", "1.4.0.post1"}, []string{"1.5", "1.5.9", "1.5rc1", "2.0"}},
		{"~=1.4.2", []string{"1.4.2", "1.4.9", "1.4.2.post1"}, []string{"1.5", "1.4.1", "1.5rc1"}},
		{"~=1.4", []string{"1.4", "1.99"}, []string{"2.0", "1.3"}},
		{"1.4", []string{"1.4", "1.4.0", "1.4+cpu"}, []string{"1.4.1", "1.4rc1", "1.4.post1"}},
		{"==1.4+cpu", []string{"1.4+cpu", "1.4.0+cpu"}, []string{"1.4", "1.4+cu118"}},
		{"===1.4", []string{"1.4"}, []string{"1.4.0", "1.5"}},
		{"===odd-One", []string{"odd-one"}, []string{"1.0"}},
		{"*", []string{"1.0", "2.0rc1", "odd"}, nil},
		{"", []string{"1.0"}, nil},
		{"1!1.*", []string{"1!1.5"}, []string{"1.5"}},
		{"==2.0.0.*", []string{"2", "2.0"}, []string{"2.0.1"}},
	} {
		r, err := Grammar{}.Range(c.expr)
		if err != nil {
			t.Errorf("Range(%q): %v", c.expr, err)
			continue
		}
		for _, v := range c.in {
			if !r.Contains(v) {
				t.Errorf("%q lacks %q", c.expr, v)
			}
		}
		for _, v := range c.out {
			if r.Contains(v) {
				t.Errorf("%q has %q", c.expr, v)
			}
		}
	}
	for what, expr := range map[string]string{
		"a caret": "^1.4", "a word": "latest", "a star inside": "1.*.2", "a star with an order": ">=1.4.*", "~= of one number": "~=1", "local with an order": ">=1.0+cpu",
		"only commas": ",,", "an operator alone": ">=", "nothing after ===": "===", "too long": strings.Repeat("<1,", 400), "too many": strings.Repeat("<1,", 100), "npm's or": ">=1 || <2",
	} {
		if _, err := (Grammar{}).Range(expr); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: Range(%q) gives %v, want Invalid", what, expr, err)
		}
	}
}

// FuzzVersion holds order and normal form against another implementation, and
// against their own laws.
func FuzzVersion(f *testing.F) {
	for _, seed := range [][2]string{{"1.0", "1.0.0"}, {"1.0a1.dev2", "1.0a1"}, {"1!2.0+a.1", "v2-1"}, {"1.0.post", "1.0rc"}, {"odd", "1"}, {"1.0a-", "1.0a.dev"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		g := Grammar{}
		if sign(g.Compare(a, b)) != -sign(g.Compare(b, a)) {
			t.Fatalf("the order of %q and %q depends on who comes first", a, b)
		}
		va, okA := parseVersion(a)
		if !okA {
			return
		}
		again, ok := parseVersion(va.String())
		if !ok || again.String() != va.String() || again.compare(va) != 0 {
			t.Fatalf("%q has the normal form %q, which reads as %q", a, va, again)
		}
		if k, ok := parseVersion(va.key()); !ok || k.compare(va) != 0 {
			t.Fatalf("%q has the key %q, which is another version", a, va.key())
		}
		vb, okB := parseVersion(b)
		if !okB {
			return
		}
		if (va.compare(vb) == 0) != (va.key() == vb.key()) {
			t.Fatalf("%q and %q: order and keys disagree", a, b)
		}
		// The other implementation holds numbers in machine words.
		if len(a) > 15 || len(b) > 15 {
			return
		}
		x, errX := depsdev.PyPI.Parse(va.String())
		y, errY := depsdev.PyPI.Parse(vb.String())
		if errX == nil && errY == nil && sign(x.Compare(y)) != sign(va.compare(vb)) {
			t.Fatalf("%q and %q: we say %d, the other %d", va, vb, va.compare(vb), x.Compare(y))
		}
	})
}

// FuzzRange: no range fails to answer, and what it says of a version does not
// hang on the version's spelling.
func FuzzRange(f *testing.F) {
	for _, seed := range [][2]string{{">=1.4,<2", "1.5"}, {"~=1.4.2", "1.4.3"}, {"==1.*", "1"}, {"===x", "X"}, {"!=1.0+a", "1.0+a"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		r, err := Grammar{}.Range(expr)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		inside := r.Contains(text)
		v, ok := parseVersion(text)
		if !ok && !inside {
			t.Fatalf("%q lacks %q, which has no order", expr, text)
		}
		if ok && !strings.Contains(expr, "===") && r.Contains(v.String()) != inside {
			t.Fatalf("%q says another thing of %q than of %q", expr, text, v)
		}
	})
}
