package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// Bounds of names and versions, in bytes. Maven has none; file systems and
// URLs do.
const (
	maxName    = 512
	maxVersion = 200
)

// Grammar spells package names and orders versions. The zero value is ready.
type Grammar struct{}

var _ assay.Grammar = Grammar{}

// Name checks a name of the form group/artifact and keeps its case, which
// Maven tells apart.
func (Grammar) Name(raw string) (string, error) {
	name := strings.TrimSpace(raw)
	if len(name) > maxName {
		return "", assay.Errorf(assay.Invalid, "a package name of %d bytes is too long: %d is the limit", len(name), maxName)
	}
	group, artifact, ok := strings.Cut(name, "/")
	if !ok {
		if g, a, ok := strings.Cut(name, ":"); ok {
			return "", assay.Errorf(assay.Invalid, "%q is not how a package is written here: write group and artifact with a slash, %s/%s", raw, g, a)
		}
		return "", assay.Errorf(assay.Invalid, "%q names no Maven package: write group/artifact, like org.apache.commons/commons-lang3; everything in a group is pkg:maven/%s/*", raw, orGroup(name))
	}
	if !plainGroup(group) || !plainArtifact(artifact) {
		return "", assay.Errorf(assay.Invalid, "%q is no Maven package: write group/artifact of letters, digits, dots, hyphens and underscores, like org.apache.commons/commons-lang3", raw)
	}
	return name, nil
}

func orGroup(name string) string {
	if plainGroup(name) {
		return name
	}
	return "com.corp"
}

// plainGroup accepts folder names joined by dots.
func plainGroup(s string) bool {
	if s == "" {
		return false
	}
	for segment := range strings.SplitSeq(s, ".") {
		if !plainFolder(segment) {
			return false
		}
	}
	return true
}

// plainFolder accepts one folder of a group. A dot in it would be a second
// way to write the same group.
func plainFolder(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !letter(r) && r != '-' && r != '_' }) < 0
}

// plainArtifact accepts the names that Maven's own validation does, but for
// those that begin with a dot: they are folders that servers hide, or lead
// out of one.
func plainArtifact(s string) bool {
	return s != "" && s[0] != '.' && s != metadataName &&
		strings.IndexFunc(s, func(r rune) bool { return !letter(r) && r != '-' && r != '_' && r != '.' }) < 0
}

func letter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// Version checks that a version can be a folder of the layout and orders it
// as it stands: 1.0 and 1.0.0 are equal in order and two versions all the
// same. LATEST and RELEASE are questions to Maven and not versions.
func (Grammar) Version(raw string) (string, error) {
	v := strings.TrimSpace(raw)
	switch {
	case v == "LATEST" || v == "RELEASE":
		return "", assay.Errorf(assay.Invalid, "%s is no version but a question to Maven: write the version that it means, like 1.2.3", v)
	case len(v) > maxVersion:
		return "", assay.Errorf(assay.Invalid, "a version of %d bytes is too long: %d is the limit", len(v), maxVersion)
	case !plainVersion(v):
		return "", assay.Errorf(assay.Invalid, "%q is no Maven version: it may hold letters, digits and . - _ + ~, like 1.2.3 or 2.0-rc-1", raw)
	}
	return v, nil
}

func plainVersion(v string) bool {
	if v == "" || len(v) > maxVersion || v[0] == '.' || v == "LATEST" || v == "RELEASE" {
		return false
	}
	return strings.IndexFunc(v, func(r rune) bool { return !letter(r) && !strings.ContainsRune(".-_+~", r) }) < 0
}

// Compare orders as Maven 3.8.7 does; 1.0 and 1.0.0 are equal. What is no
// version sorts below all that are, and among themselves as text.
func (Grammar) Compare(a, b string) int {
	switch okA, okB := plainVersion(a), plainVersion(b); {
	case okA && okB:
		return compareTokens(parse(a), parse(b))
	case okA:
		return 1
	case okB:
		return -1
	}
	return strings.Compare(a, b)
}

// unfinished are the words that mark a version as one before a release.
var unfinished = map[string]bool{
	"alpha": true, "beta": true, "milestone": true, "rc": true, "cr": true, "snapshot": true,
	"pre": true, "preview": true, "ea": true, "eap": true, "dev": true, "nightly": true, "canary": true,
}

// Prerelease tells whether the version calls itself unfinished, by one of the
// words that Maven sorts before a release or that projects use alike. Maven's
// own "release" means only "no snapshot". What is no version counts as
// unfinished.
func (Grammar) Prerelease(version string) bool {
	if !plainVersion(version) {
		return true
	}
	v := strings.ToLower(version)
	for i := 0; i < len(v); {
		end := i
		for end < len(v) && v[end] >= 'a' && v[end] <= 'z' {
			end++
		}
		if end == i {
			i++
			continue
		}
		w := v[i:end]
		digit := end < len(v) && v[end] >= '0' && v[end] <= '9'
		if unfinished[w] || digit && (w == "a" || w == "b" || w == "m") {
			return true
		}
		i = end
	}
	return false
}

// Range reads a range in Maven's syntax: [1.0,2.0), (,1.0], [1.0] and sets
// of them joined by commas. A bare version means exactly that version, with
// all its spellings: where a dependency says 1.0, Maven only prefers it, but
// who blocks 1.0 means 1.0.
func (Grammar) Range(expr string) (assay.Range, error) { return parseRange(expr) }

// Snapshot tells whether the version is one whose files change by design.
// Maven looks for the word in any case.
func Snapshot(version string) bool {
	const mark = "SNAPSHOT"
	upper := strings.ToUpper(version)
	return upper == mark || strings.HasSuffix(upper, "-"+mark)
}

// Split cuts a normalised name into group and artifact.
func Split(name string) (group, artifact string) {
	group, artifact, _ = strings.Cut(name, "/")
	return group, artifact
}
