package registry

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// entry is a version's facts with the last decision on them. Facts do not
// change; when more is known a new entry takes this one's place.
type entry struct {
	facts  *assay.Facts
	cached atomic.Pointer[verdict]
	// dead is set when something was said of the version since; whoever
	// decided on these facts and has not yet answered looks again.
	dead atomic.Bool
}

type verdict struct {
	rules    *policy.Ruleset
	decision assay.Decision
}

// decide returns the decision under the given rules, from memory where it
// still stands. It allocates only when it has to decide anew.
func (e *entry) decide(rules *policy.Ruleset, now time.Time) *assay.Decision {
	if v := e.cached.Load(); v != nil && v.rules == rules && (v.decision.Until.IsZero() || now.Before(v.decision.Until)) {
		return &v.decision
	}
	v := &verdict{rules: rules, decision: rules.Decide(e.facts, now)}
	e.cached.Store(v)
	return &v.decision
}

// lateAfter is how long after its version a file counts as part of it: the
// files of one upload take a while.
const lateAfter = time.Hour

// factsOn are the facts of a file of the version that was published at the
// given time. One that came later than its version is as new as it is: else
// malware could be slipped into an old version that everybody trusts.
func (e *entry) factsOn(published time.Time) *assay.Facts {
	if e.facts.Published.IsZero() || !published.After(e.facts.Published.Add(lateAfter)) {
		return e.facts
	}
	late := *e.facts
	late.Published, late.PublishedSource = published, "the file's own date: it came later than its version"
	return &late
}

// decideOn decides on facts that factsOn gave.
func (e *entry) decideOn(facts *assay.Facts, rules *policy.Ruleset, now time.Time) *assay.Decision {
	if facts == e.facts {
		return e.decide(rules, now)
	}
	d := rules.Decide(facts, now)
	return &d
}

// snapshot is what is known of a package at one time. It is immutable.
type snapshot struct {
	pkg     store.Package
	listing ecosystem.Listing // nil if the package was never listed
	docs    []store.Document  // what listing was read from, in the order of the sources
	entries []*entry          // by index of listing.Versions()
	// absent are versions that we know and the listing lacks.
	absent map[string]*entry
	// missing is set when the upstream says that the package does not exist
	// (any more); listing is then what it was before, if it ever was.
	missing bool
	// hosted is set for a claimed package; composed are its documents, made
	// from the releases.
	hosted   bool
	composed [][]byte
	// partial is set when something that could be known is not yet (dates);
	// such a snapshot is refreshed soon.
	partial bool
	checked time.Time
	// found is shared by snapshots of the same listing and entries; nil
	// remembers nothing.
	found *finds
}

// lookup returns the entry of a version and whether it is listed now.
func (sn *snapshot) lookup(version string) (e *entry, listed bool) {
	if sn == nil {
		return nil, false
	}
	if sn.listing != nil && !sn.missing {
		if i := sn.listing.Find(version); i >= 0 {
			return sn.entries[i], true
		}
	}
	return sn.absent[version], false
}

// bytes is roughly what the snapshot holds in memory.
func (sn *snapshot) bytes() int64 {
	n := int64(512) + int64(len(sn.entries)+len(sn.absent))*600
	if sn.listing != nil {
		n += sn.listing.Bytes()
	}
	for _, doc := range sn.composed {
		n += int64(len(doc))
	}
	return n
}

// fresh tells whether the snapshot need not be checked with the upstream. A
// clock that has jumped back makes it old.
func (sn *snapshot) fresh(now time.Time, lim *Limits) bool {
	keep := lim.Fresh
	if sn.missing {
		keep = lim.Missing
	}
	if sn.partial {
		keep = min(keep, 5*time.Second)
	}
	age := now.Sub(sn.checked)
	return age >= 0 && age < keep
}

// pack is a package's place in memory.
type pack struct {
	current atomic.Pointer[snapshot]
	// generation rises when the package is changed here; a snapshot read
	// before that must not be installed after it.
	generation atomic.Int64
	// named are files that their name alone determines (Go).
	named finds

	mu sync.Mutex
	// loose are versions asked for by name of a package whose listing was
	// not needed (Go).
	loose map[string]*entry
	// missing are versions that the upstream said do not exist, and when.
	missing map[string]time.Time
}

// maxMissing bounds the negative answers kept of one package.
const maxMissing = 1024

func (p *pack) isMissing(version string, now time.Time, keep time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.missing[version]
	age := now.Sub(at)
	return ok && age >= 0 && age < keep
}

func (p *pack) setMissing(version string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.missing == nil || len(p.missing) >= maxMissing {
		p.missing = map[string]time.Time{}
	}
	p.missing[version] = now
}

func (p *pack) looseEntry(version string) *entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.loose[version]
}

// maxLoose bounds the versions of one package that are kept outside of its
// listing; beyond it they are read from the store again.
const maxLoose = 512

// setLoose keeps an entry that was made in a generation; if the package was
// changed here since, it rests on what is no longer so.
func (p *pack) setLoose(version string, e *entry, generation int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.generation.Load() != generation {
		e.dead.Store(true)
		return
	}
	if p.loose == nil || len(p.loose) >= maxLoose {
		p.loose = map[string]*entry{}
	}
	p.loose[version] = e
}

// about is what is kept of a package beside its versions.
type about struct {
	standings map[string]store.Standing
	scans     map[string][]store.Scan // by version
	used      bool                    // a file of it was pulled through before
	since     time.Time               // when its name is known to have been there first
}

// readAbout reads it.
func (pl *Place) readAbout(ctx context.Context, tx store.Tx, name string) (*about, error) {
	a := &about{}
	var err error
	if a.standings, err = readStandings(ctx, tx, pl.name, name); err != nil {
		return nil, err
	}
	scans, err := tx.Scans(ctx, pl.name, name)
	if err != nil {
		return nil, err
	}
	for _, s := range scans {
		if a.scans == nil {
			a.scans = map[string][]store.Scan{}
		}
		a.scans[s.Version] = append(a.scans[s.Version], s)
	}
	a.used, err = tx.Used(ctx, pl.name, name)
	return a, err
}

// facts joins what a document says of a version with what we have kept, what
// was said of it here, and what is known beyond that.
func (pl *Place) facts(name, origin string, v *ecosystem.Version, row *store.Version, a *about) *assay.Facts {
	f := &assay.Facts{
		Coordinate: assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: v.Version},
		Registry:   pl.name, Origin: origin,
		Published: v.Published, PublishedSource: v.PublishedSource,
		InstallScripts: v.InstallScripts, Scripts: v.Scripts,
		Yanked: v.Yanked, Deprecated: v.Deprecated, Placeholder: v.Placeholder,
		Digest: v.Digest, Files: len(v.Files),
	}
	if row != nil {
		f.FirstListed, f.LastAbsent, f.Vanished = row.FirstListed, row.LastAbsent, row.Vanished
		f.ChangedTo, f.ChangedAt = row.ChangedTo, row.ChangedAt
		if f.Published.IsZero() {
			f.Published, f.PublishedSource = row.Published, row.PublishedSource
		}
		if row.Digest != "" {
			f.Digest = row.Digest
		}
	}
	if st, ok := a.standings[v.Version]; ok {
		f.Status, f.StatusReason = st.Status, st.Reason
	}
	if f.NameSince = a.since; f.NameSince.IsZero() {
		f.NameSince = f.Published
	}
	pl.tell(f, a)
	return f
}

// rowFacts makes facts of a version that no document describes now.
func (pl *Place) rowFacts(name, origin string, row *store.Version, a *about) *assay.Facts {
	return pl.facts(name, origin, &ecosystem.Version{Version: row.Version}, row, a)
}

// build makes a snapshot of a listing and the rows kept of its versions.
func (pl *Place) build(pkg store.Package, listing ecosystem.Listing, docs []store.Document, rows map[string]store.Version, a *about, checked time.Time) *snapshot {
	a.since = firstDate(listing, rows)
	sn := &snapshot{pkg: pkg, listing: listing, docs: docs, checked: checked, found: &finds{}}
	withdrawn, _ := listing.(ecosystem.Withdrawn)
	placeholder := withdrawn != nil && withdrawn.Withdrawn()
	a.respell(listing)
	if listing != nil {
		versions := listing.Versions()
		sn.entries = make([]*entry, len(versions))
		for i := range versions {
			placeholder = placeholder || versions[i].Placeholder
			var row *store.Version
			if r, ok := rows[versions[i].Version]; ok {
				row = &r
			}
			sn.entries[i] = &entry{facts: pl.facts(pkg.Name, pkg.Origin, &versions[i], row, a)}
		}
	}
	for version, row := range rows {
		if listing != nil && listing.Find(version) >= 0 {
			continue
		}
		if sn.absent == nil {
			sn.absent = map[string]*entry{}
		}
		facts := pl.rowFacts(pkg.Name, pkg.Origin, &row, a)
		// Where a security placeholder took the package's place, or the
		// upstream withdrew it, what was there before went for a reason.
		facts.Placeholder = placeholder
		sn.absent[version] = &entry{facts: facts}
	}
	return sn
}
