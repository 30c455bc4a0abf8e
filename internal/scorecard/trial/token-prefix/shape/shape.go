// Package shape tells how a token is written: whether it begins with a prefix
// of its own, whether it ends in a checksum of a known layout, and what
// another token of the same shape could look like.
//
// Layouts that are known put the CRC-32 of what stands before it at the end,
// as GitHub's, npm's and Assay's tokens do, in six to eight characters of
// base 62, hexadecimal, base 32 or base 64. A layout that is not known here is
// not found, which is not the same as not being there. Nothing here keeps,
// prints or sends a token.
package shape

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math/rand/v2"
	"regexp"
	"strings"
)

// Shape is how a token is written.
type Shape struct {
	// Prefix is what all tokens of its kind begin with, "" if nothing.
	Prefix string
	// Checksum is how long the checksum at the end is, 0 if there is none.
	Checksum int

	secret string
	rest   layout
}

// layout is one way to write a checksum: what it is of, and how it is
// written.
type layout struct {
	table *crc32.Table
	of    func(prefix, body string) string
	write writer
}

// writer writes 32 bits in a fixed number of characters.
type writer struct {
	length int
	as     func(uint32) string
}

// Of looks at a token. Others of its kind, if there are any, tell its prefix
// from chance: what they do not share is no prefix.
func Of(secret string, others ...string) Shape {
	s := Shape{Prefix: prefix(secret), secret: secret}
	for _, other := range others {
		if !strings.HasPrefix(other, s.Prefix) {
			s.Prefix = ""
		}
	}
	for _, l := range layouts() {
		if l.fits(s.Prefix, secret) {
			s.Checksum, s.rest = l.write.length, l
			break
		}
	}
	return s
}

// A prefix is up to four words of letters and digits, each ended by _ or -,
// and begins with a letter. Random letters of base 64 can look like one: a
// word that mixes small and big letters is taken for chance.
var (
	prefixes = regexp.MustCompile(`^(?:[a-z][a-z0-9]{1,15}[_-](?:[a-z0-9]{1,15}[_-]){0,3}|[A-Z][A-Z0-9]{1,15}[_-](?:[A-Z0-9]{1,15}[_-]){0,3})`)
	uuids    = regexp.MustCompile(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	webToken = regexp.MustCompile(`^ey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$`)
	digits16 = regexp.MustCompile(`(?i)^[0-9a-f]+$`)
)

// behind is how much must follow a prefix: with less, what looks like one is
// most of the token.
const behind = 16

func prefix(secret string) string {
	if UUID(secret) || WebToken(secret) {
		return ""
	}
	p := prefixes.FindString(secret)
	if len(secret)-len(p) < behind {
		return ""
	}
	return p
}

// UUID reports whether a token is a UUID, whose groups are no prefix.
func UUID(secret string) bool { return uuids.MatchString(secret) }

// WebToken reports whether a token is a JSON web token: it begins as every
// other one does.
func WebToken(secret string) bool { return webToken.MatchString(secret) }

// Hex reports whether a token is nothing but hexadecimal digits.
func Hex(secret string) bool { return digits16.MatchString(secret) }

func (l layout) fits(prefix, secret string) bool {
	cut := len(secret) - l.write.length
	if cut < len(prefix)+8 {
		return false
	}
	return l.write.as(crc32.Checksum([]byte(l.of(prefix, secret[len(prefix):cut])), l.table)) == secret[cut:]
}

// layouts are those that are known. At 32 bits, chance finds one of these few
// hundred in a random token once in ten million.
func layouts() []layout {
	var out []layout
	for _, table := range []*crc32.Table{crc32.IEEETable, crc32.MakeTable(crc32.Castagnoli)} {
		for _, of := range []func(prefix, body string) string{
			func(_, body string) string { return body },
			func(prefix, body string) string { return prefix + body },
			func(_, body string) string { return strings.TrimRight(body, "_-.") },
			func(prefix, body string) string { return prefix + strings.TrimRight(body, "_-.") },
		} {
			for _, w := range writers() {
				out = append(out, layout{table, of, w})
			}
		}
	}
	return out
}

func writers() []writer {
	const digits, small, big = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var out []writer
	for _, alphabet := range []string{digits + big + small, digits + small + big, big + small + digits, small + big + digits} {
		out = append(out, writer{6, func(n uint32) string { return base62(n, alphabet) }})
	}
	bytes := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	for _, alphabet := range []string{big + "234567", small + "234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789abcdefghjkmnpqrstvwxyz"} {
		e := base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
		out = append(out, writer{7, func(n uint32) string { return e.EncodeToString(bytes(n)) }})
	}
	return append(out,
		writer{8, func(n uint32) string { return hex.EncodeToString(bytes(n)) }},
		writer{8, func(n uint32) string { return strings.ToUpper(hex.EncodeToString(bytes(n))) }},
		writer{6, func(n uint32) string { return base64.RawURLEncoding.EncodeToString(bytes(n)) }},
		writer{6, func(n uint32) string { return base64.RawStdEncoding.EncodeToString(bytes(n)) }})
}

func base62(n uint32, alphabet string) string {
	out := make([]byte, 6)
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = alphabet[n%62]
		n /= 62
	}
	return string(out)
}

// Guess is a token of the same shape with other random letters, and a right
// checksum where there is one: a wrong one would be refused before it is
// counted as a guess. It is a guess, not a secret: it opens nothing.
func (s Shape) Guess() string {
	body := []byte(s.secret[len(s.Prefix) : len(s.secret)-s.Checksum])
	for i, c := range body {
		switch {
		case c >= '0' && c <= '9':
			body[i] = '0' + byte(rand.IntN(10))
		case c >= 'a' && c <= 'f' && Hex(s.secret[len(s.Prefix):]):
			body[i] = 'a' + byte(rand.IntN(6))
		case c >= 'a' && c <= 'z':
			body[i] = 'a' + byte(rand.IntN(26))
		case c >= 'A' && c <= 'Z':
			body[i] = 'A' + byte(rand.IntN(26))
		}
	}
	if s.Checksum == 0 {
		return s.Prefix + string(body)
	}
	sum := crc32.Checksum([]byte(s.rest.of(s.Prefix, string(body))), s.rest.table)
	return s.Prefix + string(body) + s.rest.write.as(sum)
}
