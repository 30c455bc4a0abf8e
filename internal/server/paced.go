package server

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// pacedConn is an accepted connection whose writes must make progress. A slow
// client may take for ever over a large file; one that has stopped reading is
// cut after the stall, or half as long again.
//
// Progress is a byte that the kernel took, or one that the client
// acknowledged. The second is needed because the kernel buffers megabytes,
// and wakes a writer only when a third of them has gone: a client at 10 KB a
// second looks dead for minutes when only the first is watched.
//
// A deadline set from outside is final. A change of policy sets one in the
// past to cut a download, and no progress may lift it again.
type pacedConn struct {
	net.Conn
	stall  time.Duration
	queued func(net.Conn) (n int, ok bool) // see queued
	remote netip.Addr
	source *source

	mu    sync.Mutex
	final time.Time // set from outside; zero: none
	armed time.Time // the end of the round that was begun last; zero: none

	closing sync.Once
	closed  func() // gives the connection's room back
}

// Write writes all of p, or answers how much the client took.
func (c *pacedConn) Write(p []byte) (int, error) {
	written, err := c.push(func(done int64) (int64, error) {
		n, err := c.Conn.Write(p[done:])
		return int64(n), err
	})
	return int(written), err
}

// ReadFrom lets the kernel send a file. Other sources are copied here: were
// they handed on, the time that a slow upstream takes would count against
// the client.
func (c *pacedConn) ReadFrom(src io.Reader) (int64, error) {
	inner, ok := c.Conn.(io.ReaderFrom)
	if !ok || !isFile(src) {
		return copyTo(writeOnly{c}, src)
	}
	// The position of the file, and what is left of a limit, move by what was
	// sent, so that each round goes on from there.
	return c.push(func(int64) (int64, error) { return inner.ReadFrom(src) })
}

// sendSection sends head and a section of a file through the kernel; handled
// is false where it does not do that, and nothing was sent.
func (c *pacedConn) sendSection(head []byte, s section) (n int64, handled bool, err error) {
	handled = true
	n, err = c.push(func(done int64) (n int64, err error) {
		n, handled, err = sendSection(c.Conn, head, s, done)
		return n, err
	})
	return n, handled, err
}

// push repeats send, which gets the bytes sent so far, for as long as the
// client makes progress.
func (c *pacedConn) push(send func(done int64) (int64, error)) (int64, error) {
	var done int64
	silent, before := false, 0 // since the last round; bytes queued then
	for {
		if err := c.arm(); err != nil {
			return done, err
		}
		n, err := send(done)
		done += n
		switch {
		case err == nil || !errors.Is(err, os.ErrDeadlineExceeded):
			return done, err
		case n > 0:
			silent = false
			continue
		}
		now, known := c.queued(c.Conn)
		if silent && (!known || now >= before) {
			return done, err // two rounds without a byte
		}
		silent, before = true, now
	}
}

// writeBoth writes head and body in one call of the kernel, where it can.
func (c *pacedConn) writeBoth(head, body []byte) (int, error) {
	parts := net.Buffers{head, body} // what was sent is taken off its front
	n, err := c.push(func(int64) (int64, error) { return parts.WriteTo(c.Conn) })
	return int(n), err
}

// arm begins a round: half the stall at least, so that two silent ones make
// the whole. A deadline that leaves so much time stays as it is: moving it for
// each of many small answers would cost more than it tells. arm holds the lock
// over the call, so that a final deadline set meanwhile comes after it and
// wins.
func (c *pacedConn) arm() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.final.IsZero() {
		if !now.Before(c.final) {
			return os.ErrDeadlineExceeded
		}
		return c.Conn.SetWriteDeadline(c.final)
	}
	if c.armed.Sub(now) >= c.stall/2 {
		return nil
	}
	c.armed = now.Add(c.stall/2 + c.stall/16)
	return c.Conn.SetWriteDeadline(c.armed)
}

// SetWriteDeadline sets the final deadline; zero returns to the stall. The
// deadline of a round may pass while nothing is written: the next write begins
// with another.
func (c *pacedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.IsZero() && c.final.IsZero() {
		return nil
	}
	c.final, c.armed = t, time.Time{}
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline sets both.
func (c *pacedConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// CloseWrite ends our half: net/http needs it so that a client that is still
// sending gets to read why it was refused.
func (c *pacedConn) CloseWrite() error { return closeWrite(c.Conn) }

// Close gives the connection's room back, once.
func (c *pacedConn) Close() error {
	err := c.Conn.Close()
	c.closing.Do(c.closed)
	return err
}

// isFile tells whether the kernel can send src: a file, or a bounded part of
// one. io.Copy hides a file's WriteTo behind a type of its own, so the test
// is for what a file can do.
func isFile(src io.Reader) bool {
	if limited, ok := src.(*io.LimitedReader); ok {
		src = limited.R
	}
	_, ok := src.(interface {
		syscall.Conn
		Stat() (fs.FileInfo, error)
	})
	return ok
}

// writeOnly hides ReadFrom, which would call itself for ever.
type writeOnly struct{ io.Writer }

// readOnly hides WriteTo, so that every byte passes through Write and its
// deadline.
type readOnly struct{ io.Reader }

func copyTo(dst io.Writer, src io.Reader) (int64, error) {
	return io.CopyBuffer(dst, readOnly{src}, make([]byte, 32<<10))
}

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
