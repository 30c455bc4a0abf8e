package cli

import (
	"context"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

const (
	// defaultPage is how many items a page has unless said otherwise.
	defaultPage = 50
	// readAtOnce is how many rows are read from the store at a time.
	readAtOnce = 500
	// mostLooked bounds the rows that are looked at for one page of decisions.
	// An asker who may read few of them gets a short page, and goes on.
	mostLooked = 20_000
	// maxSearch bounds the text of a search, in bytes.
	maxSearch = 500
)

// Search implements api.Browsing. Nobody outside is asked.
func (c *control) Search(ctx context.Context, q api.SearchQuery) (api.Found, error) {
	limit, err := pageOf(q.Limit)
	if err != nil {
		return api.Found{}, err
	}
	if len(q.Text) > maxSearch {
		return api.Found{}, assay.Errorf(assay.Invalid, "a search has at most %d bytes", maxSearch)
	}
	if err := c.placeNamed(q.Registry); err != nil {
		return api.Found{}, err
	}
	after, err := packageCursor(q.After)
	if err != nil {
		return api.Found{}, err
	}
	readable, err := c.readable(ctx)
	if err != nil {
		return api.Found{}, err
	}
	found := api.Found{Packages: []api.FoundPackage{}}
	var last packagePlace // of the last one shown: that of another could name what is not
	for {
		var rows []store.FoundPackage
		err := c.house.store.View(ctx, func(tx store.Tx) (err error) {
			rows, err = tx.SearchPackages(ctx, store.PackageQuery{Text: q.Text, Registry: q.Registry, After: after.PackageCursor, Limit: readAtOnce})
			return err
		})
		if err != nil {
			return api.Found{}, err
		}
		for i := range rows {
			adapter, ok := c.house.table.Place(rows[i].Registry)
			if !ok {
				continue
			}
			at := assay.Coordinate{Ecosystem: adapter.Ecosystem(), Name: rows[i].Name}
			claimed := c.house.rules.Current().Claimed(at.Ecosystem, at.Name)
			if claimed && !rows[i].Hosted || !readable(at) {
				continue // what an upstream has of a claimed name is nobody's
			}
			if len(found.Packages) == limit {
				found.Next = last.text()
				return found, nil
			}
			p := api.FoundPackage{Package: at, Registry: rows[i].Registry, Hosted: claimed}
			if claimed {
				p.Description = rows[i].Description
			}
			found.Packages, last = append(found.Packages, p), packagePlace{rows[i].Cursor()}
		}
		if len(rows) < readAtOnce {
			return found, nil
		}
		after = packagePlace{rows[len(rows)-1].Cursor()}
	}
}

// Decisions implements api.Browsing.
func (c *control) Decisions(ctx context.Context, q api.DecisionQuery) (api.Decisions, error) {
	limit, err := pageOf(q.Limit)
	if err != nil {
		return api.Decisions{}, err
	}
	if err := c.placeNamed(q.Registry); err != nil {
		return api.Decisions{}, err
	}
	if effects := effectWords(); q.Effect != "" && !slices.Contains(effects, q.Effect) {
		return api.Decisions{}, assay.Errorf(assay.Invalid, "%q is no effect of a decision: there are %s", q.Effect, strings.Join(effects, ", "))
	}
	after, err := verdictCursor(q.After)
	if err != nil {
		return api.Decisions{}, err
	}
	readable, err := c.readable(ctx)
	if err != nil {
		return api.Decisions{}, err
	}
	administrator := assay.PrincipalOf(ctx).Admin
	page := api.Decisions{Decisions: []api.DecisionRow{}}
	last := after
	for looked := 0; ; looked += readAtOnce {
		if looked >= mostLooked {
			// Where to go on is a time, which names nothing.
			page.Next = after.text()
			return page, nil
		}
		var rows []store.FoundVerdict
		err := c.house.store.View(ctx, func(tx store.Tx) (err error) {
			rows, err = tx.FindVerdicts(ctx, store.VerdictQuery{Rule: q.Rule, Registry: q.Registry, Effect: q.Effect, After: after.VerdictCursor, Limit: readAtOnce})
			return err
		})
		if err != nil {
			return api.Decisions{}, err
		}
		for i := range rows {
			at, err := assay.ParseCoordinate(rows[i].Coordinate)
			if err != nil || !readable(at) {
				continue
			}
			if len(page.Decisions) == limit {
				page.Next = last.text()
				return page, nil
			}
			page.Decisions, last = append(page.Decisions, decisionRow(&rows[i].Verdict, at, administrator)), verdictPlace{rows[i].Cursor}
		}
		if len(rows) < readAtOnce {
			return page, nil
		}
		after = verdictPlace{rows[len(rows)-1].Cursor}
	}
}

func decisionRow(v *store.Verdict, at assay.Coordinate, administrator bool) api.DecisionRow {
	row := api.DecisionRow{Last: v.Last, Day: v.Day, Registry: v.Registry, Coordinate: at, Rule: v.Rule, Effect: v.Effect,
		Reason: v.Reason, Why: v.Why, Count: v.Count}
	if administrator {
		row.Principal = v.Principal
	}
	return row
}

// effectWords are the effects by which decisions are counted.
func effectWords() []string { return []string{"deny", "warn", "would deny", "would warn"} }

// Traffic implements api.Browsing. Those who may not read every hosted package
// are told of none of them: part of a count would tell how much the rest is.
func (c *control) Traffic(ctx context.Context) (api.Traffic, error) {
	if c.house.counts == nil {
		return api.Traffic{}, errNoRegistry()
	}
	t := c.house.counts.Traffic(readsAll(ctx))
	return api.Traffic{From: t.From, To: t.To, Passed: t.Passed, Warned: t.Warned, Refused: t.Refused, WouldRefuse: t.WouldRefuse}, nil
}

// readsAll tells whether the asker may read every hosted package.
func readsAll(ctx context.Context) bool {
	p := assay.PrincipalOf(ctx)
	return p.Admin || p.ReadHosted
}

// readable returns the function that tells what the asker may read, which
// remembers its last answer: rows of a package come together.
func (c *control) readable(ctx context.Context) (func(assay.Coordinate) bool, error) {
	if c.house.registry == nil {
		return nil, errNoRegistry()
	}
	var last assay.Coordinate
	var answer bool
	return func(at assay.Coordinate) bool {
		if at = at.Package(); at != last {
			last, answer = at, c.house.registry.MayRead(ctx, at)
		}
		return answer
	}, nil
}

// placeNamed refuses the name of a place that is not here; "" is all of them.
func (c *control) placeNamed(place string) error {
	if _, ok := c.house.table.Place(place); place != "" && !ok {
		return assay.Errorf(assay.Invalid, "there is no registry %q here: there are %s", place, inWords(c.house.table.Places()))
	}
	return nil
}

// pageOf is how many items a page has that is asked for with a limit.
func pageOf(limit int) (int, error) {
	switch {
	case limit == 0:
		return defaultPage, nil
	case limit < 0 || limit > api.MaxPage:
		return 0, assay.Errorf(assay.Invalid, "a page has at least 1 item and at most %d", api.MaxPage)
	}
	return limit, nil
}
