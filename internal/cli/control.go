package cli

import (
	"context"
	"net/url"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

// control is api.Control over the rooms of this process. A server answers
// its socket with it, and a command uses it directly when no server runs.
type control struct {
	house *house
}

var _ api.Control = (*control)(nil)

// Block implements api.Blocking.
func (c *control) Block(ctx context.Context, b api.NewBlock) (api.Block, error) {
	made, err := c.house.rules.Block(ctx, assay.PrincipalOf(ctx), b.Pattern, b.Reason, b.Until)
	if err != nil {
		return api.Block{}, err
	}
	return blockOf(made), nil
}

// Unblock implements api.Blocking.
func (c *control) Unblock(ctx context.Context, idOrPattern string) ([]api.Block, error) {
	ended, err := c.house.rules.Unblock(ctx, assay.PrincipalOf(ctx), idOrPattern)
	if err != nil {
		return nil, err
	}
	return blocksOf(ended), nil
}

// Blocks implements api.Blocking: those made one by one, then those of the
// policy file.
func (c *control) Blocks(ctx context.Context) ([]api.Block, error) {
	kept, err := c.house.rules.Blocks(ctx)
	if err != nil {
		return nil, err
	}
	blocks := blocksOf(kept)
	for _, b := range c.house.rules.Current().Blocks() {
		if b.FromFile {
			blocks = append(blocks, api.Block{ID: b.ID, Pattern: b.Pattern.String(), Reason: b.Reason, Until: b.Until, FromPolicy: true})
		}
	}
	return blocks, nil
}

func blocksOf(kept []store.Block) []api.Block {
	blocks := make([]api.Block, len(kept))
	for i, b := range kept {
		blocks[i] = blockOf(b)
	}
	return blocks
}

func blockOf(b store.Block) api.Block {
	return api.Block{ID: b.ID, Pattern: b.Pattern, Reason: b.Reason, Created: b.Created, Until: b.Until, By: b.By}
}

// Except implements api.Excepting.
func (c *control) Except(ctx context.Context, e api.NewException) (api.Exception, error) {
	if e.Rule == policy.RuleStatus {
		if err := c.notRemoved(ctx, e.Version); err != nil {
			return api.Exception{}, err
		}
	}
	// An exception names one version as it is listed: to PyPI 1.0 and 1.0.0 are
	// one, and the other spelling would lift nothing.
	if at, err := c.house.table.Normalise(e.Version); err == nil && c.house.registry != nil {
		e.Version = c.house.registry.Spelled(ctx, at).String()
	}
	made, err := c.house.rules.Except(ctx, assay.PrincipalOf(ctx), e.Version, e.Rule, e.Reason, e.Until)
	if err != nil {
		return api.Exception{}, err
	}
	return exceptionOf(made), nil
}

// Unexcept implements api.Excepting.
func (c *control) Unexcept(ctx context.Context, idOrPURL string) ([]api.Exception, error) {
	ended, err := c.house.rules.Unexcept(ctx, assay.PrincipalOf(ctx), idOrPURL)
	if err != nil {
		return nil, err
	}
	return exceptionsOf(ended), nil
}

// Exceptions implements api.Excepting.
func (c *control) Exceptions(ctx context.Context) ([]api.Exception, error) {
	kept, err := c.house.rules.Exceptions(ctx)
	if err != nil {
		return nil, err
	}
	return exceptionsOf(kept), nil
}

func exceptionsOf(kept []store.Exception) []api.Exception {
	exceptions := make([]api.Exception, len(kept))
	for i, e := range kept {
		exceptions[i] = exceptionOf(e)
	}
	return exceptions
}

func exceptionOf(e store.Exception) api.Exception {
	return api.Exception{ID: e.ID, Version: e.Coordinate, Rule: e.Rule, Reason: e.Reason, Created: e.Created, Until: e.Until, By: e.By}
}

// Policy implements api.Governing.
func (c *control) Policy(ctx context.Context) (api.Policy, error) {
	text, kept, isDefault, err := c.house.rules.Policy(ctx)
	if err != nil {
		return api.Policy{}, err
	}
	current := c.house.rules.Current()
	p := api.Policy{Epoch: current.Epoch(), Text: text, Default: isDefault, Rules: ruleList(current.Summaries())}
	if !isDefault {
		p.Created, p.By = kept.Created, kept.By
	}
	return p, nil
}

// ApplyPolicy implements api.Governing.
func (c *control) ApplyPolicy(ctx context.Context, text string) (api.Policy, error) {
	if _, err := c.house.rules.ApplyPolicy(ctx, assay.PrincipalOf(ctx), text); err != nil {
		return api.Policy{}, err
	}
	return c.Policy(ctx)
}

// SetMode implements api.Governing.
func (c *control) SetMode(ctx context.Context, rule string, mode assay.Mode) (api.Policy, error) {
	if _, err := c.house.rules.SetMode(ctx, assay.PrincipalOf(ctx), rule, mode); err != nil {
		return api.Policy{}, err
	}
	return c.Policy(ctx)
}

// Upstreams implements api.Supplying: every place, in the table's order.
func (c *control) Upstreams(ctx context.Context) ([]api.Upstream, error) {
	byPlace := map[string][]api.Origin{}
	err := c.house.store.View(ctx, func(tx store.Tx) error {
		clear(byPlace)
		origins, err := tx.Origins(ctx)
		for _, o := range origins {
			byPlace[o.Registry] = append(byPlace[o.Registry], api.Origin{Address: o.Address, Mirrors: o.Mirrors, Source: o.Source, Set: o.Set})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var all []api.Upstream
	for _, a := range c.house.table.Adapters() {
		origins := byPlace[a.Place()]
		if origins == nil {
			origins = []api.Origin{}
		}
		all = append(all, api.Upstream{Place: a.Place(), Ecosystem: a.Ecosystem(), Origins: origins})
	}
	return all, nil
}

// SetUpstream implements api.Supplying.
func (c *control) SetUpstream(ctx context.Context, place string, origins []api.Origin) ([]api.Upstream, error) {
	if _, ok := c.house.table.Place(place); !ok {
		return nil, assay.Errorf(assay.NotFound, "there is no place %q: there are %s", place, inWords(c.house.table.Places()))
	}
	kept := make([]store.Origin, len(origins))
	now := c.house.now()
	for i, o := range origins {
		address, err := c.upstreamAddress(ctx, o.Address)
		if err != nil {
			return nil, err
		}
		kept[i] = store.Origin{Registry: place, Address: address, Source: setByHand, Set: now}
		for _, m := range o.Mirrors {
			if address, err = c.upstreamAddress(ctx, m); err != nil {
				return nil, err
			}
			kept[i].Mirrors = append(kept[i].Mirrors, address)
		}
	}
	err := c.house.store.Update(ctx, func(tx store.Tx) error {
		return putOrigins(ctx, tx, place, kept, true, now)
	})
	if err != nil {
		return nil, err
	}
	if c.house.registry != nil {
		if err := c.house.registry.ReloadOrigins(ctx); err != nil {
			return nil, err
		}
	}
	return c.Upstreams(ctx)
}

// upstreamAddress reads one address and refuses our own: a registry that is
// its own upstream would ask itself for ever.
func (c *control) upstreamAddress(ctx context.Context, raw string) (string, error) {
	address, notes, err := adopt.Address(raw)
	if err != nil {
		return "", assay.Errorf(assay.Invalid, "an upstream cannot be %s", assay.PublicMessage(err))
	}
	if len(notes) > 0 { // the command has cut them and said so
		return "", assay.Errorf(assay.Invalid, "an upstream's address holds no credentials, query or fragment")
	}
	if u, err := url.Parse(address); err != nil || c.house.self.Is(ctx, u) {
		return "", assay.Errorf(assay.Invalid, "%s is this Assay itself: it cannot be its own upstream", address)
	}
	return address, nil
}

// Explain implements api.Control.
func (c *control) Explain(ctx context.Context, purl string) (assay.Explanation, error) {
	coordinate, err := c.house.table.Normalise(purl)
	if err != nil {
		return assay.Explanation{}, err
	}
	if c.house.registry == nil {
		return assay.Explanation{}, assay.Errorf(assay.Internal, "this process has no registry to ask")
	}
	return c.house.registry.Explain(ctx, coordinate)
}

// Why implements api.Control.
func (c *control) Why(ctx context.Context, id string) (assay.Explanation, error) {
	if c.house.registry == nil {
		return assay.Explanation{}, assay.Errorf(assay.Internal, "this process has no registry to ask")
	}
	return c.house.registry.ExplainWhy(ctx, id)
}

// cooldown returns the rule's summary as it is in force.
func (c *control) cooldown() (policy.RuleSummary, bool) {
	all := c.house.rules.Current().Summaries()
	i := slices.IndexFunc(all, func(s policy.RuleSummary) bool { return s.Rule == policy.RuleCooldown })
	if i < 0 {
		return policy.RuleSummary{}, false
	}
	return all[i], true
}
