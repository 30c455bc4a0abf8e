package wire

import (
	"encoding/base64"
	"errors"
	"io"

	"assay.invalid/internal/assay"
)

// lifter passes a publish document on and takes the bytes of its attachment
// out as they come: the string at _attachments.<name>.data is decoded from
// base64 into a blob, and an empty string stands in its place. So a tarball is
// held once, decoded, and never as text.
//
// It only follows quotes, braces and keys. Whether the document is JSON at all
// is judged behind it, by the scanner, on everything but the characters of
// base64 that it took out itself. A key that is spelt with escapes is not
// recognised here; the scanner then meets a string where it expects an empty
// one.
type lifter struct {
	r     io.Reader
	limit int64 // bytes of the attachment

	depth     int
	object    [4]bool   // whether the containers of the first three levels are objects
	keys      [4]string // the current key at each of them
	expectKey bool
	inString  bool
	escaped   bool
	capturing bool // the string is a key of level 1 or 3
	lifting   bool // the string is the attachment
	key       []byte

	blob   *Blob // set once an attachment has begun
	quanta []byte
	padded bool
	out    [3 * quantaSize / 4]byte
}

// quantaSize is how much base64 is decoded at once.
const quantaSize = 16 << 10

// longestKey is the longest key that matters here.
const longestKey = len("_attachments")

func (l *lifter) Read(p []byte) (int, error) {
	for {
		n, err := l.r.Read(p)
		kept, lerr := l.filter(p[:n])
		if lerr != nil {
			return 0, lerr
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}

// filter moves what stays to the front of p and returns its length.
func (l *lifter) filter(p []byte) (int, error) {
	kept := 0
	for i := 0; i < len(p); i++ {
		c := p[i]
		if l.lifting {
			passed, err := l.lift(c)
			if err != nil {
				return 0, err
			}
			if !passed {
				continue
			}
		} else {
			l.follow(c)
		}
		if l.lifting && c == '"' && l.blob == nil {
			l.blob = &Blob{}
		}
		p[kept] = c
		kept++
	}
	return kept, nil
}

// follow keeps track of where in the document c stands.
func (l *lifter) follow(c byte) {
	if l.inString {
		switch {
		case l.escaped:
			l.escaped = false
		case c == '\\':
			l.escaped = true
		case c == '"':
			l.inString = false
			if l.capturing {
				l.keys[l.depth] = string(l.key)
				l.capturing = false
			}
			return
		}
		if l.capturing && len(l.key) <= longestKey {
			l.key = append(l.key, c)
		}
		return
	}
	switch c {
	case '"':
		l.inString = true
		switch {
		case l.expectKey && (l.depth == 1 || l.depth == 3):
			l.capturing, l.key = true, l.key[:0]
		case l.depth == 3 && l.object[1] && l.object[2] && l.object[3] && l.blob == nil &&
			l.keys[1] == "_attachments" && l.keys[3] == "data":
			l.lifting, l.inString = true, false
		}
	case '{', '[':
		l.depth++
		l.expectKey = c == '{'
		if l.depth < len(l.object) {
			l.object[l.depth], l.keys[l.depth] = c == '{', ""
		}
	case '}', ']':
		// One that nothing opened is refused behind this.
		l.depth = max(l.depth-1, 0)
		l.expectKey = false
	case ',':
		l.expectKey = l.depth > 0 && l.depth < len(l.object) && l.object[l.depth]
	case ':':
		l.expectKey = false
	}
}

var errBase64 = errors.New("the attachment is not base64")

// lift takes one character of the attachment; passed is true for the quote
// that ends it.
func (l *lifter) lift(c byte) (passed bool, err error) {
	switch {
	case l.escaped && c != '/': // encoders may write a slash as \/
		return false, errBase64
	case l.escaped:
		l.escaped = false
	case c == '\\':
		l.escaped = true
		return false, nil
	case c == '"':
		l.lifting = false
		return true, l.decode()
	case c <= ' ' || c >= 0x7f: // the decoder would skip line ends
		return false, errBase64
	}
	if l.quanta = append(l.quanta, c); len(l.quanta) == quantaSize {
		return false, l.decode()
	}
	return false, nil
}

// decode moves what has been gathered into the blob.
func (l *lifter) decode() error {
	if len(l.quanta) == 0 {
		return nil
	}
	if l.padded { // padding ends it
		return errBase64
	}
	n, err := base64.StdEncoding.Strict().Decode(l.out[:], l.quanta)
	if err != nil {
		return errBase64
	}
	l.padded = l.quanta[len(l.quanta)-1] == '='
	l.quanta = l.quanta[:0]
	if l.blob.size+int64(n) > l.limit {
		return assay.Errorf(assay.TooLarge, "the tarball is larger than %d bytes", l.limit)
	}
	l.blob.append(l.out[:n])
	return nil
}
