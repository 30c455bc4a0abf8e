package cargo

import (
	"net/url"
	"strings"

	"assay.invalid/internal/assay"
)

// maxPath bounds a request's path, in bytes.
const maxPath = 1024

// splitPath takes an escaped path apart and decodes each segment once. No
// address of Cargo's needs more than letters, digits, and a few signs, so
// everything that a proxy before or an upstream behind might read as another
// path is refused: dotted and empty segments, encoded slashes, backslashes,
// control characters, and a percent sign that is left after decoding.
func splitPath(escaped string) ([]string, error) {
	if len(escaped) > maxPath {
		return nil, assay.Errorf(assay.Invalid, "the path is longer than %d bytes", maxPath)
	}
	escaped = strings.TrimPrefix(escaped, "/")
	if escaped == "" {
		return nil, nil
	}
	segments := strings.Split(strings.TrimSuffix(escaped, "/"), "/")
	for i, raw := range segments {
		plain, err := url.PathUnescape(raw)
		if err != nil {
			return nil, assay.Errorf(assay.Invalid, "the path is not percent-encoded correctly")
		}
		if plain == "" || plain[0] == '.' || strings.IndexFunc(plain, odd) >= 0 {
			return nil, assay.Errorf(assay.Invalid, "the path has a segment that no address of Cargo's has")
		}
		segments[i] = plain
	}
	return segments, nil
}

func odd(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.+~", r))
}
