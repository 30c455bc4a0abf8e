package keep

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/datadir"
)

// Restored is a backup that was copied and not put in place yet. It does not
// look like a data directory to a server.
type Restored struct {
	Manifest *Manifest
	Database string // path of the metadata
	Blobs    string // root of the blobs
	Log      string // root of the log's files
}

// Restoration says what is restored, and to where.
type Restoration struct {
	From string // the backup's directory
	To   string // the data directory to make: not there yet, or empty
	// Check verifies what was copied; its error keeps it from being put in
	// place.
	Check func(ctx context.Context, r Restored) error
	// Progress is told how many bytes are copied of how many; nil is not told.
	Progress func(done, total int64)
}

// Restore copies a backup, has it checked, and puts it in place in one step.
// Of one that fails nothing is left.
func Restore(ctx context.Context, r Restoration) (m *Manifest, err error) {
	root, err := os.OpenRoot(r.From)
	if err != nil {
		return nil, assay.Wrap(assay.NotFound, err, "there is no backup at %s", r.From)
	}
	defer root.Close() // it was only read
	if m, err = readManifest(root, r.From); err != nil {
		return nil, err
	}
	to, err := filepath.Abs(r.To)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the data directory %s has no absolute path", r.To)
	}
	if err := mayMake(to); err != nil {
		return nil, err
	}
	// Beside the place where it will be, so that one rename puts it there.
	staging, err := os.MkdirTemp(filepath.Dir(to), ".assay-restore-")
	if err != nil {
		return nil, onDisk(err, filepath.Dir(to))
	}
	// Nothing is there any more once it is placed.
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	if err := copyAll(ctx, root, m, staging, r.Progress); err != nil {
		return nil, err
	}
	copied := Restored{
		Manifest: m,
		Database: filepath.Join(staging, fileDatabase), Blobs: filepath.Join(staging, folderBlobs), Log: filepath.Join(staging, folderLog),
	}
	if err := r.Check(ctx, copied); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, assay.Wrap(assay.Canceled, err, "stopped before the backup was restored")
	}
	return m, place(staging, to)
}

func readManifest(root *os.Root, from string) (*Manifest, error) {
	f, err := openRegular(root, fileManifest)
	if assay.Is(err, assay.NotFound) {
		return nil, assay.Errorf(assay.Invalid, "%s is no whole backup: it has no %s, which is written last", from, fileManifest)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return nil, onDisk(err, fileManifest)
	}
	return ParseManifest(text)
}

// mayMake refuses a place where something is. A data directory is never
// restored over another: what is in that one could not be had back.
func mayMake(to string) error {
	entries, err := os.ReadDir(to)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(to)); err != nil {
			return assay.Wrap(assay.NotFound, err, "the data directory %s cannot be made: its parent does not exist; make that first, or name another with --data", to)
		}
		return nil
	case err != nil:
		return assay.Wrap(assay.Invalid, err, "%s cannot become a data directory: name another with --data", to)
	case len(entries) > 0:
		return assay.Errorf(assay.Conflict, "%s is not empty (it holds %s): a backup is restored to a new data directory only; name one with --data, or move this one away", to, entries[0].Name())
	}
	return nil
}

// openRegular opens a file of the backup. Neither a link out of it nor a pipe
// that would hold us up for ever is followed.
func openRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Lstat(filepath.FromSlash(name))
	if err != nil {
		return nil, onDisk(err, name)
	}
	if !info.Mode().IsRegular() {
		return nil, assay.Errorf(assay.Unsound, "the backup's %s is no plain file", name)
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, onDisk(err, name)
	}
	return f, nil
}

func copyAll(ctx context.Context, root *os.Root, m *Manifest, to string, progress func(done, total int64)) error {
	for _, folder := range []string{folderBlobs, folderLog} {
		if err := os.Mkdir(filepath.Join(to, folder), 0o700); err != nil {
			return onDisk(err, folder)
		}
	}
	total, done := m.Bytes(), int64(0)
	for _, file := range m.Files {
		if err := copyOne(ctx, root, file, filepath.Join(to, filepath.FromSlash(file.Path))); err != nil {
			return err
		}
		if done += file.Size; progress != nil {
			progress(done, total)
		}
	}
	return nil
}

func copyOne(ctx context.Context, root *os.Root, file File, to string) error {
	from, err := openRegular(root, file.Path)
	if assay.Is(err, assay.NotFound) {
		return assay.Errorf(assay.Unsound, "the backup does not hold, and nothing was restored: %s is missing", file.Path)
	}
	if err != nil {
		return err
	}
	defer from.Close() // it was only read
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return onDisk(err, to)
	}
	// One byte more than it may have tells a longer file from the right one,
	// and a file without end does not fill the disk.
	size, sum, err := copyFile(ctx, to, io.LimitReader(from, file.Size+1))
	if err != nil {
		return err
	}
	if size != file.Size || sum != file.SHA256 {
		return assay.Errorf(assay.Unsound, "the backup does not hold, and nothing was restored: %s has other bytes than when the backup was made", file.Path)
	}
	return nil
}

// place puts what was copied and checked where it belongs. Until the last
// step the database has a name that no server opens, so that whatever a kill
// leaves behind is no data directory.
func place(staging, to string) error {
	if err := syncFolders(staging); err != nil {
		return err
	}
	// An empty directory gives way; one that has been filled meanwhile does
	// not, and stops this.
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return onDisk(err, to)
	}
	if err := os.Rename(staging, to); err != nil {
		return onDisk(err, to)
	}
	if err := reveal(to); err != nil {
		return errors.Join(err, os.RemoveAll(to))
	}
	if _, _, err := datadir.Make(to); err != nil { // its .gitignore
		return err
	}
	return errors.Join(syncFolder(to), syncFolder(filepath.Dir(to)))
}

// reveal gives the database its name.
func reveal(to string) error {
	if err := syncFolder(filepath.Dir(to)); err != nil {
		return err
	}
	name := filepath.Join(to, fileDatabase)
	if err := os.Rename(name, filepath.Join(to, datadir.DatabaseName)); err != nil {
		return onDisk(err, name)
	}
	return nil
}
