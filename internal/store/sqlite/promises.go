package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func (t *tx) Promises(ctx context.Context, registry, name string) ([]store.Promise, error) {
	return collect(ctx, t, `SELECT version, file, digest FROM promise WHERE registry = ? AND name = ?`,
		[]any{registry, name}, func(p *store.Promise) []any { return []any{&p.Version, &p.File, &p.Digest} })
}

func (t *tx) PromisesFor(ctx context.Context, key store.FileKey) ([]assay.Digest, error) {
	return collect(ctx, t, `SELECT digest FROM promise WHERE registry = ? AND name = ? AND version = ? AND file = ? ORDER BY digest`,
		[]any{key.Registry, key.Name, key.Version, key.File}, func(d *assay.Digest) []any { return []any{d} })
}

func (t *tx) PutPromises(ctx context.Context, registry, name string, promises []store.Promise) error {
	for i := range promises {
		p := &promises[i]
		_, err := t.exec(ctx, `INSERT INTO promise (registry, name, version, file, digest) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			registry, name, p.Version, p.File, string(p.Digest))
		if err != nil {
			return err
		}
	}
	return nil
}
