package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// Bounds of a range expression, so that a hostile one costs nothing.
const (
	maxRange       = 1024
	maxComparators = 128
)

// bound is one comparison with a version.
type bound struct {
	op string // "<", "<=", ">", ">=", "="
	v  semver
}

func (b bound) admits(v semver) bool {
	c := v.compare(b.v)
	switch b.op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	}
	return c == 0
}

// versionRange is a disjunction of conjunctions.
type versionRange [][]bound

// Contains implements assay.Range: by order alone, and true for what has no
// order.
func (r versionRange) Contains(version string) bool {
	v, ok := parseVersion(version)
	if !ok {
		return true
	}
	return r.contains(v)
}

func (r versionRange) contains(v semver) bool {
next:
	for _, all := range r {
		for _, b := range all {
			if !b.admits(v) {
				continue next
			}
		}
		return true
	}
	return false
}

// parseRange reads node-semver's range syntax: comparators, x-ranges, tildes,
// carets, hyphen ranges and ||. It gives ranges the meaning that node-semver
// has with includePrerelease: pre-releases are judged by order alone, a
// partial version begins at its first pre-release (1.2 is >=1.2.0-0), and an
// upper bound that was not spelt out excludes the pre-releases of the next
// version (^1.2.3 is <2.0.0-0). npm's own habit of leaving pre-releases out
// would let one slip through a block.
func parseRange(expr string) (versionRange, error) {
	if len(expr) > maxRange {
		return nil, assay.Errorf(assay.Invalid, "the range is longer than %d bytes", maxRange)
	}
	var r versionRange
	count := 0
	for part := range strings.SplitSeq(expr, "||") {
		all, err := parseConjunction(part)
		if err != nil {
			return nil, err
		}
		if count += len(all) + 1; count > maxComparators {
			return nil, assay.Errorf(assay.Invalid, "the range has more than %d comparisons", maxComparators)
		}
		r = append(r, all)
	}
	return r, nil
}

func parseConjunction(s string) ([]bound, error) {
	words := joinOperators(strings.Fields(s))
	if len(words) == 3 && words[1] == "-" {
		return hyphen(words[0], words[2])
	}
	var all []bound
	for _, word := range words {
		op, rest := cutOperator(word)
		p, err := parsePartial(rest)
		if err != nil {
			return nil, err
		}
		all = append(all, p.bounds(op)...)
	}
	return all, nil
}

// joinOperators puts an operator that stands alone before the word that
// follows: "> 1.2.3" means ">1.2.3".
func joinOperators(words []string) []string {
	var out []string
	pending := ""
	for _, w := range words {
		if w == "-" {
			out = append(out, pending+w)
			pending = ""
			continue
		}
		if _, rest := cutOperator(w); rest == "" {
			pending += w
			continue
		}
		out = append(out, pending+w)
		pending = ""
	}
	if pending != "" {
		out = append(out, pending)
	}
	return out
}

func cutOperator(s string) (op, rest string) {
	for _, op := range []string{"<=", ">=", "~>", "<", ">", "=", "~", "^"} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			return op, rest
		}
	}
	return "", s
}

// partial is a version of which the end may be left open.
type partial struct {
	semver
	known int // how many of major, minor, patch were given
}

func parsePartial(s string) (partial, error) {
	var p partial
	bad := func() (partial, error) {
		return partial{}, assay.Errorf(assay.Invalid, "%q is not a version in npm's range syntax", s)
	}
	text := strings.TrimLeft(s, "v=")
	if text == "" {
		return bad()
	}
	text, build, hasBuild := strings.Cut(text, "+")
	if hasBuild && !identifiers(build, false) {
		return bad()
	}
	numbers, pre, hasPre := strings.Cut(text, "-")
	if hasPre && !identifiers(pre, true) {
		return bad()
	}
	parts := strings.Split(numbers, ".")
	if len(parts) > 3 || hasPre && len(parts) < 3 {
		return bad()
	}
	open := false
	for i, part := range parts {
		if part == "x" || part == "X" || part == "*" {
			open = true
			continue
		}
		n, ok := parseNumber(part)
		if !ok || open { // "1.x.5" says nothing that can be meant
			return bad()
		}
		p.known = i + 1
		switch i {
		case 0:
			p.major = n
		case 1:
			p.minor = n
		case 2:
			p.patch = n
		}
	}
	if p.known == 3 {
		p.pre = pre
	}
	return p, nil
}

// first is the lowest version that p covers.
func (p partial) first() semver {
	v := p.semver
	if p.known < 3 {
		v.pre = "0"
	}
	return v
}

// after is the lowest version above all that share the first n numbers.
func (p partial) after(n int) semver {
	v := semver{major: p.major, minor: p.minor, patch: p.patch, pre: "0"}
	switch n {
	case 1:
		v.major, v.minor, v.patch = v.major+1, 0, 0
	case 2:
		v.minor, v.patch = v.minor+1, 0
	case 3:
		v.patch++
	}
	return v
}

// nothing admits no version: none is below the lowest.
var nothing = bound{op: "<", v: semver{pre: "0"}}

func (p partial) bounds(op string) []bound {
	if p.known == 0 {
		if op == "<" || op == ">" {
			return []bound{nothing}
		}
		return nil
	}
	from := bound{op: ">=", v: p.first()}
	switch op {
	case "", "=":
		if p.known == 3 {
			return []bound{{op: "=", v: p.semver}}
		}
		return []bound{from, {op: "<", v: p.after(p.known)}}
	case "~", "~>":
		return []bound{from, {op: "<", v: p.after(min(p.known, 2))}}
	case "^":
		keep := 1
		if p.major == 0 && p.known > 1 {
			keep = 2
			if p.minor == 0 && p.known > 2 {
				keep = 3
			}
		}
		return []bound{from, {op: "<", v: p.after(keep)}}
	case ">":
		if p.known < 3 {
			return []bound{{op: ">=", v: p.after(p.known)}}
		}
	case "<=":
		if p.known < 3 {
			return []bound{{op: "<", v: p.after(p.known)}}
		}
	case ">=", "<":
		return []bound{{op: op, v: p.first()}}
	}
	return []bound{{op: op, v: p.semver}}
}

// hyphen reads "a - b": both ends included, an open end covering all of it.
func hyphen(low, high string) ([]bound, error) {
	a, err := parsePartial(low)
	if err != nil {
		return nil, err
	}
	b, err := parsePartial(high)
	if err != nil {
		return nil, err
	}
	var all []bound
	if a.known > 0 {
		all = append(all, bound{op: ">=", v: a.first()})
	}
	if b.known > 0 {
		all = append(all, b.bounds("<=")...)
	}
	return all, nil
}
