package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func (t *tx) Origins(ctx context.Context) ([]store.Origin, error) {
	return collect(ctx, t, `
		SELECT registry, address, mirrors, source, set_at
		FROM origin ORDER BY registry, position`, nil,
		func(o *store.Origin) []any {
			return []any{&o.Registry, &o.Address, listOf[string]{&o.Mirrors}, &o.Source, moment{&o.Set}}
		})
}

func (t *tx) PutOrigins(ctx context.Context, registry string, origins []store.Origin) error {
	for _, o := range origins {
		if o.Registry != registry {
			return t.lose(ctx, assay.Errorf(assay.Internal, "an origin of %q was given for the registry %q", o.Registry, registry), "writing the metadata")
		}
	}
	if _, err := t.exec(ctx, "DELETE FROM origin WHERE registry = ?", registry); err != nil {
		return err
	}
	for i, o := range origins {
		_, err := t.exec(ctx, `
			INSERT INTO origin (registry, position, address, mirrors, source, set_at)
			VALUES (?, ?, ?, ?, ?, ?)`,
			registry, i, o.Address, list(o.Mirrors), o.Source, micros(o.Set))
		if err != nil {
			return err
		}
	}
	return nil
}
