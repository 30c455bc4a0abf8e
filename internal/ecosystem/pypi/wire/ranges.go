package wire

import (
	"strings"

	"assay.invalid/internal/assay"
)

// Bounds of a range expression, so that a hostile one costs nothing.
const (
	maxRange   = 1024
	maxClauses = 64
)

// clause is one comparison with a version.
type clause struct {
	op     string // "==", "!=", "<=", ">=", "<", ">", "==="
	v      version
	prefix bool   // "==1.4.*"
	text   string // of "===", in lower case
}

// versionRange is a conjunction of clauses.
type versionRange []clause

// Contains implements assay.Range.
func (r versionRange) Contains(text string) bool {
	v, ok := parseVersion(text)
	if !ok {
		return true
	}
	for _, c := range r {
		if !c.admits(v, text) {
			return false
		}
	}
	return true
}

// admits judges by order alone where PEP 440 makes exceptions: it leaves
// 2.0rc1 out of <2.0 and 1.7.post1 out of >1.7, so that installers do not
// choose them unasked, and either would slip through a block. The local part
// counts only where the range has one, as in PEP 440.
func (c clause) admits(v version, text string) bool {
	switch c.op {
	case "===":
		return strings.EqualFold(strings.TrimSpace(text), c.text)
	case "==":
		return c.equal(v)
	case "!=":
		return !c.equal(v)
	}
	order := v.comparePublic(c.v)
	switch c.op {
	case "<=":
		return order <= 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	}
	return order > 0
}

func (c clause) equal(v version) bool {
	if !c.prefix {
		return v.comparePublic(c.v) == 0 && (len(c.v.local) == 0 || compareLocal(v.local, c.v.local) == 0)
	}
	if compareNumbers(v.epoch, c.v.epoch) != 0 {
		return false
	}
	for i, n := range c.v.release {
		if numberAt(v.release, i) != n {
			return false
		}
	}
	return true
}

// parseRange reads version specifiers (PEP 440): clauses between commas, all
// of which must hold. A version alone means that version ("1.4" is ==1.4), a
// star alone or nothing means all.
func parseRange(expr string) (versionRange, error) {
	if len(expr) > maxRange {
		return nil, assay.Errorf(assay.Invalid, "the range is longer than %d bytes", maxRange)
	}
	var r versionRange
	expr = strings.TrimSpace(expr)
	if expr == "" || expr == "*" {
		return r, nil
	}
	for part := range strings.SplitSeq(expr, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue // PEP 440's grammar admits a comma at the end
		}
		clauses, err := parseClause(part)
		if err != nil {
			return nil, err
		}
		if r = append(r, clauses...); len(r) > maxClauses {
			return nil, assay.Errorf(assay.Invalid, "the range has more than %d comparisons", maxClauses)
		}
	}
	if r == nil {
		return nil, assay.Errorf(assay.Invalid, "%q says no range", clip(expr, 100))
	}
	return r, nil
}

// operators are in the order in which they are tried: "===" begins with "==".
var operators = []string{"===", "==", "~=", "!=", "<=", ">=", "<", ">"}

func parseClause(part string) ([]clause, error) {
	op, rest := "==", part
	for _, known := range operators {
		if after, ok := strings.CutPrefix(part, known); ok {
			op, rest = known, strings.TrimSpace(after)
			break
		}
	}
	bad := func(why string) ([]clause, error) {
		return nil, assay.Errorf(assay.Invalid, "%q is not a version specifier: %s", clip(part, 100), why)
	}
	if op == "===" {
		if rest == "" || strings.ContainsAny(rest, " \t") {
			return bad("after === comes one version, as it is written")
		}
		return []clause{{op: op, text: strings.ToLower(rest)}}, nil
	}
	text, prefix := strings.CutSuffix(rest, ".*")
	v, ok := parseVersion(text)
	switch {
	case !ok:
		return bad("write >=1.4,<2, ~=1.4.2, ==1.4.* or 1.4.2")
	case prefix && (op != "==" && op != "!=" || v.phase != 0 || v.post != "" || v.dev != "" || len(v.local) > 0):
		return bad("a star at the end goes with == or != and numbers")
	case len(v.local) > 0 && op != "==" && op != "!=":
		return bad("a local version (after the +) goes with == or !=")
	case op == "~=":
		if len(v.release) < 2 {
			return bad("~= needs two numbers, as in ~=1.4")
		}
		series := version{epoch: v.epoch, release: v.release[:len(v.release)-1]}
		return []clause{{op: ">=", v: v}, {op: "==", v: series, prefix: true}}, nil
	}
	return []clause{{op: op, v: v, prefix: prefix}}, nil
}
