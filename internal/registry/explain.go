package registry

import (
	"context"
	"slices"
	"sort"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/upstream"
)

// Explain says what is decided on a package or version and why. The
// coordinate must be normalised.
func (s *Service) Explain(ctx context.Context, c assay.Coordinate) (assay.Explanation, error) {
	pl, ok := s.byEco[c.Ecosystem]
	if !ok {
		return assay.Explanation{}, assay.Errorf(assay.NotFound, "no registry here serves pkg:%s packages", c.Ecosystem)
	}
	if err := pl.mayRead(ctx, c.Name); err != nil {
		return assay.Explanation{}, err
	}
	if c.Version == "" {
		return pl.explainPackage(ctx, c)
	}
	return pl.explainVersion(ctx, c)
}

// ExplainWhy explains the decision behind the id of a /why/<id> address, as
// it stands now.
func (s *Service) ExplainWhy(ctx context.Context, id string) (assay.Explanation, error) {
	purl, err := s.cfg.Usage.Why(ctx, id)
	if err != nil {
		if assay.Is(err, assay.NotFound) {
			err = unknownWhy(id)
		}
		return assay.Explanation{}, err
	}
	c, err := assay.ParseCoordinate(purl)
	if err != nil {
		return assay.Explanation{}, err
	}
	if pl, ok := s.byEco[c.Ecosystem]; ok && pl.mayRead(ctx, c.Name) != nil {
		// The link may have come out of a build log: it must not tell a
		// stranger the private name, so it is as unknown as any.
		return assay.Explanation{}, unknownWhy(id)
	}
	return s.Explain(ctx, c)
}

func unknownWhy(id string) error {
	return assay.Errorf(assay.NotFound, "no decision is known under %q; it may be older than what is kept", id)
}

func (pl *Place) explanation(c assay.Coordinate, stale time.Duration) assay.Explanation {
	return assay.Explanation{Coordinate: c, Registry: pl.name, Why: pl.Why(c), Epoch: pl.s.cfg.Rules.Current().Epoch(), Stale: int64(stale / time.Second)}
}

func (pl *Place) explainPackage(ctx context.Context, c assay.Coordinate) (assay.Explanation, error) {
	sn, stale, err := pl.load(ctx, c.Name, forListing)
	if err != nil {
		return assay.Explanation{}, err
	}
	decided := pl.decided(sn)
	if len(decided) == 0 {
		return assay.Explanation{}, assay.Errorf(assay.NotFound, "%s does not exist upstream", c.Name)
	}
	ex := pl.explanation(c, stale)
	ex.Decision.Effect = assay.Deny
	for _, d := range decided {
		ex.Versions = append(ex.Versions, assay.VersionDecision{Version: d.Facts.Coordinate.Version, Decision: *d.Decision, Listed: d.Listed})
		if !d.Decision.Denied() && d.Listed {
			ex.Decision.Effect = assay.Allow
		}
	}
	sort.SliceStable(ex.Versions, func(i, j int) bool {
		return pl.grammar.Compare(ex.Versions[i].Version, ex.Versions[j].Version) > 0
	})
	for _, v := range ex.Versions {
		if !v.Decision.Denied() && v.Listed && !pl.grammar.Prerelease(v.Version) {
			ex.Nearest = v.Version
			break
		}
	}
	ex.Facts = []assay.Fact{{Name: "origin", Value: sn.pkg.Origin, Source: "the registry's upstream", Known: sn.pkg.Origin != ""}}
	ex.Facts = append(ex.Facts, pl.alsoOffered(ctx, c.Name, sn.pkg.Origin)...)
	ex.Advice = advice(pl, c, &ex)
	if firstRefusal(decided) != nil {
		pl.s.cfg.Usage.Explained(c, lastSegment(ex.Why))
	} else {
		ex.Why = "" // nothing is refused, so there is nothing that the page would explain
	}
	return ex, nil
}

// firstRefusal is what leads the first refused version, nil if none is.
func firstRefusal(decided []ecosystem.Decided) *assay.Opinion {
	for _, d := range decided {
		if lead, unlisted := d.Decision.Unlisted(); unlisted && lead != nil {
			return lead
		}
	}
	return nil
}

func (pl *Place) explainVersion(ctx context.Context, c assay.Coordinate) (assay.Explanation, error) {
	e, stale, err := pl.find(ctx, c)
	if err != nil {
		if !assay.Is(err, assay.NotFound) && !staleMayServe(err) {
			return assay.Explanation{}, err
		}
		// Nothing is known of it; what the rules say of that is an answer
		// too, as a block speaks of versions that do not exist yet.
		e = &entry{facts: &assay.Facts{Coordinate: c, Registry: pl.name}}
	}
	rules := pl.s.cfg.Rules.Current()
	d := e.decide(rules, pl.s.now())
	ex := pl.explanation(c, stale)
	if assay.Is(err, assay.NotFound) {
		// What speaks of dates and digests has nothing to say of a version
		// that does not exist; a block does.
		if d = spoken(d); d == nil {
			return assay.Explanation{}, pl.notListed(ctx, c)
		}
	}
	ex.Facts, ex.Decision = e.facts.List(), *d
	if err != nil {
		ex.Facts = append([]assay.Fact{{Name: "version", Value: assay.PublicMessage(err), Source: "the registry's upstream", Known: true}}, ex.Facts...)
	}
	ex.Facts = append(ex.Facts, pl.alsoOffered(ctx, c.Name, e.facts.Origin)...)
	if d.Denied() {
		ex.Nearest = pl.Nearest(ctx, c.Name, c.Version)
	}
	// Noted, so that the address can be followed; else there is none.
	if slices.ContainsFunc(d.Opinions, against) {
		pl.s.cfg.Usage.Explained(c, lastSegment(ex.Why))
	} else {
		ex.Why = ""
	}
	ex.Advice = advice(pl, c, &ex)
	return ex, nil
}

// spoken keeps what was said of a version by name: by a block or a status.
// nil means that nothing was.
func spoken(d *assay.Decision) *assay.Decision {
	kept := assay.Decision{Effect: assay.Allow, Until: d.Until}
	for _, o := range d.Opinions {
		if o.Rule == policy.RuleBlock || o.Rule == policy.RuleStatus {
			kept.Opinions = append(kept.Opinions, o)
			if o.Counts() {
				kept.Effect = max(kept.Effect, o.Effect)
			}
		}
	}
	if len(kept.Opinions) == 0 {
		return nil
	}
	return &kept
}

func (pl *Place) notListed(ctx context.Context, c assay.Coordinate) error {
	nearest := pl.Nearest(ctx, c.Name, c.Version)
	if nearest == "" {
		return assay.Errorf(assay.NotFound, "%s is not listed", c.Short())
	}
	return assay.Errorf(assay.NotFound, "%s is not listed; the nearest allowed version is %s", c.Short(), nearest)
}

// alsoOffered asks the place's other origins whether they offer a name that
// one of them owns. They never answer for it; that they could is worth
// knowing. Origins that do not answer in time say nothing.
func (pl *Place) alsoOffered(ctx context.Context, name, owner string) []assay.Fact {
	origins := *pl.origins.Load()
	if owner == "" || len(origins) < 2 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	src := pl.format.Sources(name)[0]
	var facts []assay.Fact
	for _, o := range origins {
		if o.Address == owner {
			continue
		}
		resp, err := pl.ask(ctx, pl.upstreamOrigin(o), upstream.Request{Method: "GET", Path: src.Path, Accept: src.Accept, Limit: pl.s.lim.Document}, name)
		if err != nil {
			continue
		}
		_ = resp.Body.Close() // only whether it answers matters
		if resp.Status != 200 {
			continue
		}
		facts = append(facts, assay.Fact{Name: "also offered by", Value: o.Address, Source: "that origin; " + owner + " owns the name, so it is never taken from there", Known: true})
	}
	return facts
}

// find returns what is known of one version.
func (pl *Place) find(ctx context.Context, c assay.Coordinate) (*entry, time.Duration, error) {
	if _, ok := pl.format.VersionSource(c.Name, c.Version); ok && !pl.Claimed(c.Name) {
		if _, _, err := pl.load(ctx, c.Name, forListing); err != nil && !assay.Is(err, assay.NotFound) && !staleMayServe(err) {
			return nil, 0, err
		}
		e, err := pl.version(ctx, c.Name, ecosystem.File{Version: c.Version})
		return e, 0, err
	}
	sn, stale, err := pl.load(ctx, c.Name, forListing)
	if err != nil {
		return nil, 0, err
	}
	if e, _ := sn.lookup(c.Version); e != nil {
		return e, stale, nil
	}
	return nil, stale, assay.Errorf(assay.NotFound, "%s is not listed upstream", c.Short())
}

// advice says what the person can do.
func advice(pl *Place, c assay.Coordinate, ex *assay.Explanation) []string {
	var out []string
	seen := map[string]bool{}
	add := func(s string) {
		if s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	if c.Version == "" {
		if ex.Nearest != "" {
			add("The newest allowed version is " + ex.Nearest + ".")
		} else {
			add("No version is allowed at present; ask about one with assay explain " + c.String() + "@VERSION.")
		}
		return out
	}
	if ex.Decision.Denied() && ex.Nearest != "" {
		add("Take " + c.Name + "@" + ex.Nearest + ", the nearest allowed version.")
	}
	for i := range ex.Decision.Opinions {
		op := &ex.Decision.Opinions[i]
		if op.Counts() && op.Effect >= assay.Warn {
			add(op.Remedy)
		}
	}
	return out
}
