package wire

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"

	"assay.invalid/internal/assay"
)

// ModFile is what a go.mod file says to those who depend on the module.
type ModFile struct {
	Path       string // as declared; a fork's may differ from where it lies
	Deprecated string // the deprecation message
	Retracted  []Retraction
}

// Retraction is a closed interval of versions that the author took back.
type Retraction struct {
	Low, High string
	Rationale string
}

// Retracts tells whether the author took the version back, and the reason
// given, which may be empty.
func (m *ModFile) Retracts(version string) (rationale string, ok bool) {
	for _, r := range m.Retracted {
		if semver.Compare(r.Low, version) <= 0 && semver.Compare(version, r.High) <= 0 {
			return r.Rationale, true
		}
	}
	return "", false
}

// DecodeMod reads a go.mod file as the go command reads a dependency's:
// directives of the future are tolerated. Since the lax reader also accepts
// most text, a file without a module directive is refused: it is an error
// message in the place of a file. A declared path other than the module's
// own is left to the go command, which explains it better.
func DecodeMod(name, version string, document []byte, limits Limits) (*ModFile, error) {
	unsound := func(what string) error {
		return assay.Errorf(assay.Unsound, "the upstream's go.mod of %s@%s is not one: %s", name, version, what)
	}
	if int64(len(document)) > limits.Mod {
		return nil, unsound("it is larger than any go.mod may be")
	}
	if !utf8.Valid(document) {
		return nil, unsound("it is not text")
	}
	if bytes.HasPrefix(bytes.TrimSpace(document), []byte("<")) {
		return nil, unsound("it looks like a page of HTML")
	}
	f, err := modfile.ParseLax("go.mod", document, nil)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, unsound(short(first))
	}
	if f.Module == nil || f.Module.Mod.Path == "" {
		return nil, unsound("it declares no module")
	}
	m := &ModFile{Path: f.Module.Mod.Path, Deprecated: f.Module.Deprecated}
	for _, r := range f.Retract {
		m.Retracted = append(m.Retracted, Retraction{Low: r.Low, High: r.High, Rationale: r.Rationale})
	}
	return m, nil
}

// HashMod returns the digest that go.sum and the checksum database keep for
// a go.mod file (the lines with /go.mod).
func HashMod(document []byte) (assay.Digest, error) {
	sum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(document)), nil
	})
	return assay.Digest(sum), err
}
