package registry

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// reportsADay bounds the reports of one principal: a queue that anybody can
// fill is one that nobody reads.
const reportsADay = 100

// Report keeps what somebody says against a version, for administrators to
// look at. The version must be known here; the reporter must be able to read
// it.
func (s *Service) Report(ctx context.Context, at assay.Coordinate, reason string) (store.Report, error) {
	pl, ok := s.byEco[at.Ecosystem]
	if !ok {
		return store.Report{}, assay.Errorf(assay.NotFound, "no registry here serves pkg:%s packages", at.Ecosystem)
	}
	asker := assay.PrincipalOf(ctx)
	if asker.ID == "" {
		return store.Report{}, assay.Errorf(assay.Unauthenticated, "a report needs a token, so that somebody can be asked: any token will do")
	}
	if reason = ecosystem.Printable(reason); reason == "" || len(reason) > maxSaid {
		return store.Report{}, assay.Errorf(assay.Invalid, "say what is wrong with it, in %d bytes at the most: --reason \"...\"", maxSaid)
	}
	at.File = ""
	if at.Version == "" {
		return store.Report{}, assay.Errorf(assay.Invalid, "a report is about one version: %s@VERSION", at.Package())
	}
	if err := pl.mayRead(ctx, at.Name); err != nil {
		return store.Report{}, err
	}
	if _, _, err := pl.find(ctx, at); err != nil && !staleMayServe(err) {
		return store.Report{}, err
	}
	now := s.now().UTC()
	r := store.Report{ID: newID("r-"), Coordinate: at.String(), Reason: reason, By: asker.ID, At: now}
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		n, err := tx.ReportsBy(ctx, asker.ID, now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if n >= reportsADay && !asker.Admin {
			return assay.Errorf(assay.Exhausted, "%d reports came from this token within a day: tell an administrator instead", n)
		}
		if err := tx.PutReport(ctx, r); err != nil {
			return err
		}
		_, err = pl.appendEvent(ctx, tx, now, assay.EventReported, at, asker, map[string]string{"registry": pl.name, "report": r.ID, "reason": reason})
		return err
	})
	return r, err
}

// Reports returns what was reported, the newest first: for an administrator
// all, for others their own.
func (s *Service) Reports(ctx context.Context, open bool) ([]store.Report, error) {
	asker := assay.PrincipalOf(ctx)
	if asker.ID == "" {
		return nil, assay.Errorf(assay.Unauthenticated, "reports are shown to administrators and to those who made them: send a token")
	}
	var all, mine []store.Report
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		all, err = tx.Reports(ctx, open, 10_000)
		return err
	})
	for _, r := range all {
		if asker.Admin || r.By == asker.ID {
			mine = append(mine, r)
		}
	}
	return mine, err
}

// CloseReport answers a report. What is done about the version is said of the
// version itself: quarantine, release, remove.
func (s *Service) CloseReport(ctx context.Context, id, answer string) (store.Report, error) {
	if err := s.mayAnswer(ctx, &answer); err != nil {
		return store.Report{}, err
	}
	asker := assay.PrincipalOf(ctx)
	var r store.Report
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		if r, err = tx.Report(ctx, id); err != nil {
			return err
		}
		if !r.Closed.IsZero() {
			return assay.Errorf(assay.Conflict, "%s was answered on %s: %s", id, r.Closed.UTC().Format("2006-01-02"), r.Answer)
		}
		return s.closeReport(ctx, tx, &r, answer, asker)
	})
	return r, err
}

func (s *Service) closeReport(ctx context.Context, tx store.Tx, r *store.Report, answer string, by assay.Principal) error {
	at, err := assay.ParseCoordinate(r.Coordinate)
	if err != nil {
		return err
	}
	pl, ok := s.byEco[at.Ecosystem]
	if !ok {
		return assay.Errorf(assay.NotFound, "no registry here serves pkg:%s packages any more", at.Ecosystem)
	}
	now := s.now().UTC()
	r.Closed, r.Answer, r.AnsweredBy = now, answer, by.ID
	if err := tx.PutReport(ctx, *r); err != nil {
		return err
	}
	_, err = pl.appendEvent(ctx, tx, now, assay.EventReportClosed, at, by, map[string]string{"registry": pl.name, "report": r.ID, "answer": answer})
	return err
}
