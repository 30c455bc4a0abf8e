package cli

import (
	"context"
	"net/url"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web/home"
)

// homePage says what stands on the first page.
type homePage struct {
	house *house
	base  string // ends in a slash
}

// Home implements server.HomeSource.
func (s *homePage) Home(ctx context.Context) (home.Page, error) {
	c := &control{house: s.house}
	upstreams, err := c.Upstreams(ctx)
	if err != nil {
		return home.Page{}, err
	}
	var page home.Page
	if rule, ok := c.cooldown(); ok {
		note := "The cooldown " + rule.Summary + "."
		if rule.Mode == assay.Observe {
			note = "The cooldown is observed only: nothing is refused for its age."
		}
		page.Notes = append(page.Notes, note)
	}
	for _, u := range upstreams {
		adapter, ok := s.house.table.Place(u.Place)
		if !ok {
			continue
		}
		place := home.Place{Name: u.Place, Base: s.base + u.Place + "/"}
		if len(u.Origins) > 0 {
			if address, err := url.Parse(u.Origins[0].Address); err == nil {
				place.Upstream = address.Host
			}
		}
		for _, line := range adapter.Setup(place.Base) {
			place.Lines = append(place.Lines, home.Line{Client: line.Client, Line: line.Line})
		}
		page.Places = append(page.Places, place)
	}
	return page, nil
}
