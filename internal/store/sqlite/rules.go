package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func (t *tx) Blocks(ctx context.Context) ([]store.Block, error) {
	return collect(ctx, t, `
		SELECT id, pattern, reason, created, until, made_by
		FROM block ORDER BY created, id`, nil,
		func(b *store.Block) []any {
			return []any{&b.ID, &b.Pattern, &b.Reason, moment{&b.Created}, moment{&b.Until}, &b.By}
		})
}

func (t *tx) PutBlock(ctx context.Context, b store.Block) error {
	_, err := t.exec(ctx, `
		INSERT INTO block (id, pattern, reason, created, until, made_by) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET
			pattern = excluded.pattern, reason = excluded.reason, created = excluded.created,
			until = excluded.until, made_by = excluded.made_by`,
		b.ID, b.Pattern, b.Reason, micros(b.Created), micros(b.Until), b.By)
	return err
}

func (t *tx) DeleteBlock(ctx context.Context, id string) error {
	n, err := t.exec(ctx, "DELETE FROM block WHERE id = ?", id)
	if err == nil && n == 0 {
		return assay.Errorf(assay.NotFound, "there is no block %q", id)
	}
	return err
}

func (t *tx) Exceptions(ctx context.Context) ([]store.Exception, error) {
	return collect(ctx, t, `
		SELECT id, coordinate, rule, reason, created, until, made_by
		FROM exception ORDER BY created, id`, nil,
		func(e *store.Exception) []any {
			return []any{&e.ID, &e.Coordinate, &e.Rule, &e.Reason, moment{&e.Created}, moment{&e.Until}, &e.By}
		})
}

func (t *tx) PutException(ctx context.Context, e store.Exception) error {
	_, err := t.exec(ctx, `
		INSERT INTO exception (id, coordinate, rule, reason, created, until, made_by) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET
			coordinate = excluded.coordinate, rule = excluded.rule, reason = excluded.reason,
			created = excluded.created, until = excluded.until, made_by = excluded.made_by`,
		e.ID, e.Coordinate, e.Rule, e.Reason, micros(e.Created), micros(e.Until), e.By)
	return err
}

func (t *tx) DeleteException(ctx context.Context, id string) error {
	n, err := t.exec(ctx, "DELETE FROM exception WHERE id = ?", id)
	if err == nil && n == 0 {
		return assay.Errorf(assay.NotFound, "there is no exception %q", id)
	}
	return err
}

func (t *tx) Policy(ctx context.Context) (store.Policy, error) {
	var p store.Policy
	found, err := t.row(ctx, "SELECT id, text, created, made_by FROM policy ORDER BY id DESC LIMIT 1", nil,
		&p.ID, &p.Text, moment{&p.Created}, &p.By)
	if err != nil {
		return store.Policy{}, err
	}
	if !found {
		return store.Policy{}, assay.Errorf(assay.NotFound, "no policy has been set")
	}
	return p, nil
}

func (t *tx) PutPolicy(ctx context.Context, p store.Policy) error {
	_, err := t.exec(ctx, "INSERT INTO policy (text, created, made_by) VALUES (?, ?, ?)",
		p.Text, micros(p.Created), p.By)
	return err
}
