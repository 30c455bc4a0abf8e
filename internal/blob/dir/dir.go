package dir

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
)

// Config sets up a Store. The zero value is what serves.
type Config struct {
	// Filesystem replaces operations on the disk, for tests.
	Filesystem Filesystem
	// Now is the clock; nil is the machine's.
	Now func() time.Time
}

// Store keeps blobs in a directory. It is safe for concurrent use; it holds
// no open file of its own and needs no Close.
type Store struct {
	root string
	fs   Filesystem
	now  func() time.Time

	// shards guard the time and existence of each blob, by the first byte of
	// its digest: a Delete that has seen an old time must not remove what a
	// Commit has renewed since.
	shards [256]sync.Mutex
}

var _ blob.Store = (*Store)(nil)

// Open makes the directory ready, and removes the files that a killed process
// has left in staging. The caller holds the lock on the data directory.
func Open(root string, cfg Config) (*Store, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, failed(err, "finding the blob directory")
	}
	s := &Store{root: root, fs: cfg.Filesystem.withDefaults(), now: cfg.Now}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.prepare(); err != nil {
		return nil, failed(err, "preparing the blob directory")
	}
	return s, nil
}

func (s *Store) prepare() error {
	blobs := filepath.Join(s.root, "sha256")
	for _, path := range []string{blobs, s.staging()} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
	}
	for i := range len(s.shards) {
		if err := os.Mkdir(filepath.Join(blobs, fmt.Sprintf("%02x", i)), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	// Always, not only when something was made: the process that made it may
	// have been killed before this.
	for _, path := range []string{blobs, s.root, filepath.Dir(s.root)} {
		if err := s.fs.SyncDir(path); err != nil {
			return err
		}
	}
	left, err := os.ReadDir(s.staging())
	if err != nil {
		return err
	}
	for _, entry := range left {
		if !entry.Type().IsRegular() {
			continue // not ours
		}
		if err := s.fs.Remove(filepath.Join(s.staging(), entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *Store) staging() string { return filepath.Join(s.root, "tmp") }

// location is where a blob lies.
type location struct {
	path  string
	shard byte
}

func (s *Store) locationOf(sum []byte) location {
	name := hex.EncodeToString(sum)
	return location{path: filepath.Join(s.root, "sha256", name[:2], name), shard: sum[0]}
}

// locate finds where a digest's blob lies. Digests come from requests and from
// upstreams' documents: whatever is not exactly "sha256:" and 64 lower-case
// hexadecimal digits is refused, so that none can name a path outside, nor
// one blob have two names.
func (s *Store) locate(digest assay.Digest) (location, error) {
	if digest.Algorithm() == "sha256" {
		if sum, err := hex.DecodeString(digest.Value()); err == nil && len(sum) == 32 && assay.NewDigest("sha256", sum) == digest {
			return s.locationOf(sum), nil
		}
	}
	return location{}, assay.Errorf(assay.Invalid, "%q is not the name of a blob: blobs are named sha256: and 64 lower-case hexadecimal digits", digest)
}

// Open opens a blob for reading.
func (s *Store) Open(ctx context.Context, digest assay.Digest) (blob.Blob, error) {
	at, err := s.locate(digest)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, failed(err, "opening a blob")
	}
	f, err := os.Open(at.path)
	if err != nil {
		return nil, missingOr(err, digest, "opening a blob")
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		f.Close()
		return nil, missingOr(err, digest, "opening a blob")
	}
	return &opened{file: f, info: infoOf(digest, info)}, nil
}

// Stat describes a blob.
func (s *Store) Stat(ctx context.Context, digest assay.Digest) (blob.Info, error) {
	at, err := s.locate(digest)
	if err != nil {
		return blob.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, failed(err, "looking for a blob")
	}
	info, err := os.Lstat(at.path)
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return blob.Info{}, missingOr(err, digest, "looking for a blob")
	}
	return infoOf(digest, info), nil
}

// Delete removes a blob that was last committed before the given time. The
// removal need not survive a crash: what comes back is a whole blob, which
// garbage collection finds again.
func (s *Store) Delete(ctx context.Context, digest assay.Digest, committedBefore time.Time) error {
	at, err := s.locate(digest)
	if err != nil {
		return err
	}
	s.shards[at.shard].Lock()
	defer s.shards[at.shard].Unlock()
	info, err := s.Stat(ctx, digest)
	if assay.Is(err, assay.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Committed.Before(committedBefore) {
		return assay.Errorf(assay.Conflict, "the blob %s was committed at %s, too lately to be removed", digest, info.Committed.Format(time.RFC3339))
	}
	if err := s.fs.Remove(at.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed(err, "removing a blob")
	}
	return nil
}

// Walk calls fn for every blob; one that comes or goes meanwhile may be told
// or not. fn may use the store.
func (s *Store) Walk(ctx context.Context, fn func(blob.Info) error) error {
	for shard := range len(s.shards) {
		if err := s.walkShard(ctx, filepath.Join(s.root, "sha256", fmt.Sprintf("%02x", shard)), fn); err != nil {
			return err
		}
	}
	return nil
}

// walkBatch is how many names Walk holds in memory at a time.
const walkBatch = 1024

func (s *Store) walkShard(ctx context.Context, path string, fn func(blob.Info) error) error {
	const doing = "walking over the blobs"
	d, err := os.Open(path)
	if err != nil {
		return failed(err, doing)
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(walkBatch)
		for _, entry := range entries {
			if err := ctx.Err(); err != nil {
				return failed(err, doing)
			}
			digest := assay.Digest("sha256:" + entry.Name())
			at, err := s.locate(digest)
			if err != nil || filepath.Dir(at.path) != path || !entry.Type().IsRegular() {
				continue // not a blob of ours
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // deleted since it was listed
			}
			if err != nil {
				return failed(err, doing)
			}
			if err := fn(infoOf(digest, info)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return failed(err, doing)
		}
	}
}

func infoOf(digest assay.Digest, info fs.FileInfo) blob.Info {
	return blob.Info{Digest: digest, Size: info.Size(), Committed: info.ModTime().UTC()}
}

// opened is an open blob.
type opened struct {
	file *os.File
	info blob.Info
}

func (o *opened) ReadAt(p []byte, off int64) (int, error) { return o.file.ReadAt(p, off) }
func (o *opened) Close() error                            { return o.file.Close() }
func (o *opened) Info() blob.Info                         { return o.info }

// SyscallConn and Stat let the kernel send parts of the file to many readers.
func (o *opened) SyscallConn() (syscall.RawConn, error) { return o.file.SyscallConn() }
func (o *opened) Stat() (fs.FileInfo, error)            { return o.file.Stat() }

// Reader returns the file itself, so that the kernel can send it.
func (o *opened) Reader() io.ReadSeeker { return o.file }

// failed gives an error of the operating system its kind. Messages carry no
// path: they may be shown to a remote asker.
func failed(err error, doing string) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return assay.Wrap(assay.Canceled, err, "%s: the request was given up", doing)
	case errors.Is(err, syscall.ENOSPC):
		return assay.Wrap(assay.Exhausted, err, "%s failed: the disk of the data directory is full; free some space and try again", doing)
	case errors.Is(err, syscall.EDQUOT):
		return assay.Wrap(assay.Exhausted, err, "%s failed: the disk quota of the data directory is used up; free some space or raise the quota, and try again", doing)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return assay.Wrap(assay.Exhausted, err, "%s failed: too many files are open; try again soon, or raise the limit on open files (ulimit -n)", doing)
	case errors.Is(err, fs.ErrPermission):
		return assay.Wrap(assay.Internal, err, "%s failed: Assay may not use its data directory; check its owner and permissions", doing)
	}
	return assay.Wrap(assay.Internal, err, "%s failed", doing)
}

// missingOr tells an absent blob from other failures.
func missingOr(err error, digest assay.Digest, doing string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return assay.Wrap(assay.NotFound, err, "there is no blob %s", digest)
	}
	return failed(err, doing)
}
