package osv

import (
	"cmp"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// hit is a claim that concerns a version, or names it as a fix.
type hit struct {
	claim *claim
	fix   bool
}

// hits finds what is said of a version.
func (x *Index) hits(c assay.Coordinate) []hit {
	p, ok := x.packages[packageKey{c.Ecosystem, c.Name}]
	if !ok || c.Version == "" {
		return nil
	}
	g, ok := x.grammars(c.Ecosystem)
	if !ok {
		return nil
	}
	version, orderable := versionOf(c.Ecosystem, c.Version, g)
	place := int32(0)
	if orderable {
		i := p.index(g, version)
		place = 2 * int32(i)
		if i < len(p.bounds) && g.Compare(p.bounds[i], version) == 0 {
			place++
		}
	}
	number, enumerated := x.versions[version]
	var out []hit
	for i := range p.claims {
		cl := &p.claims[i]
		in := false
		if enumerated {
			_, in = slices.BinarySearch(cl.versions, number)
		}
		fix := false
		for j := range cl.spans {
			if !orderable {
				in = true // what cannot be ordered lies inside every range
				break
			}
			inside, fixed := cl.spans[j].contains(place)
			in, fix = in || inside, fix || fixed
		}
		switch {
		case in:
			out = append(out, hit{claim: cl})
		case fix:
			out = append(out, hit{claim: cl, fix: true})
		}
	}
	return out
}

// IDs returns the ids of all records that concern a version, sorted. Records
// that are aliases of each other are all named.
func (x *Index) IDs(c assay.Coordinate) []string {
	ids := []string{}
	for _, h := range x.hits(c) {
		if !h.fix {
			ids = append(ids, x.records[h.claim.record].id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Match returns the advisories that concern a version, the malicious first,
// and the ids of those that name it as their fix. Records that are aliases of
// each other are one advisory: under the id by which most people know it, with
// the worst that any of them says.
func (x *Index) Match(c assay.Coordinate) (advisories []assay.Advisory, fixes []string) {
	hits := x.hits(c)
	if len(hits) == 0 {
		return nil, nil
	}
	groups := x.group(hits)
	for _, g := range groups {
		a := x.advisory(g)
		advisories = append(advisories, a)
	}
	slices.SortFunc(advisories, func(a, b assay.Advisory) int {
		if a.Malicious != b.Malicious {
			return boolRank(b.Malicious) - boolRank(a.Malicious)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	for _, h := range hits {
		e := &x.records[h.claim.record]
		if h.fix && !e.malicious && !slices.ContainsFunc(hits, func(o hit) bool { return !o.fix && x.records[o.claim.record].group == e.group }) {
			fixes = append(fixes, e.id)
		}
	}
	slices.Sort(fixes)
	return advisories, slices.Compact(fixes)
}

// group joins the claims whose records are aliases of each other.
func (x *Index) group(hits []hit) [][]*claim {
	var groups [][]*claim
	var of []int32
	for _, h := range hits {
		if h.fix {
			continue
		}
		n := x.records[h.claim.record].group
		at := slices.Index(of, n)
		if at < 0 {
			at = len(of)
			of, groups = append(of, n), append(groups, nil)
		}
		groups[at] = append(groups[at], h.claim)
	}
	return groups
}

func (x *Index) advisory(group []*claim) assay.Advisory {
	var a assay.Advisory
	var ids []string
	best := -1
	for _, c := range group {
		e := &x.records[c.record]
		ids = append(append(ids, e.id), e.aliases...)
		if r := rank(e.id); best < 0 || r < best || r == best && e.id < a.ID {
			best = r
			a.ID, a.Summary, a.Source = e.id, e.summary, e.source
		}
		a.Malicious = a.Malicious || e.malicious
		a.Severity = max(a.Severity, c.severity, e.severity)
		if e.modified.After(a.Modified) {
			a.Modified = e.modified
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if at := slices.Index(ids, a.ID); len(ids) > 1 {
		a.Aliases = slices.Delete(ids, at, at+1)
	}
	return a
}

// rank orders ids by how well they are known: what says that a package is
// malicious, then the database that covers most ecosystems, then those of one.
func rank(id string) int {
	for i, prefix := range []string{"MAL-", OwnPrefix, "GHSA-", "GO-", "RUSTSEC-", "PYSEC-", "CVE-"} {
		if strings.HasPrefix(id, prefix) {
			return i
		}
	}
	return 7
}

// Lookup returns the packages that a record or any alias of it speaks of, and
// the record's own ids; false if there is none.
func (x *Index) Lookup(id string) (packages []assay.Coordinate, ids []string, ok bool) {
	wanted := map[int32]bool{}
	for _, n := range x.ids[id] {
		wanted[n] = true
		ids = append(ids, x.records[n].id)
	}
	if len(wanted) == 0 {
		return nil, nil, false
	}
	for key, p := range x.packages {
		if slices.ContainsFunc(p.claims, func(c claim) bool { return wanted[c.record] }) {
			packages = append(packages, assay.Coordinate{Ecosystem: key.ecosystem, Name: key.name})
		}
	}
	slices.SortFunc(packages, func(a, b assay.Coordinate) int { return cmp.Compare(a.String(), b.String()) })
	slices.Sort(ids)
	return packages, slices.Compact(ids), true
}

// Concerns tells whether a record, or an alias of it, concerns a version.
func (x *Index) Concerns(id string, c assay.Coordinate) bool {
	return slices.ContainsFunc(x.hits(c), func(h hit) bool {
		e := &x.records[h.claim.record]
		return !h.fix && (e.id == id || slices.Contains(e.aliases, id))
	})
}

// Len is how many records the index holds.
func (x *Index) Len() int { return len(x.records) }

// Changed returns the packages of which two indexes say different things. nil
// stands for an empty one.
func Changed(old, new *Index) []assay.Coordinate {
	var out []assay.Coordinate
	sums := func(x *Index) map[packageKey]*pkg {
		if x == nil {
			return nil
		}
		return x.packages
	}
	before, after := sums(old), sums(new)
	for key, p := range after {
		if was, ok := before[key]; !ok || was.sum != p.sum {
			out = append(out, assay.Coordinate{Ecosystem: key.ecosystem, Name: key.name})
		}
	}
	for key := range before {
		if _, ok := after[key]; !ok {
			out = append(out, assay.Coordinate{Ecosystem: key.ecosystem, Name: key.name})
		}
	}
	slices.SortFunc(out, func(a, b assay.Coordinate) int { return cmp.Compare(a.String(), b.String()) })
	return out
}
