package policy

import "assay.invalid/internal/assay"

// digestChangedRule denies a version for which the upstream has offered
// other bytes than those first promised or seen. That is what a taken-over
// upstream or a rewritten tag looks like; the first bytes stay the right ones
// until an administrator accepts others, which clears the fact. No exception
// lifts the deny.
type digestChangedRule struct{ mode assay.Mode }

func (r *digestChangedRule) speak(h *hearing) {
	f := h.facts
	if f.ChangedTo == "" {
		return
	}
	reason := "the upstream offers other bytes than it did first: " + brief(f.ChangedTo)
	if !f.ChangedAt.IsZero() {
		reason += " since " + moment(f.ChangedAt)
	}
	if f.Digest != "" {
		reason += ", " + brief(f.Digest) + " before"
	}
	h.say(assay.Opinion{
		Rule: RuleDigestChanged, Effect: assay.Deny, Mode: r.mode,
		Reason: reason,
		Remedy: "take another version, and tell whoever runs this repository: only an administrator can accept other bytes",
	})
}

// brief shortens a digest to what people compare.
func brief(d assay.Digest) string {
	value := d.Value()
	if len(value) > 16 {
		value = value[:16] + "..."
	}
	return d.Algorithm() + ":" + value
}

func (r *digestChangedRule) summary() string {
	return "refuses versions whose bytes the upstream has changed"
}
