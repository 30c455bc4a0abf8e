package upstream

import (
	"strings"
	"unicode/utf8"
)

// printable makes a text from outside fit for a terminal and a log: no
// control characters or escapes, nothing that reorders, hides or breaks
// lines, white space folded to single blanks.
func printable(text string) string {
	var out strings.Builder
	gap := false
	for _, r := range text {
		if r == ' ' || r >= '\t' && r <= '\r' || r == 0x85 || r == 0x2028 || r == 0x2029 {
			gap = out.Len() > 0
			continue
		}
		if !shown(r) {
			continue
		}
		if gap {
			out.WriteByte(' ')
			gap = false
		}
		out.WriteRune(r)
	}
	return out.String()
}

// shown tells whether a character may reach a terminal.
func shown(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f: // C0 and C1, where escapes begin
		return false
	case r == utf8.RuneError, r == 0xfeff, r == 0x00ad, r == 0x061c, r == 0x180e:
		return false
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return false // zero width and direction: a text must read as it is written
	case r >= 0xe0000 && r <= 0xe0fff: // tags and variation selectors carry hidden text
		return false
	case r >= 0xfff9 && r <= 0xfffb:
		return false
	}
	return true
}

// clip cuts a text to at most n bytes, between characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// maxExcerpt is how many bytes of an upstream's own words a message repeats.
const maxExcerpt = 500

// excerpt is what an upstream says about its refusal, in words that can be
// shown. A page of HTML says nothing at a terminal. Secrets are taken out: an
// upstream that repeats what it was sent must not pass our credentials on to
// everyone who asks us.
func excerpt(text []byte, contentType string, secrets []string) string {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(kind) {
	case "text/html", "application/xhtml+xml":
		return ""
	}
	s := printable(string(text))
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, "(withheld)")
	}
	return strings.TrimSpace(clip(s, maxExcerpt))
}
