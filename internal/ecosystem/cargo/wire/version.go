package wire

import (
	"cmp"
	"strconv"
	"strings"
)

// maxVersion bounds the length of a version. Cargo has no bound, paths have.
const maxVersion = 200

// semver is a parsed version (https://semver.org, 2.0.0). Build metadata takes
// no part in its order, as the specification says. Cargo's own library puts
// versions that differ in nothing else in an order of the text; here they are
// equal, so that what is said of one (a block, a refusal of a second) holds
// for the other.
type semver struct {
	major, minor, patch uint64
	pre                 string // "rc.1"; "" for a release
}

// parseVersion reads three numbers without leading zeros, an optional
// pre-release and optional build metadata: what Cargo reads, and no more.
func parseVersion(s string) (v semver, ok bool) {
	if len(s) > maxVersion {
		return v, false
	}
	s, build, has := strings.Cut(s, "+")
	if has && !identifiers(build, false) {
		return v, false
	}
	numbers, pre, has := strings.Cut(s, "-")
	if has && !identifiers(pre, true) {
		return v, false
	}
	v.pre = pre
	for i, part := range []*uint64{&v.major, &v.minor, &v.patch} {
		var n string
		n, numbers, has = strings.Cut(numbers, ".")
		if has != (i < 2) { // exactly two dots
			return v, false
		}
		if *part, ok = parseNumber(n); !ok {
			return v, false
		}
	}
	return v, true
}

// parseNumber reads a number of 64 bits without leading zeros.
func parseNumber(s string) (uint64, bool) {
	if !numeric(s) || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// identifiers checks a dotted run of identifiers; strict forbids numbers with
// leading zeros, as pre-releases do.
func identifiers(s string, strict bool) bool {
	for id := range strings.SplitSeq(s, ".") {
		if id == "" || strict && len(id) > 1 && id[0] == '0' && numeric(id) {
			return false
		}
		for i := range len(id) {
			if c := id[i]; !nameByte(c) || c == '_' {
				return false
			}
		}
	}
	return true
}

func numeric(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// compare orders two versions by precedence (semver, section 11).
func (v semver) compare(w semver) int {
	if c := cmp.Or(cmp.Compare(v.major, w.major), cmp.Compare(v.minor, w.minor), cmp.Compare(v.patch, w.patch)); c != 0 {
		return c
	}
	switch {
	case v.pre == w.pre:
		return 0
	case v.pre == "": // a release is above all its pre-releases
		return 1
	case w.pre == "":
		return -1
	}
	a, b := v.pre, w.pre
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		if c := compareIdentifiers(x, y); c != 0 {
			return c
		}
		switch {
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

// compareIdentifiers puts numbers below words and orders numbers by value,
// whatever their size: they have no leading zeros, so the longer is larger.
func compareIdentifiers(x, y string) int {
	nx, ny := numeric(x), numeric(y)
	switch {
	case nx && ny:
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
	case nx:
		return -1
	case ny:
		return 1
	}
	return strings.Compare(x, y)
}
