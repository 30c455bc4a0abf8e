package policy

import (
	"strings"

	"assay.invalid/internal/assay"
)

// statusRule speaks of what was said here of a version after it was
// published, whether it is hosted or an upstream's:
//
//   - removed: denied for ever; no exception lifts it
//   - quarantined: denied until it is released; an exception lifts it
//   - yanked: warned of and left out of listings, so that no resolver chooses
//     it, while old lock files go on installing
//   - deprecated, experimental: warned of
//
// It is always enforced: who only wants to watch says nothing of the version.
type statusRule struct{ mode assay.Mode }

func (r *statusRule) speak(h *hearing) {
	f := h.facts
	o := assay.Opinion{Rule: RuleStatus, Effect: assay.Warn, Mode: r.mode}
	switch f.Status {
	case assay.Active:
		return
	case assay.Removed:
		o.Effect = assay.Deny
		o.Reason = "removed"
		o.Remedy = "take another version: what was removed never comes back"
	case assay.Quarantined:
		o.Effect = assay.Deny
		o.Reason = "quarantined"
		o.Remedy = "take another version, or " + exceptRemedy(f, RuleStatus)
	case assay.Yanked:
		o.Unlist = true
		o.Reason = "yanked"
		o.Remedy = "move to a version that is still listed"
	case assay.Deprecated:
		o.Reason = "deprecated"
		o.Remedy = "move to what replaces it"
	case assay.Experimental:
		o.Reason = "experimental: not for production"
		o.Remedy = "keep it out of production, or take a version that is meant for it"
	default:
		// A word that a later Assay wrote may well mean a refusal.
		o.Effect = assay.Deny
		o.Reason = "what was said of it here is not understood by this Assay"
		o.Remedy = "take another version, or " + exceptRemedy(f, RuleStatus)
	}
	// A publisher may have sent the reason, and it is shown on terminals.
	why := strings.Join(strings.Fields(strings.Map(shown, f.StatusReason)), " ")
	if len(why) > MaxReason {
		why = strings.ToValidUTF8(why[:MaxReason], "") + "..."
	}
	if why != "" {
		o.Reason += ": " + why
	}
	h.say(o)
}

func (r *statusRule) summary() string {
	return "refuses versions that were removed or quarantined here, leaves yanked ones out of listings, and warns of deprecated and experimental ones"
}

// final tells whether an opinion is one that no exception lifts although its
// rule can be lifted: a removed version leaves a tombstone, and other bytes
// must never stand where it was.
func final(rule string, status assay.Status) bool {
	return rule == RuleStatus && status == assay.Removed
}

// CheckStatus answers an error when the principal may not give a version of
// one status the other. A removed one stays removed: Conflict. One in
// quarantine is the administrator's alone: Forbidden to others, for whoever
// holds a publisher's token could otherwise let it out, or destroy what is to
// be looked at. And it is released first: Conflict, lest a word that warns at
// most take the place of one that refuses.
func CheckStatus(by assay.Principal, from, to assay.Status) error {
	switch {
	case from == assay.Removed:
		return assay.Errorf(assay.Conflict, "it was removed, which cannot be taken back")
	case from != assay.Quarantined:
		return nil
	case !by.Admin:
		return assay.Errorf(assay.Forbidden, "it is in quarantine, and only an administrator decides what becomes of it")
	case to == assay.Quarantined || to == assay.Active || to == assay.Removed:
		return nil
	}
	return assay.Errorf(assay.Conflict, "it is in quarantine, and to call it %s would let it out: release it first, with assay release", to)
}
