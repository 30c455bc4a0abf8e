package policy

import (
	"errors"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// Condition is a rule that the operator wrote: an expression in CEL over the
// facts of a version. See docs/conditions.md.
type Condition struct {
	Name   string       // name
	Mode   assay.Mode   // mode
	Match  []Scope      // match; none: everything
	When   string       // when
	Effect assay.Effect // effect: deny or warn
	Reason string       // reason
	Remedy string       // remedy

	program *expression
}

// conditionRule speaks where its expression holds, and denies where that
// cannot be told: a rule that an odd version escapes is none.
type conditionRule struct{ Condition }

func (r *conditionRule) speak(h *hearing) {
	c := version(h.facts.Coordinate)
	if len(r.Match) > 0 && !slices.ContainsFunc(r.Match, func(s Scope) bool { return s.Pattern.Matches(c) }) {
		return
	}
	said := r.judge(h)
	// A silent condition that looks at the time may speak an hour later. When
	// an opinion of its ends is not known, only when to look again: so the
	// opinion gives no end, which people would come back for.
	h.until = sooner(h.until, said.until)
	o := assay.Opinion{Rule: r.Name, Effect: r.Effect, Mode: r.Mode, Reason: r.Reason, Remedy: r.Remedy}
	switch {
	case said.err != nil:
		o.Effect = assay.Deny
		o.Reason = "the condition " + r.Name + " cannot be judged: " + said.err.Error()
		o.Remedy = exceptRemedy(h.facts, r.Name)
	case !said.holds:
		return
	case o.Remedy == "" && r.Effect == assay.Deny:
		o.Remedy = exceptRemedy(h.facts, r.Name)
	}
	h.say(o)
}

// judge evaluates the expression within what all conditions may cost. Those
// that are only observed have an account of their own, lest they change the
// decision by using up that of the others.
func (r *conditionRule) judge(h *hearing) outcome {
	if r.program == nil { // made by hand and not by Parse
		return outcome{err: errors.New("its expression has not been read")}
	}
	spent := &h.spent[r.Mode]
	if *spent > costTogether {
		return outcome{err: errors.New("the conditions before it cost more than all may together")}
	}
	said := r.program.judge(h.facts, h.now)
	*spent += said.cost
	return said
}

func (r *conditionRule) summary() string {
	s := verb(r.Effect) + " what its condition matches: " + r.Reason
	if len(r.Match) > 0 {
		names := make([]string, len(r.Match))
		for i, m := range r.Match {
			names[i] = m.String()
		}
		s += " (" + strings.Join(names, ", ") + ")"
	}
	return s
}

// Bounds of conditions.
const (
	maxConditions = 100
	maxExpression = 2000 // characters
	maxName       = 40   // of a condition, in bytes
)

// conditionName tells whether a name can stand beside those of the built-in
// rules.
func conditionName(name string) error {
	switch {
	case slices.Contains(Rules(), name):
		return assay.Errorf(assay.Invalid, "%q is a built-in rule: give the condition a name of its own", name)
	case name == "" || len(name) > maxName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name[0] < 'a' || name[0] > 'z' || strings.HasSuffix(name, "-"):
		return assay.Errorf(assay.Invalid, "%q is no name for a condition: at most %d small letters, digits and hyphens, a letter first", name, maxName)
	}
	return nil
}

// asks tells whether the expression may ask for a fact. A text that holds its
// name counts, whatever it means there: to think so too often costs a scan.
func (c *Condition) asks(fact string) bool { return strings.Contains(c.When, fact) }
