package sqlite

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// fileFields are where the columns of a file are scanned to, in the order of
// both statements below.
func fileFields(f *store.File) []any {
	return []any{&f.Registry, &f.Name, &f.Version, &f.File, &f.Origin, &f.Blob, &f.Size,
		listOf[assay.Digest]{&f.Digests}, &f.Verified, moment{&f.FirstSeen}, moment{&f.LastUsed}, &f.Stored}
}

func (t *tx) File(ctx context.Context, key store.FileKey) (store.File, error) {
	var f store.File
	found, err := t.row(ctx, `
		SELECT registry, name, version, file, origin, blob, size, digests, verified, first_seen, last_used, stored
		FROM file WHERE registry = ? AND name = ? AND version = ? AND file = ?`,
		[]any{key.Registry, key.Name, key.Version, key.File}, fileFields(&f)...)
	if err != nil {
		return store.File{}, err
	}
	if !found {
		return store.File{}, assay.Errorf(assay.NotFound, "the file %q of %s@%s has not been pulled through", key.File, key.Name, key.Version)
	}
	return f, nil
}

func (t *tx) PutFile(ctx context.Context, f store.File) error {
	_, err := t.exec(ctx, `
		INSERT INTO file (registry, name, version, file, origin, blob, size, digests, verified, first_seen, last_used, stored)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (registry, name, version, file) DO UPDATE SET
			origin = excluded.origin, blob = excluded.blob, size = excluded.size, digests = excluded.digests,
			verified = excluded.verified, first_seen = excluded.first_seen,
			last_used = excluded.last_used, stored = excluded.stored`,
		f.Registry, f.Name, f.Version, f.File, f.Origin, string(f.Blob), f.Size, list(f.Digests),
		f.Verified, micros(f.FirstSeen), micros(f.LastUsed), flag(f.Stored))
	return err
}

func (t *tx) TouchFiles(ctx context.Context, used map[store.FileKey]time.Time) error {
	for key, at := range used {
		_, err := t.exec(ctx, `
			UPDATE file SET last_used = ?5
			WHERE registry = ?1 AND name = ?2 AND version = ?3 AND file = ?4 AND last_used < ?5`,
			key.Registry, key.Name, key.Version, key.File, micros(at))
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) LeastUsed(ctx context.Context, limit int) ([]store.File, error) {
	return collect(ctx, t, `
		SELECT registry, name, version, file, origin, blob, size, digests, verified, first_seen, last_used, stored
		FROM file WHERE stored = 1 AND origin <> '' ORDER BY last_used, rowid LIMIT ?`, []any{atMost(limit)}, fileFields)
}

func (t *tx) StoredFiles(ctx context.Context) (files, bytes int64, err error) {
	_, err = t.row(ctx, `
		SELECT coalesce(sum(files), 0), coalesce(sum(bytes), 0) FROM (
			SELECT count(*) AS files, max(size) AS bytes FROM file WHERE stored = 1 AND origin <> '' GROUP BY blob)`,
		nil, &files, &bytes)
	return files, bytes, err
}

func (t *tx) BlobInUse(ctx context.Context, blob assay.Digest) (bool, error) {
	if blob == "" {
		return false, nil // '' in a row means that it has no blob
	}
	var used bool
	_, err := t.row(ctx, `
		SELECT EXISTS (SELECT 1 FROM file WHERE stored = 1 AND blob = ?1)
			OR EXISTS (SELECT 1 FROM document WHERE blob = ?1 AND blob <> '')
			OR EXISTS (SELECT 1 FROM held_blob WHERE blob = ?1)`,
		[]any{string(blob)}, &used)
	return used, err
}
