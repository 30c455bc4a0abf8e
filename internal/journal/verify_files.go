package journal

import (
	"context"
	"crypto/sha256"
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// StoredFiles are the files whose bytes must be in the blob store.
type StoredFiles interface {
	Count(ctx context.Context) (int64, error)
	// Each calls fn for each, until it answers an error.
	Each(ctx context.Context, fn func(StoredFile) error) error
}

// StoredFile is a file as its row has it.
type StoredFile struct {
	Coordinate assay.Coordinate // with the file's name
	Digest     assay.Digest     // "sha256:..."
	Size       int64            // in bytes
}

// storedFiles reads every stored file, whole, and compares it with its row,
// and the row with the event that the file came with.
func (w *walk) storedFiles(ctx context.Context) error {
	if w.Stored == nil || w.Blobs == nil {
		return nil
	}
	return w.Stored.Each(ctx, func(f StoredFile) error {
		w.report.Files++
		subject := f.Coordinate.String()
		if err := w.bytes(ctx, subject, f); err != nil {
			return err
		}
		known, err := w.hasEvent(ctx, f)
		if err != nil {
			return err
		}
		if !known {
			w.report.add(FindingFile, subject, "no event of the log says that it came with the digest %s: the row was changed, or was never in the log", f.Digest)
		}
		w.progress(1)
		return nil
	})
}

func (w *walk) bytes(ctx context.Context, subject string, f StoredFile) error {
	b, err := w.Blobs.Open(ctx, f.Digest)
	if assay.Is(err, assay.Canceled) {
		return err
	}
	if assay.Is(err, assay.NotFound) {
		w.report.add(FindingFile, subject, "its bytes, %s, are missing", f.Digest)
		return nil
	}
	if err != nil {
		w.report.add(FindingFile, subject, "its bytes, %s, cannot be read: %s", f.Digest, assay.PublicMessage(err))
		return nil
	}
	defer b.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, canceling{ctx, b.Reader()})
	w.report.Bytes += n
	if ctx.Err() != nil {
		return assay.Wrap(assay.Canceled, ctx.Err(), "verifying %s", subject)
	}
	switch got := assay.NewDigest("sha256", hash.Sum(nil)); {
	case err != nil:
		w.report.add(FindingFile, subject, "its bytes, %s, cannot be read to their end: %v", f.Digest, err)
	case got != f.Digest:
		w.report.add(FindingFile, subject, "its bytes are %s, and its row says %s", got, f.Digest)
	case n != f.Size:
		w.report.add(FindingFile, subject, "it has %d bytes, and its row says %d", n, f.Size)
	}
	return nil
}

// canceling ends the reading of a large file when nobody waits any more.
type canceling struct {
	ctx  context.Context
	from io.Reader
}

func (c canceling) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.from.Read(p)
}

// hasEvent tells whether an event says that the file has that digest. A file
// that came after the walk began is looked up.
func (w *walk) hasEvent(ctx context.Context, f StoredFile) (bool, error) {
	at := f.Coordinate
	at.File = ""
	if w.named[at][f.Digest] {
		return true, nil
	}
	var records []store.LogRecord
	err := w.Store.View(ctx, func(tx store.Tx) error {
		about, err := tx.LogAbout(ctx, at.String(), page)
		if err != nil {
			return err
		}
		waiting, err := tx.Unsequenced(ctx, page)
		records = append(about, waiting...)
		return err
	})
	if err != nil {
		return false, err
	}
	for i := range records {
		// Those that the walk has been at are judged by what it found.
		if records[i].Index >= 0 && records[i].Index < w.size {
			continue
		}
		of, digests := digestsOf(&records[i])
		for _, d := range digests {
			if of == at && d == f.Digest {
				return true, nil
			}
		}
	}
	return false, nil
}
