package wall

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/render"
	"assay.invalid/internal/scorecard/triage"
)

// triageRows is the most rows of each table that the page shows; 'assay
// triage --json' has all of them.
const triageRows = 40

type triageRow struct {
	Worth, Capability, Title, Page, Name string
	State                                assess.State
	Known                                assess.Knowledge
	Missing, Reach, Kind, Weeks, From    string
	Measures                             []string
	Incidents                            []string
}

// triageTable are rows; Reached says that there is a column for the reach.
type triageTable struct {
	Reached bool
	Says    string
	Rows    []triageRow
}

type unknownRow struct {
	ID, Title, Incidents string
	Repositories         []named
}

// triage is the page of what would prevent most harm for the least effort.
func (b *builder) triage(context.Context) error {
	w := b.options.Weights
	result := triage.Of(b.Catalogue, w, b.Subjects())
	p := struct {
		frame
		Weights          []fact
		Known, Unreached triageTable
		Unknown          []unknownRow
		// UnknownSays is set when the rows are not all of them.
		UnknownSays string
	}{
		frame:     b.frame("Triage", "Which missing capability would prevent most harm for the least effort.", "", "triage.html"),
		Known:     b.triageTable(result.Rows, true),
		Unreached: b.triageTable(result.ReachUnknown, false),
		Unknown:   b.unknownRows(result.StateUnknown),
		Weights: []fact{
			{Name: "Missing", Value: fmt.Sprintf("not met counts %g, partial %g, planned %g", w.Missing.NotMet, w.Missing.Partial, w.Missing.Planned)},
			{Name: "Reach", Value: reachRule(w.Reach)},
			{Name: "Incidents", Value: fmt.Sprintf("each that the catalogue names for the capability counts %g at the repository itself and %g elsewhere; a capability without one counts %g", w.Incidents.Here, w.Incidents.Elsewhere, w.Incidents.None)},
			{Name: "Weeks", Value: fmt.Sprintf("of the repository’s own plan, else the catalogue’s estimate for a %s team, %s of its range; at least %g", w.Effort.Team, rangeWord(w.Effort.Of), w.Effort.Least)},
		},
	}
	if n := len(p.Unknown); n > triageRows {
		p.Unknown, p.UnknownSays = p.Unknown[:triageRows], allRows(n)
	}
	return b.page("triage.html", "triage.html", p)
}

func rangeWord(of string) string {
	if of == "middle" {
		return "the middle"
	}
	return "the " + of + " end"
}

// reachRule says how reach is made of what is stated.
func reachRule(w triage.ReachWeights) string {
	s := fmt.Sprintf("downloads in a year: what sources state, with a download as %s, a request as %s, a dependent as %s and a package as %s of them, which are guesses",
		rate(w.Downloads), rate(w.Requests), rate(w.Dependents), rate(w.Packages))
	if w.Scale == triage.Logarithm {
		s += "; counted by its logarithm to the base of ten"
	}
	return s
}

// rate is a weight as people write it: 200,000.
func rate(v float64) string {
	if v == math.Trunc(v) {
		return spaced(int64(v)) // weights are bounded by a million
	}
	return fmt.Sprint(v)
}

// allRows says where the rows are that a table does not show.
func allRows(n int) string {
	return fmt.Sprintf("The first %d of %d rows; 'assay triage --json' has all.", triageRows, n)
}

func (b *builder) triageTable(rows []triage.Row, reached bool) triageTable {
	t := triageTable{Reached: reached}
	if len(rows) > triageRows {
		t.Says = allRows(len(rows))
	}
	for _, r := range rows[:min(len(rows), triageRows)] {
		shown := triageRow{Capability: r.Capability, Title: render.Plain(r.Title), Page: b.capabilityAt(r.Repository, r.Capability), Name: r.Name,
			State: r.State, Known: r.Knowledge, Missing: amount(r.Missing), Kind: amount(r.Kind), Weeks: amount(r.Weeks), From: "by the " + r.WeeksFrom}
		if r.WeeksFrom == "plan" {
			shown.From = "by their plan"
		}
		worth := r.PerReach
		if reached {
			worth = r.Worth
			shown.Reach = amount(*r.Reach)
		}
		shown.Worth = amount(*worth)
		for _, m := range r.Measures {
			said := spaced(int64(m.Value)) + " " + string(m.Kind)
			if m.Kind == triage.Downloads || m.Kind == triage.Requests {
				said += " a year"
			}
			shown.Measures = append(shown.Measures, said+" ("+sourced(m.Date, m.Undated)+")")
		}
		for _, i := range r.Incidents {
			id := i.ID
			if i.Here {
				id += " (here)"
			}
			shown.Incidents = append(shown.Incidents, id)
		}
		t.Rows = append(t.Rows, shown)
	}
	return t
}

// amount is a number with at most two digits after the point.
func amount(v float64) string {
	s := fmt.Sprintf("%.2f", v)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// capabilityAt is the place of a capability on a public repository's page.
func (b *builder) capabilityAt(id, capability string) string {
	i := slices.IndexFunc(b.Public, func(e *Entry) bool { return e.ID == id })
	if i < 0 {
		return first
	}
	return b.Public[i].address() + "#cap-" + capability
}

// unknownRows gathers by capability those of whom it is not known.
func (b *builder) unknownRows(rows []triage.Row) []unknownRow {
	var out []unknownRow
	at := map[string]int{}
	for _, r := range rows {
		i, there := at[r.Capability]
		if !there {
			i = len(out)
			at[r.Capability] = i
			out = append(out, unknownRow{ID: r.Capability, Title: render.Plain(r.Title), Incidents: fmt.Sprint(len(r.Incidents))})
		}
		out[i].Repositories = append(out[i].Repositories, named{Name: r.Name, Page: b.capabilityAt(r.Repository, r.Capability)})
	}
	for i := range out {
		slices.SortFunc(out[i].Repositories, func(x, y named) int { return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)) })
	}
	return out
}
