package registry

import (
	"context"
	"crypto/md5"  // #nosec: Maven's old side files are asked for
	"crypto/sha1" // #nosec: so are these
	"crypto/sha512"
	"hash"
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// sumOf answers the digest of a file instead of the file. It is made of the
// bytes that are handed out, never taken from an upstream: the two could not
// differ even if the upstream's did.
func (pl *Place) sumOf(ctx context.Context, name string, f ecosystem.File, e *entry) (*ecosystem.Content, error) {
	key := store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name}
	// No file's name holds a slash, so that this is no file's key.
	asked := store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name + "/" + f.Sum}
	if known, ok := pl.s.hot.get(asked); ok {
		if content, ok := known.content(); ok {
			return content, nil
		}
	}
	row, err := pl.fetched(ctx, key, name, f, e)
	if err != nil {
		return nil, err
	}
	sum := ""
	for _, d := range row.Digests {
		if d.Algorithm() == f.Sum {
			sum = d.Value()
		}
	}
	if sum == "" {
		if sum, err = pl.sum(ctx, row, f.Sum); err != nil {
			return nil, err
		}
	}
	row.Size = int64(len(sum))
	known := newHotFile(row)
	known.etag, known.body = `"`+sum+`"`, []byte(sum)
	known.header.Set("Etag", known.etag)
	pl.s.hot.put(asked, known, known.cost())
	content, _ := known.content() // what lies in memory is never closed
	return content, nil
}

// fetched returns the row of a file whose bytes are here, pulling it through
// first where they are not.
func (pl *Place) fetched(ctx context.Context, key store.FileKey, name string, f ecosystem.File, e *entry) (store.File, error) {
	row, err := pl.stored(ctx, key)
	if err != nil && !assay.Is(err, assay.NotFound) {
		return row, err
	}
	if err == nil && row.Stored {
		if _, err := pl.s.cfg.Blobs.Stat(ctx, row.Blob); err == nil {
			return row, nil
		} else if !assay.Is(err, assay.NotFound) {
			return row, err
		}
	}
	t, err := pl.join(name, f, e)
	if err != nil {
		return row, err
	}
	defer t.Leave()
	if err := t.Wait(ctx); err != nil {
		return row, err
	}
	return pl.stored(ctx, key)
}

// sum computes a digest of a stored file and keeps it, so that it is computed
// once.
func (pl *Place) sum(ctx context.Context, row store.File, algorithm string) (string, error) {
	var h hash.Hash
	switch algorithm {
	case "md5":
		h = md5.New()
	case "sha1":
		h = sha1.New()
	case "sha256":
		return row.Blob.Value(), nil // files are stored by it
	case "sha512":
		h = sha512.New()
	default:
		return "", assay.Errorf(assay.NotFound, "no digest by %s is made here: ask for md5, sha1, sha256 or sha512", ecosystem.Printable(algorithm))
	}
	b, err := pl.s.cfg.Blobs.Open(ctx, row.Blob)
	if err != nil {
		return "", err
	}
	defer b.Close()
	if _, err := io.Copy(h, b.Reader()); err != nil {
		return "", assay.Wrap(assay.Internal, err, "reading the stored file %s", row.File)
	}
	d := assay.NewDigest(algorithm, h.Sum(nil))
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		now, err := tx.File(ctx, store.FileKey{Registry: row.Registry, Name: row.Name, Version: row.Version, File: row.File})
		if err != nil || now.Blob != row.Blob {
			return err
		}
		for _, known := range now.Digests {
			if known == d {
				return nil
			}
		}
		now.Digests = append(now.Digests, d)
		return tx.PutFile(ctx, now)
	})
	if err != nil {
		// The answer is right all the same; it is computed again next time.
		pl.s.log.Warn("a computed digest could not be kept", "registry", pl.name, "file", row.File, "error", err.Error())
	}
	return d.Value(), nil
}
