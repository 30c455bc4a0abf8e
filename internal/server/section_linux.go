package server

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxSend is how much the kernel is asked to send in one call.
const maxSend = 1 << 30

// sendSection sends head and then a section of a file, of which done bytes
// have gone before. The kernel joins the two (MSG_MORE) and takes the file
// from its own memory, at a place that is given, so that the file's position
// is left alone. handled is false where this cannot be done.
func sendSection(c net.Conn, head []byte, s section, done int64) (sent int64, handled bool, err error) {
	open, ok := c.(syscall.Conn)
	if !ok {
		return 0, false, nil
	}
	socket, err := open.SyscallConn()
	if err != nil {
		return 0, true, err
	}
	file, err := s.file.SyscallConn()
	if err != nil {
		return 0, true, err
	}
	var failed error
	step := func(to, from uintptr) (again bool) {
		at := done + sent
		var n int
		if before := int64(len(head)); at < before {
			n, failed = unix.SendmsgN(int(to), head[at:], nil, nil, unix.MSG_MORE|unix.MSG_NOSIGNAL)
		} else if left := s.n - (at - before); left == 0 {
			return false
		} else {
			off := s.off + at - before
			n, failed = unix.Sendfile(int(to), int(from), &off, int(min(left, maxSend)))
			if n == 0 && failed == nil {
				failed = io.ErrUnexpectedEOF // the file has become shorter
			}
		}
		if n > 0 {
			sent += int64(n)
		}
		return failed == nil || errors.Is(failed, unix.EINTR)
	}
	gone := file.Control(func(from uintptr) {
		err = socket.Write(func(to uintptr) (done bool) {
			for step(to, from) {
			}
			if errors.Is(failed, unix.EAGAIN) {
				failed = nil
				return false // until the client has taken some
			}
			return true
		})
	})
	if failed != nil && !errors.Is(failed, io.ErrUnexpectedEOF) {
		failed = os.NewSyscallError("sendfile", failed)
	}
	for _, e := range []error{failed, err, gone} {
		if e != nil {
			return sent, true, e
		}
	}
	return sent, true, nil
}
