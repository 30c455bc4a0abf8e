package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// maxName is the length of a project's name, in bytes, at the most.
const maxName = 200

// Name normalises a project's name (PEP 503): lower case, and each run of
// dots, hyphens and underscores is one hyphen. What PEP 508 does not take for
// a name is Invalid.
func Name(raw string) (string, error) {
	if !validName(raw) {
		return "", assay.Errorf(assay.Invalid, "%q is not the name of a Python project: it has letters, digits, dots, hyphens and underscores, and begins and ends with a letter or digit", clip(raw, 100))
	}
	return normalise(raw), nil
}

// validName tells whether PEP 508 takes the text for a name.
func validName(s string) bool {
	if s == "" || len(s) > maxName || !alphanumeric(s[0]) || !alphanumeric(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if !alphanumeric(s[i]) && !separator(s[i]) {
			return false
		}
	}
	return true
}

// normalise is PEP 503's normal form of any text.
func normalise(s string) string {
	if normal(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case separator(c):
			if i == 0 || !separator(s[i-1]) {
				b.WriteByte('-')
			}
		case 'A' <= c && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// normal tells whether normalise would change nothing.
func normal(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c == '.' || c == '_' || 'A' <= c && c <= 'Z' || c == '-' && i > 0 && s[i-1] == '-' {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func separator(c byte) bool { return c == '-' || c == '_' || c == '.' }

// NewName checks the name of a project that is published here, beyond what
// holds for names that exist: one that looks like a file or an address of the
// protocol would be taken for one.
func NewName(name string) error {
	normal, err := Name(name)
	switch {
	case err != nil:
		return err
	case normal != name:
		return assay.Errorf(assay.Invalid, "the name %q is written %q here", clip(name, 100), normal)
	case len(name) > 100:
		return assay.Errorf(assay.Invalid, "the name has %d characters; the limit is 100", len(name))
	}
	switch name {
	// What people type by mistake after "pip install", and what the protocol
	// itself uses.
	case "requirements-txt", "requirements", "simple", "legacy", "pypi", "integrity":
		return assay.Errorf(assay.Invalid, "the name %q cannot be published: it is typed by mistake, or is a word of the protocol", name)
	}
	return nil
}

// clip shortens text from outside for a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := 0
	for i := range s {
		if i > n {
			break
		}
		end = i
	}
	return s[:end] + "..."
}

// NewVersion checks a version that is published here, beyond what holds for
// versions that exist.
func NewVersion(text string) error {
	v, ok := parseVersion(text)
	switch {
	case !ok:
		return assay.Errorf(assay.Invalid, "%q is not a version as PEP 440 has them: write 2.31.0, 1.0rc1 or 1.0.post1", clip(text, 100))
	case v.String() != text:
		return assay.Errorf(assay.Invalid, "the version %q is written %q here", clip(text, 100), v)
	case len(text) > 100:
		return assay.Errorf(assay.Invalid, "the version has %d characters; the limit is 100", len(text))
	}
	return nil
}
