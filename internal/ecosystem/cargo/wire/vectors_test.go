package wire

import (
	"bufio"
	"os"
	"strings"
	"testing"

	another "deps.dev/util/semver"
)

// rows reads a table of columns from testdata.
func rows(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][]string
	for s := bufio.NewScanner(f); s.Scan(); {
		if line := s.Text(); line != "" && line[0] != '#' {
			all = append(all, strings.Split(line, "\t"))
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no rows", file)
	}
	return all
}

func TestOrderVectors(t *testing.T) {
	for _, row := range rows(t, "order.tsv") {
		a, op, b := row[0], row[1], row[2]
		want := -1
		if op == "=" || strings.Contains(a, "+") && strings.Contains(b, "+") {
			// Build metadata: Cargo's library orders its text, semver does not
			// order by it, and nor do we (see semver in version.go).
			want = 0
		}
		if got := (Grammar{}).Compare(a, b); got != want {
			t.Errorf("%s against %s is %d, want %d", a, b, got, want)
		}
		if got := (Grammar{}).Compare(b, a); got != -want {
			t.Errorf("%s against %s is %d, want %d", b, a, got, -want)
		}
	}
}

func TestRangeVectors(t *testing.T) {
	prereleases := 0
	for _, row := range rows(t, "ranges.tsv") {
		expr, version, want := row[0], row[1], row[2] == "true"
		r, err := parseRequirement(expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		got := r.Contains(version)
		if (Grammar{}).Prerelease(version) && !want && got {
			// Cargo leaves pre-releases out of what did not name them; here
			// order alone counts, or one could slip through a block.
			prereleases++
			continue
		}
		if got != want {
			t.Errorf("%s contains %s: %v, want %v", expr, version, got, want)
		}
	}
	if prereleases == 0 {
		t.Error("no row has shown the difference in pre-releases: the vectors are not what they were")
	}
}

// TestOrderAgainstAnother compares the order with another implementation of
// Cargo's, over versions made of parts that are easily got wrong.
func TestOrderAgainstAnother(t *testing.T) {
	var versions []string
	for _, numbers := range []string{"0.0.0", "0.0.1", "0.1.0", "1.0.0", "1.0.10", "1.0.9", "1.10.0", "10.0.0"} {
		for _, pre := range []string{"", "-0", "-1", "-9", "-10", "-a", "-a.1", "-a.b", "-alpha", "-alpha.10", "-alpha.9", "-A", "-1a", "-a-b", "-0.0"} {
			versions = append(versions, numbers+pre)
		}
	}
	for _, a := range versions {
		for _, b := range versions {
			if got, want := (Grammar{}).Compare(a, b), another.Cargo.Compare(a, b); sign(got) != sign(want) {
				t.Fatalf("%s against %s is %d, another says %d", a, b, got, want)
			}
		}
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

// TestRangesAgainstAnother compares releases; pre-releases are judged
// otherwise here, on purpose.
func TestRangesAgainstAnother(t *testing.T) {
	versions := []string{"0.0.0", "0.0.1", "0.0.2", "0.1.0", "0.1.5", "0.2.0", "1.0.0", "1.0.1", "1.2.0", "1.2.3", "1.2.4", "1.3.0", "2.0.0", "2.1.0", "3.0.0"}
	for _, op := range []string{"", "^", "~", "=", "<", "<=", ">", ">="} {
		for _, of := range []string{"0", "0.0", "0.0.1", "0.1", "0.1.5", "1", "1.2", "1.2.3", "2.0.0", "1.*", "1.2.*"} {
			expr := op + of
			mine, err := parseRequirement(expr)
			if err != nil {
				t.Errorf("%s: %v", expr, err)
				continue
			}
			theirs, err := another.Cargo.ParseConstraint(expr)
			if err != nil {
				continue // it knows no operator before a wildcard
			}
			for _, v := range versions {
				if got, want := mine.Contains(v), theirs.Match(v); got != want {
					t.Errorf("%s contains %s: %v, another says %v", expr, v, got, want)
				}
			}
		}
	}
}
