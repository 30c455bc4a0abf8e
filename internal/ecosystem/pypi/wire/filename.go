package wire

import "strings"

// maxFile is the length of a file's name, in bytes, at the most.
const maxFile = 255

// metadataSuffix is what the address of a file's metadata ends in (PEP 658).
const metadataSuffix = ".metadata"

// Kind is the sort of a file, by its name's end.
type Kind uint8

// The kinds. Everything that is neither is of a sort that no installer of
// today takes.
const (
	OtherFile Kind = iota
	Wheel
	SourceArchive
	Egg
)

var suffixes = []struct {
	text string
	kind Kind
}{
	{".whl", Wheel}, {".tar.gz", SourceArchive}, {".zip", SourceArchive}, {".tar.bz2", SourceArchive}, {".tgz", SourceArchive},
	{".tar.xz", SourceArchive}, {".tar.z", SourceArchive}, {".tar", SourceArchive}, {".egg", Egg}, {".exe", OtherFile},
	{".msi", OtherFile}, {".rpm", OtherFile}, {".deb", OtherFile}, {".dmg", OtherFile},
}

// cutSuffix takes the end off a file's name.
func cutSuffix(file string) (stem string, kind Kind, ok bool) {
	for _, s := range suffixes {
		if n := len(file) - len(s.text); n > 0 && strings.EqualFold(file[n:], s.text) {
			return file[:n], s.kind, true
		}
	}
	return file, OtherFile, false
}

// ValidFile tells whether a decoded file name can be one: a single path
// segment of printable ASCII that names nothing above it and needs no escape
// that two readers could undo differently.
func ValidFile(file string) bool {
	if file == "" || len(file) > maxFile || file[0] == '.' {
		return false
	}
	for i := range len(file) {
		if c := file[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("/\\%?#\"<>;&", c) >= 0 {
			return false
		}
	}
	return true
}

// MetadataOf cuts the end off the name of a metadata file.
func MetadataOf(file string) (main string, ok bool) { return strings.CutSuffix(file, metadataSuffix) }

// FileName is what a file's name says.
type FileName struct {
	// Version is in its normal form; or, where none can be told, what follows
	// the project's name, which nothing can order.
	Version string
	Kind    Kind
	// Anywhere is set for a wheel that installs on every platform.
	Anywhere bool
}

// ParseFile reads the name of a file of a project; project is normalised.
// Hyphens are in names and versions alike, so only the project's name tells
// where the version begins (PEP 625 and the binary distribution format settle
// this for new files; old ones are for ever).
func ParseFile(project, file string) FileName {
	stem, kind, ok := cutSuffix(file)
	f := FileName{Kind: kind, Version: file}
	if !ok {
		return f
	}
	rest, ok := afterName(project, stem)
	if !ok {
		return f
	}
	f.Version = rest
	if kind == Wheel {
		parts := strings.Split(rest, "-")
		if len(parts) != 4 && len(parts) != 5 {
			return f
		}
		f.Version = normalVersion(parts[0], rest)
		abi, platform := parts[len(parts)-2], parts[len(parts)-1]
		f.Anywhere = hasTag(abi, "none") && hasTag(platform, "any") && hasTag3(parts[len(parts)-3])
		return f
	}
	// Built archives of old name their platform or Python behind the version.
	for _, mark := range []string{"-py", ".linux-", ".macosx-", ".win32", ".win-", "-1.noarch", "-1.src"} {
		if before, _, found := strings.Cut(rest, mark); found {
			if v := normalVersion(before, ""); v != "" {
				f.Version = v
				return f
			}
		}
	}
	f.Version = normalVersion(rest, rest)
	return f
}

// afterName finds what follows the project's name and a hyphen.
func afterName(project, stem string) (rest string, ok bool) {
	for i := 0; i < len(stem); i++ {
		if stem[i] == '-' && i+1 < len(stem) && normalise(stem[:i]) == project {
			return stem[i+1:], true
		}
	}
	return "", false
}

func normalVersion(text, otherwise string) string {
	if v, ok := parseVersion(text); ok {
		return v.String()
	}
	// Wheels and old archives write a hyphen as an underscore.
	if v, ok := parseVersion(strings.ReplaceAll(text, "_", "-")); ok {
		return v.String()
	}
	return otherwise
}

// hasTag finds a tag in a compressed set of them ("py2.py3").
func hasTag(set, tag string) bool {
	for t := range strings.SplitSeq(set, ".") {
		if t == tag {
			return true
		}
	}
	return false
}

// hasTag3 tells whether a set of Python tags has one of all of Python 3.
func hasTag3(set string) bool {
	for t := range strings.SplitSeq(set, ".") {
		if strings.HasPrefix(t, "py3") {
			return true
		}
	}
	return false
}

// KindOf is the sort of a file, by its name's end.
func KindOf(file string) Kind {
	_, kind, _ := cutSuffix(file)
	return kind
}
