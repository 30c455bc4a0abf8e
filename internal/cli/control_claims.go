package cli

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

// Claim implements api.Claiming.
func (c *control) Claim(ctx context.Context, n api.NewClaim) (api.Claim, error) {
	made, err := c.house.rules.Claim(ctx, assay.PrincipalOf(ctx), n.Pattern, n.Shadow)
	if err != nil {
		return api.Claim{}, err
	}
	return claimOf(made), nil
}

// Unclaim implements api.Claiming.
func (c *control) Unclaim(ctx context.Context, idOrPattern string) (api.Claim, error) {
	ended, err := c.house.rules.Unclaim(ctx, assay.PrincipalOf(ctx), idOrPattern)
	if err != nil {
		return api.Claim{}, err
	}
	return claimOf(ended), nil
}

// Claims implements api.Claiming.
func (c *control) Claims(ctx context.Context) ([]api.Claim, error) {
	kept, err := c.house.rules.Claims(ctx)
	if err != nil {
		return nil, err
	}
	claims := make([]api.Claim, len(kept))
	for i, k := range kept {
		claims[i] = claimOf(k)
	}
	return claims, nil
}

func claimOf(k store.Claim) api.Claim {
	return api.Claim{ID: k.ID, Pattern: k.Pattern, Shadow: k.Shadow, Created: k.Created, By: k.By}
}

// SetStatus implements api.Standing.
func (c *control) SetStatus(ctx context.Context, n api.NewStatus) (api.StatusChange, error) {
	at, err := c.house.table.Normalise(n.Version)
	if err != nil {
		return api.StatusChange{}, err
	}
	if at.Version == "" || at.File != "" {
		return api.StatusChange{}, assay.Errorf(assay.Invalid, "%s is no version: a status is said of one whole version, as %s@1.2.3", n.Version, at.Package())
	}
	reason := strings.TrimSpace(n.Reason)
	if reason != "" || n.Status != assay.Active {
		if reason, err = policy.CleanReason(reason); err != nil {
			return api.StatusChange{}, err
		}
	}
	place, publisher, err := c.publisher(at.Ecosystem)
	if err != nil {
		return api.StatusChange{}, err
	}
	was, err := c.standing(ctx, place, at)
	if err != nil {
		return api.StatusChange{}, err
	}
	if err := mayBecome(assay.PrincipalOf(ctx), at, was, n); err != nil {
		return api.StatusChange{}, err
	}
	receipt, err := publisher.SetStatus(ctx, at.Name, at.Version, n.Status, reason)
	if err != nil {
		return api.StatusChange{}, err
	}
	return api.StatusChange{Version: receipt.Coordinate.String(), Status: n.Status, Was: was, Reason: reason, LogIndex: receipt.Index}, nil
}

// Erase implements api.Standing.
func (c *control) Erase(ctx context.Context, n api.NewErasure) (api.StatusChange, error) {
	at, err := c.house.table.Normalise(n.Version)
	if err != nil {
		return api.StatusChange{}, err
	}
	if at.Version == "" || at.File != "" {
		return api.StatusChange{}, assay.Errorf(assay.Invalid, "%s is no version: what is erased is one whole version, as %s@1.2.3", n.Version, at.Package())
	}
	reason, err := policy.CleanReason(n.Reason)
	if err != nil {
		return api.StatusChange{}, err
	}
	if c.house.registry == nil {
		return api.StatusChange{}, assay.Errorf(assay.Internal, "this process has no registry to change")
	}
	receipt, err := c.house.registry.Erase(ctx, at, reason)
	if err != nil {
		return api.StatusChange{}, err
	}
	return api.StatusChange{Version: receipt.Coordinate.String(), Status: assay.Removed, Was: assay.Removed, Reason: reason, LogIndex: receipt.Index}, nil
}

// publisher returns the place of an ecosystem, and its writing half.
func (c *control) publisher(eco assay.Ecosystem) (string, ecosystem.Publisher, error) {
	if c.house.registry == nil {
		return "", nil, assay.Errorf(assay.Internal, "this process has no registry to change")
	}
	adapter, ok := c.house.table.Ecosystem(eco)
	if !ok {
		return "", nil, assay.Errorf(assay.Invalid, "there is no ecosystem %q here", eco)
	}
	repo, _ := c.house.registry.Place(adapter.Place())
	publisher, ok := repo.(ecosystem.Publisher)
	if !ok {
		return "", nil, assay.Errorf(assay.Invalid, "nothing can be said of the versions at the place %s", adapter.Place())
	}
	return adapter.Place(), publisher, nil
}

// standing returns what was said of a version before.
func (c *control) standing(ctx context.Context, place string, at assay.Coordinate) (assay.Status, error) {
	// To PyPI 1.0 and 1.0.0 are one version, of which something may have been
	// said in either spelling.
	spelled := c.house.registry.Spelled(ctx, at)
	status := assay.Active
	err := c.house.store.View(ctx, func(tx store.Tx) error {
		standings, err := tx.Standings(ctx, place, at.Name)
		for _, s := range standings {
			if c.house.registry.Spelled(ctx, at.At(s.Version)) == spelled {
				status = max(status, s.Status)
			}
		}
		return err
	})
	return status, err
}

// notRemoved refuses an exception that would lift nothing. What is wrong with
// the version itself, the rulebook says.
func (c *control) notRemoved(ctx context.Context, version string) error {
	at, err := c.house.table.Normalise(version)
	if err != nil {
		return err
	}
	adapter, ok := c.house.table.Ecosystem(at.Ecosystem)
	if !ok {
		return nil
	}
	status, err := c.standing(ctx, adapter.Place(), at)
	if err == nil && status == assay.Removed {
		err = assay.Errorf(assay.Invalid, "no exception lifts a removal: %s was removed, which cannot be taken back", at)
	}
	return err
}

// mayBecome tells whether the asker may give a version that was of one status
// another.
func mayBecome(by assay.Principal, at assay.Coordinate, was assay.Status, n api.NewStatus) error {
	if err := policy.CheckStatus(by, was, n.Status); err != nil {
		return assay.Errorf(assay.KindOf(err), "%s stays as it is: %s", at, assay.PublicMessage(err))
	}
	switch {
	case n.From != assay.Active && was != n.From:
		return assay.Errorf(assay.Conflict, "%s is not %s but %s: %s", at, n.From, was, wayBack(was, at))
	case was == assay.Active && n.Status == assay.Active:
		return assay.Errorf(assay.Conflict, "%s is active already: nothing was said of it", at)
	}
	return nil
}

// wayBack says how a version comes back to active.
func wayBack(was assay.Status, at assay.Coordinate) string {
	switch was {
	case assay.Active:
		return "nothing was said of it"
	case assay.Yanked:
		return "assay unyank " + at.String() + " takes that back"
	}
	return "assay release " + at.String() + " takes that back"
}
