package osv

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unpacked reads a file of testdata, with OSV's word for Cargo in its place.
func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(text, []byte("@cargo@"), []byte(cargo))
}

var databases = []string{"ghsa", "go-vulndb", "nswg-npm", "ossf-mal", "pypa", "rustsec"}

// realRecords reads all records of testdata.
func realRecords(t testing.TB, report *Report, add func(Record)) {
	t.Helper()
	for _, name := range databases {
		text := unpacked(t, name+".jsonl.gz")
		if err := ReadFile(t.Context(), name+".jsonl", bytes.NewReader(text), int64(len(text)), Limits{}, report, add); err != nil {
			t.Fatal(err)
		}
	}
}

func realIndex(t testing.TB, report *Report) *Index {
	t.Helper()
	b := NewBuilder(testGrammars, report)
	realRecords(t, report, func(r Record) { b.Add(r, "testdata") })
	return b.Build()
}

// TestExpectedMatches holds the matching against answers that were worked out
// apart, by the specification and the ecosystems' own comparators.
func TestExpectedMatches(t *testing.T) {
	report := &Report{}
	x := realIndex(t, report)
	if report.Records != 1656 || report.Withdrawn != 13 || report.Elsewhere["NuGet"] != 35 || report.Broken != 2 {
		t.Errorf("the report says %+v", report)
	}
	rows := 0
	for line := range strings.Lines(string(unpacked(t, "expected-dev.tsv.gz"))) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if f[0] == "purl" {
			continue
		}
		rows++
		want := []string{}
		if f[1] != "" {
			want = strings.Split(f[1], ",")
		}
		slices.Sort(want)
		if got := x.IDs(coordinate(t, f[0])); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", f[0], got, want)
		}
	}
	if rows != 4000 {
		t.Errorf("%d rows were looked at", rows)
	}
}
