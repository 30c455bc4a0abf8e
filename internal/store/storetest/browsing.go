package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// found searches to the end, in pages of that size, and returns what was
// found as "registry/name", hosted packages with a star.
func found(t *testing.T, s store.Store, q store.PackageQuery, page int) []string {
	t.Helper()
	q.Limit = page
	out := []string{}
	for {
		got := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.FoundPackage, error) { return tx.SearchPackages(ctx, q) })
		for _, f := range got {
			name := f.Registry + "/" + f.Name
			if f.Hosted {
				name += "*"
			}
			out = append(out, name)
		}
		if len(got) < page {
			return out
		}
		q.After = got[len(got)-1].Cursor()
	}
}

func testSearchPackages(t *testing.T, s store.Store) {
	equal(t, "in an empty store", found(t, s, store.PackageQuery{}, 10), []string{})
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		for _, name := range []string{"left", "left-pad", "Left-Pad", "@acme/left", "right", "leftmost", "unleft", "50%_off", "50%"} {
			if err := tx.PutPackage(ctx, store.Package{Registry: "npm", Name: name, Origin: "https://registry.example/"}); err != nil {
				return err
			}
		}
		return tx.PutPackage(ctx, store.Package{Registry: "go", Name: "corp.example/left"})
	})
	hosted := []store.Release{
		{Registry: "npm", Name: "@acme/kettle", Version: "1", Published: noon, Description: "Boils WATER\nfor tea"},
		{Registry: "npm", Name: "@acme/pot", Version: "1", Published: noon, Description: "for the left hand"},
		{Registry: "npm", Name: "@acme/gone", Version: "1", Published: noon, Description: "left long ago", Removed: noon},
		{Registry: "npm", Name: "@acme/\u00c9toile", Version: "1", Published: noon},
		{Registry: "npm", Name: "right", Version: "1", Published: noon, Description: "pulled through, then claimed"},
	}
	putReleases(t, s, hosted...)
	for _, c := range []struct {
		name, text, registry string
		want                 []string
	}{
		{"everything by name", "", "", []string{"npm/50%", "npm/50%_off", "npm/@acme/kettle*", "npm/@acme/left", "npm/@acme/pot*", "npm/@acme/\u00c9toile*",
			"go/corp.example/left", "npm/left", "npm/Left-Pad", "npm/left-pad", "npm/leftmost", "npm/right*", "npm/unleft"}},
		{"exact, then beginning, then within, then described", "left", "", []string{"npm/left", "npm/Left-Pad", "npm/left-pad", "npm/leftmost",
			"npm/@acme/left", "go/corp.example/left", "npm/unleft", "npm/@acme/pot*"}},
		{"in one registry", "left", "go", []string{"go/corp.example/left"}},
		{"in a registry that is not there", "left", "pypi", []string{}},
		{"names that differ in case are both exact", "LEFT-pad", "", []string{"npm/Left-Pad", "npm/left-pad"}},
		{"words in any order", "pad left", "", []string{"npm/Left-Pad", "npm/left-pad"}},
		{"the beginning and another word", "left most", "", []string{"npm/leftmost"}},
		{"a word of the name and one of the description", "kettle water", "", []string{"npm/@acme/kettle*"}},
		{"a description in another case", "boils water", "", []string{"npm/@acme/kettle*"}},
		{"letters beyond ASCII", "\u00e9toile", "", []string{"npm/@acme/\u00c9toile*"}},
		{"what LIKE takes for wildcards", "50%_", "", []string{"npm/50%_off"}},
		{"a removed package", "gone", "", []string{}},
		{"blanks around", "  leftmost ", "", []string{"npm/leftmost"}},
		{"nothing like it", "zzz", "", []string{}},
		{"what only the pulled-through one had no words for", "claimed", "", []string{"npm/right*"}},
	} {
		for _, page := range []int{1, 2, 100} {
			equal(t, fmt.Sprintf("%s, in pages of %d", c.name, page), found(t, s, store.PackageQuery{Text: c.text, Registry: c.registry}, page), c.want)
		}
	}
	wantKind(t, s, assay.Invalid, "too many words", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.SearchPackages(ctx, store.PackageQuery{Text: "a b c d e", Limit: 1})
		return err
	})
	for _, limit := range []int{0, -1} {
		none := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.FoundPackage, error) {
			return tx.SearchPackages(ctx, store.PackageQuery{Text: "left", Limit: limit})
		})
		equal(t, "none asked for", len(none), 0)
	}

	// What was removed is known no more, except by what was pulled through.
	for _, r := range hosted {
		r.Removed = noon.Add(time.Hour)
		putReleases(t, s, r)
	}
	equal(t, "after everything hosted was removed", found(t, s, store.PackageQuery{Text: "right"}, 10), []string{"npm/right"})
	equal(t, "the removed", found(t, s, store.PackageQuery{Text: "@acme"}, 10), []string{"npm/@acme/left"})
	equal(t, "its words", found(t, s, store.PackageQuery{Text: "claimed"}, 10), []string{})
	newer := store.Release{Registry: "npm", Name: "@acme/kettle", Version: "2", Published: noon.Add(time.Hour), Description: "whistles"}
	putReleases(t, s, newer)
	equal(t, "a new release", found(t, s, store.PackageQuery{Text: "whistles"}, 10), []string{"npm/@acme/kettle*"})
	equal(t, "the words of the removed one", found(t, s, store.PackageQuery{Text: "boils"}, 10), []string{})
}

func testFindVerdicts(t *testing.T, s store.Store) {
	var all []store.Verdict
	for i := range 60 {
		v := store.Verdict{Day: "2026-11-22", Registry: []string{"npm", "go"}[i%2], Coordinate: fmt.Sprintf("pkg:npm/p@1.0.%d", i),
			Rule: []string{"block", "cooldown", "vanished"}[i%3], Effect: []string{"deny", "warn", "would deny", "would warn"}[i%4],
			Reason: "r", Why: fmt.Sprint("w", i), Count: 1, Last: noon.Add(time.Duration(i/5) * time.Second)} // five share a moment
		all = append(all, v)
	}
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.AddVerdicts(ctx, all) })
	for _, q := range []store.VerdictQuery{
		{}, {Rule: "block"}, {Registry: "go"}, {Effect: "would deny"}, {Rule: "cooldown", Registry: "npm"}, {Rule: "vanished", Effect: "warn"},
		{Registry: "npm", Effect: "deny"}, {Rule: "block", Registry: "npm", Effect: "deny"}, {Rule: "blo"}, {Registry: "n"}, {Effect: "den"},
	} {
		want := map[string]bool{}
		for _, v := range all {
			if (q.Rule == "" || q.Rule == v.Rule) && (q.Registry == "" || q.Registry == v.Registry) && (q.Effect == "" || q.Effect == v.Effect) {
				want[v.Coordinate] = true
			}
		}
		for _, page := range []int{1, 7, 100} {
			q, got, last := q, map[string]bool{}, noon.Add(time.Hour)
			q.Limit = page
			for {
				rows := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.FoundVerdict, error) { return tx.FindVerdicts(ctx, q) })
				for _, v := range rows {
					if v.Last.After(last) || got[v.Coordinate] {
						t.Errorf("%+v: %s of %s comes after %s, or twice", q, v.Coordinate, v.Last, last)
					}
					last, got[v.Coordinate] = v.Last, true
				}
				if len(rows) < page {
					break
				}
				q.After = rows[len(rows)-1].Cursor
			}
			equal(t, fmt.Sprintf("%+v", q), got, want)
		}
	}
	equal(t, "none asked for", len(read(t, s, func(ctx context.Context, tx store.Tx) ([]store.FoundVerdict, error) {
		return tx.FindVerdicts(ctx, store.VerdictQuery{Rule: "block", Limit: -1})
	})), 0)
	whole := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.FoundVerdict, error) {
		return tx.FindVerdicts(ctx, store.VerdictQuery{Rule: "cooldown", Limit: 1})
	})
	equal(t, "the newest of a rule", whole[0].Verdict, all[58])
}

func testUsageOfADay(t *testing.T, s store.Store) {
	var fetches []store.Fetch
	var verdicts []store.Verdict
	for _, day := range []string{"2026-11-21", "2026-11-22"} {
		for i := range 9 {
			at, who := fmt.Sprintf("pkg:npm/p@1.0.%d", i/3), []string{"", "ci", "t1"}[i%3]
			fetches = append(fetches, store.Fetch{Day: day, Coordinate: at, Principal: who, Count: int64(i + 1)})
			for _, registry := range []string{"go", "npm"} {
				verdicts = append(verdicts, store.Verdict{Day: day, Registry: registry, Coordinate: at, Rule: "block", Effect: "deny", Principal: who, Count: int64(i + 1), Last: noon})
			}
		}
	}
	slices.SortStableFunc(verdicts, func(a, b store.Verdict) int { return strings.Compare(a.Day+a.Registry, b.Day+b.Registry) })
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		if err := tx.AddFetches(ctx, fetches); err != nil {
			return err
		}
		return tx.AddVerdicts(ctx, verdicts)
	})
	for _, page := range []int{1, 4, 100} {
		var gotF []store.Fetch
		var gotV []store.Verdict
		for {
			var after store.Fetch
			if len(gotF) > 0 {
				after = gotF[len(gotF)-1]
			}
			more := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Fetch, error) {
				return tx.FetchesOn(ctx, "2026-11-22", after, page)
			})
			if gotF = append(gotF, more...); len(more) < page {
				break
			}
		}
		for {
			var after store.Verdict
			if len(gotV) > 0 {
				after = gotV[len(gotV)-1]
			}
			more := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Verdict, error) {
				return tx.VerdictsOn(ctx, "2026-11-22", after, page)
			})
			if gotV = append(gotV, more...); len(more) < page {
				break
			}
		}
		equal(t, "fetches of a day", gotF, fetches[9:])
		equal(t, "verdicts of a day", gotV, verdicts[18:])
	}
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		none, err := tx.FetchesOn(ctx, "2026-11-20", store.Fetch{}, 10)
		equal(t, "fetches of a day without any", len(none), 0)
		return err
	})
}

func testDownloads(t *testing.T, s store.Store) {
	scoped := assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/a", Version: "1.0.0+b"}.String()
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.AddFetches(ctx, []store.Fetch{
			{Day: "2026-11-20", Coordinate: "pkg:npm/a@1.0.0", Count: 100},
			{Day: "2026-11-21", Coordinate: "pkg:npm/a@1.0.0", Count: 1},
			{Day: "2026-11-22", Coordinate: "pkg:npm/a@1.0.0", Principal: "ci", Count: 2},
			{Day: "2026-11-22", Coordinate: "pkg:npm/a@1.0.1", Count: 4},
			{Day: "2026-11-22", Coordinate: "pkg:npm/a-b@1.0.0", Count: 8},
			{Day: "2026-11-22", Coordinate: "pkg:npm/a", Count: 16},
			{Day: "2026-11-22", Coordinate: "pkg:npm/ab@1.0.0", Count: 32},
			{Day: "2026-11-22", Coordinate: scoped, Count: 64},
		})
	})
	of := func(purl string) map[string]int64 {
		return read(t, s, func(ctx context.Context, tx store.Tx) (map[string]int64, error) {
			return tx.Downloads(ctx, purl, "2026-11-21")
		})
	}
	equal(t, "downloads", of("pkg:npm/a"), map[string]int64{"pkg:npm/a@1.0.0": 3, "pkg:npm/a@1.0.1": 4})
	equal(t, "downloads of a scope's", of("pkg:npm/@acme/a"), map[string]int64{scoped: 64})
	equal(t, "downloads of nothing", of("pkg:npm/c"), map[string]int64{})
	wantKind(t, s, assay.Invalid, "a bad package URL", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Downloads(ctx, "left", "")
		return err
	})
}

func testLogNewest(t *testing.T, s store.Store) {
	kettle := assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/kettle"}
	var list []assay.Event
	for _, c := range []assay.Coordinate{kettle, kettle.At("1.0.0"), {Ecosystem: assay.NPM, Name: "other"}, kettle.At("2.0.0"), kettle.At("1.0.0")} {
		list = append(list, assay.Event{Kind: assay.EventStored, Time: noon, Subject: c, Body: []byte(`{"n":1}`)})
	}
	appendEvents(t, s, list...)
	update(t, s, func(ctx context.Context, tx store.Tx) error { return sequence(ctx, tx, 3) })
	indexes := func(purl string, limit int) []int64 {
		got := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.LogRecord, error) {
			return tx.LogNewest(ctx, purl, limit)
		})
		out := []int64{}
		for _, r := range got {
			if r.Kind != assay.EventStored || len(r.Body) == 0 || len(r.Salt) == 0 {
				t.Errorf("a record is %+v", r)
			}
			out = append(out, r.Index)
		}
		return out
	}
	equal(t, "of a package, those without a place first", indexes(kettle.String(), 10), []int64{-1, -1, 1, 0})
	equal(t, "of a version", indexes(kettle.At("1.0.0").String(), 10), []int64{-1, 1})
	equal(t, "the newest", indexes(kettle.String(), 3), []int64{-1, -1, 1})
	equal(t, "of nothing", indexes("pkg:npm/none", 3), []int64{})
	equal(t, "none asked for", indexes(kettle.String(), -1), []int64{})
	wantKind(t, s, assay.Invalid, "a bad package URL", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.LogNewest(ctx, "left", 1)
		return err
	})
}
