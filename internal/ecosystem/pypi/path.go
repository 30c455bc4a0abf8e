package pypi

import (
	"net/url"
	"strings"

	"assay.invalid/internal/assay"
)

// maxPath bounds a request's path, in bytes.
const maxPath = 2048

// splitPath takes an escaped path apart and decodes each segment once. What a
// proxy before or an upstream behind might read as another path is refused:
// dotted and empty segments, escaped slashes, backslashes, control characters,
// and a percent sign that is left after decoding (double encoding). folder
// tells that the path ends in a slash.
func splitPath(escaped string) (segments []string, folder bool, err error) {
	if len(escaped) > maxPath {
		return nil, false, assay.Errorf(assay.Invalid, "the path is longer than %d bytes", maxPath)
	}
	escaped = strings.TrimPrefix(escaped, "/")
	if escaped == "" {
		return nil, true, nil
	}
	escaped, folder = strings.CutSuffix(escaped, "/")
	for raw := range strings.SplitSeq(escaped, "/") {
		plain, err := url.PathUnescape(raw)
		if err != nil {
			return nil, false, assay.Errorf(assay.Invalid, "the path is not percent-encoded correctly")
		}
		if plain == "" || plain == "." || plain == ".." {
			return nil, false, assay.Errorf(assay.Invalid, "the path has an empty or dotted segment")
		}
		for _, r := range plain {
			if r <= ' ' || r == 0x7f || r == 0xfffd || r == '\\' || r == '%' || r == '/' {
				return nil, false, assay.Errorf(assay.Invalid, "the path holds a character that no path here has; is it encoded twice?")
			}
		}
		segments = append(segments, plain)
	}
	return segments, folder, nil
}
