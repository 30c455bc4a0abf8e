package assay

// Grammar is how one ecosystem spells names and orders versions. It is pure
// and safe for concurrent use; <eco>/wire implements it.
type Grammar interface {
	// Name normalises a package name, or answers an error of kind Invalid.
	Name(raw string) (string, error)
	// Version normalises a version, or answers an error of kind Invalid when
	// it is not one that the ecosystem can order.
	Version(raw string) (string, error)
	// Compare orders two versions: negative, zero, positive. A version that
	// cannot be ordered sorts below all that can, those among themselves as
	// text.
	Compare(a, b string) int
	// Prerelease tells whether the version is one that nobody gets unasked.
	Prerelease(version string) bool
	// Range reads a range in the ecosystem's own syntax.
	Range(expr string) (Range, error)
}

// Range is a set of versions.
type Range interface {
	// Contains tells whether the version lies in the range. A version that
	// cannot be ordered lies inside. Pre-releases are judged by order alone:
	// 4.17.21-rc.1 lies inside <4.17.21.
	Contains(version string) bool
}
