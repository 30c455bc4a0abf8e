package policy

import "assay.invalid/internal/assay"

// lookAlikeRule speaks of packages whose names look like better known ones
// and that this place has never used: typosquats live on slips of the finger.
// It warns by default, because a name alone proves nothing.
type lookAlikeRule struct{ LookAlikeSettings }

func (r *lookAlikeRule) speak(h *hearing) {
	f := h.facts
	if f.Name == nil || f.Hosted { // a hosted name was looked at when it was published
		return
	}
	target := clipped(f.Name.Target, 120)
	o := assay.Opinion{Rule: RuleLookAlike, Effect: r.Effect, Mode: r.Mode,
		Reason: "its name looks like " + target + " (" + clipped(f.Name.Class, 40) + "), and nobody here has used it before"}
	switch pattern, exempt := exemptBy(r.Exempt, version(f.Coordinate)); {
	case exempt:
		o.Effect = assay.Allow
		o.Reason += "; exempt as " + pattern
	case r.Effect == assay.Deny:
		o.Remedy = "make sure that " + target + " was not meant, then " + exceptRemedy(f, RuleLookAlike)
	case r.Effect == assay.Warn:
		o.Remedy = "make sure that " + target + " was not meant"
	}
	h.say(o)
}

func (r *lookAlikeRule) summary() string {
	s := verb(r.Effect) + " packages never used here whose names look like better known ones"
	if len(r.Exempt) > 0 {
		s += "; " + count(len(r.Exempt), "pattern") + " exempt"
	}
	return s
}
