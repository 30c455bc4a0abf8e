package dir

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
)

// staged is a blob being written. The fields below file belong to the writing
// goroutine; ReadAt uses file only.
type staged struct {
	store *Store
	file  *os.File // the operating system allows reading while it is written

	sum       hash.Hash
	size      int64
	broken    error // the first failure: the file may lack bytes that sum has
	committed bool
	discarded bool
}

// Stage begins a new blob in a file that only its owner may read.
func (s *Store) Stage(ctx context.Context) (blob.Staged, error) {
	const doing = "storing a file"
	if err := ctx.Err(); err != nil {
		return nil, failed(err, doing)
	}
	f, err := os.OpenFile(filepath.Join(s.staging(), rand.Text()), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, failed(err, doing)
	}
	return &staged{store: s, file: f, sum: sha256.New()}, nil
}

var (
	errCommitted = assay.Errorf(assay.Internal, "a blob was written to after its commit")
	errDiscarded = assay.Errorf(assay.Internal, "a blob was used after it was discarded")
)

// Write adds bytes. After a failure nothing more can be added or committed.
func (g *staged) Write(p []byte) (int, error) {
	switch {
	case g.discarded:
		return 0, errDiscarded
	case g.committed:
		return 0, errCommitted
	case g.broken != nil:
		return 0, g.broken
	}
	n, err := g.store.fs.Write(g.file, p)
	if err == nil && n != len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		g.broken = failed(err, "storing a file")
		return n, g.broken
	}
	g.sum.Write(p) // a hash never fails
	g.size += int64(n)
	return n, nil
}

// ReadAt reads what has been written. It may run beside Write.
func (g *staged) ReadAt(p []byte, off int64) (int, error) { return g.file.ReadAt(p, off) }

// SyscallConn and Stat let the kernel send what has been written.
func (g *staged) SyscallConn() (syscall.RawConn, error) { return g.file.SyscallConn() }
func (g *staged) Stat() (fs.FileInfo, error)            { return g.file.Stat() }

// Commit makes the blob durable, then visible, then its name durable.
func (g *staged) Commit(ctx context.Context) (blob.Info, error) {
	switch {
	case g.discarded:
		return blob.Info{}, errDiscarded
	case g.committed:
		return blob.Info{}, errCommitted
	case g.broken != nil:
		return blob.Info{}, g.broken
	}
	if err := ctx.Err(); err != nil {
		return blob.Info{}, failed(err, "storing a file")
	}
	info, err := g.commit()
	if err != nil {
		// For good: after a failed fsync the kernel may count the lost pages
		// as clean, so that a second one would succeed without them.
		g.broken = failed(err, "storing a file")
		return blob.Info{}, g.broken
	}
	g.committed = true
	return info, nil
}

func (g *staged) commit() (blob.Info, error) {
	s := g.store
	if err := s.fs.Sync(g.file); err != nil {
		return blob.Info{}, err
	}
	sum := g.sum.Sum(nil)
	at := s.locationOf(sum)
	written, err := g.install(at)
	if err != nil {
		return blob.Info{}, err
	}
	// Also when the blob was there before: whoever put it there may have
	// failed just here.
	if err := s.fs.SyncDir(filepath.Dir(at.path)); err != nil {
		return blob.Info{}, err
	}
	return infoOf(assay.NewDigest("sha256", sum), written), nil
}

// install gives the file its name and the time of its commit, under the lock
// that Delete takes.
func (g *staged) install(at location) (fs.FileInfo, error) {
	s := g.store
	s.shards[at.shard].Lock()
	defer s.shards[at.shard].Unlock()
	// The time of the last write may be hours ago, if the upstream was slow.
	if err := s.fs.Touch(g.file.Name(), s.now()); err != nil {
		return nil, err
	}
	if err := s.fs.Rename(g.file.Name(), at.path); err != nil {
		return nil, err
	}
	return g.file.Stat()
}

// Discard closes the file and, without a commit, removes it.
func (g *staged) Discard() error {
	if g.discarded {
		return nil
	}
	g.discarded = true
	err := g.file.Close()
	if !g.committed {
		// A commit that failed after its rename has taken the name away.
		if removeErr := g.store.fs.Remove(g.file.Name()); !errors.Is(removeErr, fs.ErrNotExist) {
			err = errors.Join(err, removeErr)
		}
	}
	if err != nil {
		return failed(err, "ending the storing of a file")
	}
	return nil
}
