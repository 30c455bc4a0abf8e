package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"

	"assay.invalid/internal/assay"
)

// Directory keeps the files of the log in a directory of the local disk,
// which any static file server can serve. A file is written beside its place
// in tmp/, fsynced, renamed, and its folder fsynced. Files have mode 0600,
// folders 0700.
type Directory struct {
	root *os.Root
}

var _ Files = (*Directory)(nil)

const staging = "tmp"

// OpenDirectory opens or makes the directory and removes what a killed
// process left half written. Close must be called.
func OpenDirectory(name string) (*Directory, error) {
	if err := os.MkdirAll(name, 0o700); err != nil {
		return nil, onDisk(err, "making the log's directory %s", name)
	}
	// os.Root keeps every path below the directory, through symbolic links
	// too.
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, onDisk(err, "opening the log's directory %s", name)
	}
	d := &Directory{root: root}
	err = root.RemoveAll(staging)
	if err == nil {
		err = root.Mkdir(staging, 0o700)
	}
	if err == nil {
		err = d.sync(".")
	}
	if err != nil {
		_ = root.Close() // nothing was written through it
		return nil, onDisk(err, "preparing the log's directory %s", name)
	}
	return d, nil
}

// Close gives the directory back.
func (d *Directory) Close() error { return d.root.Close() }

// Put implements Files.
func (d *Directory) Put(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return assay.Wrap(assay.Canceled, err, "writing the log's file %s", name)
	}
	temporary := path.Join(staging, rand.Text())
	if err := d.write(temporary, data); err != nil {
		_ = d.root.Remove(temporary) // the next start removes it too
		return onDisk(err, "writing the log's file %s", name)
	}
	err := d.root.Rename(temporary, name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = d.makeFolder(path.Dir(name)); err == nil {
			err = d.root.Rename(temporary, name)
		}
	}
	if err == nil {
		err = d.sync(path.Dir(name))
	} else {
		_ = d.root.Remove(temporary)
	}
	if err != nil {
		return onDisk(err, "putting the log's file %s in its place", name)
	}
	return nil
}

func (d *Directory) write(name string, data []byte) error {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// makeFolder makes a folder and those above it, each name durable before
// anything is put below it.
func (d *Directory) makeFolder(name string) error {
	if name == "." {
		return nil
	}
	err := d.root.Mkdir(name, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		if err = d.makeFolder(path.Dir(name)); err == nil {
			err = d.root.Mkdir(name, 0o700)
		}
	}
	// Another writer may have made it, and may not have synced it yet.
	if err == nil || errors.Is(err, fs.ErrExist) {
		err = d.sync(path.Dir(name))
	}
	return err
}

func (d *Directory) sync(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// Get implements Files.
func (d *Directory) Get(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, assay.Wrap(assay.Canceled, err, "reading the log's file %s", name)
	}
	data, err := d.root.ReadFile(name)
	if err != nil {
		return nil, onDisk(err, "reading the log's file %s", name)
	}
	return data, nil
}

// Drop implements Files.
func (d *Directory) Drop(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return assay.Wrap(assay.Canceled, err, "removing the log's file %s", name)
	}
	if err := d.root.RemoveAll(name); err != nil {
		return onDisk(err, "removing the log's file %s", name)
	}
	return nil
}

// onDisk gives an error of the file system its kind.
func onDisk(err error, format string, args ...any) error {
	kind := assay.Internal
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = assay.NotFound
	case errors.Is(err, syscall.ENOSPC):
		kind = assay.Exhausted
	}
	return assay.Wrap(kind, err, format, args...)
}
