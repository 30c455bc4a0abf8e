package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// Grammar spells npm's names and orders its versions. The zero value is
// ready.
type Grammar struct{}

var _ assay.Grammar = Grammar{}

// Name implements assay.Grammar; see the function Name.
func (Grammar) Name(raw string) (string, error) { return Name(raw) }

// Version implements assay.Grammar. A leading "v" or "=" is dropped, as npm
// does; build metadata is kept, because two versions may differ by it alone.
func (Grammar) Version(raw string) (string, error) {
	s := strings.TrimLeft(strings.TrimSpace(raw), "v=")
	if _, ok := parseVersion(s); !ok {
		return "", assay.Errorf(assay.Invalid, "%q is not an npm version: write three numbers, like 4.17.21 or 5.0.0-rc.1", raw)
	}
	return s, nil
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

// Prerelease implements assay.Grammar. A version that cannot be ordered is
// one too: nobody gets it unasked.
func (Grammar) Prerelease(version string) bool {
	v, ok := parseVersion(version)
	return !ok || v.pre != ""
}

// Range implements assay.Grammar.
func (Grammar) Range(expr string) (assay.Range, error) {
	r, err := parseRange(expr)
	if err != nil {
		return nil, err
	}
	return r, nil
}
