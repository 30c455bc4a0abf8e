package cli

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/auth"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

// CreateToken implements api.Tokening.
func (c *control) CreateToken(ctx context.Context, t api.NewToken) (api.CreatedToken, error) {
	made, secret, err := c.house.tokens.Create(ctx, assay.PrincipalOf(ctx), auth.NewToken{
		Note: t.Note, Publish: t.Publish, Read: t.Read, Admin: t.Admin, Expires: t.Expires, Forever: t.NeverExpires,
	})
	if err != nil {
		return api.CreatedToken{}, err
	}
	return api.CreatedToken{Token: tokenOf(made), Secret: secret}, nil
}

// RevokeToken implements api.Tokening.
func (c *control) RevokeToken(ctx context.Context, idOrSecret string) (api.Token, error) {
	ended, err := c.house.tokens.Revoke(ctx, assay.PrincipalOf(ctx), idOrSecret)
	if err != nil {
		return api.Token{}, err
	}
	return tokenOf(ended), nil
}

// Tokens implements api.Tokening.
func (c *control) Tokens(ctx context.Context) ([]api.Token, error) {
	kept, err := c.house.tokens.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	tokens := make([]api.Token, len(kept))
	for i, t := range kept {
		tokens[i] = tokenOf(t)
	}
	return tokens, nil
}

func tokenOf(t store.Token) api.Token {
	return api.Token{
		ID: t.ID, Note: t.Note, Publish: t.Publish, Read: t.Read, Admin: t.Admin,
		Created: t.Created, Expires: t.Expires, Revoked: t.Revoked, LastUsed: t.LastUsed, By: t.By,
	}
}
