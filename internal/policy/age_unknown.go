package policy

import (
	"time"

	"assay.invalid/internal/assay"
)

// ageUnknownRule speaks where the cooldown needs a date and the upstream
// gives none. Having been listed here for as long as the cooldown's minimum
// proves the age as well as any date, and ends the opinion.
//
// It says nothing where no date is needed: the version is hosted or exempt
// from the cooldown, its minimum is zero, or ages count from our own listings.
type ageUnknownRule struct {
	AgeUnknownSettings
	cooldown cooldownRule
}

func (r *ageUnknownRule) speak(h *hearing) {
	f := h.facts
	if f.Hosted || !f.Published.IsZero() || r.cooldown.Age == AgeFirstSeen {
		return
	}
	c := version(f.Coordinate)
	wait := r.cooldown.wait(c)
	if wait == 0 {
		return
	}
	var until time.Time // unless we have listed it, no passing of time proves anything
	if !f.FirstListed.IsZero() {
		if until = later(f.FirstListed, f.LastAbsent).Add(wait); h.passed(until) {
			return
		}
	}
	if _, exempt := exemptBy(r.cooldown.Exempt, c); exempt {
		return
	}
	o := assay.Opinion{
		Rule: RuleAgeUnknown, Effect: r.Effect, Mode: r.Mode, Until: until,
		Reason: "the upstream gives no date, so its age is unknown; new versions wait " + duration(wait),
		Remedy: "take a version that has a date",
	}
	if !until.IsZero() {
		o.Reason += ", this one until " + assay.EndText(until)
	}
	if o.Effect == assay.Deny {
		o.Remedy += ", or " + exceptRemedy(f, RuleAgeUnknown)
	}
	h.say(o)
}

func (r *ageUnknownRule) summary() string {
	return verb(r.Effect) + " versions that have no date, where the cooldown needs one"
}
