package cli

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem/list"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

// heldFiles shows a verification the stored files and their bytes. A server
// evicts files meanwhile, which is no fault of the file: each is opened when
// its row is read, and what is open stays readable.
//
// It is used by one verification, which asks for the bytes of a file before
// it goes on to the next.
type heldFiles struct {
	blob.Store
	store *sqlite.Store
	table *list.Table

	held blob.Blob // of the file that is being looked at; nil if it is not there
}

var _ journal.StoredFiles = (*heldFiles)(nil)

// Count implements journal.StoredFiles.
func (f *heldFiles) Count(ctx context.Context) (int64, error) { return f.store.CountStoredFiles(ctx) }

// Each implements journal.StoredFiles.
func (f *heldFiles) Each(ctx context.Context, fn func(journal.StoredFile) error) error {
	return f.store.EachStoredFile(ctx, func(row store.File) error {
		held, err := f.Store.Open(ctx, row.Blob)
		if assay.Is(err, assay.NotFound) {
			stored, err := f.stillStored(ctx, row)
			if err != nil || !stored {
				return err
			}
		}
		if held != nil {
			f.held = held
			defer func() {
				f.held = nil
				held.Close() // it was only read
			}()
		}
		at := assay.Coordinate{Ecosystem: assay.Ecosystem(row.Registry), Name: row.Name, Version: row.Version, File: row.File}
		if adapter, ok := f.table.Place(row.Registry); ok {
			at.Ecosystem = adapter.Ecosystem()
		}
		return fn(journal.StoredFile{Coordinate: at, Digest: row.Blob, Size: row.Size})
	})
}

func (f *heldFiles) stillStored(ctx context.Context, row store.File) (bool, error) {
	stored := false
	err := f.store.View(ctx, func(tx store.Tx) error {
		now, err := tx.File(ctx, store.FileKey{Registry: row.Registry, Name: row.Name, Version: row.Version, File: row.File})
		stored = err == nil && now.Stored && now.Blob == row.Blob
		if assay.Is(err, assay.NotFound) {
			return nil
		}
		return err
	})
	return stored, err
}

// Open implements blob.Store.
func (f *heldFiles) Open(ctx context.Context, digest assay.Digest) (blob.Blob, error) {
	if f.held != nil && f.held.Info().Digest == digest {
		return lentBlob{f.held}, nil
	}
	return f.Store.Open(ctx, digest)
}

// lentBlob is closed by heldFiles, not by who reads it.
type lentBlob struct{ blob.Blob }

func (lentBlob) Close() error { return nil }
