package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"assay.invalid/internal/store"
)

// BenchmarkBrowsing measures what a page asks for, on a million verdicts of
// 400 days, 100,000 packages and 200,000 fetches.
func BenchmarkBrowsing(b *testing.B) {
	path := filepath.Join(b.TempDir(), "assay.db")
	s := openAt(b, path)
	db := s.writer.db
	for _, statement := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999)
		INSERT INTO verdict (day, registry, coordinate, rule, effect, principal, reason, why, count, last)
		SELECT date('2026-11-22', '-' || (i % 400) || ' days'), iif(i % 5, 'npm', 'go'), 'pkg:npm/package-' || (i % 5000) || '@1.' || (i / 5000) || '.0',
			'rule-' || (i % 9), iif(i % 9 = 0, iif(i % 90000, 'would deny', 'warn'), 'deny'), 't' || (i % 300), 'published 5 hours ago; versions wait 72 hours', 'w' || i, 1, i * 1000
		FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
		INSERT INTO known (registry, name, folded, hosted, description, described)
		SELECT 'npm', 'package-' || i, 'package-' || i, i % 100 = 0, '', iif(i % 100, '', 'a hosted kettle') FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199999)
		INSERT INTO fetch (day, coordinate, principal, count)
		SELECT date('2026-11-22', '-' || (i % 400) || ' days'), 'pkg:npm/package-' || (i % 500) || '@1.' || (i / 500) || '.0', 't' || i, 3 FROM n`,
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	ctx := b.Context()
	for _, c := range []struct {
		name string
		do   func(tx store.Tx) (int, error)
		want int
	}{
		{"the newest verdicts", find(b, store.VerdictQuery{}), 50},
		{"verdicts of a rule", find(b, store.VerdictQuery{Rule: "rule-3"}), 50},
		{"verdicts of a registry", find(b, store.VerdictQuery{Registry: "go"}), 50},
		{"verdicts of a rare effect", find(b, store.VerdictQuery{Effect: "warn"}), 12},
		{"verdicts of no rule that is", find(b, store.VerdictQuery{Rule: "none"}), 0},
		{"verdicts far back", find(b, store.VerdictQuery{Effect: "deny", After: store.VerdictCursor{Last: time.UnixMicro(500_000), ID: 1}}), 50},
		{"an exact name", look(b, "package-500"), 50},
		{"a part of a name", look(b, "age-9999"), 11},
		{"a word of a description", look(b, "kettle"), 50},
		{"nothing", look(b, "zzz"), 0},
		{"downloads of a package", func(tx store.Tx) (int, error) {
			got, err := tx.Downloads(ctx, "pkg:npm/package-7", "2026-10-24")
			return len(got), err
		}, -1},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := s.View(ctx, func(tx store.Tx) error {
					n, err := c.do(tx)
					if err == nil && c.want >= 0 && n != c.want {
						err = fmt.Errorf("%d rows, want %d", n, c.want)
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func find(b *testing.B, q store.VerdictQuery) func(store.Tx) (int, error) {
	q.Limit = 50
	return func(tx store.Tx) (int, error) { found, err := tx.FindVerdicts(b.Context(), q); return len(found), err }
}

func look(b *testing.B, text string) func(store.Tx) (int, error) {
	return func(tx store.Tx) (int, error) {
		found, err := tx.SearchPackages(b.Context(), store.PackageQuery{Text: text, Limit: 50})
		return len(found), err
	}
}
