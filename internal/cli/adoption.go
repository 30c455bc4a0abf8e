package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/store"
)

// supply is where one place pulls packages from, and how that came to be;
// it is what a server says at start.
type supply struct {
	place   string
	origins []store.Origin
	how     string   // "adopted from 'npm config get registry'"; "" when there is none
	notes   []string // what was left out and why, a clause each
	changed bool     // the origins are new since the last start
}

// adopter asks the machine's package managers for their upstreams and keeps
// what they say. What a person has set wins; what is kept from an earlier
// start is used when a package manager has nothing to say today.
type adopter struct {
	store  store.Store
	places []string
	kept   kept
	config adopt.Config
	askers map[string]adopt.Asker // by place; empty: nobody is asked
	now    time.Time
}

// run returns the supply of each place, in their order, and Go's checksum
// database.
func (a *adopter) run(ctx context.Context) ([]supply, *golang.SumDB, error) {
	found := a.ask(ctx)
	if ctx.Err() != nil {
		return nil, nil, assay.Wrap(assay.Canceled, ctx.Err(), "stopped while asking the package managers for their upstreams")
	}
	supplies := make([]supply, len(a.places))
	for i, place := range a.places {
		finding, asked := found[place]
		supplies[i] = a.settle(place, finding, asked)
	}
	sumdb := a.kept.sumdb
	sumdbChanged := false
	if f, asked := found["go"]; asked && f.Err == nil {
		var note string
		var err error
		if sumdb, note, err = a.settleSumDB(f); err != nil {
			return nil, nil, err
		}
		if note != "" {
			i := slices.Index(a.places, "go")
			supplies[i].notes = append(supplies[i].notes, note)
		}
		sumdbChanged = !sameSumDB(sumdb, a.kept.sumdb)
	}
	if !sumdbChanged && !slices.ContainsFunc(supplies, func(s supply) bool { return s.changed }) {
		return supplies, sumdb, nil
	}
	err := a.store.Update(ctx, func(tx store.Tx) error {
		for _, s := range supplies {
			if !s.changed {
				continue
			}
			if err := putOrigins(ctx, tx, s.place, s.origins, false, a.now); err != nil {
				return err
			}
		}
		if sumdbChanged {
			return putSumDB(ctx, tx, sumdb)
		}
		return nil
	})
	return supplies, sumdb, err
}

// ask asks all at once, for each takes its time to start. One is not asked
// when nothing depends on the answer; go always is, for the checksum database.
func (a *adopter) ask(ctx context.Context) map[string]adopt.Finding {
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		found = map[string]adopt.Finding{}
	)
	for _, place := range a.places {
		asker, ok := a.askers[place]
		if !ok || a.kept.byHand[place] && place != "go" {
			continue
		}
		wg.Go(func() {
			f := asker(ctx, a.config)
			mu.Lock()
			defer mu.Unlock()
			found[place] = f
		})
	}
	wg.Wait()
	return found
}

// settle decides what a place's upstream is, from what a person set, what
// the package manager said and what is kept.
func (a *adopter) settle(place string, f adopt.Finding, asked bool) supply {
	s := supply{place: place, origins: a.kept.origins[place]}
	switch {
	case a.kept.byHand[place]:
		s.how = "set by hand"
		if len(s.origins) == 0 {
			s.how = "set by hand to pull from nowhere"
		}
		return s
	case !asked:
		s.how = keptFrom(s.origins)
		return s
	case f.Err != nil:
		s.notes = append(s.notes, assay.PublicMessage(f.Err))
		s.how = keptFrom(s.origins)
		return s
	}
	s.notes = f.Dropped
	if len(f.Origins) == 0 {
		s.how = keptFrom(s.origins)
		if s.how == "" && len(f.Dropped) == 0 {
			s.notes = []string{fmt.Sprintf("'%s' names no upstream", f.Source)}
		}
		return s
	}
	s.how = fmt.Sprintf("adopted from '%s'", f.Source)
	fresh := make([]store.Origin, len(f.Origins))
	for i, address := range f.Origins {
		fresh[i] = store.Origin{Registry: place, Address: address, Source: f.Source, Set: a.now}
	}
	same := slices.EqualFunc(fresh, s.origins, func(x, y store.Origin) bool {
		return x.Address == y.Address && x.Source == y.Source && len(y.Mirrors) == 0
	})
	if same {
		return s
	}
	if len(s.origins) > 0 {
		s.notes = append(s.notes, fmt.Sprintf("it was %s before", addresses(s.origins)))
	}
	s.origins, s.changed = fresh, true
	return s
}

// keptFrom says since when kept origins are used; "" when there are none.
func keptFrom(origins []store.Origin) string {
	if len(origins) == 0 {
		return ""
	}
	return fmt.Sprintf("kept from %s, when '%s' named it", origins[0].Set.UTC().Format(time.DateOnly), origins[0].Source)
}

// settleSumDB decides on the checksum database. One that is kept is not
// dropped because its key cannot be found today: that would turn a check off
// without anybody's act.
func (a *adopter) settleSumDB(f adopt.Finding) (*golang.SumDB, string, error) {
	if f.SumDBErr != nil {
		note := assay.PublicMessage(f.SumDBErr)
		if a.kept.sumdb != nil {
			note = fmt.Sprintf("the checksum database %s, known from before, is still used (%s)", a.kept.sumdb.Name, note)
		}
		return a.kept.sumdb, note, nil
	}
	db, err := newSumDB(f.SumDB)
	return db, "", err
}

func sameSumDB(a, b *golang.SumDB) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func addresses(origins []store.Origin) string {
	out := make([]string, len(origins))
	for i, o := range origins {
		out[i] = o.Address
	}
	return strings.Join(out, ", ")
}

// inWords is a list in a sentence: "npm, go and pypi".
func inWords(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
