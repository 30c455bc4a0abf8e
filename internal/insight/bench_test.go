package insight

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/osv"
	"assay.invalid/internal/store/sqlite"
)

// BenchmarkTell asks about versions with 100,000 advisories in five sources, of
// which two speak of the package.
func BenchmarkTell(b *testing.B) {
	var shelves []*shelf
	for n := range 5 {
		sh, err := readShelf(fmt.Sprint("source-", n), testGrammars, func(_ *osv.Report, add func(osv.Record)) error {
			for i := range 20_000 {
				name := fmt.Sprintf("package-%d-%d", n, i)
				if i < 20 && n < 2 {
					name = "left"
				}
				r, err := osv.Parse([]byte(record(fmt.Sprintf("A-%d-%d", n, i), name, fmt.Sprintf("1.%d.0", i%50), "")), osv.Limits{})
				if err != nil {
					return err
				}
				add(r)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		shelves = append(shelves, sh)
	}
	list, err := embeddedList(testGrammars)
	if err != nil {
		b.Fatal(err)
	}
	s := &Service{grammars: testGrammars}
	s.known.Store(newKnowledge(shelves, []*badList{list}))
	for name, purl := range map[string]string{"none": "pkg:npm/nobody@1.0.0", "one": "pkg:npm/package-3-77@1.0.0", "forty": "pkg:npm/left@0.9.0"} {
		b.Run(name, func(b *testing.B) {
			f := &assay.Facts{Coordinate: coordinate(b, purl)}
			b.ReportAllocs()
			for b.Loop() {
				s.Tell(f)
			}
		})
	}
}

// BenchmarkAdd100000 reads a file of 100,000 advisories and puts it in force.
func BenchmarkAdd100000(b *testing.B) {
	dir := b.TempDir()
	st, err := sqlite.Open(b.Context(), filepath.Join(dir, "assay.db"), discard())
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	s, err := Open(b.Context(), st, Options{Grammars: testGrammars})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var text strings.Builder
	for i := range 100_000 {
		text.WriteString(record(fmt.Sprintf("A-%d", i), fmt.Sprintf("package-%d", i/3), "1.2.3", "") + "\n")
	}
	file := filepath.Join(dir, "all.jsonl")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Add(b.Context(), Source{Kind: Advisories, Name: "all", From: file}); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Remove(b.Context(), Advisories, "all"); err != nil {
			b.Fatal(err)
		}
	}
}
