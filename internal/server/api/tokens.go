package api

import (
	"context"
	"net/http"
	"time"

	"assay.invalid/internal/assay"
)

// Tokening makes and ends the tokens with which clients on the network say
// who they are.
type Tokening interface {
	// CreateToken makes a token; its secret is in the answer and can never be
	// learnt again.
	CreateToken(ctx context.Context, t NewToken) (CreatedToken, error)
	// RevokeToken ends a token, by its id or by the secret itself. When it
	// returns, the token is refused. One that was revoked before stays so.
	RevokeToken(ctx context.Context, idOrSecret string) (Token, error)
	// Tokens returns all, the oldest first, those that have ended too.
	Tokens(ctx context.Context) ([]Token, error)
}

// NewToken asks for a token. Without an end it lives as long as a token does
// by default; NeverExpires says that it has none.
type NewToken struct {
	Note         string    `json:"note,omitempty"`
	Publish      []string  `json:"publish,omitempty"` // patterns of packages
	Read         []string  `json:"read,omitempty"`    // patterns of hosted packages
	Admin        bool      `json:"admin,omitempty"`
	Expires      time.Time `json:"expires,omitzero"`
	NeverExpires bool      `json:"never_expires,omitempty"`
}

// Token is a token without its secret, which is not kept.
type Token struct {
	ID       string    `json:"id"`
	Note     string    `json:"note,omitempty"`
	Publish  []string  `json:"publish,omitempty"`
	Read     []string  `json:"read,omitempty"`
	Admin    bool      `json:"admin,omitempty"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires,omitzero"` // absent: never
	Revoked  time.Time `json:"revoked,omitzero"`
	LastUsed time.Time `json:"last_used,omitzero"` // to the hour
	By       string    `json:"by"`
}

// CreatedToken is a new token with its secret.
type CreatedToken struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret"`
}

// tokenEnd is the body of POST /tokens/revoke. What it names may be a secret,
// which has no place in an address: those are logged on the way.
type tokenEnd struct {
	Which string `json:"which"`
}

func createToken(h *Handler, r *http.Request, _ string) (any, error) {
	var t NewToken
	if err := h.decode(r, &t); err != nil {
		return nil, err
	}
	return h.Control.CreateToken(h.asker(r), t)
}

func revokeToken(h *Handler, r *http.Request, _ string) (any, error) {
	var end tokenEnd
	if err := h.decode(r, &end); err != nil {
		return nil, err
	}
	if end.Which == "" {
		return nil, assay.Errorf(assay.Invalid, "say which token, by its id or its secret")
	}
	return h.Control.RevokeToken(h.asker(r), end.Which)
}

func tokens(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Tokens(h.asker(r))
}

// CreateToken implements Tokening.
func (c *Client) CreateToken(ctx context.Context, t NewToken) (CreatedToken, error) {
	return call[CreatedToken](ctx, c, http.MethodPost, "tokens", nil, t)
}

// RevokeToken implements Tokening.
func (c *Client) RevokeToken(ctx context.Context, idOrSecret string) (Token, error) {
	return call[Token](ctx, c, http.MethodPost, "tokens/revoke", nil, tokenEnd{Which: idOrSecret})
}

// Tokens implements Tokening.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	return call[[]Token](ctx, c, http.MethodGet, "tokens", nil, nil)
}

// notAdministrator says why somebody on the network may not ask for what
// only the operator, or a token made with --admin, may.
func notAdministrator(p assay.Principal) error {
	const socket = "run the assay command on the machine that serves, with the same --data"
	if p.ID == "" {
		return assay.Errorf(assay.Unauthenticated,
			"only an administrator is answered here: %s, or set ASSAY_TOKEN to a token made with assay token create --admin", socket)
	}
	return assay.Errorf(assay.Forbidden,
		"only an administrator is answered here, and the token %s is not one's: %s, or use a token made with assay token create --admin", p.ID, socket)
}
