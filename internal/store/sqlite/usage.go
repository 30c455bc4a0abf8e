package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func (t *tx) AddFetches(ctx context.Context, fetches []store.Fetch) error {
	for _, f := range fetches {
		_, err := t.exec(ctx, `
			INSERT INTO fetch (day, coordinate, principal, count) VALUES (?, ?, ?, ?)
			ON CONFLICT (day, coordinate, principal) DO UPDATE SET count = count + excluded.count`,
			f.Day, f.Coordinate, f.Principal, f.Count)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) AddVerdicts(ctx context.Context, verdicts []store.Verdict) error {
	for _, v := range verdicts {
		// The reason and the why id are those of the latest decision, in
		// whatever order the batches arrive. SET reads the old row only.
		_, err := t.exec(ctx, `
			INSERT INTO verdict (day, registry, coordinate, rule, effect, principal, reason, why, count, last)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (day, registry, coordinate, rule, effect, principal) DO UPDATE SET
				count = count + excluded.count,
				reason = CASE WHEN excluded.last >= last THEN excluded.reason ELSE reason END,
				why = CASE WHEN excluded.last >= last THEN excluded.why ELSE why END,
				last = max(last, excluded.last)`,
			v.Day, v.Registry, v.Coordinate, v.Rule, v.Effect, v.Principal, v.Reason, v.Why, v.Count, micros(v.Last))
		if err != nil {
			return err
		}
		// The row keeps the latest id only; people follow earlier ones too.
		if err := t.AddWhys(ctx, []store.Why{{Day: v.Day, ID: v.Why, Coordinate: v.Coordinate}}); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) AddWhys(ctx context.Context, whys []store.Why) error {
	for _, w := range whys {
		if w.ID == "" {
			continue
		}
		_, err := t.exec(ctx, `
			INSERT INTO why (id, coordinate, day) VALUES (?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET day = max(day, excluded.day)`, w.ID, w.Coordinate, w.Day)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Why(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", assay.Errorf(assay.NotFound, "an empty id names no decision")
	}
	var coordinate string
	found, err := t.row(ctx, "SELECT coordinate FROM why WHERE id = ?", []any{id}, &coordinate)
	if err != nil {
		return "", err
	}
	if !found {
		return "", assay.Errorf(assay.NotFound, "no decision %q is kept: it may be older than the records", id)
	}
	return coordinate, nil
}

func (t *tx) Verdicts(ctx context.Context, limit int) ([]store.Verdict, error) {
	return collect(ctx, t, `
		SELECT day, registry, coordinate, rule, effect, reason, principal, why, count, last
		FROM verdict ORDER BY last DESC, id DESC LIMIT ?`, []any{atMost(limit)},
		func(v *store.Verdict) []any {
			return []any{&v.Day, &v.Registry, &v.Coordinate, &v.Rule, &v.Effect, &v.Reason, &v.Principal, &v.Why, &v.Count, moment{&v.Last}}
		})
}

func (t *tx) PruneUsage(ctx context.Context, beforeDay string) error {
	if _, err := t.exec(ctx, "DELETE FROM fetch WHERE day < ?", beforeDay); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM why WHERE day < ?", beforeDay); err != nil {
		return err
	}
	_, err := t.exec(ctx, "DELETE FROM verdict WHERE day < ?", beforeDay)
	return err
}
