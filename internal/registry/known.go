package registry

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// MayRead tells whether the context's principal may read a package. It looks
// at the claims alone, never at what exists.
func (s *Service) MayRead(ctx context.Context, c assay.Coordinate) bool {
	pl, ok := s.byEco[c.Ecosystem]
	return ok && pl.mayRead(ctx, c.Name) == nil
}

// KnownFacts returns what is known here of versions of a package, by version.
// Nobody outside is asked, nothing is written, and what is read from the store
// is not kept in memory, so that it can be asked about everything there is. A
// version of which too little is known to decide on it is left out.
func (s *Service) KnownFacts(ctx context.Context, pkg assay.Coordinate, versions []string) (map[string]*assay.Facts, error) {
	pl, ok := s.byEco[pkg.Ecosystem]
	if !ok || pl.mayRead(ctx, pkg.Name) != nil {
		return nil, nil
	}
	sn, err := pl.known(ctx, pkg.Name)
	if err != nil && !assay.Is(err, assay.NotFound) {
		return nil, err
	}
	facts := make(map[string]*assay.Facts, len(versions))
	var left []string
	for _, v := range versions {
		// A format whose listing has no dates does not date every version:
		// its row may.
		_, alone := pl.format.VersionSource(pkg.Name, v)
		if e, _ := sn.lookup(v); e != nil && (e.facts.Hosted || !alone || !e.facts.Published.IsZero()) {
			facts[v] = e.facts
		} else if alone {
			left = append(left, v)
		}
	}
	if len(left) == 0 || pl.Claimed(pkg.Name) {
		return facts, nil
	}
	return facts, pl.rowsKnown(ctx, pkg.Name, left, facts)
}

// known returns the snapshot that is in memory, else one made of the store.
func (pl *Place) known(ctx context.Context, name string) (*snapshot, error) {
	claimed := pl.Claimed(name)
	if sn := pl.current(name); sn != nil && sn.hosted == claimed {
		return sn, nil
	}
	if claimed {
		return pl.compose(ctx, name)
	}
	return pl.stillKept(ctx, name)
}

// rowsKnown adds the facts of versions that were dated one by one.
func (pl *Place) rowsKnown(ctx context.Context, name string, versions []string, facts map[string]*assay.Facts) error {
	return pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		pkg, err := tx.Package(ctx, pl.name, name)
		if assay.Is(err, assay.NotFound) || err == nil && !pl.serves(pkg.Origin) {
			return nil
		}
		if err != nil {
			return err
		}
		about, err := pl.readAbout(ctx, tx, name)
		if err != nil {
			return err
		}
		for _, v := range versions {
			row, err := tx.Version(ctx, pl.name, name, v)
			if err != nil && !assay.Is(err, assay.NotFound) {
				return err
			}
			if err == nil && !row.Published.IsZero() {
				facts[v] = pl.rowFacts(name, pkg.Origin, &row, about)
			}
		}
		return nil
	})
}
