package assay

import (
	"strings"
)

// Pattern means a set of coordinates of one ecosystem:
// pkg:<type>/<name or glob>[@<range in the ecosystem's own syntax>], split at
// the last '@' after the last '/'. In a glob '*' stands for any run of
// characters, slashes included, so pkg:npm/@acme/* is everything in a scope
// and pkg:golang/github.com/acme/* everything below a path.
//
// A Pattern is made by ParsePattern and matched on normalised coordinates.
// The zero Pattern matches nothing.
type Pattern struct {
	Ecosystem Ecosystem
	Name      string // normalised name, or a glob
	Expr      string // the range as written; empty means every version

	glob    bool
	within  Range
	grammar Grammar
}

// ParsePattern reads a pattern; grammar must be the one of the pattern's
// ecosystem, which PatternEcosystem tells. Errors are of kind Invalid.
func ParsePattern(s string, grammar Grammar) (Pattern, error) {
	typ, rest, err := splitType(s)
	if err != nil {
		return Pattern{}, err
	}
	name, expr := splitVersion(rest)
	if name, err = unescapePath(name); err != nil {
		return Pattern{}, Errorf(Invalid, "%q: %v", s, err)
	}
	p := Pattern{Ecosystem: typ, Name: name, Expr: expr, grammar: grammar}
	if strings.Contains(name, "*") {
		p.glob = true
	} else if p.Name, err = grammar.Name(name); err != nil {
		return Pattern{}, Errorf(Invalid, "%q: %v", s, err)
	}
	if strings.HasSuffix(rest, "@") {
		return Pattern{}, Errorf(Invalid, "%q ends in @: write a range after it, or leave it out to mean every version", s)
	}
	if expr != "" {
		if p.within, err = grammar.Range(expr); err != nil {
			return Pattern{}, Errorf(Invalid, "%q: %v", s, err)
		}
	}
	return p, nil
}

// PatternEcosystem tells the ecosystem that a pattern or package URL speaks
// of, without reading the rest.
func PatternEcosystem(s string) (Ecosystem, error) {
	typ, _, err := splitType(s)
	return typ, err
}

// String prints the pattern as it is written.
func (p Pattern) String() string {
	s := "pkg:" + string(p.Ecosystem) + "/" + p.Name
	if p.Expr != "" {
		s += "@" + p.Expr
	}
	return s
}

// MatchesPackage tells whether any version of the package can lie in the set.
func (p Pattern) MatchesPackage(eco Ecosystem, name string) bool {
	if p.Ecosystem != eco || p.Name == "" {
		return false
	}
	if p.glob {
		return globMatch(p.Name, name)
	}
	return p.Name == name
}

// Matches tells whether the coordinate lies in the set. A version that
// cannot be ordered lies inside every range of its package: a block must not
// be escaped by an odd spelling.
func (p Pattern) Matches(c Coordinate) bool {
	if !p.MatchesPackage(c.Ecosystem, c.Name) {
		return false
	}
	if p.within == nil {
		return true
	}
	if c.Version == "" {
		return false
	}
	return p.within.Contains(c.Version)
}

// globMatch matches '*' against any run of bytes; it runs in time linear in
// len(s) for each star, with no recursion.
func globMatch(glob, s string) bool {
	star, mark := -1, 0
	g, i := 0, 0
	for i < len(s) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, mark = g, i
			g++
		case g < len(glob) && glob[g] == s[i]:
			g++
			i++
		case star >= 0:
			mark++
			g, i = star+1, mark
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}
