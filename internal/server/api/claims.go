package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"assay.invalid/internal/assay"
)

// Claiming gives names to hosted packages alone. When a call returns, the
// change is in force. The asker is the context's principal, who must be an
// administrator.
type Claiming interface {
	Claim(ctx context.Context, c NewClaim) (Claim, error)
	// Unclaim ends the claim with an id or of a pattern as written, and
	// returns it; none is NotFound, and one under which packages are hosted a
	// Conflict.
	Unclaim(ctx context.Context, idOrPattern string) (Claim, error)
	Claims(ctx context.Context) ([]Claim, error)
}

// NewClaim asks for a claim. Shadow accepts that an upstream has such names,
// which nobody here gets from there any more.
type NewClaim struct {
	Pattern string `json:"pattern"`
	Shadow  bool   `json:"shadow,omitempty"`
}

// Claim is a name or pattern that belongs to hosted packages alone.
type Claim struct {
	ID      string    `json:"id"`
	Pattern string    `json:"pattern"`
	Shadow  bool      `json:"shadow"`
	Created time.Time `json:"created"`
	By      string    `json:"by"`
}

// Claim implements Claiming.
func (c *Client) Claim(ctx context.Context, n NewClaim) (Claim, error) {
	return call[Claim](ctx, c, http.MethodPost, "claims", nil, n)
}

// Unclaim implements Claiming.
func (c *Client) Unclaim(ctx context.Context, idOrPattern string) (Claim, error) {
	return call[Claim](ctx, c, http.MethodDelete, "claims", url.Values{"which": {idOrPattern}}, nil)
}

// Claims implements Claiming.
func (c *Client) Claims(ctx context.Context) ([]Claim, error) {
	return call[[]Claim](ctx, c, http.MethodGet, "claims", nil, nil)
}

func claims(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Claims(h.asker(r))
}

func claim(h *Handler, r *http.Request, _ string) (any, error) {
	var n NewClaim
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	return h.Control.Claim(h.asker(r), n)
}

func unclaim(h *Handler, r *http.Request, _ string) (any, error) {
	which, err := parameter(r, "which", "the claim's id or its pattern as written")
	if err != nil {
		return nil, err
	}
	return h.Control.Unclaim(h.asker(r), which)
}

// asker is the request's context with whoever asks: over the socket that is
// the operator, who could open the data directory.
func (h *Handler) asker(r *http.Request) context.Context {
	if h.Reach == FromSocket {
		return assay.WithPrincipal(r.Context(), assay.Operator)
	}
	return r.Context()
}
