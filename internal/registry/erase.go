package registry

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// Erase destroys the bytes and the manifest of a version that was removed.
// Its tombstone, its digests and every event stay, so that the log verifies
// as before and the version is never used again. Only an administrator may.
//
// The rows go first, in one transaction with the event: whatever happens to
// the bytes after that, nobody is handed them, and what a crash leaves behind
// is garbage that is collected.
func (s *Service) Erase(ctx context.Context, at assay.Coordinate, reason string) (ecosystem.Receipt, error) {
	none := ecosystem.Receipt{Coordinate: at, Index: -1}
	pl, ok := s.byEco[at.Ecosystem]
	if !ok {
		return none, assay.Errorf(assay.NotFound, "no registry here serves pkg:%s packages", at.Ecosystem)
	}
	asker := assay.PrincipalOf(ctx)
	if !asker.Admin {
		return none, assay.Errorf(assay.Forbidden, "to erase bytes is the administrator's alone")
	}
	if reason = ecosystem.Printable(reason); reason == "" {
		return none, assay.Errorf(assay.Invalid, "say why: --reason \"...\"")
	}
	began := s.now()
	var files []store.File
	var eventID int64
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		r, err := tx.Release(ctx, pl.name, at.Name, at.Version)
		switch {
		case assay.Is(err, assay.NotFound):
			return assay.Errorf(assay.NotFound, "%s is not published here", at.Short())
		case err != nil:
			return err
		case r.Removed.IsZero():
			return assay.Errorf(assay.Conflict, "%s is not removed: only what was removed is erased (assay remove)", at.Short())
		case !r.Erased.IsZero():
			return assay.Errorf(assay.Conflict, "%s was erased on %s", at.Short(), r.Erased.UTC().Format("2006-01-02"))
		}
		if files, err = tx.FilesOf(ctx, pl.name, at.Name, at.Version); err != nil {
			return err
		}
		for _, f := range files {
			f.Stored = false
			if err := tx.PutFile(ctx, f); err != nil {
				return err
			}
		}
		now := s.now().UTC()
		r.Erased, r.Manifest, r.Description = now, nil, ""
		if err := tx.PutRelease(ctx, r); err != nil {
			return err
		}
		eventID, err = pl.appendEvent(ctx, tx, now, assay.EventErased, at, asker, map[string]string{"registry": pl.name, "reason": reason})
		return err
	})
	if err != nil {
		return none, err
	}
	pl.invalidate(at.Name)
	s.hot.clear()
	for _, f := range files {
		if err := s.deleteUnused(ctx, f.Blob, began); err != nil {
			s.log.Error("erased bytes could not be deleted yet; the garbage collection does it", "registry", pl.name, "blob", string(f.Blob), "error", err.Error())
		}
	}
	return pl.receipt(ctx, at, eventID), nil
}
