package run

import (
	"encoding/json"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/secret"
)

// redact cuts the secrets of the run out of what is to be published, and
// judges again what was cut: a subject that repeats a token in its answers
// neither gets it published nor keeps itself from being scored.
func (r *runner) redact() {
	cutter := secret.NewCutter(r.result.Secrets)
	checks := map[string]scorecard.Check{}
	for _, c := range r.cfg.Checks {
		checks[c.Definition().ID] = c
	}
	for i, j := range r.result.Judged {
		e, changed := redacted(cutter, j.Evidence)
		if changed {
			r.result.Judged[i] = scorecard.Judged{Evidence: e, Finding: judge(checks[e.Check], e)}
		}
	}
	for e, a := range r.result.Recognised {
		a.Reason = cutter.Cut(a.Reason)
		r.result.Recognised[e] = a
	}
	for i, left := range r.result.Left {
		r.result.Left[i] = cutter.Cut(left)
	}
}

// redacted is evidence without secrets. The secret may stand where JSON has
// no place for the mark; then what was seen is left out with the reason.
func redacted(c *secret.Cutter, e scorecard.Evidence) (scorecard.Evidence, bool) {
	raw, err := json.Marshal(e)
	if err == nil {
		cut := c.Cut(string(raw))
		if cut == string(raw) {
			return e, false
		}
		var out scorecard.Evidence
		if err = json.Unmarshal([]byte(cut), &out); err == nil {
			// What names the finding is ours, and holds no secret.
			out.Check, out.Version, out.Protocol, out.Began, out.Ended = e.Check, e.Version, e.Protocol, e.Began, e.Ended
			return out, true
		}
	}
	return scorecard.Evidence{Check: e.Check, Version: e.Version, Protocol: e.Protocol, Began: e.Began, Ended: e.Ended,
		Missing: &scorecard.Missing{Outcome: scorecard.CouldNotTell, Reason: "what was seen holds a secret of the run in a place where it cannot be cut out"}}, true
}
