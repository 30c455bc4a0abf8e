package wire

import (
	"cmp"
	"strings"
)

// maxVersion is node-semver's bound on the length of a version.
const maxVersion = 256

// semver is a parsed version (https://semver.org, 2.0.0). Build metadata
// takes no part in the order and is not kept.
type semver struct {
	major, minor, patch uint64
	pre                 string // "rc.1"; "" for a release
}

// maxNumber is the largest number that JavaScript counts exactly; node-semver
// refuses versions beyond it.
const maxNumber = 1<<53 - 1

// parseVersion reads three numbers without leading zeros, an optional
// pre-release and optional build metadata. The hyphen before the pre-release
// may be missing where a letter follows: versions of npm's first years are
// spelt so ("1.0.0beta2"), and npm orders them all the same. Other spellings
// are not ordered: what cannot be ordered lies inside every range, so that no
// odd spelling escapes a block.
func parseVersion(s string) (v semver, ok bool) {
	if len(s) > maxVersion {
		return v, false
	}
	s, build, hasBuild := strings.Cut(s, "+")
	if hasBuild && !identifiers(build, false) {
		return v, false
	}
	numbers := s
	if i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		numbers, v.pre = s[:i], strings.TrimPrefix(s[i:], "-")
		if !identifiers(v.pre, true) {
			return v, false
		}
	}
	for i, part := range []*uint64{&v.major, &v.minor, &v.patch} {
		var n string
		n, numbers, ok = strings.Cut(numbers, ".")
		if ok != (i < 2) { // exactly two dots
			return v, false
		}
		if *part, ok = parseNumber(n); !ok {
			return v, false
		}
	}
	return v, true
}

func parseNumber(s string) (uint64, bool) {
	if s == "" || len(s) > 16 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n, n <= maxNumber
}

// identifiers checks a dotted run of semver identifiers; strict forbids
// numbers with leading zeros, as pre-releases do.
func identifiers(s string, strict bool) bool {
	for id := range strings.SplitSeq(s, ".") {
		if id == "" {
			return false
		}
		for i := range len(id) {
			c := id[i]
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
				return false
			}
		}
		if strict && len(id) > 1 && id[0] == '0' && numeric(id) {
			return false
		}
	}
	return true
}

func numeric(id string) bool {
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return true
}

// compare orders two versions by precedence (semver, section 11).
func (v semver) compare(w semver) int {
	if c := cmp.Compare(v.major, w.major); c != 0 {
		return c
	}
	if c := cmp.Compare(v.minor, w.minor); c != 0 {
		return c
	}
	if c := cmp.Compare(v.patch, w.patch); c != 0 {
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
		var x, y string
		var moreA, moreB bool
		x, a, moreA = strings.Cut(a, ".")
		y, b, moreB = strings.Cut(b, ".")
		if c := compareIdentifier(x, y); c != 0 {
			return c
		}
		if !moreA || !moreB {
			switch {
			case moreA:
				return 1
			case moreB:
				return -1
			}
			return 0
		}
	}
}

// compareIdentifier puts numbers below words and orders numbers by value.
// They have no leading zeros, so the longer is the larger, whatever its size.
func compareIdentifier(x, y string) int {
	nx, ny := numeric(x), numeric(y)
	switch {
	case nx && ny:
		if c := cmp.Compare(len(x), len(y)); c != 0 {
			return c
		}
	case nx:
		return -1
	case ny:
		return 1
	}
	return strings.Compare(x, y)
}

// channel is what a pre-release calls itself: "beta" of 2.0.0-beta.3, "rc" of
// 1.0.0-rc2, "" of 1.0.0-0.
func (v semver) channel() string {
	i := 0
	for i < len(v.pre) {
		c := v.pre[i] | 0x20
		if c < 'a' || c > 'z' {
			break
		}
		i++
	}
	return v.pre[:i]
}
