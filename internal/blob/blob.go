// Package blob is the contract for bytes: content-addressed by SHA-256,
// written once, never changed. blob/dir keeps them in a directory;
// blob/blobtest is the suite that every implementation passes.
package blob

import (
	"context"
	"io"
	"time"

	"assay.invalid/internal/assay"
)

// Store keeps blobs.
type Store interface {
	// Stage begins a new blob. Nothing of it can be opened before Commit.
	Stage(ctx context.Context) (Staged, error)
	// Open opens a blob for reading, or answers NotFound.
	Open(ctx context.Context, digest assay.Digest) (Blob, error)
	// Stat answers NotFound for what is not there.
	Stat(ctx context.Context, digest assay.Digest) (Info, error)
	// Delete removes a blob that was last committed before the given time;
	// a younger one answers Conflict (it may just have been put again). What
	// is not there is no error. Open readers keep reading.
	Delete(ctx context.Context, digest assay.Digest, committedBefore time.Time) error
	// Walk calls fn for every blob, in no order.
	Walk(ctx context.Context, fn func(Info) error) error
}

// Info describes a stored blob.
type Info struct {
	Digest    assay.Digest // "sha256:..."
	Size      int64
	Committed time.Time // last commit of these bytes: an existing blob is renewed
}

// Staged is a blob being written by one goroutine, while others may read
// what has been written through ReadAt. A full disk is assay.Exhausted.
type Staged interface {
	io.Writer
	io.ReaderAt
	// Commit makes the blob durable and visible, and returns its digest. A
	// blob that exists already is renewed. After Commit, ReadAt goes on to
	// work until Discard.
	Commit(ctx context.Context) (Info, error)
	// Discard frees what staging holds. Without a Commit before, nothing is
	// left. It must be called, once, always.
	Discard() error
}

// Blob is an open blob.
type Blob interface {
	io.ReaderAt
	io.Closer
	Info() Info
	// Reader returns the content for serving, as an *os.File where the bytes
	// lie in one, so that the kernel can send it. One goroutine at a time.
	Reader() io.ReadSeeker
}
