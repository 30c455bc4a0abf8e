package server

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// queued is how many bytes the kernel has taken for c and the client has not
// yet acknowledged (tcp(7), SIOCOUTQ); ok is false where that is not known.
func queued(c net.Conn) (n int, ok bool) {
	raw, ok := c.(syscall.Conn)
	if !ok {
		return 0, false
	}
	control, err := raw.SyscallConn()
	if err != nil {
		return 0, false
	}
	var failed error
	err = control.Control(func(fd uintptr) {
		n, failed = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	})
	return n, err == nil && failed == nil
}
