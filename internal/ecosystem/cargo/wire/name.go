package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// maxName is the length of a crate's name at the most; Cargo's public registry
// has the same bound.
const maxName = 64

// Name normalises a crate's name: lower case, as index paths are. Hyphens and
// underscores are kept apart, because Cargo asks for the other spelling by
// itself. Errors are of kind Invalid.
func Name(raw string) (string, error) {
	name := strings.TrimSpace(raw)
	switch {
	case name == "":
		return "", assay.Errorf(assay.Invalid, "a crate's name is missing")
	case len(name) > maxName:
		return "", assay.Errorf(assay.Invalid, "a crate's name has at most %d characters, and this one has %d", maxName, len(name))
	}
	for i := range len(name) {
		if !nameByte(name[i]) {
			return "", assay.Errorf(assay.Invalid, "%q is no crate's name: write letters, digits, - and _ alone, like serde_json", clip(name, maxName))
		}
	}
	return strings.ToLower(name), nil
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// Fold is the form in which names are one to Cargo's registries: two crates
// must not differ by case, or by a hyphen in place of an underscore, alone.
// Rust code writes both with underscores.
func Fold(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// NewName checks a normalised name under which a crate shall be published
// here. Errors are of kind Invalid.
func NewName(name string) error {
	if canonical, err := Name(name); err != nil {
		return err
	} else if canonical != name {
		return assay.Errorf(assay.Invalid, "the crate's name is written %q here", canonical)
	}
	switch c := name[0]; {
	case c < 'a' || c > 'z':
		return assay.Errorf(assay.Invalid, "%q cannot be the name of a new crate: it must begin with a letter", name)
	case builtIn[Fold(name)]:
		// A dependency of that name would hide the compiler's own crate.
		return assay.Errorf(assay.Invalid, "%q cannot be the name of a new crate: the compiler brings a crate of that name", name)
	case device(name):
		return assay.Errorf(assay.Invalid, "%q cannot be the name of a new crate: Windows has a device of that name, and its folder could not be made", name)
	}
	return nil
}

// builtIn are the crates that come with the compiler.
var builtIn = map[string]bool{"alloc": true, "core": true, "proc-macro": true, "std": true, "test": true}

func device(name string) bool {
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	port := strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")
	return port && len(name) == 4 && name[3] >= '0' && name[3] <= '9'
}

// prefix is the folder of a name in an index and in download addresses.
func prefix(name string) string {
	switch len(name) {
	case 0:
		return ""
	case 1:
		return "1"
	case 2:
		return "2"
	case 3:
		return "3/" + name[:1]
	}
	return name[:2] + "/" + name[2:4]
}

// IndexPath is where the document of a normalised name lies in a sparse index.
func IndexPath(name string) string { return prefix(name) + "/" + name }

// FileName is the name under which a version's file is kept.
func FileName(name, version string) string { return name + "-" + version + ".crate" }

// FileVersion takes the version out of a file's name.
func FileVersion(name, file string) (string, bool) {
	rest, ok := strings.CutPrefix(file, name+"-")
	if !ok {
		return "", false
	}
	version, ok := strings.CutSuffix(rest, ".crate")
	return version, ok && ValidVersion(version)
}

// ValidVersion tells whether a text can stand for a version in a path and a
// file's name; it may still be none that can be ordered.
func ValidVersion(s string) bool {
	if s == "" || len(s) > maxVersion || s[0] == '.' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !nameByte(c) && c != '.' && c != '+' {
			return false
		}
	}
	return true
}

// clip shortens text from outside for a message.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
