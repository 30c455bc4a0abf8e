package npm

import (
	"net/url"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// maxPath bounds a request's path, in bytes.
const maxPath = 2048

// splitPath takes an escaped path apart and decodes each segment once.
//
// Only one encoded slash has a meaning, that of a scope ("@scope%2fname"); it
// gives two segments. Everything else that a proxy before or an upstream
// behind might read as another path is refused: dotted and empty segments,
// other encoded slashes, backslashes, control characters, and a percent sign
// that is left after decoding (double encoding).
func splitPath(escaped string) ([]string, error) {
	if len(escaped) > maxPath {
		return nil, assay.Errorf(assay.Invalid, "the path is longer than %d bytes", maxPath)
	}
	escaped = strings.TrimSuffix(strings.TrimPrefix(escaped, "/"), "/")
	if escaped == "" {
		return nil, nil
	}
	segments := make([]string, 0, 4) // a scoped tarball's have four
	for raw := range strings.SplitSeq(escaped, "/") {
		plain, err := url.PathUnescape(raw)
		if err != nil {
			return nil, assay.Errorf(assay.Invalid, "the path is not percent-encoded correctly")
		}
		for _, r := range plain {
			if r < ' ' || r == 0x7f || r == 0xfffd || r == '\\' || r == '%' {
				return nil, assay.Errorf(assay.Invalid, "the path holds a character that no npm path has; is it encoded twice?")
			}
		}
		parts := []string{plain}
		if strings.HasPrefix(plain, "@") && strings.Count(plain, "/") == 1 {
			parts = strings.Split(plain, "/")
		}
		for _, part := range parts {
			if part == "" || part == "." || part == ".." || strings.Contains(part, "/") {
				return nil, assay.Errorf(assay.Invalid, "the path has an empty, dotted or hidden segment")
			}
			segments = append(segments, part)
		}
	}
	return segments, nil
}

// cutName takes a package name off the front of decoded segments.
func cutName(segments []string) (name string, rest []string, err error) {
	if len(segments) == 0 {
		return "", nil, assay.Errorf(assay.Invalid, "the path names no package")
	}
	n := 1
	if strings.HasPrefix(segments[0], "@") {
		if n = 2; len(segments) < n {
			return "", nil, assay.Errorf(assay.Invalid, "%q is a scope, not a package: ask for %s/name", segments[0], segments[0])
		}
	}
	name, err = wire.Name(strings.Join(segments[:n], "/"))
	return name, segments[n:], err
}
