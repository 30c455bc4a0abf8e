package keep

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

// forgetEvicted notes in the copied database that pulled-through files were
// evicted, as the server has done since the copy: a full cache under load
// drops files faster than they are copied, and the backup would never end. It
// answers false, and changes nothing, where the blob's absence has another
// reason: a file that is hosted here, a document, or one that the server
// still has.
func (b *writing) forgetEvicted(ctx context.Context, copied *sqlite.Store, blob assay.Digest) (forgotten bool, err error) {
	inUse := false
	err = b.Store.View(ctx, func(tx store.Tx) (err error) {
		inUse, err = tx.BlobInUse(ctx, blob)
		return err
	})
	if err != nil || inUse {
		return false, err
	}
	if b.files == nil {
		b.files = map[assay.Digest][]store.File{}
		err := copied.EachStoredFile(ctx, func(f store.File) error {
			b.files[f.Blob] = append(b.files[f.Blob], f)
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	for _, f := range b.files[blob] {
		if f.Origin == "" {
			return false, nil
		}
	}
	err = copied.Update(ctx, func(tx store.Tx) error {
		forgotten = false
		for _, of := range b.files[blob] {
			f, err := tx.File(ctx, store.FileKey{Registry: of.Registry, Name: of.Name, Version: of.Version, File: of.File})
			if err != nil {
				return err
			}
			f.Stored = false
			if err := tx.PutFile(ctx, f); err != nil {
				return err
			}
		}
		document, err := tx.BlobInUse(ctx, blob)
		if err == nil && document {
			return errDocument
		}
		forgotten = err == nil
		return err
	})
	if err == errDocument {
		return false, nil
	}
	return forgotten, err
}

// errDocument takes the transaction back: an upstream's document is replaced,
// not evicted, and the next copy of the database knows the new one.
var errDocument = assay.Errorf(assay.Conflict, "a document refers to the blob")
