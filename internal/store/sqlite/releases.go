package sqlite

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// releaseFields are where the columns of a release are scanned to, in the
// order of all three statements below.
func releaseFields(r *store.Release) []any {
	return []any{&r.Registry, &r.Name, &r.Version, moment{&r.Published}, &r.By, &r.Manifest,
		&r.File, &r.Description, moment{&r.Removed}, moment{&r.Erased}}
}

func (t *tx) Releases(ctx context.Context, registry, name string) ([]store.Release, error) {
	return collect(ctx, t, `
		SELECT registry, name, version, published, made_by, manifest, file, description, removed, erased
		FROM release WHERE registry = ? AND name = ? ORDER BY published, rowid`,
		[]any{registry, name}, releaseFields)
}

func (t *tx) Release(ctx context.Context, registry, name, version string) (store.Release, error) {
	var r store.Release
	found, err := t.row(ctx, `
		SELECT registry, name, version, published, made_by, manifest, file, description, removed, erased
		FROM release WHERE registry = ? AND name = ? AND version = ?`,
		[]any{registry, name, version}, releaseFields(&r)...)
	if err != nil {
		return store.Release{}, err
	}
	if !found {
		return store.Release{}, assay.Errorf(assay.NotFound, "version %q of %q has not been published in the registry %q", version, name, registry)
	}
	return r, nil
}

func (t *tx) PutRelease(ctx context.Context, r store.Release) error {
	manifest := r.Manifest
	if manifest == nil {
		manifest = []byte{}
	}
	_, err := t.exec(ctx, `
		INSERT INTO release (registry, name, version, published, made_by, manifest, file, description, found_by, removed, erased)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (registry, name, version) DO UPDATE SET
			published = excluded.published, made_by = excluded.made_by, manifest = excluded.manifest,
			file = excluded.file, description = excluded.description, found_by = excluded.found_by,
			removed = excluded.removed, erased = excluded.erased`,
		r.Registry, r.Name, r.Version, micros(r.Published), r.By, manifest,
		r.File, r.Description, foundBy(r), micros(r.Removed), micros(r.Erased))
	if err != nil {
		return err
	}
	return t.knowHosted(ctx, r.Registry, r.Name)
}

// foundBy is the text that a search looks through: name and description on a
// line each. SQLite folds the letters of ASCII alone, so it is folded here.
func foundBy(r store.Release) string { return fold(r.Name) + "\n" + fold(r.Description) }

// fold makes texts that differ in case equal, and keeps them on one line, so
// that nothing that is searched for runs from the name into the description.
func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "\n", " ") }

// SearchReleases jumps from name to name in the index, so that a package of
// many releases costs no more than one of a few. The names come in order,
// because each is made of the one before it.
func (t *tx) SearchReleases(ctx context.Context, registry, text string, limit int) ([]store.Release, error) {
	return collect(ctx, t, `
		WITH RECURSIVE hosted (name) AS (
			SELECT min(name) FROM release WHERE registry = ?1 AND removed = 0
			UNION ALL
			SELECT (SELECT min(name) FROM release WHERE registry = ?1 AND removed = 0 AND name > hosted.name)
			FROM hosted WHERE hosted.name IS NOT NULL)
		SELECT registry, release.name, version, published, made_by, manifest, file, description, removed, erased
		FROM hosted CROSS JOIN release ON release.rowid = (
			SELECT newest.rowid FROM release AS newest
			WHERE newest.registry = ?1 AND newest.name = hosted.name AND newest.removed = 0
			ORDER BY newest.published DESC, newest.rowid DESC LIMIT 1)
		WHERE instr(found_by, ?2) > 0 LIMIT ?3`,
		[]any{registry, fold(text), atMost(limit)}, releaseFields)
}

func (t *tx) FilesOf(ctx context.Context, registry, name, version string) ([]store.File, error) {
	return collect(ctx, t, `
		SELECT registry, name, version, file, origin, blob, size, digests, verified, first_seen, last_used, stored
		FROM file WHERE registry = ? AND name = ? AND version = ? ORDER BY file`,
		[]any{registry, name, version}, fileFields)
}
