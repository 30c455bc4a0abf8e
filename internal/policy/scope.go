package policy

import (
	"time"

	"assay.invalid/internal/assay"
)

// Scope is a pattern as a leniency uses it. In a block, a version that
// cannot be ordered lies inside every range; here it lies outside, because
// an odd spelling must not buy an exemption either.
type Scope struct {
	assay.Pattern
	grammar assay.Grammar
}

// NewScope reads a pattern of the grammar's ecosystem; errors are Invalid.
func NewScope(pattern string, grammar assay.Grammar) (Scope, error) {
	p, err := assay.ParsePattern(pattern, grammar)
	if err == nil {
		err = CheckPattern(p)
	}
	if err != nil {
		return Scope{}, err
	}
	return Scope{Pattern: p, grammar: grammar}, nil
}

// Matches tells whether the coordinate lies in the scope for certain.
func (s Scope) Matches(c assay.Coordinate) bool {
	return s.Pattern.Matches(c) && s.certain(c)
}

// certain tells whether the range, if there is one, can judge the version.
func (s Scope) certain(c assay.Coordinate) bool {
	if s.Expr == "" {
		return true
	}
	_, err := s.grammar.Version(c.Version)
	return err == nil
}

// Wait is another minimum for what a pattern matches.
type Wait struct {
	Match   Scope         // match
	Minimum time.Duration // minimum
}

// exemptBy returns the first of the scopes that the coordinate lies in.
func exemptBy(scopes []Scope, c assay.Coordinate) (string, bool) {
	for _, s := range scopes {
		if s.Matches(c) {
			return s.String(), true
		}
	}
	return "", false
}
