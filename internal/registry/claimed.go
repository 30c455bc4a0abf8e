package registry

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// Claimed tells whether a name belongs to hosted packages alone.
func (pl *Place) Claimed(name string) bool {
	return pl.s.cfg.Rules.Current().Claimed(pl.eco, name)
}

// ClaimedBelow tells whether the name is a parent of claimed ones. The go
// command asks for the parents of a path, and even those give it away.
func (pl *Place) ClaimedBelow(name string) bool {
	return pl.s.cfg.Rules.Current().ClaimedBelow(pl.eco, name)
}

// ClaimPatterns returns the claimed names of the place, as patterns without
// the pkg: part: @acme/*, corp.example/*.
func (pl *Place) ClaimPatterns() []string {
	var out []string
	for _, c := range pl.s.cfg.Rules.Current().Claims() {
		if c.Pattern.Ecosystem == pl.eco {
			out = append(out, c.Pattern.Name)
		}
	}
	return out
}

// private tells whether a name must not go out, itself or because it is a
// parent of claimed ones.
func (pl *Place) private(name string) bool {
	return pl.Claimed(name) || pl.ClaimedBelow(name)
}

// ask is the one way out: every request to an upstream passes here, with the
// package names that it carries. A claimed name never leaves the building
// (dependency confusion, and the leak of private names): what gets here with
// one is refused, whoever forgot to look before.
func (pl *Place) ask(ctx context.Context, origin upstream.Origin, req upstream.Request, names ...string) (*upstream.Response, error) {
	for _, name := range names {
		if pl.private(name) {
			return nil, pl.unknown(name)
		}
	}
	pl.s.stats.UpstreamRequests.Add(1)
	return pl.s.cfg.Upstream.Do(ctx, origin, req)
}

// unknown is the one answer about claimed names that the asker may not read
// and about those that do not exist. It is the same to the letter, so that a
// stranger learns nothing.
func (pl *Place) unknown(name string) error {
	return assay.Errorf(assay.NotFound, "%s is not published here, or the token that was sent (if any) may not read it; the name is claimed, so no upstream is asked", name)
}

// mayRead answers nil for names that anybody may read and for hosted ones
// that the asker may. It looks at the claims alone, never at what exists, so
// that the time it takes tells nothing either.
func (pl *Place) mayRead(ctx context.Context, name string) error {
	if !pl.Claimed(name) {
		if pl.ClaimedBelow(name) {
			return pl.unknown(name)
		}
		return nil
	}
	asker := assay.PrincipalOf(ctx)
	if !asker.MayRead(pl.eco, name) {
		return pl.unknown(name)
	}
	return nil
}

// KnownUpstream returns names that the pattern would claim and that an
// upstream is known to have, a few at most. It looks only at what was pulled
// before: to ask now would give the name away.
func (s *Service) KnownUpstream(ctx context.Context, pattern assay.Pattern) ([]string, error) {
	pl, ok := s.byEco[pattern.Ecosystem]
	if !ok {
		return nil, nil
	}
	var names []string
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		names = nil
		return tx.PackageNames(ctx, pl.name, func(p store.Package) error {
			if p.Origin != "" && pattern.MatchesPackage(pl.eco, p.Name) && len(names) < maxNamed {
				names = append(names, p.Name)
			}
			return nil
		})
	})
	return names, err
}

// maxNamed bounds the names in a message.
const maxNamed = 5

// Hosted returns names of hosted packages in the pattern, a few at most.
func (s *Service) Hosted(ctx context.Context, pattern assay.Pattern) ([]string, error) {
	pl, ok := s.byEco[pattern.Ecosystem]
	if !ok {
		return nil, nil
	}
	var names []string
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		found, err := tx.SearchReleases(ctx, pl.name, "", maxHostedScan)
		names = nil
		for _, r := range found {
			if pattern.MatchesPackage(pl.eco, r.Name) && len(names) < maxNamed {
				names = append(names, r.Name)
			}
		}
		return err
	})
	return names, err
}

// maxHostedScan bounds how many hosted packages are looked through.
const maxHostedScan = 100_000
