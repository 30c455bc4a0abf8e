package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// maxName is longer than any name in use; new names end at 214 bytes, some
// old ones are longer.
const maxName = 300

// Name reads a package name as it may stand in a request or a coordinate:
// plain ("lodash", "@scope/name") or with the scope's slash encoded as npm
// does ("@scope%2fname"). Case is kept, because names of the early years
// differ by case alone ("JSONStream"). The rules are those for reading, not
// for publishing; errors are of kind Invalid.
func Name(raw string) (string, error) {
	name := raw
	if strings.HasPrefix(name, "@") && !strings.Contains(name, "/") {
		if i := strings.IndexByte(name, '%'); i > 0 && strings.EqualFold(name[i:min(i+3, len(name))], "%2f") {
			name = name[:i] + "/" + name[i+3:]
		}
	}
	if name == "" {
		return "", assay.Errorf(assay.Invalid, "the package name is empty")
	}
	if len(name) > maxName {
		return "", assay.Errorf(assay.Invalid, "the package name is longer than %d bytes", maxName)
	}
	scope, bare, scoped := strings.Cut(name, "/")
	if strings.HasPrefix(name, "@") != scoped {
		return "", assay.Errorf(assay.Invalid, "%q is not an npm package name: a scoped one reads @scope/name, any other has no slash", raw)
	}
	if !scoped {
		bare = name
		// Hidden files, option lookalikes and the registry's own /-/ routes.
		if strings.HasPrefix(bare, "-") || strings.HasPrefix(bare, "_") {
			return "", assay.Errorf(assay.Invalid, "%q is not an npm package name: it must not begin with a hyphen or an underscore", raw)
		}
		if strings.EqualFold(bare, "node_modules") || strings.EqualFold(bare, "favicon.ico") {
			return "", assay.Errorf(assay.Invalid, "%q is not an npm package name: npm reserves it", raw)
		}
	} else if !plainSegment(scope[1:]) {
		return "", assay.Errorf(assay.Invalid, "%q has no valid scope", raw)
	}
	if !plainSegment(bare) {
		return "", assay.Errorf(assay.Invalid, "%q is not an npm package name: it may hold letters, digits and -_.!~*'() and must not begin with a dot", raw)
	}
	return name, nil
}

// plainSegment tells whether encodeURIComponent would leave the segment as it
// is. That keeps out slashes, percent signs, control characters and Unicode
// lookalikes; the leading dot keeps out "." and ".." (traversal).
func plainSegment(s string) bool {
	if s == "" || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("-_.!~*'()", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// EscapeName writes a valid name as npm puts it into a request path:
// "@scope%2fname".
func EscapeName(name string) string { return strings.Replace(name, "/", "%2f", 1) }

// Unscoped returns a valid name without its scope.
func Unscoped(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
