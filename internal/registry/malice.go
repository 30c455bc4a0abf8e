package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// RemoveMalicious removes a version because it is malicious: beside the
// tombstone it writes an advisory into this place's own feed, so that whoever
// follows it, mirrors and other instances, learns of it, and closes the
// reports about the version. Only an administrator may. It returns the
// advisory's id.
func (s *Service) RemoveMalicious(ctx context.Context, at assay.Coordinate, reason string) (ecosystem.Receipt, string, error) {
	none := ecosystem.Receipt{Coordinate: at, Index: -1}
	pl, ok := s.byEco[at.Ecosystem]
	if !ok {
		return none, "", assay.Errorf(assay.NotFound, "no registry here serves pkg:%s packages", at.Ecosystem)
	}
	if err := s.mayAnswer(ctx, &reason); err != nil {
		return none, "", err
	}
	if s.cfg.Insight == nil {
		return none, "", assay.Errorf(assay.Internal, "this registry writes no advisories")
	}
	asker := assay.PrincipalOf(ctx)
	id := ""
	receipt, err := pl.setStatus(ctx, at.Name, at.Version, assay.Removed, reason, func(tx store.Tx) error {
		now := s.now().UTC()
		own, err := tx.OwnAdvisories(ctx)
		if err != nil {
			return err
		}
		id = fmt.Sprintf("ASSAY-MAL-%d-%s%d", now.Year(), s.mark(), len(own)+1)
		record, err := s.cfg.Insight.Record(id, at, reason, now)
		if err != nil {
			return err
		}
		if err := tx.PutOwnAdvisory(ctx, store.OwnAdvisory{ID: id, Coordinate: at.String(), Record: record, Modified: now}); err != nil {
			return err
		}
		if err := tx.AppendEvent(ctx, assay.Event{Time: now, Kind: assay.EventAdvisory, Subject: at, By: asker.ID, Body: record}); err != nil {
			return err
		}
		reports, err := tx.Reports(ctx, true, 10_000)
		if err != nil {
			return err
		}
		for i := range reports {
			if reports[i].Coordinate != at.String() {
				continue
			}
			if err := s.closeReport(ctx, tx, &reports[i], "removed: "+reason, asker); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return none, "", err
	}
	if err := s.cfg.Insight.OwnChanged(ctx); err != nil {
		// The version is removed, which denies it all the same.
		s.log.Warn("the own advisories could not be read again", "error", err.Error())
	}
	return receipt, id, nil
}

// mark tells the advisories of this place from those of others: two places
// would else give one id to two of them.
func (s *Service) mark() string {
	sum := sha256.Sum256(append([]byte("advisory\x00"), s.whyKey...))
	return hex.EncodeToString(sum[:3]) + "-"
}

// OwnAdvisories returns the advisories that were written here, for those who
// may read the package.
func (s *Service) OwnAdvisories(ctx context.Context) ([]store.OwnAdvisory, error) {
	var all, shown []store.OwnAdvisory
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		all, err = tx.OwnAdvisories(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if at, err := assay.ParseCoordinate(a.Coordinate); err == nil && s.MayRead(ctx, at) {
			shown = append(shown, a)
		}
	}
	return shown, nil
}
