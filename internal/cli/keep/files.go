package keep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"assay.invalid/internal/assay"
)

// copyFile copies from's content to a new file, durably, and returns its
// size and SHA-256.
func copyFile(ctx context.Context, to string, from io.Reader) (size int64, sum string, err error) {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", onDisk(err, to)
	}
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, hash), canceling{ctx, from})
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, "", onDisk(err, to)
	}
	return size, hex.EncodeToString(hash.Sum(nil)), nil
}

// digestFile reads a file of ours again.
func digestFile(ctx context.Context, root, name string) (File, error) {
	f, err := os.Open(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return File{}, onDisk(err, name)
	}
	defer f.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, canceling{ctx, f})
	if err != nil {
		return File{}, onDisk(err, name)
	}
	return File{Path: name, Size: size, SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}

// canceling ends the copying of a large file when nobody waits any more.
type canceling struct {
	ctx  context.Context
	from io.Reader
}

func (c canceling) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, assay.Wrap(assay.Canceled, err, "stopped before it was finished")
	}
	return c.from.Read(p)
}

// syncFolders makes the names in a folder, and in all below it, durable.
func syncFolders(root string) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return onDisk(err, name)
		}
		if !entry.IsDir() {
			return nil
		}
		return syncFolder(name)
	})
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return onDisk(err, name)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return onDisk(err, name)
	}
	return nil
}

// onDisk gives an error of the file system its kind.
func onDisk(err error, name string) error {
	var known *assay.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return assay.Wrap(assay.Exhausted, err, "there is no room left to write %s: free some, then try again", name)
	case errors.Is(err, fs.ErrNotExist):
		return assay.Wrap(assay.NotFound, err, "%s is missing", name)
	case errors.Is(err, fs.ErrPermission):
		return assay.Wrap(assay.Forbidden, err, "%s cannot be read or written", name)
	}
	return assay.Wrap(assay.Internal, err, "%s cannot be read or written", name)
}
