package pypi

import "strings"

// normal is a project's name as addresses have it (PEP 503).
func normal(name string) string {
	var b strings.Builder
	separated := false
	for _, r := range strings.ToLower(name) {
		if r == '-' || r == '_' || r == '.' {
			if !separated {
				b.WriteByte('-')
			}
			separated = true
			continue
		}
		separated = false
		b.WriteRune(r)
	}
	return b.String()
}

// addressable tells names that can stand in an address. Those that no index
// takes may be asked for all the same, because trials ask what becomes of
// them; only those that would make the request one to another address may not.
func addressable(name string) bool {
	const longest = 200
	n := normal(name)
	if n == "" || n == "-" || len(n) > longest {
		return false
	}
	return !strings.ContainsFunc(n, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(`/\?#%`, r)
	})
}

// versionBound is the longest text that is taken for a version.
const versionBound = 128

// sourceEnds are the ends of source archives, the old ones too.
var sourceEnds = []string{".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar"}

// kind is what a file of a project is for.
type kind int

const (
	unknown kind = iota
	other        // an egg or an installer, which pip does not take
	source
	wheel    // for some machines
	anywhere // a wheel for all
)

// readFileName tells which version of the project a file is, and what kind of
// file; unknown where the name is not one of the project's.
func readFileName(project, file string) (version string, k kind) {
	if strings.ContainsAny(file, "/\\\x00") {
		return "", unknown
	}
	if stem, ok := strings.CutSuffix(file, ".whl"); ok {
		// name-version(-build)?-python-abi-platform
		parts := strings.Split(stem, "-")
		if (len(parts) != 5 && len(parts) != 6) || normal(parts[0]) != project || !isVersion(parts[1]) {
			return "", unknown
		}
		if parts[len(parts)-1] == "any" && parts[len(parts)-2] == "none" {
			return parts[1], anywhere
		}
		return parts[1], wheel
	}
	for _, end := range sourceEnds {
		if stem, ok := strings.CutSuffix(file, end); ok {
			version := behind(project, stem)
			if isVersion(version) {
				return version, source
			}
			return "", unknown
		}
	}
	for _, end := range []string{".egg", ".exe", ".msi"} {
		if stem, ok := strings.CutSuffix(file, end); ok {
			version, _, _ := strings.Cut(behind(project, stem), "-")
			version, _, _ = strings.Cut(version, ".win")
			if isVersion(version) {
				return version, other
			}
		}
	}
	return "", unknown
}

// behind is what follows the project's name and a hyphen. Names hold hyphens
// themselves, and old archives keep them, so each one may be the border.
func behind(project, stem string) string {
	for i := range len(stem) {
		if stem[i] == '-' && normal(stem[:i]) == project {
			return stem[i+1:]
		}
	}
	return ""
}

// isVersion tells a text that begins as versions do and can stand in a path.
func isVersion(s string) bool {
	s = strings.TrimPrefix(s, "v")
	if s == "" || len(s) > versionBound || s[0] < '0' || s[0] > '9' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r > '~' || !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(".!+-_", r))
	})
}

// escaped is a name as it stands in the name of a file (PEP 427, PEP 625).
func escaped(name string) string { return strings.ReplaceAll(normal(name), "-", "_") }

// wheelName is the file name of a wheel that fits anywhere.
func wheelName(name, version string) string {
	return escaped(name) + "-" + version + "-py3-none-any.whl"
}

// sourceName is the file name of a source archive.
func sourceName(name, version string) string { return escaped(name) + "-" + version + ".tar.gz" }
