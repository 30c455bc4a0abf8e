package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func (t *tx) Package(ctx context.Context, registry, name string) (store.Package, error) {
	p := store.Package{Registry: registry, Name: name}
	found, err := t.row(ctx, `
		SELECT origin, owned, listed
		FROM package WHERE registry = ? AND name = ?`, []any{registry, name},
		&p.Origin, moment{&p.Owned}, moment{&p.Listed})
	if err != nil {
		return store.Package{}, err
	}
	if !found {
		return store.Package{}, assay.Errorf(assay.NotFound, "the registry %q has not met a package %q", registry, name)
	}
	return p, nil
}

// packageBatch is how many packages PackageNames holds in memory at a time.
const packageBatch = 1000

func (t *tx) PackageNames(ctx context.Context, registry string, fn func(store.Package) error) error {
	// Read in batches, so that no statement is open while fn runs: it may use
	// the transaction itself.
	for last := ""; ; {
		packages, err := collect(ctx, t, `
			SELECT registry, name, origin, owned, listed FROM package
			WHERE registry = ? AND name > ? ORDER BY name LIMIT ?`, []any{registry, last, packageBatch},
			func(p *store.Package) []any {
				return []any{&p.Registry, &p.Name, &p.Origin, moment{&p.Owned}, moment{&p.Listed}}
			})
		if err != nil {
			return err
		}
		for _, p := range packages {
			if err := fn(p); err != nil {
				return err
			}
			last = p.Name
		}
		if len(packages) < packageBatch {
			return nil
		}
	}
}

func (t *tx) PutPackage(ctx context.Context, p store.Package) error {
	_, err := t.exec(ctx, `
		INSERT INTO package (registry, name, origin, owned, listed)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (registry, name) DO UPDATE SET
			origin = excluded.origin, owned = excluded.owned,
			listed = excluded.listed`,
		p.Registry, p.Name, p.Origin, micros(p.Owned), micros(p.Listed))
	if err != nil {
		return err
	}
	return t.know(ctx, p.Registry, p.Name)
}

// versionFields are where the columns of a version are scanned to, in the
// order of both statements below.
func versionFields(v *store.Version) []any {
	return []any{&v.Version, moment{&v.Published}, &v.PublishedSource, moment{&v.FirstListed},
		moment{&v.LastAbsent}, moment{&v.Vanished}, &v.Digest, &v.ChangedTo, moment{&v.ChangedAt}}
}

func (t *tx) Versions(ctx context.Context, registry, name string) ([]store.Version, error) {
	return collect(ctx, t, `
		SELECT version, published, published_source, first_listed, last_absent, vanished, digest, changed_to, changed_at
		FROM version WHERE registry = ? AND name = ?`, []any{registry, name}, versionFields)
}

func (t *tx) Version(ctx context.Context, registry, name, version string) (store.Version, error) {
	var v store.Version
	found, err := t.row(ctx, `
		SELECT version, published, published_source, first_listed, last_absent, vanished, digest, changed_to, changed_at
		FROM version WHERE registry = ? AND name = ? AND version = ?`,
		[]any{registry, name, version}, versionFields(&v)...)
	if err != nil {
		return store.Version{}, err
	}
	if !found {
		return store.Version{}, assay.Errorf(assay.NotFound, "the registry %q has not met version %q of %q", registry, version, name)
	}
	return v, nil
}

func (t *tx) PutVersions(ctx context.Context, registry, name string, versions []store.Version) error {
	for i := range versions {
		v := &versions[i]
		_, err := t.exec(ctx, `
			INSERT INTO version (registry, name, version, published, published_source, first_listed, last_absent, vanished, digest, changed_to, changed_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (registry, name, version) DO UPDATE SET
				published = excluded.published, published_source = excluded.published_source,
				first_listed = excluded.first_listed, last_absent = excluded.last_absent,
				vanished = excluded.vanished, digest = excluded.digest,
				changed_to = excluded.changed_to, changed_at = excluded.changed_at`,
			registry, name, v.Version, micros(v.Published), v.PublishedSource, micros(v.FirstListed),
			micros(v.LastAbsent), micros(v.Vanished), string(v.Digest), string(v.ChangedTo), micros(v.ChangedAt))
		if err != nil {
			return err
		}
	}
	return nil
}
