package datadir

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"assay.invalid/internal/assay"
)

// maxSocketPath is the longest path, in bytes, that is bound or dialled as it
// stands. The kernels' own limits are 107 (Linux) and 103 (BSD, macOS).
const maxSocketPath = 100

// Listen opens the socket for the holder of the lock. A file in its place is
// a dead server's (the lock proves that no other is alive) and is removed.
// Closing the listener removes the socket.
func (l *Lock) Listen() (net.Listener, error) {
	name := l.dir.socket()
	if err := removeSocket(name); err != nil {
		return nil, err
	}
	short, done, err := shortPath(l.dir.path)
	if err != nil {
		return nil, err
	}
	defer done()
	inner, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, writing(err, name)
	}
	// The listener knows only the short path, which is gone by then.
	inner.SetUnlinkOnClose(false)
	// The directory alone keeps others out; the mode says so again.
	if err := os.Chmod(name, 0o600); err != nil {
		inner.Close()
		os.Remove(name)
		return nil, writing(err, name)
	}
	return &listener{Listener: inner, name: name}, nil
}

// Dial connects to the running server's socket. When none runs the error is
// of kind NotFound.
func (d *Dir) Dial(ctx context.Context) (net.Conn, error) {
	info, err := os.Lstat(d.socket())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, assay.Errorf(assay.NotFound, "no server runs on the data directory %s", d.path)
	}
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the socket %s cannot be read", d.socket())
	}
	if info.Mode().Type() != fs.ModeSocket {
		return nil, assay.Errorf(assay.Conflict, "%s is not a socket: move it away, Assay did not make it", d.socket())
	}
	short, done, err := shortPath(d.path)
	if err != nil {
		return nil, err
	}
	defer done()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", short)
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil, assay.Errorf(assay.NotFound, "no server answers on the data directory %s", d.path)
	case ctx.Err() != nil:
		return nil, assay.Wrap(assay.Canceled, ctx.Err(), "stopped while connecting to the server")
	}
	return nil, assay.Wrap(assay.Unavailable, err, "the server's socket %s cannot be reached", d.socket())
}

// listener removes the socket's file when it is closed.
type listener struct {
	net.Listener
	name string
	once sync.Once
	err  error
}

func (l *listener) Close() error {
	l.once.Do(func() {
		// Removed first: a command that finds no file takes the lock instead
		// of waiting for an answer that will not come.
		l.err = errors.Join(removeSocket(l.name), l.Listener.Close())
	})
	return l.err
}

func removeSocket(name string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Mode().Type() != fs.ModeSocket {
		return assay.Errorf(assay.Conflict, "%s is not a socket: move it away, Assay did not make it", name)
	}
	if err == nil {
		err = os.Remove(name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return assay.Wrap(assay.Forbidden, err, "the old socket %s cannot be removed", name)
	}
	return nil
}

// shortPath returns a path of the socket that is short enough to bind or to
// dial. A socket's address holds about a hundred bytes, and data directories
// lie deeper than that. So a long one is reached through a symbolic link in a
// fresh private directory (0700, so that nobody can put another link there);
// the socket itself always lies in the data directory, and done removes the
// link as soon as the kernel has looked it up, so that nothing is left behind
// whatever happens later.
func shortPath(dir string) (short string, done func(), err error) {
	direct := filepath.Join(dir, "assay.sock")
	if len(direct) <= maxSocketPath {
		return direct, func() {}, nil
	}
	for _, base := range []string{os.TempDir(), "/tmp"} {
		scratch, err := os.MkdirTemp(base, "assay-")
		if err != nil {
			continue
		}
		done = func() { os.RemoveAll(scratch) }
		link := filepath.Join(scratch, "d")
		short = filepath.Join(link, "assay.sock")
		if len(short) <= maxSocketPath && os.Symlink(dir, link) == nil {
			return short, done, nil
		}
		done()
	}
	return "", nil, assay.Errorf(assay.Forbidden,
		"the path of the data directory is too long for a socket (%d bytes), and no short link to it can be made in %s: name a shorter directory with --data, or set TMPDIR",
		len(direct), os.TempDir())
}
