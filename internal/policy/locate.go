package policy

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// locate finds the place in a file of a character of a value, both as lines
// and columns from 1. YAML lets a value be written in several ways, which move
// line breaks and blanks and escape characters; what can be seen of it keeps
// its order in all of them, and by that it is found. A place in a blank, or
// after the end, is the one after the last character before it.
//
// ok is false where value and file do not agree: rare line breaks shift the
// positions that the YAML reader gives.
func locate(source []byte, n *yaml.Node, line, column int) (atLine, atColumn int, ok bool) {
	start, ok := offset(source, n)
	if !ok {
		return 0, 0, false
	}
	at := start
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		// A block begins on the line below its sign.
		end := bytes.IndexByte(source[at:], '\n')
		if end < 0 {
			return 0, 0, false
		}
		at += end + 1
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		at++
	}
	l, c := 1, 1
	for _, want := range n.Value {
		here := l > line || l == line && c >= column
		if !unicode.IsSpace(want) {
			begin, end, got := next(source, at, n.Style)
			if got != want {
				return 0, 0, false
			}
			at = end
			if here {
				at = begin
			}
		}
		if here {
			break
		}
		if c++; want == '\n' {
			l, c = l+1, 1
		}
	}
	before := source[:at]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return n.Line + bytes.Count(before[start:], []byte{'\n'}), utf8.RuneCount(before[lineStart:]) + 1, true
}

// next is the next character of a value that can be seen, as it is written
// from an offset of the source, where it begins and where it ends.
func next(source []byte, at int, style yaml.Style) (begin, end int, r rune) {
	for at < len(source) {
		r, size := utf8.DecodeRune(source[at:])
		switch {
		case unicode.IsSpace(r):
		case style&yaml.SingleQuotedStyle != 0 && bytes.HasPrefix(source[at:], []byte("''")):
			return at, at + 2, r
		case style&yaml.DoubleQuotedStyle != 0 && r == '\\':
			if r, size = escaped(source[at:]); !unicode.IsSpace(r) {
				return at, at + size, r
			}
		default:
			return at, at + size, r
		}
		at += size
	}
	return at, at, utf8.RuneError
}

// escaped reads an escape of YAML's double quotes and its length.
func escaped(source []byte) (rune, int) {
	if len(source) < 2 {
		return utf8.RuneError, len(source)
	}
	if digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[source[1]]; digits > 0 && len(source) >= 2+digits {
		code, err := strconv.ParseUint(string(source[2:2+digits]), 16, 32)
		if err != nil {
			return utf8.RuneError, 2
		}
		return rune(code), 2 + digits
	}
	if r, known := map[byte]rune{'0': 0, 'a': '\a', 'b': '\b', 'e': '\x1b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r',
		'N': '\u0085', '_': '\u00a0', 'L': '\u2028', 'P': '\u2029'}[source[1]]; known {
		return r, 2
	}
	r, size := utf8.DecodeRune(source[1:])
	return r, 1 + size
}
