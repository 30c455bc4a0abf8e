package policy

import (
	"strconv"

	"assay.invalid/internal/assay"
)

// contentRule speaks of versions in whose files a scan found what malware
// does: fetches and runs at install, reads credentials and sends them, hides
// what it executes. Signals are chosen to be rare in honest packages, and are
// still no proof: the rule is observed by default. Where it is enforced, a
// version is scanned before its first byte is handed out, and one that could
// not be scanned is denied if the rule denies.
type contentRule struct{ ContentSettings }

func (r *contentRule) speak(h *hearing) {
	f := h.facts
	if len(f.Signals) == 0 {
		return
	}
	s := &f.Signals[0]
	where := clipped(s.File, 120)
	if s.Line > 0 {
		where += ", line " + strconv.Itoa(s.Line)
	}
	o := assay.Opinion{Rule: RuleContent, Effect: r.Effect, Mode: r.Mode,
		Reason: clipped(s.ID, 60) + " in " + where + ": " + clipped(s.Saw, 160)}
	if n := len(f.Signals) - 1; n > 0 {
		o.Reason += ", and " + count(n, "other signal")
	}
	switch pattern, exempt := exemptBy(r.Exempt, version(f.Coordinate)); {
	case exempt:
		o.Effect = assay.Allow
		o.Reason += "; exempt as " + pattern
	case r.Effect == assay.Deny:
		o.Remedy = "read what stands there, then " + exceptRemedy(f, RuleContent)
	case r.Effect == assay.Warn:
		o.Remedy = "read what stands there before it is used"
	}
	h.say(o)
}

func (r *contentRule) summary() string {
	s := verb(r.Effect) + " versions in whose files a scan found what malware does"
	if len(r.Exempt) > 0 {
		s += "; " + count(len(r.Exempt), "pattern") + " exempt"
	}
	return s
}
