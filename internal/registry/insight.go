package registry

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// Insight knows of versions what no upstream's document says: advisories,
// lists of known-bad versions and digests, names that look like others.
type Insight interface {
	// Tell adds what is known now to the facts of a version, by their
	// coordinate and digest. It asks nobody, takes microseconds and cannot
	// fail: what is not known stays unset.
	Tell(f *assay.Facts)
	// KnownBad names the list on which a digest stands, and why; "" if on
	// none.
	KnownBad(d assay.Digest) string
	// Name judges the name of a package that was never used here; nil: it
	// looks like no other.
	Name(pkg assay.Coordinate) *assay.NameFinding
	// Near judges it against the given names instead: those of packages that
	// are hosted here.
	Near(pkg assay.Coordinate, hosted []string) *assay.NameFinding
	// Record writes the advisory, in the OSV format, by which this place says
	// that a version is malicious.
	Record(id string, version assay.Coordinate, reason string, at time.Time) ([]byte, error)
	// OwnChanged reads this place's own advisories again.
	OwnChanged(ctx context.Context) error
	// Watch calls fn when more is known of packages, in force when it is
	// called; nil means all of them. It is called before the change is
	// answered.
	Watch(fn func(packages []assay.Coordinate))
}

// tell adds what is known beyond documents and rows.
func (pl *Place) tell(f *assay.Facts, a *about) {
	for _, s := range a.scans[f.Coordinate.Version] {
		if f.Scanned.IsZero() || s.Scanned.Before(f.Scanned) {
			f.Scanned = s.Scanned
		}
		f.Signals = append(f.Signals, s.Signals...)
		if f.KnownBad == "" {
			f.KnownBad = s.KnownBad
		}
	}
	if pl.s.cfg.Insight == nil {
		return
	}
	pl.s.cfg.Insight.Tell(f)
	if !a.used && !f.Hosted {
		f.Name = pl.s.cfg.Insight.Name(f.Coordinate.Package())
	}
}

// firstDate is the earliest date of any version of a package, zero if none
// has one.
func firstDate(listing ecosystem.Listing, rows map[string]store.Version) time.Time {
	var first time.Time
	note := func(t time.Time) {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if listing != nil {
		versions := listing.Versions()
		for i := range versions {
			note(versions[i].Published)
		}
	}
	for _, row := range rows {
		note(row.Published)
	}
	return first
}

// insightChanged makes what is known in force: packages are read anew when
// they are asked for next, and answers under way that would be refused now
// are cut.
func (s *Service) insightChanged(packages []assay.Coordinate) {
	changed := make(map[assay.Coordinate]bool, len(packages))
	if packages == nil {
		for _, pl := range s.places {
			for _, name := range pl.packages.keys() {
				pl.invalidate(name)
			}
		}
	}
	for _, c := range packages {
		changed[c.Package()] = true
		if pl, ok := s.byEco[c.Ecosystem]; ok {
			pl.invalidate(c.Name)
		}
	}
	rules, now := s.cfg.Rules.Current(), s.now()
	n := s.flights.review(func(f *assay.Facts) bool {
		return (packages == nil || changed[f.Coordinate.Package()]) && s.wouldDeny(f, rules, now)
	})
	if n > 0 {
		s.stats.Cut.Add(int64(n))
		s.log.Info("answers under way were cut, because more is known of what they carry", "count", n)
	}
}

// wouldDeny decides again on facts that were made before more was known.
func (s *Service) wouldDeny(f *assay.Facts, rules *policy.Ruleset, now time.Time) bool {
	again := *f
	again.Advisories, again.Fixes, again.KnownBad = nil, nil, ""
	s.cfg.Insight.Tell(&again)
	if again.KnownBad == "" {
		again.KnownBad = f.KnownBad // what a scan found stays
	}
	d := rules.Decide(&again, now)
	return d.Denied()
}
