package registry

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Rejudging walks over the packages of a place in pages of this size, and asks
// for digests in parts of that.
const (
	rejudgedAtOnce = 500
	digestsAtOnce  = 1000
)

// Rejudge judges what is stored by the lists of known-bad digests, as the
// Insight knows them now: listed are those that came onto a list, and left
// tells that some left one. A version whose file stands on a list is refused
// when Rejudge returns, and what was going out of it is cut. What was refused
// for a digest that is listed no longer may be fetched again, and its bytes
// are judged then: those of a refused file were never kept.
func (s *Service) Rejudge(ctx context.Context, listed []assay.Digest, left bool) error {
	if s.cfg.Insight == nil {
		return nil
	}
	here, err := s.anyHere(ctx, listed)
	if err != nil || !here && !left {
		return err
	}
	for _, pl := range s.places {
		for after := (store.PackageCursor{}); ; {
			var page []store.FoundPackage
			err := s.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
				page, err = tx.SearchPackages(ctx, store.PackageQuery{Registry: pl.name, After: after, Limit: rejudgedAtOnce})
				return err
			})
			if err != nil {
				return err
			}
			for i := range page {
				if err := pl.rejudge(ctx, page[i].Name, left); err != nil {
					return err
				}
			}
			if len(page) < rejudgedAtOnce {
				break
			}
			after = page[len(page)-1].Cursor()
		}
	}
	return nil
}

// anyHere tells whether a file with one of the digests is stored. Most lists
// name nothing that anybody has, and then nothing else need be looked at.
func (s *Service) anyHere(ctx context.Context, digests []assay.Digest) (found bool, err error) {
	for len(digests) > 0 && !found {
		part := digests[:min(len(digests), digestsAtOnce)]
		digests = digests[len(part):]
		err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
			for _, d := range part {
				used, err := tx.BlobInUse(ctx, d)
				if err != nil {
					return err
				}
				if used {
					found = true
					return nil
				}
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	return found, nil
}

// rejudge judges the files of one package.
func (pl *Place) rejudge(ctx context.Context, name string, left bool) error {
	var changes []store.Scan
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
		changes, err = pl.misjudged(ctx, tx, name, left)
		return err
	})
	if err != nil || len(changes) == 0 {
		return err
	}
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		for _, scan := range changes {
			if err := tx.PutScan(ctx, pl.name, name, scan); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	pl.invalidate(name)
	bad := map[string]string{}
	for _, scan := range changes {
		if scan.KnownBad != "" {
			bad[scan.Version] = scan.KnownBad
		}
	}
	pl.s.cutKnownBad(pl, name, bad)
	return nil
}

// misjudged returns the scans of a package's files that say something else of
// a digest than the lists do.
func (pl *Place) misjudged(ctx context.Context, tx store.Tx, name string, left bool) ([]store.Scan, error) {
	versions, err := pl.keptVersions(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	scans, err := tx.Scans(ctx, pl.name, name)
	if err != nil {
		return nil, err
	}
	type key struct{ version, file string }
	scanned := make(map[key]store.Scan, len(scans))
	for _, scan := range scans {
		scanned[key{scan.Version, scan.File}] = scan
	}
	var changes []store.Scan
	for version := range versions {
		files, err := tx.FilesOf(ctx, pl.name, name, version)
		if err != nil {
			return nil, err
		}
		for i := range files {
			f := &files[i]
			at := key{version, f.File}
			scan := scanned[at]
			delete(scanned, at)
			if list := pl.knownBad(append([]assay.Digest{f.Blob}, f.Digests...)); list != scan.KnownBad {
				// Where nobody has scanned it, the time stays unset: a mark is
				// no scan.
				scan.Version, scan.File, scan.KnownBad = version, f.File, list
				changes = append(changes, scan)
			}
		}
	}
	if left {
		for _, scan := range scanned {
			if scan.KnownBad != "" { // refused, and nothing of it was kept
				scan.KnownBad = ""
				changes = append(changes, scan)
			}
		}
	}
	return changes, nil
}

// keptVersions are those of which something is kept.
func (pl *Place) keptVersions(ctx context.Context, tx store.Tx, name string) (map[string]bool, error) {
	out := map[string]bool{}
	rows, err := tx.Versions(ctx, pl.name, name)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		out[rows[i].Version] = true
	}
	releases, err := tx.Releases(ctx, pl.name, name)
	for i := range releases {
		out[releases[i].Version] = true
	}
	return out, err
}

// cutKnownBad cuts what is going out of versions whose files are known to be
// bad, by version.
func (s *Service) cutKnownBad(pl *Place, name string, bad map[string]string) {
	if len(bad) == 0 {
		return
	}
	rules, now := s.cfg.Rules.Current(), s.now()
	n := s.flights.review(func(f *assay.Facts) bool {
		list := bad[f.Coordinate.Version]
		if list == "" || f.Coordinate.Ecosystem != pl.eco || f.Coordinate.Name != name {
			return false
		}
		again := *f
		again.KnownBad = list
		d := rules.Decide(&again, now)
		return d.Denied()
	})
	if n > 0 {
		s.stats.Cut.Add(int64(n))
		s.log.Info("answers under way were cut, because they carry what is known to be bad", "count", n)
	}
}
