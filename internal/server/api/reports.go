package api

import (
	"context"
	"net/http"
	"time"

	"assay.invalid/internal/assay"
)

// Reporting keeps what people say against versions. Whoever has a token may
// report what it may read; to answer a report is an administrator's.
type Reporting interface {
	Report(ctx context.Context, n NewReport) (Report, error)
	// Reports lists reports, the newest first: for an administrator all, for
	// others their own. With all, those that were answered too.
	Reports(ctx context.Context, all bool) ([]Report, error)
	// CloseReport answers a report. What is done about the version is said of
	// the version: quarantined, removed, or nothing.
	CloseReport(ctx context.Context, a ReportAnswer) (Report, error)
}

// NewReport says something against a version.
type NewReport struct {
	Version string `json:"version"` // package URL with a version
	Reason  string `json:"reason"`
}

// Report is what somebody said against a version.
type Report struct {
	ID         string    `json:"id"`
	Version    string    `json:"version"`
	Reason     string    `json:"reason"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	Closed     time.Time `json:"closed,omitzero"` // absent: it is open
	Answer     string    `json:"answer,omitempty"`
	AnsweredBy string    `json:"answered_by,omitempty"`
}

// ReportAnswer answers a report.
type ReportAnswer struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// Report implements Reporting.
func (c *Client) Report(ctx context.Context, n NewReport) (Report, error) {
	return call[Report](ctx, c, http.MethodPost, "reports", nil, n)
}

// Reports implements Reporting.
func (c *Client) Reports(ctx context.Context, all bool) ([]Report, error) {
	return call[[]Report](ctx, c, http.MethodGet, "reports", everything(all), nil)
}

// CloseReport implements Reporting.
func (c *Client) CloseReport(ctx context.Context, a ReportAnswer) (Report, error) {
	return call[Report](ctx, c, http.MethodPost, "reports/close", nil, a)
}

func report(h *Handler, r *http.Request, _ string) (any, error) {
	var n NewReport
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	return h.Control.Report(h.asker(r), n)
}

func reports(h *Handler, r *http.Request, _ string) (any, error) {
	all, err := wantsAll(r)
	if err != nil {
		return nil, err
	}
	return h.Control.Reports(h.asker(r), all)
}

func closeReport(h *Handler, r *http.Request, _ string) (any, error) {
	var a ReportAnswer
	if err := h.decode(r, &a); err != nil {
		return nil, err
	}
	if a.ID == "" {
		return nil, assay.Errorf(assay.Invalid, "say which report, by its id")
	}
	return h.Control.CloseReport(h.asker(r), a)
}
