package osv

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"sort"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Grammars returns the grammar of an ecosystem; false if there is none here.
type Grammars func(assay.Ecosystem) (assay.Grammar, bool)

// Index tells which records concern a version. The boundaries of all ranges of
// a package are sorted once; a version is placed among them by a few
// comparisons, and every range is then a comparison of small numbers.
type Index struct {
	grammars Grammars
	records  []entry
	packages map[packageKey]*pkg
	ids      map[string][]int32 // by id and alias
	versions map[string]uint32  // those that records enumerate, each by its number
}

// entry is what is kept of a record.
type entry struct {
	id        string
	aliases   []string
	modified  time.Time
	summary   string
	severity  assay.Severity
	malicious bool
	source    string
	group     int32 // the same in all records that are aliases of each other
}

type packageKey struct {
	ecosystem assay.Ecosystem
	name      string
}

// pkg is what is known of a package.
type pkg struct {
	bounds []string // versions, ascending, no two equal in order
	claims []claim
	sum    uint64 // of the records that it is made of
}

// claim is what one record says of the package.
type claim struct {
	record   int32
	severity assay.Severity // unknown: the record's own
	versions []uint32       // enumerated, by their numbers, sorted
	spans    []span
}

// span is one range. A version has the place 2i+1 where it equals bound i, and
// 2i where it lies below it.
type span struct {
	steps  []step
	limits []int32 // it ends below the highest; none: it does not
}

// step switches the range on or off from a place upwards.
type step struct {
	at    int32
	on    bool
	fixed bool // what stands at exactly this place is named as the fix
}

// Builder collects records for an Index.
type Builder struct {
	grammars Grammars
	byID     map[string]sourced
	same     map[string]string // one copy of each text that many records have
	report   *Report
}

type sourced struct {
	record Record
	source string
}

// NewBuilder makes an empty Builder. What it cannot use is noted in the
// report, if there is one.
func NewBuilder(grammars Grammars, report *Report) *Builder {
	if report == nil {
		report = &Report{}
	}
	return &Builder{grammars: grammars, byID: map[string]sourced{}, same: map[string]string{}, report: report}
}

// Add takes a record. Of two with one id the newer counts, whatever the order:
// a record that was withdrawn stays so though an older copy lies elsewhere.
func (b *Builder) Add(r Record, source string) {
	if old, ok := b.byID[r.ID]; ok && !r.Modified.After(old.record.Modified) && !(r.Modified.Equal(old.record.Modified) && !r.Withdrawn.IsZero()) {
		return
	}
	for i := range r.Affected {
		a := &r.Affected[i]
		a.Ecosystem = b.intern(a.Ecosystem)
		for j, v := range a.Versions {
			a.Versions[j] = b.intern(v)
		}
		for _, rg := range a.Ranges {
			for j := range rg.Events {
				rg.Events[j].Version = b.intern(rg.Events[j].Version)
			}
		}
	}
	b.byID[r.ID] = sourced{r, source}
}

// intern returns the one copy of a text.
func (b *Builder) intern(s string) string {
	if kept, ok := b.same[s]; ok {
		return kept
	}
	b.same[s] = s
	return s
}

// Build makes the Index, and leaves the Builder empty: both together would
// take twice the memory.
func (b *Builder) Build() *Index {
	x := &Index{grammars: b.grammars, packages: map[packageKey]*pkg{}, ids: map[string][]int32{}, versions: map[string]uint32{}}
	ids := make([]string, 0, len(b.byID))
	for id := range b.byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	raw := map[packageKey][]rawClaim{}
	for _, id := range ids {
		s := b.byID[id]
		delete(b.byID, id)
		r := &s.record
		if !r.Withdrawn.IsZero() {
			b.report.Withdrawn++
			continue
		}
		n := int32(len(x.records))
		x.records = append(x.records, entry{id: r.ID, aliases: r.Aliases, modified: r.Modified, summary: r.Summary,
			severity: r.Severity, malicious: r.Malicious, source: s.source})
		for _, name := range append([]string{r.ID}, r.Aliases...) {
			x.ids[name] = append(x.ids[name], n)
		}
		for i := range r.Affected {
			a := &r.Affected[i]
			key, g, ok := b.place(r.ID, a)
			if ok {
				raw[key] = append(raw[key], rawClaim{record: n, affected: a, grammar: g, sum: sumOf(r)})
			}
		}
	}
	b.report.Records = len(x.records)
	x.join()
	for key, claims := range raw {
		x.packages[key] = b.build(key, claims, x)
		delete(raw, key)
	}
	b.same = map[string]string{}
	return x
}

// join gives all records that name each other, over any number of steps, the
// same group.
func (x *Index) join() {
	parent := make([]int32, len(x.records))
	for i := range parent {
		parent[i] = int32(i)
	}
	root := func(n int32) int32 {
		for parent[n] != n {
			parent[n] = parent[parent[n]]
			n = parent[n]
		}
		return n
	}
	for _, same := range x.ids {
		for _, n := range same[1:] {
			a, b := root(same[0]), root(n)
			parent[max(a, b)] = min(a, b)
		}
	}
	for i := range x.records {
		x.records[i].group = root(int32(i))
	}
}

// number is that of a version that records enumerate: a record names hundreds,
// and most of them stand in many records.
func (x *Index) number(version string) uint32 {
	n, ok := x.versions[version]
	if !ok {
		n = uint32(len(x.versions))
		x.versions[version] = n
	}
	return n
}

type rawClaim struct {
	record   int32
	affected *Affected
	grammar  assay.Grammar
	sum      uint64
}

// place finds the package that a part of a record speaks of.
func (b *Builder) place(id string, a *Affected) (packageKey, assay.Grammar, bool) {
	if a.Ecosystem == "" && a.Name == "" {
		return packageKey{}, nil, false // it speaks of commits alone
	}
	eco, ok := ecosystemOf(a.Ecosystem)
	var g assay.Grammar
	if ok {
		g, ok = b.grammars(eco)
	}
	if !ok {
		b.report.elsewhere(a.Ecosystem)
		return packageKey{}, nil, false
	}
	name, err := nameOf(eco, a.Name, g)
	if err != nil {
		b.report.problem(id, assay.PublicMessage(err))
		return packageKey{}, nil, false
	}
	return packageKey{eco, name}, g, true
}

// build sorts the bounds of a package and places its ranges among them.
func (b *Builder) build(key packageKey, raw []rawClaim, x *Index) *pkg {
	p := &pkg{}
	g := raw[0].grammar
	var bounds []string
	for i := range raw {
		p.sum += raw[i].sum // in any order
		for _, r := range raw[i].affected.Ranges {
			for _, e := range r.Events {
				if v, ok := versionOf(key.ecosystem, e.Version, g); ok && e.Version != "0" && e.Version != "*" {
					bounds = append(bounds, b.intern(v))
				}
			}
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	slices.SortStableFunc(bounds, g.Compare)
	p.bounds = slices.CompactFunc(bounds, func(a, b string) bool { return g.Compare(a, b) == 0 })
	for i := range raw {
		a := raw[i].affected
		c := claim{record: raw[i].record, severity: a.Severity}
		for _, v := range a.Versions {
			spelt, _ := versionOf(key.ecosystem, v, g)
			c.versions = append(c.versions, x.number(spelt))
		}
		slices.Sort(c.versions)
		c.versions = slices.Clip(slices.Compact(c.versions))
		for _, r := range a.Ranges {
			if s, ok := b.span(key, p, g, x.records[raw[i].record].id, r); ok {
				c.spans = append(c.spans, s)
			}
		}
		if len(a.Ranges) == 0 && len(a.Versions) == 0 && !a.commits {
			// Neither ranges nor versions: the specification leaves it open, and
			// to say nothing would allow what somebody warns of.
			c.spans = append(c.spans, span{steps: []step{{on: true}}})
		}
		p.claims = append(p.claims, c)
	}
	return p
}

// span places a range. Events at one place keep the order of the record: "fixed
// in 1.0, introduced in 1.0" goes on, "introduced in 1.0, fixed in 1.0" was
// never released.
func (b *Builder) span(key packageKey, p *pkg, g assay.Grammar, id string, r Range) (span, bool) {
	var s span
	for _, e := range r.Events {
		if e.Version == "*" {
			if e.Kind == Limit {
				s.limits = append(s.limits, 2*int32(len(p.bounds))+1)
			}
			continue
		}
		v, ok := versionOf(key.ecosystem, e.Version, g)
		if e.Kind == Introduced && e.Version == "0" {
			s.steps = append(s.steps, step{at: 0, on: true})
			continue
		}
		if !ok {
			b.report.problem(id, "the version "+shorten(e.Version, 60)+" of "+shorten(key.name, 80)+" cannot be ordered: its range is taken to be wider")
			if e.Kind == Introduced {
				s.steps = append(s.steps, step{at: 0, on: true})
			}
			continue
		}
		at := 2*int32(p.index(g, v)) + 1
		switch e.Kind {
		case Introduced:
			s.steps = append(s.steps, step{at: at, on: true})
		case Fixed:
			s.steps = append(s.steps, step{at: at, fixed: true})
		case LastAffected:
			s.steps = append(s.steps, step{at: at + 1})
		case Limit:
			s.limits = append(s.limits, at)
		}
	}
	slices.SortStableFunc(s.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	s.steps = slices.Clip(s.steps)
	return s, len(s.steps) > 0
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// index is how many bounds lie below the version.
func (p *pkg) index(g assay.Grammar, version string) int {
	return sort.Search(len(p.bounds), func(i int) bool { return g.Compare(p.bounds[i], version) >= 0 })
}

// contains tells whether a place lies in the range, and whether it is named as
// the fix.
func (s *span) contains(place int32) (in, fix bool) {
	for _, st := range s.steps {
		if place < st.at {
			break
		}
		in = st.on
		fix = fix || st.fixed && st.at == place
	}
	if in && len(s.limits) > 0 && place >= slices.Max(s.limits) {
		in = false
	}
	return in, fix
}

// sumOf tells records apart: a change of one changes its packages' sums.
func sumOf(r *Record) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(r.ID + "\x00" + strings.Join(r.Aliases, "\x00") + "\x00" + r.Summary)) // never fails (hash.Hash)
	var b [18]byte
	binary.BigEndian.PutUint64(b[:], uint64(r.Modified.UnixNano()))
	b[8] = byte(r.Severity)
	if r.Malicious {
		b[9] = 1
	}
	_, _ = h.Write(b[:])
	for i := range r.Affected {
		a := &r.Affected[i]
		_, _ = h.Write([]byte(a.Ecosystem + "\x00" + a.Name + "\x00" + strings.Join(a.Versions, "\x00")))
		for _, rg := range a.Ranges {
			_, _ = h.Write([]byte{1})
			for _, e := range rg.Events {
				_, _ = h.Write([]byte{2, byte(e.Kind)})
				_, _ = h.Write([]byte(e.Version))
			}
		}
	}
	return h.Sum64()
}
