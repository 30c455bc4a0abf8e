package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// Grammar spells the names of Python projects and orders their versions. The
// zero value is ready.
type Grammar struct{}

var _ assay.Grammar = Grammar{}

// Name implements assay.Grammar; see the function Name.
func (Grammar) Name(raw string) (string, error) { return Name(raw) }

// Version implements assay.Grammar with the normal form of PEP 440. Trailing
// zeros stay, because that is how people know a version: 2.31.0 and 2.31 are
// two spellings of one version, which Compare says.
func (Grammar) Version(raw string) (string, error) {
	v, ok := parseVersion(raw)
	if !ok {
		return "", assay.Errorf(assay.Invalid, "%q is not a version as PEP 440 has them: write 2.31.0, 1.0rc1 or 1.0.post1", clip(raw, 100))
	}
	return v.String(), nil
}

// Compare implements assay.Grammar.
func (Grammar) Compare(a, b string) int {
	va, okA := parseVersion(a)
	vb, okB := parseVersion(b)
	switch {
	case okA && okB:
		return va.compare(vb)
	case okA:
		return 1
	case okB:
		return -1
	}
	return strings.Compare(a, b)
}

// Prerelease implements assay.Grammar: pre-releases and development releases,
// and what cannot be ordered, which nobody gets unasked.
func (Grammar) Prerelease(version string) bool {
	v, ok := parseVersion(version)
	return !ok || v.prerelease()
}

// Range implements assay.Grammar.
func (Grammar) Range(expr string) (assay.Range, error) {
	r, err := parseRange(expr)
	if err != nil {
		return nil, err
	}
	return r, nil
}
