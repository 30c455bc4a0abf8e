package policy

import "assay.invalid/internal/assay"

// vanishedRule speaks of versions that a sound listing of the upstream no
// longer has. By default it warns, so that a lock file of today installs in
// years; the operator may have it deny. A security placeholder in the
// package's place is denied whatever the setting: the upstream itself says
// that what stood there was harmful. Hosted versions have no upstream that
// could lose them.
type vanishedRule struct{ VanishedSettings }

func (r *vanishedRule) speak(h *hearing) {
	f := h.facts
	if f.Hosted {
		return
	}
	o := assay.Opinion{Rule: RuleVanished, Mode: r.Mode}
	switch {
	case f.Placeholder:
		o.Effect = assay.Deny
		o.Reason = "the upstream has put a security placeholder in its place"
		o.Remedy = "remove the package and look for its advisory, or " + exceptRemedy(f, RuleVanished)
	case !f.Vanished.IsZero():
		o.Effect = r.Effect
		o.Reason = "the upstream no longer lists it (noticed " + moment(f.Vanished) + ")"
		o.Remedy = "move to a version that is still listed"
		if o.Effect == assay.Deny {
			o.Remedy += ", or " + exceptRemedy(f, RuleVanished)
		}
	default:
		return
	}
	h.say(o)
}

func (r *vanishedRule) summary() string {
	return verb(r.Effect) + " versions that the upstream no longer lists, and refuses security placeholders"
}

// verb says what an effect does to the versions that are named after it.
func verb(e assay.Effect) string {
	switch e {
	case assay.Deny:
		return "refuses"
	case assay.Warn:
		return "warns of"
	default:
		return "lets through"
	}
}
