package registry

import (
	"context"
	"sort"
	"sync/atomic"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// Place is one named registry: an ecosystem, its origins, and what is known
// of its packages. It implements ecosystem.Repository.
type Place struct {
	s        *Service
	name     string
	adapter  ecosystem.Adapter
	eco      assay.Ecosystem
	grammar  assay.Grammar
	format   ecosystem.Format
	origins  atomic.Pointer[[]store.Origin]
	packages *lru[string, *pack]
}

var _ ecosystem.Repository = (*Place)(nil)

// Base returns the address of the place, ending in a slash.
func (pl *Place) Base() string { return pl.s.cfg.BaseURL + "/" + pl.name + "/" }

// Why returns the address of the page that explains the decision on a
// coordinate.
func (pl *Place) Why(c assay.Coordinate) string { return pl.s.why(c) }

func (s *Service) why(c assay.Coordinate) string {
	c.File = ""
	return s.cfg.BaseURL + "/why/" + s.whyID(c, s.cfg.Rules.Current().Epoch())
}

// Versions returns the decided versions of a package: those listed, in the
// document's order, then those that are not listed any more.
func (pl *Place) Versions(ctx context.Context, name string) ([]ecosystem.Decided, error) {
	if err := pl.mayRead(ctx, name); err != nil {
		return nil, err
	}
	sn, _, err := pl.load(ctx, name, forListing)
	if err != nil {
		return nil, err
	}
	return pl.decided(sn), nil
}

func (pl *Place) decided(sn *snapshot) []ecosystem.Decided {
	rules, now := pl.s.cfg.Rules.Current(), pl.s.now()
	out := make([]ecosystem.Decided, 0, len(sn.entries)+len(sn.absent))
	if !sn.missing {
		for _, e := range sn.entries {
			out = append(out, ecosystem.Decided{Facts: e.facts, Decision: e.decide(rules, now), Listed: e.facts.Status != assay.Removed})
		}
	}
	absent := make([]string, 0, len(sn.absent))
	for version := range sn.absent {
		absent = append(absent, version)
	}
	sort.Slice(absent, func(i, j int) bool { return pl.grammar.Compare(absent[i], absent[j]) < 0 })
	for _, version := range absent {
		e := sn.absent[version]
		out = append(out, ecosystem.Decided{Facts: e.facts, Decision: e.decide(rules, now)})
	}
	return out
}

func lifted(d *assay.Decision) bool {
	for i := range d.Opinions {
		if d.Opinions[i].LiftedBy != "" {
			return true
		}
	}
	return false
}

// Nearest returns the newest allowed version at or below the given one, else
// the oldest allowed above it, else "". It uses what is known without asking
// the upstream: a refusal must not wait. Pre-releases are named only to those
// who asked for one.
func (pl *Place) Nearest(_ context.Context, name, version string) string {
	p, ok := pl.packages.get(name)
	if !ok {
		return ""
	}
	sn := p.current.Load()
	if sn == nil || sn.listing == nil || sn.missing {
		return ""
	}
	rules, now := pl.s.cfg.Rules.Current(), pl.s.now()
	asked := pl.grammar.Prerelease(version)
	below, above := "", ""
	for i, v := range sn.listing.Versions() {
		if v.Version == version || (!asked && pl.grammar.Prerelease(v.Version)) {
			continue
		}
		if _, err := pl.grammar.Version(v.Version); err != nil {
			continue
		}
		d := sn.entries[i].decide(rules, now)
		if _, unlisted := d.Unlisted(); unlisted || lifted(d) {
			continue // what an exception lets through is nobody else's advice
		}
		if pl.grammar.Compare(v.Version, version) < 0 {
			if below == "" || pl.grammar.Compare(v.Version, below) > 0 {
				below = v.Version
			}
		} else if above == "" || pl.grammar.Compare(v.Version, above) < 0 {
			above = v.Version
		}
	}
	if below != "" {
		return below
	}
	return above
}
