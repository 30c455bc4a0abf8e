package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// scanner reads one JSON document as a stream. It refuses what two parsers
// could read differently: duplicate keys, bytes that are not UTF-8, nesting,
// single values and keys beyond its limits.
type scanner struct {
	d       *jsontext.Decoder
	depth   int
	keys    int64
	scratch []byte
}

var errText = errors.New("it is not JSON text in UTF-8")

// newScanner reads from r; depth bounds nesting, token the bytes of a single
// string or number, keys those of all objects that are open at once: each is
// remembered until its object ends, and costs many times its bytes.
func newScanner(r io.Reader, depth int, token, keys int64) *scanner {
	s := &scanner{depth: depth, keys: keys}
	// Lone surrogates in escapes stand in real documents (a README cut in
	// the middle of a character), so jsontext's own check, which forbids them
	// too, is replaced by guard's on the raw bytes.
	g := &guard{r: bufio.NewReaderSize(r, 64<<10), scanner: s, token: token}
	s.d = jsontext.NewDecoder(g, jsontext.AllowInvalidUTF8(true))
	return s
}

// guard passes bytes on as long as they are UTF-8 and the decoder does not
// have to hold too many of them for one value.
type guard struct {
	r       io.Reader
	scanner *scanner
	token   int64
	total   int64
	partial [utf8.UTFMax]byte // the begin of a character that the last read cut
	held    int
}

func (g *guard) Read(p []byte) (int, error) {
	room := g.token - (g.total - g.scanner.d.InputOffset())
	if room < 0 {
		return 0, fmt.Errorf("one of its values is longer than %d bytes", g.token)
	}
	n, err := g.r.Read(p[:min(int64(len(p)), room+1)])
	g.total += int64(n)
	if !g.valid(p[:n]) || err == io.EOF && g.held > 0 {
		return 0, errText
	}
	return n, err
}

// valid checks p as the continuation of what came before.
func (g *guard) valid(p []byte) bool {
	for g.held > 0 && len(p) > 0 {
		g.partial[g.held] = p[0]
		g.held++
		p = p[1:]
		if utf8.FullRune(g.partial[:g.held]) {
			if r, size := utf8.DecodeRune(g.partial[:g.held]); r == utf8.RuneError || size != g.held {
				return false
			}
			g.held = 0
		}
	}
	// A cut character is at most three bytes long and begins near the end.
	for i := len(p) - 1; i >= 0 && i > len(p)-utf8.UTFMax; i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				g.held = copy(g.partial[:], p[i:])
				p = p[:i]
			}
			break
		}
	}
	return utf8.Valid(p)
}

// kind tells what comes next without consuming it.
func (s *scanner) kind() jsontext.Kind { return s.d.PeekKind() }

// here is the offset of the next value or key. It must follow kind, which
// brings the value's first byte into the buffer.
func (s *scanner) here() int64 {
	at := s.d.InputOffset()
	for _, c := range s.d.UnreadBuffer() {
		switch c {
		case ' ', '\t', '\r', '\n', ',', ':':
			at++
			continue
		}
		break
	}
	return at
}

// offset is where the last value read ends.
func (s *scanner) offset() int64 { return s.d.InputOffset() }

// object reads an object and calls member for each key; at is the offset of
// the key. member must consume the value. key is valid until then.
func (s *scanner) object(member func(key []byte, at int64) error) error {
	if err := s.open('{'); err != nil {
		return err
	}
	for s.kind() != '}' {
		at := s.here()
		raw, err := s.d.ReadValue()
		if err != nil {
			return err
		}
		if err := s.count(s.d.StackDepth()); err != nil {
			return err
		}
		key, err := s.unquote(raw)
		if err != nil {
			return err
		}
		if err := member(key, at); err != nil {
			return err
		}
	}
	_, err := s.d.ReadToken()
	return err
}

func (s *scanner) open(want jsontext.Kind) error {
	tok, err := s.d.ReadToken()
	if err != nil {
		return err
	}
	if tok.Kind() != want {
		return fmt.Errorf("a JSON %s stands where an object must be", tok.Kind())
	}
	if s.d.StackDepth() > s.depth {
		return s.tooDeep()
	}
	return nil
}

func (s *scanner) tooDeep() error {
	return fmt.Errorf("it is nested deeper than %d levels", s.depth)
}

func (s *scanner) unquote(raw []byte) ([]byte, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	var err error
	s.scratch, err = jsontext.AppendUnquote(s.scratch[:0], raw)
	if err != nil && !utf8.Valid(s.scratch) {
		return nil, err // lone surrogates became U+FFFD, which is text
	}
	return s.scratch, nil
}

// text reads a string; ok is false, and the value skipped, if it is not one.
func (s *scanner) text() (text string, ok bool, err error) {
	if s.kind() != '"' {
		return "", false, s.skip()
	}
	tok, err := s.d.ReadToken()
	if err != nil {
		return "", false, err
	}
	return tok.String(), true, nil
}

// isTrue reads a value and tells whether it is the literal true.
func (s *scanner) isTrue() (bool, error) {
	is := s.kind() == 't'
	return is, s.skip()
}

// skip reads a value of any kind, checking it as strictly as the rest.
func (s *scanner) skip() error {
	switch s.kind() {
	case '{', '[':
	default:
		_, err := s.d.ReadValue()
		return err
	}
	base := s.d.StackDepth()
	for {
		if _, err := s.d.ReadToken(); err != nil {
			return err
		}
		switch depth := s.d.StackDepth(); {
		case depth > s.depth:
			return s.tooDeep()
		case depth == base:
			return nil
		default:
			if err := s.count(depth); err != nil {
				return err
			}
		}
	}
}

// countEvery is how many tokens of one object lie between two looks at the
// count. It is odd because a callback sees a key and skip sees its value.
const countEvery = 255

// count adds up the keys of the open objects, once in a while: what is not
// looked at is no more than countEvery for each level.
func (s *scanner) count(depth int) error {
	if kind, n := s.d.StackIndex(depth); kind != '{' || n%countEvery != 0 {
		return nil
	}
	var keys int64
	for i := 1; i <= depth; i++ {
		if kind, n := s.d.StackIndex(i); kind == '{' {
			keys += (n + 1) / 2
		}
	}
	if keys > s.keys {
		return fmt.Errorf("it has objects with more than %d keys", s.keys)
	}
	return nil
}

// end checks that nothing follows the document.
func (s *scanner) end() error {
	switch _, err := s.d.ReadToken(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	}
	return errors.New("something follows the JSON document")
}

// watch finds a key that stands beside its own variant in letter case.
// Parsers that fold case let the later one win, so the two would tell
// different readers different things.
type watch struct {
	names   []string
	exact   uint32
	variant uint32
}

func (w *watch) see(key []byte) error {
	for i, name := range w.names {
		// Folding maps a two- or three-byte letter to an ASCII one (ſ, K).
		if len(key) < len(name) || len(key) > 3*len(name) {
			continue
		}
		if string(key) == name {
			w.exact |= 1 << i
		} else if bytes.EqualFold(key, []byte(name)) {
			w.variant |= 1 << i
		} else {
			continue
		}
		if w.exact&w.variant&(1<<i) != 0 {
			return fmt.Errorf("it has the key %q beside a variant of it in letter case", name)
		}
	}
	return nil
}
