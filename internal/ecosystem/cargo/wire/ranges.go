package wire

import (
	"math"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
)

// Bounds of a requirement, so that a hostile one costs nothing. Cargo's own
// library stops at 32 comparators too.
const (
	maxRequirement = 1024
	maxComparators = 32
)

// requirement is what a version requirement of Cargo's asks for: all of its
// comparators at once. None means any version.
type requirement []comparator

// comparator is one part of a requirement between commas.
type comparator struct {
	op                  string // "=", ">", ">=", "<", "<=", "~", "^", or "*" for 1.2.*
	major, minor, patch uint64
	known               int // how many of major, minor, patch were given: 1 to 3
	pre                 string
}

// parseRequirement reads Cargo's syntax
// (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html):
// comparators between commas, a version alone meaning a caret, wildcards at
// the end of a version. Errors are of kind Invalid.
func parseRequirement(expr string) (requirement, error) {
	if len(expr) > maxRequirement {
		return nil, assay.Errorf(assay.Invalid, "the version requirement is longer than %d bytes", maxRequirement)
	}
	text := strings.TrimSpace(expr)
	if wildcard(text) {
		return requirement{}, nil
	}
	var all requirement
	for part := range strings.SplitSeq(text, ",") {
		if len(all) == maxComparators {
			return nil, assay.Errorf(assay.Invalid, "the version requirement has more than %d parts", maxComparators)
		}
		c, ok := parseComparator(strings.Trim(part, " "))
		if !ok {
			return nil, assay.Errorf(assay.Invalid, "%q is not a version requirement of Cargo's: write it like 1.2, =1.2.3 or >=1.2, <1.5, with commas between its parts", clip(expr, 100))
		}
		all = append(all, c)
	}
	return all, nil
}

func wildcard(s string) bool { return s == "*" || s == "x" || s == "X" }

func parseComparator(s string) (c comparator, ok bool) {
	c.op = "^"
	for _, op := range []string{">=", "<=", ">", "<", "=", "~", "^"} {
		if rest, found := strings.CutPrefix(s, op); found {
			c.op, s = op, strings.TrimLeft(rest, " ")
			ok = true
			break
		}
	}
	stated := ok
	s, build, has := strings.Cut(s, "+")
	if has && !identifiers(build, false) {
		return c, false
	}
	numbers, pre, hasPre := strings.Cut(s, "-")
	open := false
	for part := range strings.SplitSeq(numbers, ".") {
		switch {
		case wildcard(part) && c.known > 0 && c.known < 3:
			open = true
			continue
		case open || c.known == 3: // "1.*.3" says nothing that can be meant
			return c, false
		}
		n, ok := parseNumber(part)
		if !ok {
			return c, false
		}
		switch c.known++; c.known {
		case 1:
			c.major = n
		case 2:
			c.minor = n
		case 3:
			c.patch = n
		}
	}
	if strings.Count(numbers, ".") > 2 || (hasPre || has) && c.known < 3 || hasPre && !identifiers(pre, true) {
		return c, false
	}
	c.pre = pre
	if open && !stated {
		c.op = "*"
	}
	return c, true
}

// String writes the requirement as Cargo does when it sends it to a registry.
func (r requirement) String() string {
	if len(r) == 0 {
		return "*"
	}
	parts := make([]string, len(r))
	for i, c := range r {
		parts[i] = c.String()
	}
	return strings.Join(parts, ", ")
}

func (c comparator) String() string {
	op, end := c.op, ""
	if op == "*" {
		op, end = "", ".*"
	}
	text := op + strconv.FormatUint(c.major, 10)
	if c.known > 1 {
		text += "." + strconv.FormatUint(c.minor, 10)
	}
	if c.known > 2 {
		text += "." + strconv.FormatUint(c.patch, 10)
	}
	if c.pre != "" {
		text += "-" + c.pre
	}
	return text + end
}

// Contains implements assay.Range: by order alone, and true for what has no
// order. Where Cargo would leave pre-releases out, they are judged like any
// other version, or one could slip through a block: what is written short
// begins at its first pre-release (1.2 covers 1.2.0-rc.1), and an upper end
// that was not spelt out leaves out the pre-releases of the next version
// (^1.2 does not cover 2.0.0-rc.1).
func (r requirement) Contains(version string) bool {
	v, ok := parseVersion(version)
	if !ok {
		return true
	}
	for _, c := range r {
		if !c.admits(v) {
			return false
		}
	}
	return true
}

func (c comparator) admits(v semver) bool {
	first := semver{major: c.major, minor: c.minor, patch: c.patch, pre: c.pre}
	if c.known < 3 {
		first.pre = "0"
	}
	switch c.op {
	case "=":
		if c.known == 3 {
			return v.compare(first) == 0
		}
		return v.compare(first) >= 0 && c.below(v, c.known)
	case "*":
		return v.compare(first) >= 0 && c.below(v, c.known)
	case ">":
		if c.known == 3 {
			return v.compare(first) > 0
		}
		return !c.below(v, c.known)
	case ">=":
		return v.compare(first) >= 0
	case "<":
		first.pre = c.pre // <1.2 is <1.2.0, of which 1.2.0-rc.1 lies below
		return v.compare(first) < 0
	case "<=":
		if c.known == 3 {
			return v.compare(first) <= 0
		}
		return c.below(v, c.known)
	case "~":
		return v.compare(first) >= 0 && c.below(v, min(c.known, 2))
	}
	keep := 1 // a caret keeps the first number that is not zero
	if c.major == 0 && c.known > 1 {
		keep = 2
		if c.minor == 0 && c.known > 2 {
			keep = 3
		}
	}
	return v.compare(first) >= 0 && c.below(v, keep)
}

// below tells whether v lies below all versions that come after those that
// share the first n numbers with c, their pre-releases too.
func (c comparator) below(v semver, n int) bool {
	next := semver{major: c.major, minor: c.minor, patch: c.patch, pre: "0"}
	number := []*uint64{&next.major, &next.minor, &next.patch}[n-1]
	if *number == math.MaxUint64 {
		// There is no number above: what lies between is told by the others.
		return v.major == next.major && (n < 2 || v.minor == next.minor) && (n < 3 || v.patch == next.patch) || v.compare(next) < 0
	}
	*number++
	if n < 3 {
		next.patch = 0
	}
	if n < 2 {
		next.minor = 0
	}
	return v.compare(next) < 0
}
