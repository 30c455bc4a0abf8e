package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
)

// textBound is the most bytes of one outside text that is shown.
const textBound = 4000

// plain makes outside text fit to be shown: one line of printable words.
// Words bounds each of them, this the whole.
func plain(s string) string {
	var b strings.Builder
	for i, word := range strings.Fields(s) {
		if b.Len() > textBound {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(scorecard.Words(word))
	}
	return strings.TrimSpace(b.String())
}

// stateWord is a state as a person reads it.
func stateWord(s assess.State) string { return strings.ReplaceAll(plain(string(s)), "_", " ") }

// stateMark is its shape, one column wide; a state that nobody knows has the
// shape of the unknown.
func stateMark(s assess.State) string {
	switch s {
	case assess.Met:
		return "●"
	case assess.Partial:
		return "◐"
	case assess.Planned:
		return "◷"
	case assess.NotMet:
		return "✕"
	case assess.NotApplicable:
		return "–"
	}
	return "?"
}

// outcomeWord is what a check found as a person reads it.
func outcomeWord(o scorecard.Outcome) string { return strings.ReplaceAll(plain(string(o)), "_", " ") }

// knowledges are the degrees, strongest first.
var knowledges = [...]assess.Knowledge{assess.Witnessed, assess.Probed, assess.Documented, assess.Stated}

// counted counts states in words: "10 met, 1 partial".
func counted(rows []row) string {
	var parts []string
	for _, s := range assess.States {
		n := 0
		for _, r := range rows {
			if r.Standing.State == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, stateWord(s)))
		}
	}
	return strings.Join(parts, ", ")
}

// knownCounted counts how well things are known: "3 probed, 1 stated".
func knownCounted(rows []row) string {
	var parts []string
	for _, k := range knowledges {
		n := 0
		for _, r := range rows {
			if r.Standing.Knowledge == k {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k))
		}
	}
	if len(parts) == 0 {
		return "nothing known"
	}
	return strings.Join(parts, ", ")
}

// decided are the lines that say what decided a standing, as sentences.
func decided(s assess.Standing) []string {
	out := decidedBy(s)
	if s.Contradicts != "" {
		out = append([]string{contradiction(s)}, out...)
	}
	return out
}

func contradiction(s assess.Standing) string {
	return fmt.Sprintf("The assessment says %s, and the checks found otherwise.", stateWord(s.Contradicts))
}

// decidedBy are those lines without the contradiction.
func decidedBy(s assess.Standing) []string {
	var out []string
	if len(s.Protocols) > 0 {
		out = append(out, byProtocol(s.Protocols))
	}
	for _, r := range s.Reasons {
		out = append(out, plain(r))
	}
	if s.Note != "" {
		out = append(out, "Note: "+plain(s.Note))
	}
	if s.Plan != nil {
		out = append(out, planned(*s.Plan))
	}
	return out
}

func byProtocol(states map[assay.Ecosystem]assess.State) string {
	var parts []string
	for e, s := range states {
		parts = append(parts, fmt.Sprintf("%s: %s", plain(string(e)), stateWord(s)))
	}
	slices.Sort(parts)
	return "Through " + strings.Join(parts, ", ") + "."
}

func planned(p assess.Plan) string {
	parts := []string{"Planned"}
	if p.By != "" {
		parts[0] += " by " + plain(p.By)
	}
	if p.Weeks > 0 {
		unit := "person-weeks"
		if p.Weeks == 1 {
			unit = "person-week"
		}
		parts = append(parts, fmt.Sprintf("%g %s", p.Weeks, unit))
	}
	if p.WaitsFor != "" {
		what := plain(p.WaitsFor)
		if what == "decision" {
			what = "a decision"
		}
		parts = append(parts, "waits for "+what)
	}
	s := strings.Join(parts, ", ") + "."
	if p.Note != "" {
		s += " " + plain(p.Note)
	}
	return s
}

// moment is a time for people, in UTC with the year.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// plural counts: "1 witness", "2 witnesses".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
