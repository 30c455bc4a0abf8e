package server

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"sync"

	"assay.invalid/internal/ecosystem"
)

// phrasedConn is an HTTP/1.1 connection on which an answer's reason phrase
// can be set. It looks only at the first Write of an answer, so that a body
// which happens to look like a status line is left alone.
type phrasedConn struct {
	net.Conn

	mu     sync.Mutex
	ahead  bool   // a status line is still to come for the request at hand
	status int    // of the pending phrase
	phrase string // "" if none is pending

	// spare has room for the beginnings of answers; nil on a connection that
	// never holds one back. What follows belongs to whoever writes.
	spare   *sync.Pool
	holding bool
	held    *beginning
}

// beginning is the first part of an answer, held back until its body comes.
// net/http sends it by itself when its buffer of 4 KiB is full.
type beginning struct {
	size  int
	bytes [4 << 10]byte
}

// begin forgets what an earlier request left, and expects a status line.
func (c *phrasedConn) begin() {
	c.mu.Lock()
	c.ahead, c.status, c.phrase = true, 0, ""
	c.mu.Unlock()
}

// set makes phrase the reason phrase of the coming answer, if it has that
// status. After the status line has gone it does nothing: the phrase must
// not end up in a later answer.
func (c *phrasedConn) set(status int, phrase string) {
	// The caller has done this already. A phrase that could carry a line
	// break would let a package's text write the response (response
	// splitting), so nothing is taken on trust here.
	phrase = ecosystem.Phrase(phrase)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ahead && status >= 200 && status <= 599 {
		c.status, c.phrase = status, phrase
	}
}

// Write passes p on, with the pending phrase in its status line. It answers
// in bytes of p, whatever was sent in their place.
func (c *phrasedConn) Write(p []byte) (int, error) {
	phrase, end := c.take(p)
	if phrase == "" {
		return c.send(p)
	}
	changed := make([]byte, 0, len(p)+len(phrase))
	changed = append(changed, p[:startOfPhrase]...)
	changed = append(changed, phrase...)
	changed = append(changed, p[end:]...)
	n, err := c.send(changed)
	switch after := startOfPhrase + len(phrase); {
	case n >= after:
		return n - after + end, err
	default: // broken inside the status line; err is not nil
		return min(n, end), err
	}
}

// hold lets the next write wait for the one after it, so that status line,
// headers and a large body go to the kernel, and to the client, as one. Whoever
// holds is the only one to write, and releases when the body has been given.
func (c *phrasedConn) hold() { c.holding = c.spare != nil }

// release sends what is still held back.
func (c *phrasedConn) release() error {
	c.holding = false
	if c.held == nil {
		return nil
	}
	_, err := c.send(nil)
	return err
}

// send writes p after what was held back, or holds p back. It answers in
// bytes of p.
func (c *phrasedConn) send(p []byte) (int, error) {
	if c.held == nil {
		if !c.holding || len(p) > len(c.held.bytes) {
			return c.Conn.Write(p)
		}
		c.held = c.spare.Get().(*beginning)
		c.held.size = copy(c.held.bytes[:], p)
		return len(p), nil
	}
	head := c.held
	c.held = nil
	defer c.spare.Put(head)
	before := head.bytes[:head.size]
	paced, ok := c.Conn.(*pacedConn)
	if !ok {
		if _, err := c.Conn.Write(before); err != nil {
			return 0, err
		}
		return c.Conn.Write(p)
	}
	n, err := paced.writeBoth(before, p)
	return max(0, n-len(before)), err
}

// sendSection sends a section of a file, after what was held back.
func (c *phrasedConn) sendSection(src io.Reader) (n int64, handled bool, err error) {
	paced, ok := c.Conn.(*pacedConn)
	if !ok {
		return 0, false, nil
	}
	s, ok := filePart(src)
	if !ok {
		return 0, false, nil
	}
	var before []byte
	if c.held != nil {
		before = c.held.bytes[:c.held.size]
	}
	n, handled, err = paced.sendSection(before, s)
	if !handled {
		return 0, false, err
	}
	if c.held != nil {
		c.spare.Put(c.held)
		c.held = nil
	}
	n = max(0, n-int64(len(before)))
	s.advance(n)
	return n, true, err
}

// take returns the phrase to put into p, and where the old one ends in it.
func (c *phrasedConn) take(p []byte) (phrase string, end int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ahead {
		return "", 0
	}
	status, end := readStatusLine(p)
	if status >= 100 && status <= 199 {
		return "", 0 // 100 Continue: the answer itself is still to come
	}
	c.ahead = false
	if status == 0 || status != c.status {
		return "", 0
	}
	return c.phrase, end
}

// startOfPhrase is the length of "HTTP/1.1 403 ".
const startOfPhrase = 13

// readStatusLine returns the status of the line that begins p, and where its
// phrase ends; 0 if no complete status line begins p.
func readStatusLine(p []byte) (status, end int) {
	if len(p) < startOfPhrase || !bytes.HasPrefix(p, []byte("HTTP/1.")) || p[8] != ' ' || p[12] != ' ' {
		return 0, 0
	}
	for _, digit := range p[9:12] {
		if digit < '0' || digit > '9' {
			return 0, 0
		}
		status = status*10 + int(digit-'0')
	}
	length := bytes.Index(p[startOfPhrase:], []byte("\r\n"))
	if length < 0 {
		return 0, 0
	}
	return status, startOfPhrase + length
}

// ReadFrom keeps the way of files through the kernel. net/http calls it after
// the status line.
func (c *phrasedConn) ReadFrom(src io.Reader) (int64, error) {
	if n, handled, err := c.sendSection(src); handled {
		return n, err
	}
	if err := c.release(); err != nil {
		return 0, err
	}
	if inner, ok := c.Conn.(io.ReaderFrom); ok {
		return inner.ReadFrom(src)
	}
	return copyTo(writeOnly{c}, src)
}

// CloseWrite ends our half of the connection.
func (c *phrasedConn) CloseWrite() error { return closeWrite(c.Conn) }

// phrasedTLS adds what net/http asks of a TLS connection that is not its own.
type phrasedTLS struct {
	*phrasedConn
	tls *tls.Conn
}

// ConnectionState lets net/http fill in Request.TLS.
func (c phrasedTLS) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }
