package wire

import "strings"

// tarballSuffix ends every file name that we hand out.
const tarballSuffix = ".tgz"

// FileName returns the conventional tarball name of a version:
// "name-1.0.0.tgz", without the scope.
func FileName(name, version string) string { return Unscoped(name) + "-" + version + tarballSuffix }

// FileVersion reads the version out of a conventional tarball name; ok is
// false for any other name. The version need not exist.
func FileVersion(name, file string) (version string, ok bool) {
	rest, ok := strings.CutPrefix(file, Unscoped(name)+"-")
	if !ok {
		return "", false
	}
	version, ok = strings.CutSuffix(rest, tarballSuffix)
	return version, ok && version != ""
}

// maxFile is the length of a file name, in bytes, at the most: a name, a
// version and what stands around them.
const maxFile = maxName + maxVersion + 16

// ValidFile tells whether a decoded file name from a URL can be one: a single
// path segment of printable ASCII that names nothing above it.
func ValidFile(file string) bool {
	if file == "" || len(file) > maxFile || file[0] == '.' {
		return false
	}
	for i := range len(file) {
		if c := file[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`/\%?#"<>`, c) >= 0 {
			return false
		}
	}
	return true
}

// TarballURL is the address under which the place at base (ending in a slash)
// serves a version's tarball.
func TarballURL(base, name, version string) string {
	return base + name + "/-/" + FileName(name, version)
}
