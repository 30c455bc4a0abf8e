// Package assess derives the states of capabilities from evidence and from
// what an assessment says. It is pure: the same findings in any order give
// the same standings, and so does judging the evidence of a card again.
//
// The rules. What checks found outranks what is said, except that nobody is
// believed to be better than they say themselves: a capability that an
// assessment calls partial stays partial although every check of it holds,
// because checks do not see everything. A capability is met if it is met
// through every protocol that was asked; else it is partial, with the list.
// What could not be told never counts as a no, and never as a yes: where one
// protocol's checks hold and another's could not tell, the capability is
// unknown, with the list. A protocol that has no call for what decides says
// nothing. Not applicable follows from the taxonomy alone, whatever is said.
package assess

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/catalogue"
)

// Input is all that standings follow from.
type Input struct {
	Catalogue *catalogue.Catalogue
	// Definitions are those of the checks that spoke, by id.
	Definitions map[string]scorecard.Definition
	Taxonomy    Taxonomy
	// Entries are what an assessment says, by capability; nil without one.
	Entries map[string]Entry
	Judged  []scorecard.Judged
	// Witnessed are the checks, by "id protocol", whose finding another
	// party found too, and signed.
	Witnessed map[string]bool
}

// WitnessKey is how a finding is named in Input.Witnessed.
func WitnessKey(e scorecard.Evidence) string {
	return strings.TrimSpace(e.Check + " " + string(e.Protocol))
}

// Derive gives one standing for each capability, in the order of the
// catalogue.
func Derive(in Input) []Standing {
	byCapability := map[string][]scorecard.Judged{}
	for _, j := range in.Judged {
		if d, ok := in.Definitions[j.Evidence.Check]; ok {
			byCapability[d.Capability] = append(byCapability[d.Capability], j)
		}
	}
	var out []Standing
	for _, o := range in.Catalogue.Outcomes {
		for _, c := range o.Capabilities {
			entry, said := in.Entries[c.ID]
			out = append(out, in.standing(c, byCapability[c.ID], entry, said))
		}
	}
	return out
}

// Applies says whether a condition holds; known is false if the taxonomy does
// not say enough.
func (t Taxonomy) Applies(c catalogue.Condition) (applies, known bool) {
	known = true
	for _, trait := range c.All {
		has, told := t[trait]
		if told && !has {
			return false, true
		}
		known = known && told
	}
	if len(c.Any) == 0 {
		return true, known
	}
	anyKnown := true
	for _, trait := range c.Any {
		has, told := t[trait]
		if has {
			return true, known
		}
		anyKnown = anyKnown && told
	}
	if anyKnown {
		return false, true
	}
	return true, false
}

func (in Input) standing(c catalogue.Capability, judged []scorecard.Judged, entry Entry, said bool) Standing {
	s := Standing{Capability: c.ID, State: Unknown, Since: entry.Since, Evidence: entry.Evidence, Note: entry.Note, Plan: entry.Plan}
	if applies, _ := in.Taxonomy.Applies(c.AppliesWhen); !applies {
		s.State = NotApplicable
		return s
	}
	slices.SortFunc(judged, func(a, b scorecard.Judged) int {
		return cmp.Or(strings.Compare(WitnessKey(a.Evidence), WitnessKey(b.Evidence)),
			cmp.Compare(a.Finding.Outcome, b.Finding.Outcome), strings.Compare(a.Finding.Reason, b.Finding.Reason))
	})
	witnessed := true
	for _, j := range judged {
		f := j.Finding
		who := in.who(j, judged)
		if f.Outcome == scorecard.CouldNotTell || f.Outcome == scorecard.NotSupported {
			s.Open = append(s.Open, who+f.Reason)
			continue
		}
		s.Reasons = append(s.Reasons, who+f.Reason)
		if !slices.Contains(s.Checks, j.Evidence.Check) {
			s.Checks = append(s.Checks, j.Evidence.Check)
		}
		witnessed = witnessed && in.Witnessed[WitnessKey(j.Evidence)]
	}
	found, byProtocol := in.found(judged)
	s.Protocols = byProtocol
	if found == Unknown {
		if said && entry.State != NotApplicable && entry.State != "" {
			s.State, s.Knowledge = entry.State, knowledgeOf(entry)
		}
		return s
	}
	s.State, s.Knowledge = found, Probed
	if witnessed {
		s.Knowledge = Witnessed
	}
	if !said {
		return s
	}
	switch {
	case entry.State == found, entry.State == Unknown:
	case entry.State == Partial && found == Met:
		s.State = Partial
	case entry.State == Planned && found == NotMet:
		s.State = Planned
	case entry.State == Planned && found == Partial:
		// Part of what is planned is there; the plan is for the rest.
	default:
		s.Contradicts = entry.State
	}
	return s
}

// who names the protocol where a reader could wonder.
func (in Input) who(j scorecard.Judged, all []scorecard.Judged) string {
	if j.Evidence.Protocol == "" {
		return ""
	}
	for _, other := range all {
		if other.Evidence.Protocol != "" && other.Evidence.Protocol != j.Evidence.Protocol {
			return string(j.Evidence.Protocol) + ": "
		}
	}
	return ""
}

// knowledgeOf is how well what is said is known. An answer to a survey is
// still only what somebody says, and a document that speaks against the state
// does not show it.
func knowledgeOf(e Entry) Knowledge {
	switch {
	case e.State == Unknown, e.State == NotApplicable:
		return Nothing
	case slices.ContainsFunc(e.Evidence, func(l Link) bool { return !l.Against && l.Basis != Survey }):
		return Documented
	}
	return Stated
}

// found is what the checks say together, and by protocol where that differs.
func (in Input) found(judged []scorecard.Judged) (State, map[assay.Ecosystem]State) {
	groups := map[assay.Ecosystem][]scorecard.Judged{}
	var whole []scorecard.Judged
	for _, j := range judged {
		if j.Evidence.Protocol == "" {
			whole = append(whole, j)
		} else {
			groups[j.Evidence.Protocol] = append(groups[j.Evidence.Protocol], j)
		}
	}
	// A protocol that has no call for what decides cannot be asked, and says
	// nothing against the others.
	for p, g := range groups {
		if !slices.ContainsFunc(g, in.speaks) {
			delete(groups, p)
		}
	}
	if len(groups) == 0 {
		return in.group(whole), nil
	}
	states := map[assay.Ecosystem]State{}
	seen := map[State]bool{}
	for p, g := range groups {
		states[p] = in.group(slices.Concat(g, whole))
		seen[states[p]] = true
	}
	switch {
	case len(seen) == 1:
		for s := range maps.Keys(seen) {
			return s, nil
		}
	case !seen[Met] && !seen[Partial]:
		return NotMet, states
	case !seen[NotMet] && !seen[Partial]:
		// Met through one, and not told through another.
		return Unknown, states
	}
	return Partial, states
}

// speaks says that a finding has a part in the state: it is against the
// capability, or its check is one of those that decide and could be asked.
func (in Input) speaks(j scorecard.Judged) bool {
	switch j.Finding.Outcome {
	case scorecard.Partly, scorecard.Fails:
		return true
	case scorecard.Holds, scorecard.CouldNotTell:
		return in.Definitions[j.Evidence.Check].Decisive
	}
	return false
}

// group is the state through one protocol.
func (in Input) group(judged []scorecard.Judged) State {
	var holds, partly, fails, fatal, open bool
	for _, j := range judged {
		d := in.Definitions[j.Evidence.Check]
		switch j.Finding.Outcome {
		case scorecard.Holds:
			holds = holds || d.Decisive
		case scorecard.Partly:
			partly = true
		case scorecard.Fails:
			fails = true
			fatal = fatal || d.Fatal
		case scorecard.CouldNotTell:
			open = open || d.Decisive
		}
	}
	switch {
	case fatal, fails && !holds && !partly:
		return NotMet
	case fails, partly:
		return Partial
	case holds && !open:
		return Met
	}
	return Unknown
}

// Line says a standing in one line, for progress and tests.
func (s Standing) Line() string {
	return fmt.Sprintf("%s: %s (%s)", s.Capability, s.State, s.Knowledge)
}
