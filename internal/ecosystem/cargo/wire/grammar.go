package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// Grammar spells Cargo's names and orders its versions. The zero value is
// ready.
type Grammar struct{}

var _ assay.Grammar = Grammar{}

// Name implements assay.Grammar; see the function Name.
func (Grammar) Name(raw string) (string, error) { return Name(raw) }

// Version implements assay.Grammar. Build metadata is kept: it is part of the
// version's name, though not of its order.
func (Grammar) Version(raw string) (string, error) {
	s := strings.TrimSpace(raw)
	if _, ok := parseVersion(s); !ok {
		return "", assay.Errorf(assay.Invalid, "%q is not a version that Cargo knows: write three numbers, like 1.0.219 or 2.0.0-rc.1", clip(s, maxVersion))
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

// Range implements assay.Grammar, in the syntax of Cargo's requirements with
// one difference: a whole version alone means that version. Ranges stand
// behind the @ of what looks like a package URL, and who blocks
// pkg:cargo/x@1.2.3 must not block its fix, 1.2.4, with it. What Cargo means by
// it is written ^1.2.3.
func (Grammar) Range(expr string) (assay.Range, error) {
	if version := strings.TrimSpace(expr); len(version) <= maxVersion {
		if _, ok := parseVersion(version); ok {
			expr = "=" + version
		}
	}
	r, err := parseRequirement(expr)
	if err != nil {
		return nil, err
	}
	return r, nil
}
