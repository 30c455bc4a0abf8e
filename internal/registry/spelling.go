package registry

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// knownListing is the listing of a package as far as it is known here; nil if
// it was never listed. Nobody outside is asked.
func (pl *Place) knownListing(ctx context.Context, name string) ecosystem.Listing {
	if pl.Claimed(name) {
		if sn, err := pl.hosted(ctx, name); err == nil {
			return sn.listing
		}
		return nil
	}
	if sn := pl.current(name); sn != nil && !sn.hosted {
		return sn.listing
	}
	if sn, err := pl.stillKept(ctx, name); err == nil {
		return sn.listing
	}
	return nil
}

// spelled is a version as its package's listing spells it: to PyPI 1.0 and
// 1.0.0 are one, and what is said of the one is said of the other.
func spelled(listing ecosystem.Listing, version string) string {
	if listing == nil {
		return version
	}
	if i := listing.Find(version); i >= 0 {
		return listing.Versions()[i].Version
	}
	return version
}

// Spelled is a version's coordinate in the spelling of its package's listing,
// as far as that is known here.
func (s *Service) Spelled(ctx context.Context, c assay.Coordinate) assay.Coordinate {
	if pl, ok := s.byEco[c.Ecosystem]; ok && c.Version != "" {
		c.Version = spelled(pl.knownListing(ctx, c.Name), c.Version)
	}
	return c
}

// oneSpelling joins what was said of a version under another spelling, before
// its package was first listed, to what is said of it now: else it could never
// be taken back.
func (pl *Place) oneSpelling(ctx context.Context, tx store.Tx, listing ecosystem.Listing, at assay.Coordinate) error {
	standings, err := tx.Standings(ctx, pl.name, at.Name)
	if err != nil {
		return err
	}
	known := &about{standings: make(map[string]store.Standing, len(standings))}
	for _, st := range standings {
		known.standings[st.Version] = st
	}
	known.respell(listing)
	for _, st := range standings {
		if st.Version == at.Version || spelled(listing, st.Version) != at.Version {
			continue
		}
		st.Status = assay.Active
		if err := tx.PutStanding(ctx, st); err != nil {
			return err
		}
		if err := tx.PutStanding(ctx, known.standings[at.Version]); err != nil {
			return err
		}
	}
	return nil
}

// respell gives what was said of a version to the spelling that the listing
// has. Of several, the strictest counts.
func (a *about) respell(listing ecosystem.Listing) {
	if listing == nil {
		return
	}
	for version, st := range a.standings {
		to := spelled(listing, version)
		if to == version {
			continue
		}
		if there, ok := a.standings[to]; !ok || st.Status > there.Status {
			st.Version = to
			a.standings[to] = st
		}
	}
}
