package rulebook

import (
	"context"
	"strings"
	"unicode"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// Surroundings is what the book asks others before a claim is made or ended,
// for it knows rules and no packages. A nil function knows of nothing.
type Surroundings struct {
	// Known returns names that lie in the pattern and that an upstream is
	// known to have; a few are enough. It must answer from what is kept here:
	// to ask an upstream now would carry the name out of the building.
	Known func(ctx context.Context, p assay.Pattern) ([]string, error)
	// Hosts returns names of hosted packages that lie in the pattern; a few
	// are enough. It is asked while the store's writer is held, so that
	// nothing is published meanwhile, and must itself only read.
	Hosts func(ctx context.Context, p assay.Pattern) ([]string, error)
}

// Connect tells the book whom to ask. It replaces what it was told before.
func (b *Book) Connect(s Surroundings) { b.surroundings.Store(&s) }

// Claim gives the names in a pattern to hosted packages alone: from when the
// call returns, no request carries them out, and nothing of them is taken
// from an upstream.
//
// What is malformed is Invalid: the pattern, an ecosystem that does not exist
// here, a range (a claim is for whole names), a pattern that claims nearly
// everything or that no name can match. A pattern that is claimed already is
// a Conflict, and so are names that an upstream is known to have, unless
// shadow says that they are meant to be hidden.
func (b *Book) Claim(ctx context.Context, by assay.Principal, pattern string, shadow bool) (store.Claim, error) {
	if err := administrator(by); err != nil {
		return store.Claim{}, err // before anything is told about names
	}
	p, err := b.claimable(pattern)
	if err != nil {
		return store.Claim{}, err
	}
	row := store.Claim{ID: newID("c"), Pattern: p.String(), Shadow: shadow, Created: b.moment(), By: by.ID}
	var known []string
	if !shadow {
		if known, err = ask(ctx, b.surroundings.Load().Known, p); err != nil {
			return store.Claim{}, err
		}
	}
	err = b.change(ctx, by, func(tx store.Tx, s *state) ([]event, error) {
		for _, other := range s.claims {
			if other.Pattern == row.Pattern {
				return nil, assay.Errorf(assay.Conflict, "%s is claimed already (%s)", other.Pattern, other.ID)
			}
		}
		if len(known) > 0 {
			return nil, assay.Errorf(assay.Conflict,
				"an upstream is known to have %s: with the claim %s nobody here gets it from there any more; if that is meant, say so with --shadow",
				few(known), row.Pattern)
		}
		if err := tx.PutClaim(ctx, row); err != nil {
			return nil, err
		}
		return []event{{assay.EventClaimed, subject(p), map[string]any{
			"id": row.ID, "pattern": row.Pattern, "shadow": row.Shadow,
		}}}, nil
	})
	if err != nil {
		return store.Claim{}, err
	}
	return row, nil
}

// Unclaim ends the claim with an id or of a pattern, and returns it: from
// then on its names are asked of the upstreams. Nothing to end is NotFound.
// Where packages are hosted whose names no other claim would cover it is a
// Conflict: an upstream's package could take the place of yours.
func (b *Book) Unclaim(ctx context.Context, by assay.Principal, idOrPattern string) (store.Claim, error) {
	if err := administrator(by); err != nil {
		return store.Claim{}, err
	}
	wanted := strings.TrimSpace(idOrPattern)
	if p, err := b.pattern(wanted); err == nil {
		wanted = p.String() // as it is kept
	}
	present, err := b.Claims(ctx)
	if err != nil {
		return store.Claim{}, err
	}
	row, p, err := b.find(present, wanted)
	if err != nil {
		return store.Claim{}, err
	}
	err = b.change(ctx, by, func(tx store.Tx, s *state) ([]event, error) {
		if _, _, err := b.find(s.claims, row.ID); err != nil {
			return nil, err // another call ended it meanwhile
		}
		if !covered(s.rules.Claims(), row.ID, p) {
			hosted, err := ask(ctx, b.surroundings.Load().Hosts, p)
			if err != nil {
				return nil, err
			}
			if len(hosted) > 0 {
				return nil, assay.Errorf(assay.Conflict,
					"%s is hosted here: without the claim %s an upstream's package of that name could take its place; the versions are removed first, with assay remove",
					few(hosted), row.Pattern)
			}
		}
		if err := tx.DeleteClaim(ctx, row.ID); err != nil {
			return nil, err
		}
		return []event{{assay.EventUnclaimed, subject(p), map[string]any{"id": row.ID, "pattern": row.Pattern}}}, nil
	})
	if err != nil {
		return store.Claim{}, err
	}
	return row, nil
}

// Claims returns all claims, oldest first.
func (b *Book) Claims(ctx context.Context) ([]store.Claim, error) {
	if err := b.settled(ctx); err != nil {
		return nil, err
	}
	s, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	return s.claims, nil
}

// find returns the claim with an id or pattern as kept.
func (b *Book) find(claims []store.Claim, wanted string) (store.Claim, assay.Pattern, error) {
	for _, row := range claims {
		if row.ID == wanted || row.Pattern == wanted {
			p, _, err := b.claimed(row)
			return row, p, err
		}
	}
	return store.Claim{}, assay.Pattern{}, assay.Errorf(assay.NotFound, "there is no claim %q: assay claims lists them", wanted)
}

// claimed reads the pattern of a kept claim. It is not known where its
// ecosystem does not exist here: then nothing of it is asked for either.
func (b *Book) claimed(row store.Claim) (p assay.Pattern, known bool, err error) {
	eco, err := assay.PatternEcosystem(row.Pattern)
	if err == nil {
		grammar, known := b.grammars(eco)
		if !known {
			return assay.Pattern{}, false, nil
		}
		if p, err = assay.ParsePattern(row.Pattern, grammar); err == nil {
			return p, true, nil
		}
	}
	// To go on without it would ask upstreams for names that are private.
	return assay.Pattern{}, false, assay.Wrap(assay.Internal, err, "the claim %s can no longer be read", row.ID)
}

// covered tells whether every name in the pattern of one claim lies in that
// of another. A glob that matches the other's text, stars and all, matches
// whatever those stars may stand for.
func covered(claims []policy.Claim, id string, p assay.Pattern) bool {
	for _, c := range claims {
		if c.ID != id && c.Pattern.MatchesPackage(p.Ecosystem, p.Name) {
			return true
		}
	}
	return false
}

// claimable reads the pattern of a new claim.
func (b *Book) claimable(text string) (assay.Pattern, error) {
	p, err := b.pattern(text)
	if err != nil {
		return p, err
	}
	// What is kept is what is in force, also after the next start: escapes in
	// a glob could read otherwise the second time.
	if again, err := b.pattern(p.String()); err != nil || again.Name != p.Name || again.Expr != p.Expr {
		return p, assay.Errorf(assay.Invalid, "%q has characters that no name has", p)
	}
	if p.Expr != "" {
		return p, assay.Errorf(assay.Invalid, "a claim is for whole names: leave @%s out and write pkg:%s/%s", p.Expr, p.Ecosystem, p.Name)
	}
	fixed, _, glob := strings.Cut(p.Name, "*")
	if !glob {
		return p, nil
	}
	// A claim that begins with a star would leave nothing to pull through,
	// and every path would lead to it.
	if !strings.ContainsFunc(fixed, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return p, assay.Errorf(assay.Invalid,
			"%s claims too much: such names could no longer be pulled from an upstream; begin with what is yours, as in pkg:npm/@acme/* or pkg:golang/corp.example/*", p)
	}
	grammar, _ := b.grammars(p.Ecosystem)
	return p, matchable(p, grammar)
}

// samples are what a star may stand for in a name that exists.
var samples = [...]string{"x", "x/x", "x.example/x"}

// matchable refuses a glob that no name can match, because names are spelt in
// another way: it would look like a claim and protect nothing.
func matchable(p assay.Pattern, grammar assay.Grammar) error {
	var refused error
	for _, s := range samples {
		name := strings.ReplaceAll(p.Name, "*", s)
		normal, err := grammar.Name(name)
		if err == nil && normal == name {
			return nil
		}
		if err == nil {
			refused = assay.Errorf(assay.Invalid, "%s would match nothing: a name like %s is written %s", p, name, normal)
		} else if refused == nil {
			refused = assay.Errorf(assay.Invalid, "%s would match nothing: %s", p, assay.PublicMessage(err))
		}
	}
	return refused
}

func ask(ctx context.Context, whom func(context.Context, assay.Pattern) ([]string, error), p assay.Pattern) ([]string, error) {
	if whom == nil {
		return nil, nil
	}
	return whom(ctx, p)
}

// few names some of several.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and more"
}
