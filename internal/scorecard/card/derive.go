package card

import (
	"fmt"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
)

// once checks that each check speaks once through each protocol. A second
// finding would let a signer choose which of them a witness agrees with.
func once(judged []scorecard.Judged) error {
	if len(judged) > rowBound {
		return invalid(fmt.Sprintf("there are %d findings, and at most %d are read", len(judged), rowBound), nil)
	}
	spoke := map[string]bool{}
	for _, j := range judged {
		key := assess.WitnessKey(j.Evidence)
		if spoke[key] {
			return unsound(fmt.Sprintf("there are two findings of %s, and a run brings one", key), nil)
		}
		spoke[key] = true
	}
	return nil
}

// leftOut are the checks of this build that the card has no finding of,
// though it speaks of others of their kind through the protocol.
func (r Reader) leftOut(c Card) []string {
	spoke := map[string]bool{}
	for _, j := range c.Judged {
		spoke[assess.WitnessKey(j.Evidence)] = true
	}
	var out []string
	for _, k := range r.Checks {
		d := k.Definition()
		if d.Kind == scorecard.Trial && !c.Trial {
			continue
		}
		for i, p := range c.Protocols {
			if d.Whole && i > 0 || len(d.Protocols) > 0 && !slices.Contains(d.Protocols, p) {
				continue
			}
			e := scorecard.Evidence{Check: d.ID, Protocol: p}
			if d.Whole {
				e.Protocol = ""
			}
			if key := assess.WitnessKey(e); !spoke[key] {
				out = append(out, key)
			}
		}
	}
	return out
}

// derive judges the evidence again and compares. Where this build lacks what
// the card was made with, the rest is derived all the same: otherwise one
// finding that nobody can judge would be a licence to type in every state.
func (r Reader) derive(o *Opened) error {
	checks := map[string]scorecard.Check{}
	in := assess.Input{Catalogue: r.Catalogue, Definitions: map[string]scorecard.Definition{}, Taxonomy: o.Card.Taxonomy,
		Entries: o.Card.Assessed, Witnessed: map[string]bool{}}
	for _, c := range r.Checks {
		checks[c.Definition().ID] = c
		in.Definitions[c.Definition().ID] = c.Definition()
	}
	excuse := excuses{checks: map[string]bool{}, capabilities: map[string]bool{}}
	for _, j := range o.Card.Judged {
		c, ok := checks[j.Evidence.Check]
		if !ok || c.Definition().Version != j.Evidence.Version {
			excuse.checks[j.Evidence.Check] = true
			if ok {
				excuse.capabilities[c.Definition().Capability] = true
			}
			o.Notes = append(o.Notes, fmt.Sprintf("%s (version %d) is not a check of this build: its finding was taken as it stands", j.Evidence.Check, j.Evidence.Version))
			continue
		}
		if f := judge(c, j.Evidence); f != j.Finding {
			return unsound(fmt.Sprintf("the finding of %s (%s) does not follow from its evidence, which says: %s, %s",
				assess.WitnessKey(j.Evidence), j.Finding.Outcome, f.Outcome, f.Reason), nil)
		}
		in.Judged = append(in.Judged, j)
	}
	if out := r.leftOut(o.Card); len(out) > 0 {
		// A signer who dislikes a finding can leave it out.
		o.Notes = append(o.Notes, fmt.Sprintf("there is no finding of %s, which this build looks for: it was left out, or the card was made by another build", strings.Join(out, ", ")))
	}
	if ref := Ref(r.Catalogue); ref != o.Card.Catalogue {
		excuse.catalogue = true
		o.Notes = append(o.Notes, fmt.Sprintf("the card was made against catalogue %s and this build has %s", o.Card.Catalogue.Version, ref.Version))
	}
	typed, err := compare(o.Card.Standings, assess.Derive(in), excuse)
	if err != nil {
		return err
	}
	for _, w := range o.Witnesses {
		for _, k := range w.Witness.Agreed {
			in.Witnessed[k] = true
		}
	}
	o.standings(assess.Derive(in), typed)
	return nil
}

// excuses are why a state of a card may not follow here from its evidence.
type excuses struct {
	catalogue    bool            // it is another catalogue
	checks       map[string]bool // that this build does not have as they were
	capabilities map[string]bool // that those checks spoke about
}

func (e excuses) any() bool { return e.catalogue || len(e.checks) > 0 }

func (e excuses) cover(s assess.Standing) bool {
	return e.catalogue || e.capabilities[s.Capability] || len(e.checks) > 0 && s.State == assess.Unknown ||
		slices.ContainsFunc(s.Checks, func(id string) bool { return e.checks[id] })
}

func byCapability(standings []assess.Standing) map[string]assess.Standing {
	out := map[string]assess.Standing{}
	for _, s := range standings {
		out[s.Capability] = s
	}
	return out
}

// compare says which states of a card do not follow here from its evidence
// and have an excuse. One without is a lie.
func compare(claimed, derived []assess.Standing, excuse excuses) (typed map[string]bool, err error) {
	if len(claimed) > rowBound {
		return nil, invalid(fmt.Sprintf("the card has %d states, and at most %d are read", len(claimed), rowBound), nil)
	}
	lie := func(err error) error { return unsound("the states of the card do not follow from its evidence", err) }
	follows, digests := byCapability(derived), map[string]string{}
	for _, s := range derived {
		if digests[s.Capability], err = digestOf(s); err != nil {
			return nil, err
		}
	}
	if len(claimed) != len(derived) && !excuse.catalogue {
		return nil, lie(nil)
	}
	typed = map[string]bool{}
	seen := map[string]bool{}
	for i, s := range claimed {
		digest, err := digestOf(s)
		switch {
		case err != nil:
			return nil, err
		case seen[s.Capability], !excuse.catalogue && s.Capability != derived[i].Capability:
			return nil, lie(nil)
		case digest == digests[s.Capability]:
		case excuse.any() && s.State == follows[s.Capability].State && s.Knowledge == follows[s.Capability].Knowledge:
			// Only the words differ, which are taken from what follows.
		case !excuse.cover(s):
			return nil, lie(nil)
		default:
			typed[s.Capability] = true
		}
		seen[s.Capability] = true
	}
	return typed, nil
}

// standings sets those of the card: as they follow from its evidence, and
// where they do not follow here as the card states them, known no better than
// that.
func (o *Opened) standings(derived []assess.Standing, typed map[string]bool) {
	follows := byCapability(derived)
	var names []string
	for _, s := range o.Card.Standings {
		if !typed[s.Capability] {
			o.Standings = append(o.Standings, follows[s.Capability])
			continue
		}
		if names = append(names, s.Capability); s.Knowledge != assess.Nothing {
			s.Knowledge = assess.Stated
		}
		o.Standings = append(o.Standings, s)
	}
	if len(names) > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("what the card says of %s cannot be derived by this build: it is only stated", strings.Join(names, ", ")))
	}
}
