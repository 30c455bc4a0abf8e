package wire

import (
	"strings"

	"golang.org/x/mod/semver"

	"assay.invalid/internal/assay"
)

// maxRange and maxTerms bound a range, which a person writes.
const (
	maxRange = 4 << 10
	maxTerms = 200
)

// versionRange is a union of intersections.
type versionRange [][]term

type term struct {
	op      string // "<", "<=", ">", ">=" or "="
	version string // with its v
}

// Contains implements assay.Range. What cannot be ordered lies inside: a
// block must not be escaped by an odd spelling. Build metadata is left out of
// account, so that v2.0.0 also means v2.0.0+incompatible.
func (r versionRange) Contains(version string) bool {
	if !semver.IsValid(version) {
		return true
	}
	for _, all := range r {
		inside := true
		for _, t := range all {
			if !t.contains(version) {
				inside = false
				break
			}
		}
		if inside {
			return true
		}
	}
	return false
}

func (t term) contains(version string) bool {
	order := semver.Compare(version, t.version)
	switch t.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return order == 0
}

func parseRange(expr string) (assay.Range, error) {
	if len(expr) > maxRange {
		return nil, assay.Errorf(assay.Invalid, "a range of %d bytes is too long: %d is the limit", len(expr), maxRange)
	}
	var r versionRange
	terms := 0
	for alternative := range strings.SplitSeq(expr, "||") {
		all, err := parseTerms(alternative)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			return nil, assay.Errorf(assay.Invalid, "%q has an empty part: write ranges like >=v1.0.0 <v1.5.0 || v1.7.2, and no range to mean every version", expr)
		}
		if terms += len(all); terms > maxTerms {
			return nil, assay.Errorf(assay.Invalid, "a range may have %d comparisons at most", maxTerms)
		}
		r = append(r, all)
	}
	return r, nil
}

func parseTerms(s string) ([]term, error) {
	var all []term
	rest := strings.TrimLeft(s, ", \t")
	for rest != "" {
		op := rest[:len(rest)-len(strings.TrimLeft(rest, "<>=!~^"))]
		rest = strings.TrimLeft(rest[len(op):], " \t")
		end := strings.IndexAny(rest, ", \t<>=!~^")
		if end < 0 {
			end = len(rest)
		}
		t, err := newTerm(op, rest[:end])
		if err != nil {
			return nil, err
		}
		all = append(all, t)
		rest = strings.TrimLeft(rest[end:], ", \t")
	}
	return all, nil
}

func newTerm(op, raw string) (term, error) {
	switch op {
	case "":
		op = "="
	case "<", "<=", ">", ">=", "=":
	default:
		return term{}, assay.Errorf(assay.Invalid, "%q is no comparison of Go versions: write <, <=, >, >= or = and a version", op)
	}
	v := withV(raw)
	if !semver.IsValid(v) {
		return term{}, assay.Errorf(assay.Invalid, "%q is no Go version: write it like v1.2.3", raw)
	}
	// <v1.5 and >=v1.5 can only mean v1.5.0; for the others a person may mean
	// v1.5.0 or all of v1.5, and a block must not be narrower than was meant.
	if core, _, _ := strings.Cut(v, "-"); op != "<" && op != ">=" && strings.Count(core, ".") < 2 {
		return term{}, assay.Errorf(assay.Invalid, "%s%s is ambiguous: write all three numbers, like %s%s", op, raw, op, semver.Canonical(v))
	}
	return term{op: op, version: v}, nil
}
