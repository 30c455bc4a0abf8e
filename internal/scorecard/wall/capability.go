package wall

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// capabilityRow is one repository on the page of a capability.
type capabilityRow struct {
	row
	Name, Page string
}

type example struct {
	Repository, Note string
	Cite             cite
}

type capabilityPage struct {
	frame
	Outcome             int
	OutcomeTitle        string
	Capability          catalogue.Capability
	CheckedBy           string
	Facts               []fact
	Does, Partly, Plans []named
	Incidents           []catalogue.Incident
	Rows, Software      []capabilityRow
	Examples            []example
}

// capabilities are the pages of the catalogue's capabilities.
func (b *builder) capabilities(ctx context.Context) error {
	standings := map[*Entry]map[string]assess.Standing{}
	for _, e := range b.All() {
		standings[e] = e.byCapability()
	}
	var pages []capabilityPage
	for _, o := range b.Catalogue.Outcomes {
		for _, c := range o.Capabilities {
			pages = append(pages, capabilityPage{frame: b.frame(c.Title, c.Statement, "../", ""), Outcome: o.Number, OutcomeTitle: o.Title, Capability: c})
		}
	}
	return each(ctx, len(pages), func(i int) error {
		p := pages[i]
		b.fill(&p, standings)
		return b.page("capabilities/"+p.Capability.ID+".html", "capability.html", p)
	})
}

// fill says who does it, and what the catalogue knows.
func (b *builder) fill(p *capabilityPage, standings map[*Entry]map[string]assess.Standing) {
	c := p.Capability
	p.CheckedBy, p.Facts = checkedBy(c.Verify.Method), capabilityFacts(c)
	for _, id := range c.Why.Incidents {
		p.Incidents = append(p.Incidents, b.Catalogue.Incidents[id])
	}
	// The newest first: it is the one that readers remember.
	slices.SortStableFunc(p.Incidents, func(x, y catalogue.Incident) int { return strings.Compare(y.Date, x.Date) })
	for _, e := range b.Public {
		s := lookUp(standings[e], c.ID)
		r := capabilityRow{row: b.row(c, s, true), Name: e.Name, Page: e.address() + "#cap-" + c.ID}
		p.Rows = append(p.Rows, r)
		switch r.State {
		case assess.Met:
			p.Does = append(p.Does, e.named(s))
		case assess.Partial:
			p.Partly = append(p.Partly, e.named(s))
		}
		if r.planned() {
			p.Plans = append(p.Plans, e.named(s))
		}
	}
	for _, e := range b.Wall.Software {
		p.Software = append(p.Software, capabilityRow{row: b.row(c, lookUp(standings[e], c.ID), true), Name: e.Name, Page: e.address() + "#cap-" + c.ID})
	}
	for _, x := range c.Examples {
		l := assess.Link{URL: x.Citation.URL, Where: x.Citation.Where, Title: x.Citation.Title, Publisher: x.Citation.Publisher,
			Date: x.Citation.Date, Basis: assess.Basis(x.Citation.Basis)}
		p.Examples = append(p.Examples, example{x.Repository, x.Note, b.cite(l)})
	}
}

// checkedBy says who can check a capability.
func checkedBy(m catalogue.Method) string {
	switch m {
	case catalogue.Probe:
		return "a probe, which only reads"
	case catalogue.Trial:
		return "a trial, on an instance that one may test"
	case catalogue.Document:
		return "a public document"
	}
	return "a person’s review"
}

// capabilityFacts are what the catalogue says in short.
func capabilityFacts(c catalogue.Capability) []fact {
	out := []fact{
		{Name: "Asked of", Value: askedOf(c.AppliesWhen)},
		{Name: "Effort, volunteers", Value: span(c.Effort.VolunteerWeeks)},
		{Name: "Effort, staffed", Value: span(c.Effort.StaffedWeeks)},
		{Name: "Publishers", Value: c.Effort.Publishers},
		{Name: "Consumers", Value: c.Effort.Consumers},
		{Name: "Cost to keep", Value: c.Effort.Keep},
		{Name: "NIST SSDF", Value: strings.Join(c.MapsTo.SSDF, ", ")},
		{Name: "SLSA threats", Value: strings.Join(c.MapsTo.SLSA, ", ")},
	}
	if p := c.MapsTo.Principles; p != nil {
		out = append(out, fact{Name: "Principles", Value: fmt.Sprintf("v0.1, %s, level %d", p.Track, p.Level)})
	}
	return slices.DeleteFunc(out, func(f fact) bool { return f.Value == "" })
}

// askedOf says of which repositories a capability is asked.
func askedOf(c catalogue.Condition) string {
	words := map[catalogue.Trait]string{}
	for _, t := range traitWords() {
		words[t.Trait] = t.Yes
	}
	var all, either []string
	for _, t := range c.All {
		all = append(all, words[t])
	}
	for _, t := range c.Any {
		either = append(either, words[t])
	}
	if len(either) > 0 {
		all = append(all, strings.Join(either, ", or "))
	}
	if len(all) == 0 {
		return "every repository"
	}
	return "those where this holds: " + strings.Join(all, "; and ")
}

// span is a range of person-weeks in words.
func span(w catalogue.Weeks) string {
	if w.From == w.To {
		return weeks(w.From)
	}
	return fmt.Sprintf("%g to %g person-weeks", w.From, w.To)
}

// costOf is what a plan would cost: what it says, else what the catalogue
// estimates.
func costOf(c catalogue.Capability, p *assess.Plan) string {
	if p != nil && p.Weeks > 0 {
		return weeks(p.Weeks) + ", by their own estimate"
	}
	return fmt.Sprintf("%s for volunteers, %s staffed, by the catalogue’s estimate", span(c.Effort.VolunteerWeeks), span(c.Effort.StaffedWeeks))
}
