package keep

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

// Source is the data directory that is backed up. It may be in use.
type Source struct {
	Path  string // of the data directory
	Store *sqlite.Store
	Blobs blob.Store
	// BlobFiles is the root under which a blob lies at sha256/ab/abcdef...,
	// where it can be linked instead of copied.
	BlobFiles string
	Log       journal.Files
	LogKey    string // path of the signing key; "" leaves it out
	Instance  string
	Now       func() time.Time
	// Progress is told how many blobs are done of how many; nil is not told.
	Progress func(done, total int64)
	// Journal gets what the copied database logs when it is opened.
	Journal *slog.Logger
}

// attempts bounds how often the copy begins anew because the server went on
// between two steps: it replaced a document that the copied database refers to,
// or has not signed its first checkpoint yet.
const attempts = 5

func pause(ctx context.Context) error {
	timer := time.NewTimer(100 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, ctx.Err(), "stopped before the backup was finished")
	case <-timer.C:
		return nil
	}
}

// Backup writes a backup to a directory that is empty or not there. Of one
// that fails nothing is left.
func Backup(ctx context.Context, from Source, to string) (m *Manifest, err error) {
	made, err := makeEmpty(from.Path, to)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, clear(to, made))
		}
	}()
	b := &writing{Source: from, to: to, here: map[string]bool{}}
	for try := 1; ; try++ {
		m, err = b.attempt(ctx)
		var moved *movedOn
		if !errors.As(err, &moved) {
			return m, err
		}
		if try == attempts {
			return nil, moved.fault
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
		if err := os.Remove(filepath.Join(to, fileDatabase)); err != nil {
			return nil, onDisk(err, fileDatabase)
		}
	}
}

// makeEmpty makes the backup's directory; made tells whether it did.
func makeEmpty(data, to string) (made bool, err error) {
	if !filepath.IsAbs(to) {
		return false, assay.Errorf(assay.Invalid, "the backup's directory %q is no absolute path", to)
	}
	// A backup inside the data directory would go down with it.
	if inside(data, to) {
		return false, assay.Errorf(assay.Invalid, "the backup cannot lie inside the data directory %s: name a directory elsewhere, best on another disk", data)
	}
	err = os.Mkdir(to, 0o700)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, os.ErrNotExist):
		return false, assay.Errorf(assay.NotFound, "%s cannot be made: its parent does not exist; make that first", to)
	case !errors.Is(err, os.ErrExist):
		return false, onDisk(err, to)
	}
	entries, err := os.ReadDir(to)
	if err != nil {
		return false, assay.Wrap(assay.Invalid, err, "%s is no directory for a backup", to)
	}
	if len(entries) > 0 {
		return false, assay.Errorf(assay.Conflict, "%s is not empty (it holds %s): a backup is written to a new or empty directory", to, entries[0].Name())
	}
	return false, nil
}

// inside tells whether path lies in dir, through links too.
func inside(dir, path string) bool {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if real, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(real, filepath.Base(path))
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// clear removes what was written, and the directory if it was made here.
func clear(to string, made bool) error {
	if made {
		return os.RemoveAll(to)
	}
	// The manifest first: without it the rest is no backup.
	var errs []error
	for _, name := range []string{fileManifest, fileManifest + ".new", fileDatabase, fileDatabase + "-wal", fileDatabase + "-shm", fileKey, folderLog, folderBlobs} {
		errs = append(errs, os.RemoveAll(filepath.Join(to, name)))
	}
	return errors.Join(errs...)
}

// writing is a backup under way.
type writing struct {
	Source
	to   string
	here map[string]bool // digests of the blobs that are in it already
	// files are the stored ones of the database that is being filled in, by
	// blob; nil until one is asked for.
	files map[assay.Digest][]store.File
}

// movedOn says that the parts do not fit together, which another attempt may
// mend; fault is what it is if none does.
type movedOn struct{ fault error }

func (e *movedOn) Error() string { return e.fault.Error() }

func missingBlob(digest assay.Digest, cause error) error {
	return &movedOn{assay.Wrap(assay.Unsound, cause,
		"the database refers to the blob %s, which is not in the blob store: run assay log verify, which says what it belongs to", digest)}
}

func (b *writing) attempt(ctx context.Context) (*Manifest, error) {
	// The checkpoint before the database: a log that grows meanwhile must not
	// run ahead of it.
	head, err := readHead(ctx, b.Log)
	if err != nil {
		return nil, err
	}
	database := filepath.Join(b.to, fileDatabase)
	if err := b.Store.BackupTo(ctx, database); err != nil {
		return nil, err
	}
	m := &Manifest{Format: Format, Created: b.Now().UTC().Truncate(time.Second), Instance: b.Instance, WithKey: b.LogKey != ""}
	files, err := b.contents(ctx, database, head, m)
	if err != nil {
		return nil, err
	}
	if m.WithKey {
		f, err := os.Open(b.LogKey)
		if err != nil {
			return nil, assay.Wrap(assay.NotFound, err, "the log's signing key %s cannot be read", b.LogKey)
		}
		_, _, err = copyFile(ctx, filepath.Join(b.to, fileKey), f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		files = append(files, fileKey)
	}
	// After the database was closed, which may write to it.
	for _, name := range append([]string{fileDatabase}, files...) {
		file, err := digestFile(ctx, b.to, name)
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, file)
	}
	return m, b.seal(m)
}

// contents brings in what the copied database refers to, and returns the
// names of the log's files.
func (b *writing) contents(ctx context.Context, database string, head head, m *Manifest) (files []string, err error) {
	copied, err := sqlite.Open(ctx, database, b.Journal)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	b.files = nil
	refs, err := copied.BlobRefs(ctx)
	if err != nil {
		return nil, err
	}
	for i, ref := range refs {
		err := b.blob(ctx, ref)
		var moved *movedOn
		if errors.As(err, &moved) {
			forgotten, forgetting := b.forgetEvicted(ctx, copied, ref.Digest)
			if forgetting != nil {
				return nil, forgetting
			}
			if forgotten {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, File{Path: blobPath(ref.Digest.Value()), Size: ref.Size, SHA256: ref.Digest.Value()})
		if b.Progress != nil {
			b.Progress(int64(i+1), int64(len(refs)))
		}
	}
	err = copied.View(ctx, func(tx store.Tx) (err error) {
		if m.Entries, err = tx.LogSize(ctx); err != nil {
			return err
		}
		origin, err := optional(tx.Setting(ctx, "log-origin"))
		if err != nil {
			return err
		}
		key, err := optional(tx.Setting(ctx, "log-key"))
		m.Origin, m.Key = string(origin), string(key)
		return err
	})
	if err != nil {
		return nil, err
	}
	if m.Covered = head.size; m.Entries > 0 && m.Covered == 0 {
		return nil, &movedOn{assay.Errorf(assay.Unsound, "the log has %d entries and no checkpoint: run assay log verify", m.Entries)}
	}
	return writeLog(ctx, copied, head, filepath.Join(b.to, folderLog))
}

func optional(value []byte, err error) ([]byte, error) {
	if assay.Is(err, assay.NotFound) {
		return nil, nil
	}
	return value, err
}

// blob brings one blob in: as a link where both lie on one disk, because
// blobs never change, else as a copy that is checked.
func (b *writing) blob(ctx context.Context, ref sqlite.BlobRef) error {
	sum := ref.Digest.Value()
	if ref.Digest.Algorithm() != "sha256" || !digest.MatchString(sum) {
		return assay.Errorf(assay.Unsound, "the database refers to a blob by %q, which is no name of one: run assay log verify", ref.Digest)
	}
	if b.here[sum] {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return assay.Wrap(assay.Canceled, err, "stopped before the backup was finished")
	}
	to := filepath.Join(b.to, filepath.FromSlash(blobPath(sum)))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return onDisk(err, to)
	}
	linked := os.Link(filepath.Join(b.BlobFiles, "sha256", sum[:2], sum), to)
	switch {
	case errors.Is(linked, os.ErrNotExist):
		return missingBlob(ref.Digest, linked)
	case linked != nil:
		if err := b.copyBlob(ctx, ref, to); err != nil {
			return err
		}
	}
	info, err := os.Lstat(to)
	if err != nil {
		return onDisk(err, to)
	}
	if !info.Mode().IsRegular() || info.Size() != ref.Size {
		return assay.Errorf(assay.Unsound, "the blob %s has %d bytes, and the database says %d: run assay log verify", ref.Digest, info.Size(), ref.Size)
	}
	b.here[sum] = true
	return nil
}

func (b *writing) copyBlob(ctx context.Context, ref sqlite.BlobRef, to string) error {
	from, err := b.Blobs.Open(ctx, ref.Digest)
	if assay.Is(err, assay.NotFound) {
		return missingBlob(ref.Digest, err)
	}
	if err != nil {
		return err
	}
	defer from.Close() // it was only read
	_, sum, err := copyFile(ctx, to, io.NewSectionReader(from, 0, from.Info().Size))
	if err != nil {
		return err
	}
	if sum != ref.Digest.Value() {
		return assay.Errorf(assay.Unsound, "the blob %s has other bytes on the disk than its name says: run assay log verify", ref.Digest)
	}
	return nil
}

// seal writes the manifest, after all that it names is durable.
func (b *writing) seal(m *Manifest) error {
	if err := b.dropStrays(m); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the backup's manifest cannot be written as JSON")
	}
	if err := syncFolders(b.to); err != nil {
		return err
	}
	fresh, name := filepath.Join(b.to, fileManifest+".new"), filepath.Join(b.to, fileManifest)
	if _, _, err := copyFile(context.Background(), fresh, strings.NewReader(string(text)+"\n")); err != nil {
		return err
	}
	if err := os.Rename(fresh, name); err != nil {
		return onDisk(err, name)
	}
	return errors.Join(syncFolder(b.to), syncFolder(filepath.Dir(b.to)))
}

// dropStrays removes the blobs that only an earlier attempt needed.
func (b *writing) dropStrays(m *Manifest) error {
	needed := make(map[string]bool, len(m.Files))
	for _, f := range m.Files {
		needed[f.Path] = true
	}
	for sum := range b.here {
		if name := blobPath(sum); !needed[name] {
			if err := os.Remove(filepath.Join(b.to, filepath.FromSlash(name))); err != nil {
				return onDisk(err, name)
			}
		}
	}
	return nil
}
