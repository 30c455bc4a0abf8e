package ecosystem

import (
	"context"
	"net/http"
	"strings"
)

// MaxPhrase is the length of a reason phrase, in bytes, at the most.
const MaxPhrase = 120

type phraseKey struct{}

// WithPhraser puts into the context the function with which the server sets
// the reason phrase of the next answer of that status on this connection.
func WithPhraser(ctx context.Context, set func(status int, phrase string)) context.Context {
	return context.WithValue(ctx, phraseKey{}, set)
}

// SetPhrase sets the HTTP/1.1 reason phrase (RFC 9112, section 4) of the
// answer about to be written. For pnpm, Yarn, pip, Maven and others it is
// the only channel that reaches the person. It must be called before
// WriteHeader with the same status. Where the transport has no phrase
// (HTTP/2, a test recorder) it does nothing.
func SetPhrase(r *http.Request, status int, phrase string) {
	if set, ok := r.Context().Value(phraseKey{}).(func(int, string)); ok {
		set(status, Phrase(phrase))
	}
}

// Phrase makes text fit for a reason phrase: printable ASCII on one line, at
// most MaxPhrase bytes. Anything else would let a package's own text split
// the response or drive the reader's terminal.
func Phrase(s string) string {
	s = Printable(s)
	b := make([]byte, 0, MaxPhrase)
	for _, r := range s {
		if len(b) == MaxPhrase {
			break
		}
		if r > '~' {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return strings.TrimSpace(string(b))
}

// Printable strips control characters, terminal escapes and the characters
// that reorder text, and folds white space to single blanks. Every text that
// came from outside passes through it before it reaches a channel.
func Printable(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			space = b.Len() > 0
			continue
		case r < ' ' || r >= 0x7f && r < 0xa0: // C0, DEL, C1: escapes start here
			continue
		case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff, r == 0xfffd:
			continue
		case r >= 0xe0000 && r <= 0xe007f: // tags
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
