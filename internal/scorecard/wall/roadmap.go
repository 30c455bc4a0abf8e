package wall

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/render"
)

// roadmapRow is one plan.
type roadmapRow struct {
	row
	Name, Page           string
	By, Cost, Keep, Note string
	Reach                []string
}

// roadmapGroup are the plans that wait for the same.
type roadmapGroup struct {
	ID, Title, Says string
	Rows            []roadmapRow
}

// roadmap is the page for those who fund.
func (b *builder) roadmap(context.Context) error {
	groups := []roadmapGroup{
		{ID: "money", Title: "Waits for money", Says: "The work is known, and nobody pays for it yet."},
		{ID: "people", Title: "Waits for people", Says: "There is nobody with the time or the skill for it."},
		{ID: "decision", Title: "Waits for a decision", Says: "Somebody must agree first."},
		{ID: "nothing", Title: "Planned, and waits for nothing that is said", Says: "Under way, or announced without a condition."},
	}
	for _, e := range b.Public {
		standings := e.byCapability()
		for _, c := range b.Catalogue.All() {
			s := lookUp(standings, c.ID)
			r := b.roadmapRow(e, c, s)
			if !r.planned() {
				continue
			}
			i := len(groups) - 1
			if s.Plan != nil {
				if found := slices.IndexFunc(groups, func(g roadmapGroup) bool { return g.ID == s.Plan.WaitsFor }); found >= 0 {
					i = found
				}
			}
			groups[i].Rows = append(groups[i].Rows, r)
		}
	}
	return b.page("roadmap.html", "roadmap.html", struct {
		frame
		Groups []roadmapGroup
	}{b.frame("Roadmap", "What public repositories plan, what it waits for, what it would cost and whom it reaches.", "", "roadmap.html"), groups})
}

func (b *builder) roadmapRow(e *Entry, c catalogue.Capability, s assess.Standing) roadmapRow {
	r := roadmapRow{row: b.row(c, s, true), Name: e.Name, Page: e.address() + "#cap-" + c.ID, Cost: costOf(c, s.Plan), Keep: c.Effort.Keep,
		Note: render.Plain(s.Note), Reach: reachWords(e.Assessment)}
	if s.Plan != nil {
		r.By = render.Plain(s.Plan.By)
		r.Note = render.Plain(strings.TrimSpace(cmp.Or(s.Plan.Note, s.Note)))
	}
	return r
}
