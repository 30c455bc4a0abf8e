package registry

import (
	"context"
	"slices"

	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// whereNow finds a file anew whose address could not be reached. Where files
// lie may stand in a document that all packages of an origin share, and each
// mirror's leads to itself: the one that is kept may be that of a mirror that
// is down, while another has the file. ok is false where nothing else is
// known.
func (pl *Place) whereNow(ctx context.Context, origin store.Origin, name string, f ecosystem.File) (at ecosystem.File, ok bool) {
	sources := pl.format.Sources(name)
	if f.Source.URL == "" || !slices.ContainsFunc(sources, func(s ecosystem.Source) bool { return s.Shared }) {
		return f, false
	}
	for _, src := range sources {
		if !src.Shared || src.From != nil {
			continue
		}
		doc, err := pl.fetchDocument(ctx, origin, name, src)
		if err != nil || doc.Missing {
			return f, false
		}
		if err := pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.PutDocument(ctx, doc) }); err != nil {
			return f, false
		}
	}
	p := pl.packages.getOrPut(name, func() *pack { return &pack{} }, 512)
	sn, err := pl.s.refreshes.do(ctx, pl.name+"\x00"+name, func(ctx context.Context) (*snapshot, error) { return pl.refresh(ctx, p, name) })
	if err != nil || sn.listing == nil || sn.missing {
		return f, false
	}
	at, err = pl.format.Locate(name, f.Name, sn.listing)
	if err != nil || at.Version != f.Version || at.Source.URL == f.Source.URL {
		return f, false
	}
	return at, true
}
