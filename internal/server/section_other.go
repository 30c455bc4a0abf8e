//go:build !linux

package server

import "net"

// sendSection cannot send a section of a file here; it is copied.
func sendSection(net.Conn, []byte, section, int64) (sent int64, handled bool, err error) {
	return 0, false, nil
}
