package journal

import "context"

// Files keeps the files of the log, under slash-separated relative paths.
type Files interface {
	// Put makes a file, or replaces it, in one step: a reader sees the old
	// bytes or the new, and the new are durable when Put returns nil. A full
	// disk is assay.Exhausted.
	Put(ctx context.Context, path string, data []byte) error
	// Get returns a file's bytes, or NotFound.
	Get(ctx context.Context, path string) ([]byte, error)
	// Drop removes a file, or a folder with all that lies in it. What is not
	// there is no error.
	Drop(ctx context.Context, path string) error
}

// The files that are no tiles.
const (
	fileCheckpoint = "checkpoint"
	fileCosigned   = "checkpoint.cosigned"
)
