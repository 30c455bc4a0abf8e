package registry

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// Holders are the tokens as the registry uses them: who may publish what.
// auth.Book is one.
type Holders interface {
	// Publishers returns the tokens that may publish a package.
	Publishers(ctx context.Context, pkg assay.Coordinate) ([]store.Token, error)
	// SetPublisher lets a token publish a package, or takes that back.
	SetPublisher(ctx context.Context, by assay.Principal, pkg assay.Coordinate, id string, may bool) error
}

// Owners lists who may publish a package.
func (pl *Place) Owners(ctx context.Context, name string) ([]ecosystem.Owner, error) {
	if err := pl.mayRead(ctx, name); err != nil {
		return nil, err
	}
	if !pl.Claimed(name) {
		return nil, assay.Errorf(assay.NotFound, "%s is not published here: its owners are the upstream's to name", name)
	}
	if pl.s.cfg.Holders == nil {
		return nil, nil
	}
	tokens, err := pl.s.cfg.Holders.Publishers(ctx, assay.Coordinate{Ecosystem: pl.eco, Name: name})
	if err != nil {
		return nil, err
	}
	owners := make([]ecosystem.Owner, len(tokens))
	for i, t := range tokens {
		owners[i] = ecosystem.Owner{ID: t.ID, Note: ecosystem.Printable(t.Note)}
	}
	return owners, nil
}

// SetOwner lets a token publish a package, or takes that away.
func (pl *Place) SetOwner(ctx context.Context, name, id string, owner bool) error {
	asker, err := pl.mayPublish(ctx, name)
	if err != nil {
		return err
	}
	if pl.s.cfg.Holders == nil {
		return assay.Errorf(assay.Internal, "this registry knows no tokens")
	}
	return pl.s.cfg.Holders.SetPublisher(ctx, asker, assay.Coordinate{Ecosystem: pl.eco, Name: name}, id, owner)
}
