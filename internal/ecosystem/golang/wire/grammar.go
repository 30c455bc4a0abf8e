package wire

import (
	"net/url"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"assay.invalid/internal/assay"
)

// maxName and maxVersion bound a module path and a version, in bytes. The go
// command has no such limits; file systems and URLs do.
const (
	maxName    = 1024
	maxVersion = 255
)

// Grammar spells module paths and orders versions. The zero value is ready.
type Grammar struct{}

var _ assay.Grammar = Grammar{}

// Name checks a module path by the go command's own rules and keeps its
// case. A path of a package URL may come with its slashes percent-encoded;
// since a module path has no '%', one decoding is never ambiguous.
func (Grammar) Name(raw string) (string, error) {
	name := strings.TrimSpace(raw)
	if len(name) > maxName {
		return "", assay.Errorf(assay.Invalid, "a module path of %d bytes is too long: %d is the limit", len(name), maxName)
	}
	if strings.Contains(name, "%") {
		plain, err := url.PathUnescape(name)
		if err != nil {
			return "", assay.Errorf(assay.Invalid, "%q is not percent-encoded correctly", raw)
		}
		name = plain
	}
	if err := module.CheckPath(name); err != nil {
		return "", assay.Errorf(assay.Invalid, "%q is no module path (%s): write it as in a go.mod file, like github.com/spf13/cobra", raw, cause(err))
	}
	return name, nil
}

// Version normalises to the canonical form with a leading v, which may be
// missing. Branches, commits and short versions (v1.2) are questions to the
// go command and not versions: they are Invalid, like build metadata other
// than +incompatible.
func (Grammar) Version(raw string) (string, error) {
	v := withV(strings.TrimSpace(raw))
	if len(v) > maxVersion {
		return "", assay.Errorf(assay.Invalid, "a version of %d bytes is too long: %d is the limit", len(v), maxVersion)
	}
	if !semver.IsValid(v) {
		return "", assay.Errorf(assay.Invalid, "%q is no Go version: write it like v1.2.3 or v1.2.3-rc.1", raw)
	}
	if c := module.CanonicalVersion(v); c != v {
		return "", assay.Errorf(assay.Invalid, "%q is not a whole Go version: write all three numbers and no build metadata, like %s", raw, c)
	}
	return v, nil
}

// Compare orders by semantic versioning; where that sees no difference
// (+incompatible), as text. What is no version sorts below all that are.
func (Grammar) Compare(a, b string) int {
	if order := semver.Compare(a, b); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}

// Prerelease tells whether the go command picks the version only when there
// is no release: pre-releases and pseudo-versions, and what is no version.
func (Grammar) Prerelease(version string) bool {
	return !semver.IsValid(version) || semver.Prerelease(version) != ""
}

// Range reads comparisons such as ">=v1.0.0 <v1.5.0 || v1.7.2". Blanks and
// commas mean "and", "||" means "or", a version alone means that version; the
// leading v may be missing.
func (Grammar) Range(expr string) (assay.Range, error) { return parseRange(expr) }

// Pseudo tells whether the version names a commit without a tag.
func Pseudo(version string) bool { return module.IsPseudoVersion(version) }

// Canonical tells whether the version is one that the module can have: in
// canonical form, and of the major version that the path says. All else in
// its place is a question that the upstream answers with such a version.
func Canonical(name, version string) bool {
	return len(version) <= maxVersion && module.CanonicalVersion(version) == version && module.Check(name, version) == nil
}

// Prefer orders versions as the go command does when it looks for the
// latest: releases before pre-releases before pseudo-versions, and within
// each by version. It is positive where a is preferred to b.
func Prefer(a, b string) int {
	if ca, cb := class(a), class(b); ca != cb {
		return ca - cb
	}
	return Grammar{}.Compare(a, b)
}

func class(version string) int {
	switch {
	case !semver.IsValid(version):
		return 0
	case Pseudo(version):
		return 1
	case semver.Prerelease(version) != "":
		return 2
	}
	return 3
}

func withV(version string) string {
	if version != "" && version[0] >= '0' && version[0] <= '9' {
		return "v" + version
	}
	return version
}

// cause drops the subject that golang.org/x/mod repeats in its errors.
func cause(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}

// short bounds a text that quotes a document from outside.
func short(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
