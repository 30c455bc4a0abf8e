package assay

import "context"

// Principal is who asks. Anonymous has an empty ID; no addresses are kept.
type Principal struct {
	ID    string // "" anonymous, "operator" over the data directory's socket, else the token's id
	Admin bool   // whoever can open the data directory is administrator
	// Publish and Read are what a token grants beyond what anybody may do.
	// Who may publish a package may read it.
	Publish []Pattern
	Read    []Pattern
	// ReadHosted grants reading of every hosted package. Anonymous askers
	// have it only where an operator has said so in words.
	ReadHosted bool
}

// Operator is the principal of commands run on the data directory.
var Operator = Principal{ID: "operator", Admin: true}

// MayPublish tells whether the principal may publish, tag and change the
// package.
func (p *Principal) MayPublish(eco Ecosystem, name string) bool {
	return p.Admin || matchesAny(p.Publish, eco, name)
}

// MayRead tells whether the principal may read a hosted package.
func (p *Principal) MayRead(eco Ecosystem, name string) bool {
	return p.ReadHosted || p.MayPublish(eco, name) || matchesAny(p.Read, eco, name)
}

func matchesAny(patterns []Pattern, eco Ecosystem, name string) bool {
	for i := range patterns {
		if patterns[i].MatchesPackage(eco, name) {
			return true
		}
	}
	return false
}

type principalKey struct{}

// WithPrincipal puts the asker into the context; the server does, once a
// token has been checked.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf returns the asker, anonymous if none was put.
func PrincipalOf(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
