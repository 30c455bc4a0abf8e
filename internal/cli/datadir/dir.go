// Package datadir owns the data directory: the one place where Assay keeps
// its database, its files and its keys.
//
// What lies in it:
//
//	.gitignore   holds "*": a data directory inside a project is never committed
//	lock         held exclusively (flock) by the one process that works on it
//	assay.sock   the socket of a running server, 0600
//	assay.db     metadata (and the files SQLite keeps beside it)
//	advisories/  the last good answers of sources of advisories; safe to delete
//	blobs/       bytes by digest
//	log/         the transparency log's files
//	log-key      the key that signs it, 0600
//
// It promises that the directory is entered by its owner alone (0700): whoever
// can open it is administrator, so a directory that others can enter is
// refused rather than repaired, because what they may have put there already
// cannot be told from what is ours. It promises that one process at a time
// holds the lock, and that the lock ends with the process however that ends.
// A socket which a killed server left behind is removed by the next holder.
//
// It never reads or writes the database or the blobs, and never removes
// anything but a dead socket.
package datadir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"assay.invalid/internal/assay"
)

// Dir is a data directory that exists and that nobody else can enter.
type Dir struct {
	path string // absolute
}

// Make opens the data directory, making it if there is none; made tells
// whether it did. Errors are Forbidden when others can enter it, Invalid when
// the path is no directory, or a directory of something else.
func Make(path string) (dir *Dir, made bool, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, false, assay.Wrap(assay.Internal, err, "the data directory %s has no absolute path", path)
	}
	err = os.Mkdir(abs, 0o700)
	switch {
	case err == nil:
		made = true
	case errors.Is(err, fs.ErrExist):
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, assay.Errorf(assay.NotFound,
			"the data directory %s cannot be made: its parent does not exist; make that first, or name another with --data", abs)
	default:
		return nil, false, assay.Wrap(assay.Forbidden, err,
			"the data directory %s cannot be made; name another with --data", abs)
	}
	dir, err = Open(abs)
	if err != nil {
		return nil, false, err
	}
	if err := dir.ignoreAll(); err != nil {
		return nil, false, err
	}
	return dir, made, nil
}

// Open opens a data directory that must exist already: NotFound otherwise.
// Other errors are those of Make.
func Open(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the data directory %s has no absolute path", path)
	}
	info, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, assay.Errorf(assay.NotFound,
			"there is no data directory at %s: start one with 'assay serve', or name yours with --data or ASSAY_DATA", abs)
	case err != nil:
		return nil, assay.Wrap(assay.Forbidden, err, "the data directory %s cannot be read", abs)
	case !info.IsDir():
		return nil, assay.Errorf(assay.Invalid, "%s is not a directory: name a data directory with --data or ASSAY_DATA", abs)
	}
	if err := private(abs, info); err != nil {
		return nil, err
	}
	dir := &Dir{path: abs}
	// Here too: a question must not put a database into a backup, or into
	// anything else, which a server would then take for a data directory.
	if err := dir.ours(); err != nil {
		return nil, err
	}
	return dir, nil
}

// private refuses a directory that anyone else can enter or owns. Another
// user's directory could hold a planted database, socket or lock; one that
// is open to others hands them the administrator's socket and the keys.
func private(path string, info fs.FileInfo) error {
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return assay.Errorf(assay.Forbidden,
			"the data directory %s belongs to user %d and this is user %d: run the command as its owner, or name another with --data",
			path, owner.Uid, os.Geteuid())
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return assay.Errorf(assay.Forbidden,
			"others can enter the data directory %s (mode %04o), and whoever can is administrator of Assay: close it with 'chmod 700 %s' if you trust what is in it, or name another with --data",
			path, info.Mode().Perm(), path)
	}
	return nil
}

// ours refuses to settle in a directory of something else, such as a project
// or a home, which our .gitignore would hide from version control. One that
// holds a database is ours, whatever lies beside it; lost+found stands in
// every volume of its own.
func (d *Dir) ours() error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return assay.Wrap(assay.Forbidden, err, "the data directory %s cannot be read", d.path)
	}
	own := []string{".gitignore", "lock", "assay.sock", "blobs", "lost+found"}
	stranger := ""
	for _, e := range entries {
		switch name := e.Name(); {
		case name == filepath.Base(d.Database()):
			return nil
		case !slices.Contains(own, name):
			stranger = name
		}
	}
	if stranger == "" {
		return nil
	}
	return assay.Errorf(assay.Invalid,
		"%s is not empty and no data directory of Assay (it holds %s): name a new or empty one with --data", d.path, stranger)
}

// ignoreAll keeps the directory out of version control.
func (d *Dir) ignoreAll() error {
	name := filepath.Join(d.path, ".gitignore")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return writing(err, name)
	}
	if _, err := f.WriteString("*\n"); err != nil {
		f.Close()
		return writing(err, name)
	}
	if err := f.Close(); err != nil {
		return writing(err, name)
	}
	return nil
}

// Path returns the directory's absolute path.
func (d *Dir) Path() string { return d.path }

// Database returns the path of the metadata database.
func (d *Dir) Database() string { return filepath.Join(d.path, DatabaseName) }

// DatabaseName is the file's name in the directory. It is what makes a
// directory one of Assay's.
const DatabaseName = "assay.db"

// Blobs returns the root of the blob store.
func (d *Dir) Blobs() string { return filepath.Join(d.path, "blobs") }

// Log returns the root of the transparency log's files.
func (d *Dir) Log() string { return filepath.Join(d.path, "log") }

// LogKey returns the path of the key that the transparency log is signed with.
func (d *Dir) LogKey() string { return filepath.Join(d.path, "log-key") }

func (d *Dir) socket() string { return filepath.Join(d.path, "assay.sock") }

func (d *Dir) lockFile() string { return filepath.Join(d.path, "lock") }

// writing says what could not be written, and tells a full disk apart.
func writing(err error, name string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return assay.Wrap(assay.Exhausted, err, "there is no room left to write %s: free some, then try again", name)
	}
	return assay.Wrap(assay.Forbidden, err, "%s cannot be written", name)
}
