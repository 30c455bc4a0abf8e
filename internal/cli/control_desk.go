package cli

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/registry"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

// desk is the registry that keeps what waits for an administrator.
func (c *control) desk() (*registry.Service, error) {
	if c.house.registry == nil {
		return nil, assay.Errorf(assay.Internal, "this process has no registry to ask")
	}
	return c.house.registry, nil
}

// Held implements api.Holding.
func (c *control) Held(ctx context.Context, all bool) ([]api.Held, error) {
	desk, err := c.desk()
	if err != nil {
		return nil, err
	}
	kept, err := desk.Held(ctx, !all)
	if err != nil {
		return nil, err
	}
	held := make([]api.Held, len(kept))
	for i := range kept {
		held[i] = c.heldOf(&kept[i])
	}
	return held, nil
}

// ReleaseHeld implements api.Holding.
func (c *control) ReleaseHeld(ctx context.Context, a api.HeldAnswer) (api.HeldRelease, error) {
	desk, err := c.desk()
	if err != nil {
		return api.HeldRelease{}, err
	}
	receipt, err := desk.ReleaseHeld(ctx, a.ID, a.Reason)
	if err != nil {
		return api.HeldRelease{}, err
	}
	var kept store.Held
	err = c.house.store.View(ctx, func(tx store.Tx) error {
		var err error
		kept, err = tx.Held(ctx, a.ID)
		return err
	})
	if err != nil {
		return api.HeldRelease{}, err
	}
	return api.HeldRelease{Held: c.heldOf(&kept), LogIndex: receipt.Index}, nil
}

// RefuseHeld implements api.Holding.
func (c *control) RefuseHeld(ctx context.Context, a api.HeldAnswer) (api.Held, error) {
	desk, err := c.desk()
	if err != nil {
		return api.Held{}, err
	}
	kept, err := desk.RefuseHeld(ctx, a.ID, a.Reason)
	if err != nil {
		return api.Held{}, err
	}
	return c.heldOf(&kept), nil
}

// AppealHeld implements api.Holding.
func (c *control) AppealHeld(ctx context.Context, a api.HeldAnswer) (api.Held, error) {
	desk, err := c.desk()
	if err != nil {
		return api.Held{}, err
	}
	kept, err := desk.AppealHeld(ctx, a.ID, a.Reason)
	if err != nil {
		return api.Held{}, err
	}
	return c.heldOf(&kept), nil
}

func (c *control) heldOf(h *store.Held) api.Held {
	out := api.Held{
		ID: h.ID, By: h.By, At: h.At, Finding: h.Finding, Files: []api.HeldFile{}, State: string(h.State),
		Appeal: h.Appeal, Answer: h.Answer, AnsweredBy: h.AnsweredBy, Answered: h.Answered,
	}
	at := assay.Coordinate{Name: h.Name, Version: h.Version}
	if adapter, ok := c.house.table.Place(h.Registry); ok {
		at.Ecosystem = adapter.Ecosystem()
	}
	out.Version = at.String()
	for _, f := range h.Files {
		out.Files = append(out.Files, api.HeldFile{Name: f.Name, Blob: f.Blob, Size: f.Size})
	}
	return out
}

// Report implements api.Reporting.
func (c *control) Report(ctx context.Context, n api.NewReport) (api.Report, error) {
	at, err := c.wholeVersion(n.Version, "a report is about")
	if err != nil {
		return api.Report{}, err
	}
	desk, err := c.desk()
	if err != nil {
		return api.Report{}, err
	}
	kept, err := desk.Report(ctx, desk.Spelled(ctx, at), n.Reason)
	if err != nil {
		return api.Report{}, err
	}
	return ofReport(kept), nil
}

// Reports implements api.Reporting.
func (c *control) Reports(ctx context.Context, all bool) ([]api.Report, error) {
	desk, err := c.desk()
	if err != nil {
		return nil, err
	}
	kept, err := desk.Reports(ctx, !all)
	if err != nil {
		return nil, err
	}
	reports := make([]api.Report, len(kept))
	for i, r := range kept {
		reports[i] = ofReport(r)
	}
	return reports, nil
}

// CloseReport implements api.Reporting.
func (c *control) CloseReport(ctx context.Context, a api.ReportAnswer) (api.Report, error) {
	desk, err := c.desk()
	if err != nil {
		return api.Report{}, err
	}
	kept, err := desk.CloseReport(ctx, a.ID, a.Reason)
	if err != nil {
		return api.Report{}, err
	}
	return ofReport(kept), nil
}

func ofReport(r store.Report) api.Report {
	return api.Report{ID: r.ID, Version: r.Coordinate, Reason: r.Reason, By: r.By, At: r.At, Closed: r.Closed, Answer: r.Answer, AnsweredBy: r.AnsweredBy}
}

// RemoveMalicious implements api.Denouncing.
func (c *control) RemoveMalicious(ctx context.Context, n api.NewMalicious) (api.MaliciousRemoval, error) {
	at, err := c.wholeVersion(n.Version, "what is removed is")
	if err != nil {
		return api.MaliciousRemoval{}, err
	}
	reason, err := policy.CleanReason(n.Reason)
	if err != nil {
		return api.MaliciousRemoval{}, err
	}
	place, _, err := c.publisher(at.Ecosystem)
	if err != nil {
		return api.MaliciousRemoval{}, err
	}
	// As it is listed: to PyPI 1.0 and 1.0.0 are one, and reports about the one
	// are answered by the removal of the other.
	at = c.house.registry.Spelled(ctx, at)
	was, err := c.standing(ctx, place, at)
	if err != nil {
		return api.MaliciousRemoval{}, err
	}
	if err := mayBecome(assay.PrincipalOf(ctx), at, was, api.NewStatus{Status: assay.Removed}); err != nil {
		return api.MaliciousRemoval{}, err
	}
	receipt, id, err := c.house.registry.RemoveMalicious(ctx, at, reason)
	if err != nil {
		return api.MaliciousRemoval{}, err
	}
	return api.MaliciousRemoval{Advisory: id, StatusChange: api.StatusChange{
		Version: receipt.Coordinate.String(), Status: assay.Removed, Was: was, Reason: reason, LogIndex: receipt.Index,
	}}, nil
}

// OwnAdvisories implements api.Denouncing.
func (c *control) OwnAdvisories(ctx context.Context) ([]api.OwnAdvisory, error) {
	desk, err := c.desk()
	if err != nil {
		return nil, err
	}
	kept, err := desk.OwnAdvisories(ctx)
	if err != nil {
		return nil, err
	}
	own := make([]api.OwnAdvisory, len(kept))
	for i, a := range kept {
		own[i] = api.OwnAdvisory{ID: a.ID, Version: a.Coordinate, Modified: a.Modified, Record: a.Record}
	}
	return own, nil
}

// wholeVersion reads a package URL that must name one whole version.
func (c *control) wholeVersion(purl, what string) (assay.Coordinate, error) {
	at, err := c.house.table.Normalise(purl)
	if err != nil {
		return at, err
	}
	if at.Version == "" || at.File != "" {
		return at, assay.Errorf(assay.Invalid, "%s is no version: %s one whole version, as %s@1.2.3", purl, what, at.Package())
	}
	return at, nil
}
