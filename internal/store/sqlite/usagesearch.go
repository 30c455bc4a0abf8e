package sqlite

import (
	"cmp"
	"context"
	"math"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func foundFields(f *store.FoundVerdict) []any {
	v := &f.Verdict
	return []any{&v.Day, &v.Registry, &v.Coordinate, &v.Rule, &v.Effect, &v.Reason, &v.Principal, &v.Why, &v.Count, moment{&v.Last}, &f.Cursor.ID}
}

// FindVerdicts reads the end of each kind that the query asks for, and merges
// them: however many verdicts there are, it reads no more of a kind than the
// limit.
func (t *tx) FindVerdicts(ctx context.Context, q store.VerdictQuery) ([]store.FoundVerdict, error) {
	last, id, limit := int64(math.MaxInt64), int64(math.MaxInt64), atMost(q.Limit)
	if q.After != (store.VerdictCursor{}) {
		last, id = micros(q.After.Last), q.After.ID
	}
	var found []store.FoundVerdict
	if q.Rule == "" && q.Registry == "" && q.Effect == "" {
		var err error
		found, err = collect(ctx, t, `
			SELECT day, registry, coordinate, rule, effect, reason, principal, why, count, last, id
			FROM verdict WHERE (last, id) < (?, ?) ORDER BY last DESC, id DESC LIMIT ?`, []any{last, id, limit}, foundFields)
		if err != nil {
			return nil, err
		}
	} else {
		kinds, err := t.verdictKinds(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, k := range kinds {
			more, err := collect(ctx, t, `
				SELECT day, registry, coordinate, rule, effect, reason, principal, why, count, last, id
				FROM verdict WHERE rule = ? AND registry = ? AND effect = ? AND (last, id) < (?, ?)
				ORDER BY last DESC, id DESC LIMIT ?`, []any{k.rule, k.registry, k.effect, last, id, limit}, foundFields)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}
	for i := range found {
		found[i].Cursor.Last = found[i].Last
	}
	slices.SortFunc(found, func(a, b store.FoundVerdict) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(b.Cursor.ID, a.Cursor.ID))
	})
	return found[:min(limit, len(found)):min(limit, len(found))], nil
}

type verdictKind struct{ rule, registry, effect string }

// verdictKinds returns the kinds of verdicts that the query asks for. There are
// few, whatever the number of verdicts.
func (t *tx) verdictKinds(ctx context.Context, q store.VerdictQuery) ([]verdictKind, error) {
	var kinds []verdictKind
	at := verdictKind{rule: q.Rule}
	for {
		found, err := t.nextKind(ctx, &at)
		if err != nil || !found || q.Rule != "" && at.rule != q.Rule {
			return kinds, err
		}
		if (q.Registry == "" || at.registry == q.Registry) && (q.Effect == "" || at.effect == q.Effect) {
			kinds = append(kinds, at)
		}
	}
}

// nextKind goes to the kind after the given one, which need not exist. Each of
// its steps jumps in the index; comparing all three columns at once would walk
// through every verdict of the kind.
func (t *tx) nextKind(ctx context.Context, at *verdictKind) (bool, error) {
	found, err := t.row(ctx, "SELECT effect FROM verdict WHERE rule = ? AND registry = ? AND effect > ? ORDER BY effect LIMIT 1",
		[]any{at.rule, at.registry, at.effect}, &at.effect)
	if err != nil || found {
		return found, err
	}
	found, err = t.row(ctx, "SELECT registry, effect FROM verdict WHERE rule = ? AND registry > ? ORDER BY registry, effect LIMIT 1",
		[]any{at.rule, at.registry}, &at.registry, &at.effect)
	if err != nil || found {
		return found, err
	}
	return t.row(ctx, "SELECT rule, registry, effect FROM verdict WHERE rule > ? ORDER BY rule, registry, effect LIMIT 1",
		[]any{at.rule}, &at.rule, &at.registry, &at.effect)
}

func (t *tx) FetchesOn(ctx context.Context, day string, after store.Fetch, limit int) ([]store.Fetch, error) {
	return collect(ctx, t, `
		SELECT day, coordinate, principal, count FROM fetch
		WHERE day = ? AND (coordinate, principal) > (?, ?) ORDER BY coordinate, principal LIMIT ?`,
		[]any{day, after.Coordinate, after.Principal, atMost(limit)},
		func(f *store.Fetch) []any { return []any{&f.Day, &f.Coordinate, &f.Principal, &f.Count} })
}

func (t *tx) VerdictsOn(ctx context.Context, day string, after store.Verdict, limit int) ([]store.Verdict, error) {
	return collect(ctx, t, `
		SELECT day, registry, coordinate, rule, effect, reason, principal, why, count, last FROM verdict
		WHERE day = ? AND (registry, coordinate, rule, effect, principal) > (?, ?, ?, ?, ?)
		ORDER BY registry, coordinate, rule, effect, principal LIMIT ?`,
		[]any{day, after.Registry, after.Coordinate, after.Rule, after.Effect, after.Principal, atMost(limit)},
		func(v *store.Verdict) []any {
			return []any{&v.Day, &v.Registry, &v.Coordinate, &v.Rule, &v.Effect, &v.Reason, &v.Principal, &v.Why, &v.Count, moment{&v.Last}}
		})
}

// Downloads reads the versions of a package side by side: their package URLs
// are that of the package, an @, and the version, and no name has a plain @.
func (t *tx) Downloads(ctx context.Context, purl, sinceDay string) (map[string]int64, error) {
	about, err := assay.ParseCoordinate(purl)
	if err != nil {
		return nil, err
	}
	versions := about.Package().String() + "@"
	out := map[string]int64{}
	err = t.rows(ctx, `
		SELECT coordinate, sum(count) FROM fetch
		WHERE coordinate > ? AND coordinate < ? AND day >= ? GROUP BY coordinate`,
		[]any{versions, successor(versions), sinceDay}, func(scan func(...any) error) error {
			var coordinate string
			var count int64
			if err := scan(&coordinate, &count); err != nil {
				return err
			}
			out[coordinate] = count
			return nil
		})
	if err != nil {
		return nil, err
	}
	return out, nil
}
