package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Denouncing removes versions because they are malicious, and lists the
// advisories that say so to everybody else.
type Denouncing interface {
	// RemoveMalicious removes a version for ever and writes an advisory, in
	// the OSV format, into this place's own feed. Reports about the version
	// are answered with it. Only an administrator may.
	RemoveMalicious(ctx context.Context, n NewMalicious) (MaliciousRemoval, error)
	// OwnAdvisories lists the advisories that were written here, by id: those
	// about packages that the asker may read.
	OwnAdvisories(ctx context.Context) ([]OwnAdvisory, error)
}

// NewMalicious says that a version is malicious.
type NewMalicious struct {
	Version string `json:"version"` // package URL with a version
	Reason  string `json:"reason"`
}

// MaliciousRemoval is a removal with its advisory.
type MaliciousRemoval struct {
	StatusChange
	Advisory string `json:"advisory"` // its id
}

// OwnAdvisory is an advisory that was written here.
type OwnAdvisory struct {
	ID       string          `json:"id"`
	Version  string          `json:"version"` // package URL
	Modified time.Time       `json:"modified"`
	Record   json.RawMessage `json:"record"` // OSV
}

// RemoveMalicious implements Denouncing.
func (c *Client) RemoveMalicious(ctx context.Context, n NewMalicious) (MaliciousRemoval, error) {
	return call[MaliciousRemoval](ctx, c, http.MethodPost, "removals", nil, n)
}

// OwnAdvisories implements Denouncing.
func (c *Client) OwnAdvisories(ctx context.Context) ([]OwnAdvisory, error) {
	return call[[]OwnAdvisory](ctx, c, http.MethodGet, "advisories/own", nil, nil)
}

func removeMalicious(h *Handler, r *http.Request, _ string) (any, error) {
	var n NewMalicious
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	return h.Control.RemoveMalicious(h.asker(r), n)
}

func ownAdvisories(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.OwnAdvisories(h.asker(r))
}
