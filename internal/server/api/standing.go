package api

import (
	"context"
	"net/http"

	"assay.invalid/internal/assay"
)

// Standing says something of versions after they were published, hosted ones
// and an upstream's alike. The asker is the context's principal.
type Standing interface {
	// SetStatus gives a version a status. When it returns, the change is in
	// the journal and in force. Removed cannot be taken back, and a version
	// in quarantine must be released first: both are a Conflict.
	SetStatus(ctx context.Context, n NewStatus) (StatusChange, error)
	// Erase destroys the bytes of a removed version that was published here.
	// Its tombstone, its digests and the journal stay.
	Erase(ctx context.Context, n NewErasure) (StatusChange, error)
}

// NewErasure asks for the bytes of a removed version to be destroyed.
type NewErasure struct {
	Version string `json:"version"` // package URL with a version
	Reason  string `json:"reason"`
}

// NewStatus asks for a status. Every status but active needs a reason, which
// is shown to whoever meets it.
type NewStatus struct {
	Version string       `json:"version"` // package URL with a version
	Status  assay.Status `json:"status"`
	Reason  string       `json:"reason,omitempty"`
	// From, unless it is active, is the status that the version must have
	// now, else it is a Conflict: to take a yank back must not release what
	// is in quarantine.
	From assay.Status `json:"from,omitzero"`
}

// StatusChange is a status that was given.
type StatusChange struct {
	Version string       `json:"version"` // package URL, normalised
	Status  assay.Status `json:"status"`
	Was     assay.Status `json:"was"`
	Reason  string       `json:"reason,omitempty"`
	// LogIndex is the event's place in the log; -1 where the log was late,
	// which changes nothing about the status.
	LogIndex int64 `json:"log_index"`
}

// SetStatus implements Standing.
func (c *Client) SetStatus(ctx context.Context, n NewStatus) (StatusChange, error) {
	return call[StatusChange](ctx, c, http.MethodPut, "standing", nil,
		newStanding{Version: n.Version, Status: &n.Status, Reason: n.Reason, From: n.From})
}

// Erase implements Standing.
func (c *Client) Erase(ctx context.Context, n NewErasure) (StatusChange, error) {
	return call[StatusChange](ctx, c, http.MethodPost, "erasures", nil, n)
}

func erase(h *Handler, r *http.Request, _ string) (any, error) {
	var n NewErasure
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	return h.Control.Erase(h.asker(r), n)
}

// newStanding is the body of PUT /standing. Status is a pointer so that a
// request that leaves it out does not release a version by accident.
type newStanding struct {
	Version string        `json:"version"`
	Status  *assay.Status `json:"status"`
	Reason  string        `json:"reason,omitempty"`
	From    assay.Status  `json:"from,omitzero"`
}

func setStatus(h *Handler, r *http.Request, _ string) (any, error) {
	var n newStanding
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	if n.Version == "" || n.Status == nil {
		return nil, assay.Errorf(assay.Invalid, "say which version, and its new status")
	}
	return h.Control.SetStatus(h.asker(r), NewStatus{Version: n.Version, Status: *n.Status, Reason: n.Reason, From: n.From})
}
