package policy

import (
	"slices"
	"time"

	"assay.invalid/internal/assay"
)

// Ruleset is a policy file, blocks, exceptions and claims, made ready to
// decide. It is immutable and safe for concurrent use.
type Ruleset struct {
	epoch          uint64
	block          blockRule
	status         statusRule
	malware        malwareRule
	digestChanged  digestChangedRule
	vanished       vanishedRule
	cooldown       cooldownRule
	ageUnknown     ageUnknownRule
	installScripts installScriptsRule
	vulnerability  vulnerabilityRule
	lookAlike      lookAlikeRule
	content        contentRule
	conditions     []conditionRule
	exceptions     map[exceptionKey]Exception
	claims         claimIndex
	needsContent   bool
}

// Compile makes a Ruleset. The file is not to be changed afterwards; nil
// means Default. The blocks of the file are added to those given. Blocks and
// exceptions may have run out: they say nothing then.
func Compile(epoch uint64, f *File, blocks []Block, exceptions []Exception, claims ...Claim) *Ruleset {
	if f == nil {
		f = Default()
	}
	cooldown := newCooldownRule(f.Cooldown)
	return &Ruleset{
		epoch:          epoch,
		block:          newBlockRule(f.Block, slices.Concat(f.Blocks, blocks)),
		status:         statusRule{mode: f.Status.Mode},
		malware:        malwareRule{mode: f.Malware.Mode},
		digestChanged:  digestChangedRule{mode: f.DigestChanged.Mode},
		vanished:       vanishedRule{f.Vanished},
		cooldown:       cooldown,
		ageUnknown:     ageUnknownRule{AgeUnknownSettings: f.AgeUnknown, cooldown: cooldown},
		installScripts: installScriptsRule{f.InstallScripts},
		vulnerability:  vulnerabilityRule{f.Vulnerability},
		lookAlike:      lookAlikeRule{f.LookAlike},
		content:        contentRule{f.Content},
		conditions:     conditionRules(f.Conditions),
		exceptions:     indexExceptions(exceptions, f.Conditions),
		claims:         newClaimIndex(claims),
		needsContent:   needsContent(f),
	}
}

func needsContent(f *File) bool {
	if f.Content.Mode == assay.Enforce && f.Content.Effect >= assay.Warn {
		return true
	}
	return slices.ContainsFunc(f.Conditions, func(c Condition) bool { return c.Mode == assay.Enforce && c.asks("signals") })
}

func conditionRules(conditions []Condition) []conditionRule {
	var out []conditionRule
	for _, c := range conditions {
		out = append(out, conditionRule{c})
	}
	return out
}

// CheckLiftable answers an error of kind Invalid, written for the person who
// asked for an exception, when the rule does not exist in this ruleset or its
// deny cannot be lifted.
func (r *Ruleset) CheckLiftable(rule string) error {
	var own []Condition
	for _, c := range r.conditions {
		own = append(own, c.Condition)
	}
	return checkLiftable(rule, own)
}

// Epoch numbers the state of policy, blocks, exceptions and claims. It rises with
// every change, so an answer kept under an epoch is never used in another.
func (r *Ruleset) Epoch() uint64 { return r.epoch }

// Blocks returns all blocks, those of the policy file first, those that have
// run out too.
func (r *Ruleset) Blocks() []Block { return slices.Clone(r.block.all) }

// NeedsContent tells whether an enforced rule judges what is inside the files
// of an ecosystem, so that nothing may be sent before the whole file is here
// and has been scanned: the rule content does, and conditions that ask for
// signals.
func (r *Ruleset) NeedsContent(assay.Ecosystem) bool { return r.needsContent }

// Decide takes the decision on one version from its facts. See the package
// comment for what it promises. The facts are only read.
func (r *Ruleset) Decide(f *assay.Facts, now time.Time) assay.Decision {
	h := hearing{facts: f, now: now.Round(0)}
	r.block.speak(&h)
	r.status.speak(&h)
	r.malware.speak(&h)
	r.digestChanged.speak(&h)
	r.vanished.speak(&h)
	r.cooldown.speak(&h)
	r.ageUnknown.speak(&h)
	r.installScripts.speak(&h)
	r.vulnerability.speak(&h)
	r.lookAlike.speak(&h)
	r.content.speak(&h)
	for i := range r.conditions {
		r.conditions[i].speak(&h)
	}
	if len(h.opinions) == 0 {
		return assay.Decision{Effect: assay.Allow, Until: h.until}
	}
	return h.close(r.exceptions)
}

// hearing is one decision being taken: the facts, the moment, and what the
// rules have said so far.
type hearing struct {
	facts    *assay.Facts
	now      time.Time
	opinions []assay.Opinion
	// until is when a rule that said nothing may speak; zero: never.
	until time.Time
	// spent is what conditions have cost so far, by mode.
	spent [2]uint64
}

func (h *hearing) say(o assay.Opinion) {
	if !o.Until.IsZero() {
		o.Until = o.Until.UTC()
	}
	h.opinions = append(h.opinions, o)
}

// passed tells whether a moment is over; the zero moment never comes.
func (h *hearing) passed(t time.Time) bool { return !t.IsZero() && !h.now.Before(t) }

// close lifts what exceptions lift and sums the opinions up.
func (h *hearing) close(exceptions map[exceptionKey]Exception) assay.Decision {
	d := assay.Decision{Effect: assay.Allow, Opinions: h.opinions, Until: h.until}
	for i := range d.Opinions {
		o := &d.Opinions[i]
		d.Until = sooner(d.Until, o.Until)
		if o.Effect == assay.Deny && !final(o.Rule, h.facts.Status) {
			e, found := exceptions[exceptionKey{version(h.facts.Coordinate), o.Rule}]
			if found && !h.passed(e.Until) {
				o.LiftedBy = e.ID
				d.Until = sooner(d.Until, e.Until)
			}
		}
		if o.Counts() {
			d.Effect = max(d.Effect, o.Effect)
		}
	}
	return d
}

// sooner returns the earlier of two moments of which zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b.UTC()
	}
	return a
}

// version is the coordinate without its file: decisions are on versions.
func version(c assay.Coordinate) assay.Coordinate { return c.At(c.Version) }

type exceptionKey struct {
	version assay.Coordinate
	rule    string
}

// indexExceptions keeps, of several exceptions to the same, the one that
// lasts longest: as long as it holds, the others change nothing. What cannot
// be lifted is left out, wherever the exception came from.
func indexExceptions(exceptions []Exception, conditions []Condition) map[exceptionKey]Exception {
	index := make(map[exceptionKey]Exception, len(exceptions))
	for _, e := range exceptions {
		if e.ID == "" || e.Coordinate.Version == "" || checkLiftable(e.Rule, conditions) != nil {
			continue
		}
		key := exceptionKey{version(e.Coordinate), e.Rule}
		if other, taken := index[key]; !taken || outlasts(e.Until, other.Until, e.ID, other.ID) < 0 {
			index[key] = e
		}
	}
	return index
}

// outlasts orders by end, those without one first, then the latest; among
// equals by id. The order is total, so that the answer never depends on the
// order in which a store returned its rows.
func outlasts(a, b time.Time, idA, idB string) int {
	switch {
	case a.IsZero() != b.IsZero():
		if a.IsZero() {
			return -1
		}
		return 1
	case !a.Equal(b):
		return b.Compare(a)
	case idA < idB:
		return -1
	case idA > idB:
		return 1
	}
	return 0
}

// exceptRemedy says how one version is let through one rule. The purl is
// percent-encoded, so the line is safe to paste into a shell.
func exceptRemedy(f *assay.Facts, rule string) string {
	return "let this one through: assay except " + version(f.Coordinate).String() + " --rule " + rule + ` --reason "..."`
}
