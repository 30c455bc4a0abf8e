package datadir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"assay.invalid/internal/assay"
)

// Serve is the holder's word of a server; every other holder is a command
// that will be done soon.
const Serve = "serve"

// Lock is the exclusive right to work on a data directory.
type Lock struct {
	dir  *Dir
	file *os.File
}

// Held is who holds a lock that could not be had.
type Held struct {
	PID    int    // 0 when it could not be read
	Holder string // "serve", or the name of a command; "" when it could not be read
}

// String says who holds the lock, for a message.
func (h Held) String() string {
	switch {
	case h.Holder == "" || h.PID == 0:
		return "another assay process"
	case h.Holder == Serve:
		return fmt.Sprintf("a server (process %d)", h.PID)
	}
	return fmt.Sprintf("'assay %s' (process %d)", h.Holder, h.PID)
}

// TryLock takes the lock for a holder ("serve", "block"). When another has
// it the error is Conflict and held tells whom.
//
// The kernel gives the lock back when the process ends, kill -9 included; the
// lock file itself is never removed, because a process that waits for the
// removed file and one that makes a new file would both hold "the" lock.
func (d *Dir) TryLock(holder string) (lock *Lock, held Held, err error) {
	// O_NOFOLLOW: a planted symbolic link must not make us truncate the file
	// it points to.
	f, err := os.OpenFile(d.lockFile(), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, Held{}, writing(err, d.lockFile())
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		held = readHolder(f)
		f.Close()
		return nil, held, assay.Errorf(assay.Conflict, "the data directory %s is in use by %s", d.path, held)
	}
	if err != nil {
		f.Close()
		return nil, Held{}, assay.Wrap(assay.Internal, err,
			"the data directory %s cannot be locked: its file system must support locks (flock)", d.path)
	}
	if err := writeHolder(f, holder); err != nil {
		f.Close()
		return nil, Held{}, writing(err, d.lockFile())
	}
	return &Lock{dir: d, file: f}, Held{}, nil
}

// Lock takes the lock, waiting at most so long for a command to finish. A
// server is not waited for: it will not end by itself.
func (d *Dir) Lock(ctx context.Context, holder string, wait time.Duration) (*Lock, error) {
	deadline := time.Now().Add(wait)
	for {
		lock, held, err := d.TryLock(holder)
		switch {
		case err == nil:
			return lock, nil
		case !assay.Is(err, assay.Conflict):
			return nil, err
		case held.Holder == Serve:
			return nil, assay.Errorf(assay.Conflict,
				"the data directory %s is in use by %s: stop that first, or give this one its own directory with --data", d.path, held)
		case !time.Now().Before(deadline):
			return nil, assay.Errorf(assay.Conflict,
				"the data directory %s is in use by %s, which did not finish in %s: try again when it has", d.path, held, wait)
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// Release gives the lock back.
func (l *Lock) Release() error {
	// The next reader must not be told of a holder that has gone.
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

func writeHolder(f *os.File, holder string) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%d %s\n", os.Getpid(), holder), 0)
	return err
}

// readHolder reads what the holder wrote; it is for messages, and a torn or
// odd line only makes the message say less.
func readHolder(f *os.File) Held {
	line := make([]byte, 128)
	n, _ := f.ReadAt(line, 0)
	return parseHolder(string(line[:n]))
}

func parseHolder(line string) Held {
	number, holder, ok := strings.Cut(strings.TrimSpace(line), " ")
	pid, err := strconv.Atoi(number)
	if !ok || err != nil || pid <= 0 {
		return Held{}
	}
	for _, r := range holder {
		if (r < 'a' || r > 'z') && r != '-' && r != ' ' {
			return Held{}
		}
	}
	return Held{PID: pid, Holder: holder}
}

// pause waits a moment between two attempts.
func pause(ctx context.Context) error {
	timer := time.NewTimer(50 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, ctx.Err(), "stopped while waiting for the data directory")
	case <-timer.C:
		return nil
	}
}
