package registry

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// checkAlone refuses the first version of a package whose name its clients
// take for that of another package here. It looks at all that was ever
// published, whoever may read it: a publisher with a narrow token sees too
// little to tell.
func (pl *Place) checkAlone(ctx context.Context, tx store.Tx, name string) error {
	format, ok := pl.format.(ecosystem.Folding)
	if !ok {
		return nil
	}
	if pkg, err := tx.Package(ctx, pl.name, name); err == nil && pkg.Origin == "" {
		return nil // it is not the first
	} else if err != nil && !assay.Is(err, assay.NotFound) {
		return err
	}
	folded := format.Fold(name)
	var alike []string
	err := tx.PackageNames(ctx, pl.name, func(p store.Package) error {
		if p.Name != name && format.Fold(p.Name) == folded {
			alike = append(alike, p.Name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, other := range alike {
		releases, err := tx.Releases(ctx, pl.name, other)
		if err != nil {
			return err
		}
		if len(releases) > 0 {
			return assay.Errorf(assay.Conflict, "%s cannot be told from a package that is published here under another spelling: choose another name", name)
		}
	}
	return nil
}
