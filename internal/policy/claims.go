package policy

import (
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// Claim gives the names in a pattern to hosted packages alone: nothing of
// them is asked of an upstream, or taken from one.
type Claim struct {
	ID      string
	Pattern assay.Pattern // its range, if it has one, means nothing
	// Shadow is set where it was accepted that an upstream has such names.
	Shadow bool
}

// claimIndex answers whether a name is claimed, on every request: it looks
// names up and allocates nothing. Claims of a name, and of everything below a
// path ("@acme/*"), cost the same however many there are; other globs are
// tried one after the other.
type claimIndex struct {
	all     []Claim
	exact   map[packageKey]bool
	below   map[packageKey]bool // "@acme" for @acme/*
	globs   map[assay.Ecosystem][]assay.Pattern
	parents map[packageKey]bool // paths that lead to a claimed name
}

type packageKey struct {
	ecosystem assay.Ecosystem
	name      string
}

func newClaimIndex(claims []Claim) claimIndex {
	x := claimIndex{
		all:   slices.Clone(claims),
		exact: map[packageKey]bool{}, below: map[packageKey]bool{}, parents: map[packageKey]bool{},
		globs: map[assay.Ecosystem][]assay.Pattern{},
	}
	for _, c := range claims {
		c.Pattern.Name = folded(c.Pattern.Ecosystem, c.Pattern.Name)
		eco, name := c.Pattern.Ecosystem, c.Pattern.Name
		if name == "" {
			continue // the zero pattern matches nothing
		}
		fixed, _, glob := strings.Cut(name, "*")
		above, below := strings.CutSuffix(name, "/*")
		switch {
		case !glob:
			x.exact[packageKey{eco, name}] = true
		case below && !strings.Contains(above, "*"):
			x.below[packageKey{eco, above}] = true
		default:
			x.globs[eco] = append(x.globs[eco], c.Pattern)
		}
		for i := range len(fixed) {
			if fixed[i] == '/' && i > 0 {
				x.parents[packageKey{eco, fixed[:i]}] = true
			}
		}
	}
	return x
}

// folded is the form in which claimed names are compared. New npm names are
// lower case, so one that differs from a claim in case alone is a slip of the
// finger, and must not be asked of an upstream either. Cargo asks for a name
// it does not find with the other of "-" and "_", which are one name to its
// registries. Go paths and Maven's coordinates are case-sensitive by right.
func folded(eco assay.Ecosystem, name string) string {
	switch eco { // what is returned allocates only where something changes
	case assay.NPM:
		return strings.ToLower(name)
	case assay.Cargo:
		return strings.ReplaceAll(strings.ToLower(name), "_", "-")
	}
	return name
}

// Covers tells whether the claim holds a name, just as Claimed does.
func (c Claim) Covers(eco assay.Ecosystem, name string) bool {
	p := c.Pattern
	p.Name = folded(p.Ecosystem, p.Name)
	return p.MatchesPackage(eco, folded(eco, name))
}

// Claimed tells whether a name belongs to hosted packages alone. The name is
// normalised by its ecosystem's grammar.
func (r *Ruleset) Claimed(eco assay.Ecosystem, name string) bool {
	x := &r.claims
	if len(x.all) == 0 {
		return false
	}
	name = folded(eco, name)
	if x.exact[packageKey{eco, name}] {
		return true
	}
	if len(x.below) > 0 {
		for i := range len(name) {
			if name[i] == '/' && x.below[packageKey{eco, name[:i]}] {
				return true
			}
		}
	}
	for i := range x.globs[eco] {
		if x.globs[eco][i].MatchesPackage(eco, name) {
			return true
		}
	}
	return false
}

// ClaimedBelow tells whether a claimed name can lie below this path: the name
// and a slash begin the part of a claimed pattern that stands before its
// first star. The go command asks for every parent of a path that it looks
// for, and a parent that goes to an upstream gives the path away. With the
// claim pkg:golang/corp.example/team/*, those are corp.example and
// corp.example/team.
func (r *Ruleset) ClaimedBelow(eco assay.Ecosystem, name string) bool {
	return r.claims.parents[packageKey{eco, folded(eco, name)}]
}

// Claims returns all claims, in the order in which they were given.
func (r *Ruleset) Claims() []Claim { return slices.Clone(r.claims.all) }
