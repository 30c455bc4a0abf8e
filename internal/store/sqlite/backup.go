package sqlite

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// BackupTo writes one consistent state of the database to a new file, while
// others read and write. The state holds all that was committed when it was
// called. The file is durable when it returns nil; of one that failed nothing
// is left. A file that exists is refused as Conflict.
func (s *Store) BackupTo(ctx context.Context, path string) error {
	const doing = "copying the metadata"
	path, err := filepath.Abs(path)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "%s failed", doing)
	}
	if _, err := os.Lstat(path); err == nil {
		return assay.Errorf(assay.Conflict, "%s exists already: a backup of the metadata is never written over another file", path)
	}
	// Made here, because SQLite would make it readable by others.
	if err := create(path); err != nil {
		return err
	}
	if err := s.vacuumInto(ctx, path); err != nil {
		// What SQLite leaves of a copy that it broke off is no database.
		return errors.Join(kinded(ctx, err, doing), removeDatabase(path))
	}
	if err := syncFile(path); err != nil {
		return errors.Join(kinded(ctx, err, doing), removeDatabase(path))
	}
	return nil
}

// vacuumInto copies on a connection of its own: the copy takes as long as the
// database is large, and must not take a reader's place for so long.
func (s *Store) vacuumInto(ctx context.Context, path string) (err error) {
	db, err := database(s.path, url.Values{"_pragma": {"busy_timeout(5000)", "trusted_schema(0)"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return err
}

func removeDatabase(path string) error {
	return errors.Join(os.Remove(path), ignoreMissing(os.Remove(path+"-journal")))
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// rowsAtOnce is how many rows are read in one transaction by those who walk
// a whole table: a view that stayed open would keep the write-ahead log from
// being cut back.
const rowsAtOnce = 512

// EachStoredFile calls fn with every file whose bytes are in the blob store,
// hosted and pulled through, in order. No transaction is open while fn runs.
// A file that is stored or evicted meanwhile may be in it or not.
func (s *Store) EachStoredFile(ctx context.Context, fn func(store.File) error) error {
	var last store.FileKey
	for {
		var page []store.File
		err := s.View(ctx, func(t store.Tx) (err error) {
			page, err = t.(*tx).StoredFilesAfter(ctx, last, rowsAtOnce)
			return err
		})
		if err != nil {
			return err
		}
		for _, f := range page {
			if err := fn(f); err != nil {
				return err
			}
			last = store.FileKey{Registry: f.Registry, Name: f.Name, Version: f.Version, File: f.File}
		}
		if len(page) < rowsAtOnce {
			return nil
		}
	}
}

// StoredFilesAfter returns stored files in order, those after a key: what
// names, measures and finds them.
func (t *tx) StoredFilesAfter(ctx context.Context, last store.FileKey, limit int) ([]store.File, error) {
	return collect(ctx, t, `
		SELECT registry, name, version, file, origin, blob, size
		FROM file
		WHERE stored = 1 AND (registry, name, version, file) > (?, ?, ?, ?)
		ORDER BY registry, name, version, file LIMIT ?`,
		[]any{last.Registry, last.Name, last.Version, last.File, atMost(limit)},
		func(f *store.File) []any {
			f.Stored = true
			return []any{&f.Registry, &f.Name, &f.Version, &f.File, &f.Origin, &f.Blob, &f.Size}
		})
}

// CountStoredFiles counts what EachStoredFile goes through.
func (s *Store) CountStoredFiles(ctx context.Context) (n int64, err error) {
	err = s.View(ctx, func(t store.Tx) (err error) {
		n, err = t.(*tx).CountStoredFiles(ctx)
		return err
	})
	return n, err
}

// CountStoredFiles counts the rows, a blob that several share as often as
// they are.
func (t *tx) CountStoredFiles(ctx context.Context) (n int64, err error) {
	_, err = t.row(ctx, "SELECT count(*) FROM file WHERE stored = 1", nil, &n)
	return n, err
}

// BlobRef is a blob that the metadata refers to.
type BlobRef struct {
	Digest assay.Digest
	Size   int64 // in bytes
}

// BlobRefs returns every blob that a stored file or a document refers to,
// once, in order.
func (s *Store) BlobRefs(ctx context.Context) ([]BlobRef, error) {
	var refs []BlobRef
	err := s.View(ctx, func(t store.Tx) (err error) {
		refs, err = t.(*tx).BlobRefs(ctx)
		return err
	})
	slices.SortFunc(refs, func(a, b BlobRef) int { return strings.Compare(string(a.Digest), string(b.Digest)) })
	return slices.CompactFunc(refs, func(a, b BlobRef) bool { return a.Digest == b.Digest }), err
}

// BlobRefs returns the same in no order, a blob that several share as often
// as they are.
func (t *tx) BlobRefs(ctx context.Context) ([]BlobRef, error) {
	fields := func(r *BlobRef) []any { return []any{&r.Digest, &r.Size} }
	files, err := collect(ctx, t, "SELECT blob, size FROM file WHERE stored = 1", nil, fields)
	if err != nil {
		return nil, err
	}
	documents, err := collect(ctx, t, "SELECT blob, size FROM document WHERE blob <> ''", nil, fields)
	return append(files, documents...), err
}
