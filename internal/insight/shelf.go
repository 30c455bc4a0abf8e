package insight

import (
	"context"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/osv"
)

// shelf is what one reading of a source of advisories gave. It is immutable,
// but for the time at which the source was last found to be as it was read.
type shelf struct {
	name      string
	index     *osv.Index
	withdrawn map[string]time.Time // ids of records that were taken back, and when they last changed
	aliases   map[string][]string  // of the records that have any; shared with the index
	report    osv.Report
	confirmed atomic.Int64 // microseconds since 1970; 0 for our own, which are always
}

// readShelf collects what read hands over.
func readShelf(name string, grammars osv.Grammars, read func(report *osv.Report, add func(osv.Record)) error) (*shelf, error) {
	s := &shelf{name: name, withdrawn: map[string]time.Time{}, aliases: map[string][]string{}}
	builder := osv.NewBuilder(grammars, &s.report)
	err := read(&s.report, func(r osv.Record) {
		if !r.Withdrawn.IsZero() && !r.Modified.Before(s.withdrawn[r.ID]) {
			s.withdrawn[r.ID] = r.Modified
		}
		if len(r.Aliases) > 0 && !r.Malicious {
			s.aliases[r.ID] = r.Aliases
		}
		builder.Add(r, name)
	})
	s.index = builder.Build()
	return s, err
}

// knowledge is all that is known at one time. It is immutable and every
// decision looks into it, without a lock.
type knowledge struct {
	shelves   []*shelf
	lists     []*badList
	withdrawn map[string]time.Time // of all shelves, the newest
}

func newKnowledge(shelves []*shelf, lists []*badList) *knowledge {
	k := &knowledge{shelves: shelves, lists: lists, withdrawn: map[string]time.Time{}}
	for _, s := range shelves {
		for id, at := range s.withdrawn {
			if was, ok := k.withdrawn[id]; !ok || at.After(was) {
				k.withdrawn[id] = at
			}
		}
	}
	return k
}

// match asks all shelves about a version.
func (k *knowledge) match(c assay.Coordinate) (advisories []assay.Advisory, fixes []string) {
	asked := 0
	var other map[string][]string // aliases of what is named as fixed
	for _, s := range k.shelves {
		found, fixed := s.index.Match(c)
		if len(found) == 0 && len(fixed) == 0 {
			continue
		}
		found = k.standing(s, c, found)
		if asked++; asked == 1 {
			advisories, fixes = found, fixed
			continue
		}
		advisories, fixes = merge(advisories, found), append(fixes, fixed...)
	}
	if asked > 1 && len(fixes) > 0 && len(advisories) > 0 {
		other = k.aliasesOf(fixes)
	}
	return advisories, k.stillFixes(fixes, advisories, other)
}

// bad asks all lists.
func (k *knowledge) bad(c assay.Coordinate, d assay.Digest, grammars osv.Grammars) string {
	for _, l := range k.lists {
		if why := l.of(c, grammars); why != "" {
			return why
		}
		if why := l.digests[d]; why != "" {
			return why
		}
	}
	return ""
}

// about finds an advisory by its id or an alias: the packages that it speaks
// of, and the ids of its records.
func (k *knowledge) about(id string) (packages map[assay.Coordinate]bool, ids map[string]bool) {
	packages, ids = map[assay.Coordinate]bool{}, map[string]bool{}
	for _, s := range k.shelves {
		found, named, ok := s.index.Lookup(id)
		if !ok {
			continue
		}
		for _, c := range found {
			packages[c] = true
		}
		for _, n := range named {
			ids[n] = true
		}
	}
	return packages, ids
}

// maxLookups bounds the ids whose packages are looked up when many records are
// withdrawn at once: beyond it all packages are named as changed.
const maxLookups = 50

// changed returns the packages of which two states of one source's shelf say
// different things; all is set where that cannot be told.
func (k *knowledge) changed(old, new *shelf) (packages []assay.Coordinate, all bool) {
	packages = osv.Changed(indexOf(old), indexOf(new))
	lookups := 0
	// A record withdrawn here takes the older copies with it that lie elsewhere.
	for _, id := range differentIDs(withdrawnOf(old), withdrawnOf(new)) {
		for _, s := range k.shelves {
			if s == new || s == old {
				continue
			}
			more, _, ok := s.index.Lookup(id)
			if !ok {
				continue
			}
			if lookups++; lookups > maxLookups {
				return nil, true
			}
			packages = append(packages, more...)
		}
	}
	return packages, false
}

func indexOf(s *shelf) *osv.Index {
	if s == nil {
		return nil
	}
	return s.index
}

func withdrawnOf(s *shelf) map[string]time.Time {
	if s == nil {
		return nil
	}
	return s.withdrawn
}

func differentIDs(a, b map[string]time.Time) []string {
	var out []string
	for id, at := range b {
		if was, ok := a[id]; !ok || !was.Equal(at) {
			out = append(out, id)
		}
	}
	for id := range a {
		if _, ok := b[id]; !ok {
			out = append(out, id)
		}
	}
	return out
}

// ownShelf reads the advisories that were written here.
func (s *Service) ownShelf(ctx context.Context) (*shelf, error) {
	own, err := s.ownRecords(ctx)
	if err != nil {
		return nil, err
	}
	return readShelf(OwnName, s.grammars, func(report *osv.Report, add func(osv.Record)) error {
		for _, a := range own {
			r, err := osv.Parse(a.Record, osv.Limits{})
			if err != nil {
				report.Broken++
				report.Problems = append(report.Problems, osv.Problem{Where: a.ID, What: assay.PublicMessage(err)})
				continue
			}
			add(r)
		}
		return nil
	})
}
