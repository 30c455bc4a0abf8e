package upstream

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

// join puts a path below a base address, whose path ends in a slash. The path
// is in its escaped form: escapes that it has are kept as they are ("@a%2fb"),
// and whatever may not stand in a path is escaped, so that a question mark or
// a hash in a name never begins a query or a fragment.
//
// It refuses, with an error of kind Invalid, every path that a server might
// take for something outside the base: dot segments however they are
// spelled, backslashes, empty segments and control characters.
func join(base *url.URL, path string) (*url.URL, error) {
	path = strings.TrimPrefix(path, "/")
	bad := func(why string) error {
		return assay.Errorf(assay.Invalid, "the path %q cannot be asked for: %s", clip(printable(path), 200), why)
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return nil, bad("it has a malformed percent escape")
	}
	if why := wayOut(path); why != "" {
		return nil, bad(why)
	}
	full := *base
	full.Path = base.Path + plain
	full.RawPath = base.EscapedPath() + escape(path)
	full.RawQuery, full.Fragment, full.RawFragment = "", "", ""
	return &full, nil
}

// maxUnescape is how often a path is unescaped in search of a way out. A
// server unescapes once, and one behind it perhaps again.
const maxUnescape = 4

// wayOut says what in an escaped path may lead out of its base, or "".
func wayOut(path string) string {
	for range maxUnescape {
		if !utf8.ValidString(path) {
			return "it is not UTF-8" // overlong forms of dot and slash are not either
		}
		for i := range len(path) {
			switch c := path[i]; {
			case c < ' ' || c == 0x7f:
				return "it has a control character"
			case c == '\\':
				return "it has a backslash, which some servers take for a slash"
			}
		}
		segments := strings.Split(path, "/")
		for i, segment := range segments {
			// Some servers cut parameters off a segment before they resolve
			// it: "..;a=b" is ".." to them.
			name, _, _ := strings.Cut(segment, ";")
			if name == "." || name == ".." {
				return "it has a dot segment"
			}
			if segment == "" && i < len(segments)-1 {
				return "it has an empty segment"
			}
		}
		plain, err := url.PathUnescape(path)
		if err != nil || plain == path {
			return ""
		}
		path = plain
	}
	return "it is escaped many times over"
}

// escape escapes the bytes that may not stand in a path (RFC 3986, section
// 3.3) and leaves escapes alone.
func escape(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(path))
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-._~!$&'()*+,;=:@/%", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
