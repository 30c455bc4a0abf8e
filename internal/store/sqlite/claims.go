package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func (t *tx) Claims(ctx context.Context) ([]store.Claim, error) {
	return collect(ctx, t, `
		SELECT id, pattern, shadow, created, made_by
		FROM claim ORDER BY created, id`, nil,
		func(c *store.Claim) []any {
			return []any{&c.ID, &c.Pattern, &c.Shadow, moment{&c.Created}, &c.By}
		})
}

func (t *tx) PutClaim(ctx context.Context, c store.Claim) error {
	_, err := t.exec(ctx, `
		INSERT INTO claim (id, pattern, shadow, created, made_by) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET
			pattern = excluded.pattern, shadow = excluded.shadow,
			created = excluded.created, made_by = excluded.made_by`,
		c.ID, c.Pattern, flag(c.Shadow), micros(c.Created), c.By)
	return err
}

func (t *tx) DeleteClaim(ctx context.Context, id string) error {
	n, err := t.exec(ctx, "DELETE FROM claim WHERE id = ?", id)
	if err == nil && n == 0 {
		return assay.Errorf(assay.NotFound, "there is no claim %q", id)
	}
	return err
}
