package wire

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"assay.invalid/internal/assay"
)

// NoSumDB translates claims (module paths, or globs of them as in a pattern
// pkg:golang/<glob>) into the patterns of GONOSUMDB, which name what is never
// looked up in a checksum database
// (https://go.dev/ref/mod#environment-variables). Both match by globs, but a
// '*' of ours crosses slashes and one of GONOSUMDB does not: a glob whose
// star is not its last character is cut after the star, so that the go
// command asks about less, never about more. Claims that it can say nothing
// of (they begin with the star) are left out: they would switch the database
// off for everything.
func NoSumDB(claims []string) []string {
	var out []string
	for _, name := range claims {
		if i := strings.IndexByte(name, '*'); i >= 0 {
			name = name[:i+1]
		}
		// A comma would be read as the end of the pattern, '?', '[' and '\'
		// as wildcards.
		if name == "" || name[0] == '*' || strings.ContainsAny(name, ",?[\\ ") || slices.Contains(out, name) {
			continue
		}
		out = append(out, name)
	}
	return out
}

// NoSumDBFor returns the patterns of GONOSUMDB, made from those of the claims
// that the module lies in, with which it is not looked up. Where no claim can
// be said that way it is the module's own path.
func NoSumDBFor(name string, claims []string) []string {
	var of []string
	for _, claim := range claims {
		if inClaim(claim, name) {
			of = append(of, claim)
		}
	}
	patterns := NoSumDB(of)
	if !module.MatchPrefixPatterns(strings.Join(patterns, ","), name) {
		patterns = append(patterns, name)
	}
	return patterns
}

func inClaim(claim, name string) bool {
	p, err := assay.ParsePattern("pkg:golang/"+strings.ReplaceAll(claim, "%", "%25"), Grammar{})
	return err == nil && p.MatchesPackage(assay.Golang, name)
}
