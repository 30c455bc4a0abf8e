package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func (t *tx) Document(ctx context.Context, registry, name, source string) (store.Document, error) {
	d := store.Document{Registry: registry, Name: name, Source: source}
	found, err := t.row(ctx, `
		SELECT origin, missing, etag, last_modified, content_type, blob, size, fetched, checked
		FROM document WHERE registry = ? AND name = ? AND source = ?`,
		[]any{registry, name, source},
		&d.Origin, &d.Missing, &d.ETag, &d.LastModified, &d.ContentType, &d.Blob, &d.Size, moment{&d.Fetched}, moment{&d.Checked})
	if err != nil {
		return store.Document{}, err
	}
	if !found {
		return store.Document{}, assay.Errorf(assay.NotFound, "no upstream answer is kept for %q (%s) in the registry %q", name, source, registry)
	}
	return d, nil
}

func (t *tx) PutDocument(ctx context.Context, d store.Document) error {
	_, err := t.exec(ctx, `
		INSERT INTO document (registry, name, source, origin, missing, etag, last_modified, content_type, blob, size, fetched, checked)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (registry, name, source) DO UPDATE SET
			origin = excluded.origin, missing = excluded.missing, etag = excluded.etag,
			last_modified = excluded.last_modified, content_type = excluded.content_type, blob = excluded.blob, size = excluded.size,
			fetched = excluded.fetched, checked = excluded.checked`,
		d.Registry, d.Name, d.Source, d.Origin, flag(d.Missing), d.ETag, d.LastModified, d.ContentType,
		string(d.Blob), d.Size, micros(d.Fetched), micros(d.Checked))
	return err
}
