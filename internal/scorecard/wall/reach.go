package wall

import (
	"fmt"
	"strconv"
	"strings"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/render"
	"assay.invalid/internal/scorecard/triage"
)

// reachOf is what the assessment's sources say of whom the repository
// reaches, as far as it can be compared: what was counted by day or month
// becomes the number of a year, and what was counted in all time is none. An
// answer to a survey makes no reach, as it makes no state that is documented:
// rows that rest on it would stand beside others as if they were as sure.
func reachOf(a *assessment.Assessment) []triage.Measure {
	var out []triage.Measure
	for _, r := range a.Reach() {
		if r.Evidence.Basis == assess.Survey {
			continue
		}
		m := triage.Measure{Value: float64(r.Number), Date: r.Evidence.Date, Undated: r.Evidence.Undated}
		switch r.Of {
		case "downloads":
			m.Kind = triage.Downloads
		case "requests":
			m.Kind = triage.Requests
		case "dependents":
			m.Kind = triage.Dependents
		case "packages":
			m.Kind = triage.Packages
		default:
			continue
		}
		rate := m.Kind == triage.Downloads || m.Kind == triage.Requests
		switch r.Per {
		case "day":
			m.Value *= 365
		case "month":
			m.Value *= 12
		case "year":
		default:
			if rate {
				continue
			}
		}
		out = append(out, m)
	}
	return out
}

// reachWords are the numbers as their sources state them.
func reachWords(a *assessment.Assessment) []string {
	if a == nil {
		return nil
	}
	var out []string
	for _, r := range a.Reach() {
		s := spaced(r.Number) + " " + render.Plain(r.Of)
		if r.Per != "" {
			s += " a " + render.Plain(r.Per)
		}
		if r.Note != "" {
			s += ": " + render.Plain(r.Note)
		}
		dated := sourced(r.Evidence.Date, r.Evidence.Undated)
		if r.Evidence.Basis == assess.Survey {
			dated += ", a survey alone"
		}
		out = append(out, fmt.Sprintf("%s (%s)", s, dated))
	}
	return out
}

// sourced is the date of a source in words.
func sourced(date string, undated bool) string {
	if undated {
		return "undated, read " + render.Plain(date)
	}
	return render.Plain(date)
}

// spaced writes a number with its thousands apart: 1,000,000.
func spaced(n int64) string {
	s := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
