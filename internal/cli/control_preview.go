package cli

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/server/api"
)

const (
	// mostPreviewed bounds the rows of traffic that are judged again, the
	// newest days first.
	mostPreviewed = 200_000
	// previewTime bounds the judging; what is left then is not judged.
	previewTime = 20 * time.Second
	// mostPreviewDays is the longest that usage is kept.
	mostPreviewDays = 400
	// mostExamples bounds those of one change.
	mostExamples = 10
)

// Preview implements api.Browsing.
func (c *control) Preview(ctx context.Context, text string) (api.Preview, error) {
	return c.PreviewTraffic(ctx, api.NewPreview{Text: text}, nil)
}

// PreviewTraffic implements api.Previewing. Each version that was asked for is
// judged twice, by the rules in force and by those of the file, on the facts
// that are known now and at the time when it was asked for: a cooldown would
// have refused then what it allows today. Nothing is written, and nobody is
// asked.
//
// What listings left out was not asked for, so that a rule that is loosened
// shows less than it would let through.
func (c *control) PreviewTraffic(ctx context.Context, n api.NewPreview, progress api.Progress) (api.Preview, error) {
	if !assay.PrincipalOf(ctx).Admin {
		return api.Preview{}, assay.Errorf(assay.Forbidden, "a preview speaks of everybody's downloads: it is an administrator's")
	}
	if c.house.registry == nil {
		return api.Preview{}, errNoRegistry()
	}
	days := cmp.Or(n.Days, api.PreviewDays)
	if days < 1 || days > mostPreviewDays {
		return api.Preview{}, assay.Errorf(assay.Invalid, "a preview looks at 1 to %d days", mostPreviewDays)
	}
	current := c.house.rules.Current()
	drafted, err := c.draft(ctx, current, n.Text)
	if err != nil {
		return api.Preview{}, err
	}
	if !c.house.previewing.TryLock() {
		return api.Preview{}, assay.Errorf(assay.Conflict, "another preview is under way: try again when that has finished")
	}
	defer c.house.previewing.Unlock()
	seen, err := c.gatherTraffic(ctx, days, mostPreviewed)
	if err != nil {
		return api.Preview{}, err
	}
	p := newPreviewing(current, drafted)
	if err := c.judgeTraffic(ctx, seen, p, progress); err != nil {
		return api.Preview{}, err
	}
	out := p.result()
	out.Days = seen.days
	return out, nil
}

// draft compiles a policy file that is not in force together with the blocks,
// exceptions and claims that are.
func (c *control) draft(ctx context.Context, current *policy.Ruleset, text string) (*policy.Ruleset, error) {
	file, err := policy.Parse([]byte(text), c.house.table.Grammar)
	if err != nil {
		return nil, err
	}
	var blocks []policy.Block
	for _, b := range current.Blocks() {
		if !b.FromFile { // those of the file in force would go with it
			blocks = append(blocks, b)
		}
	}
	kept, err := c.house.rules.Exceptions(ctx)
	if err != nil {
		return nil, err
	}
	var exceptions []policy.Exception
	for _, e := range kept {
		at, err := c.house.table.Normalise(e.Coordinate)
		if err != nil {
			continue // it lifts nothing now either
		}
		exceptions = append(exceptions, policy.Exception{ID: e.ID, Coordinate: at, Rule: e.Rule, Reason: e.Reason, Until: e.Until})
	}
	return policy.Compile(current.Epoch(), file, blocks, exceptions, current.Claims()...), nil
}

// judgeTraffic judges package by package, the most downloaded first, so that
// what there is no time for is the least.
func (c *control) judgeTraffic(ctx context.Context, seen *trafficSeen, p *previewing, progress api.Progress) error {
	deadline := time.Now().Add(previewTime)
	var done int64
	for _, pkg := range seen.byDownloads() {
		if err := ctx.Err(); err != nil {
			return assay.Wrap(assay.Canceled, err, "the preview was stopped")
		}
		var facts map[string]*assay.Facts
		if time.Now().Before(deadline) {
			names := make([]string, len(pkg.versions))
			for i, v := range pkg.versions {
				names[i] = v.at.Version
			}
			var err error
			if facts, err = c.house.registry.KnownFacts(ctx, pkg.at, names); err != nil {
				return err
			}
		}
		for _, v := range pkg.versions {
			p.judge(v, facts[v.at.Version])
			done += int64(len(v.parts))
		}
		if progress != nil {
			progress(done, int64(seen.rows))
		}
	}
	return nil
}

// previewing is a preview being made.
type previewing struct {
	current, drafted *policy.Ruleset
	seed             maphash.Seed
	seen             *reached
	unjudged         int64
	changes          map[ruleChange]*changed
}

// ruleChange is a rule and what it would do otherwise.
type ruleChange struct{ rule, change string }

// The changes, in the words of api.PreviewChange.
const (
	newlyRefused    = "newly refused"
	noLongerRefused = "no longer refused"
	newlyWarned     = "newly warned"
	noLongerWarned  = "no longer warned"
)

type changed struct {
	reach    *reached
	examples []api.PreviewExample
}

func newPreviewing(current, drafted *policy.Ruleset) *previewing {
	seed := maphash.MakeSeed()
	return &previewing{current: current, drafted: drafted, seed: seed, seen: newReached(seed), changes: map[ruleChange]*changed{}}
}

// judge judges all that was asked of one version; nil facts cannot be judged.
func (p *previewing) judge(v *versionSeen, facts *assay.Facts) {
	if facts == nil {
		p.unjudged++
		return
	}
	judged := map[int64]map[ruleChange]string{} // by moment: changes with their reasons
	here := map[ruleChange]*api.PreviewExample{}
	for _, part := range v.parts {
		p.seen.add(v.at, part.principal, part.count)
		changes, known := judged[part.moment]
		if !known {
			at := time.Unix(part.moment, 0)
			before, after := p.current.Decide(facts, at), p.drafted.Decide(facts, at)
			changes = difference(&before, &after)
			judged[part.moment] = changes
		}
		for key, reason := range changes {
			if p.changes[key] == nil {
				p.changes[key] = &changed{reach: newReached(p.seed)}
			}
			p.changes[key].reach.add(v.at, part.principal, part.count)
			if here[key] == nil {
				here[key] = &api.PreviewExample{Coordinate: v.at, Reason: reason}
			}
			here[key].Downloads += part.count
		}
	}
	for key, example := range here {
		p.changes[key].keep(*example)
	}
}

// keep keeps the examples with the most downloads.
func (c *changed) keep(e api.PreviewExample) {
	at, _ := slices.BinarySearchFunc(c.examples, e, func(a, b api.PreviewExample) int {
		return cmp.Or(cmp.Compare(b.Downloads, a.Downloads), cmp.Compare(a.Coordinate.String(), b.Coordinate.String()))
	})
	if at < mostExamples {
		c.examples = slices.Insert(c.examples, at, e)
		c.examples = c.examples[:min(len(c.examples), mostExamples)]
	}
}

// difference says which rules make one decision come out other than before,
// with the reason of each. A refusal that only another rule now gives is no
// difference to whoever asks.
func difference(before, after *assay.Decision) map[ruleChange]string {
	out := map[ruleChange]string{}
	note := func(d *assay.Decision, effect assay.Effect, change string, unless *assay.Decision) {
		for i := range d.Opinions {
			op := &d.Opinions[i]
			if op.Counts() && op.Effect == effect && (unless == nil || !voiced(unless, op.Rule, effect)) {
				if key := (ruleChange{op.Rule, change}); out[key] == "" {
					out[key] = op.Reason
				}
			}
		}
	}
	switch {
	case before.Denied() && after.Denied():
	case after.Denied():
		note(after, assay.Deny, newlyRefused, nil)
	case before.Denied():
		note(before, assay.Deny, noLongerRefused, nil)
	default:
		note(after, assay.Warn, newlyWarned, before)
		note(before, assay.Warn, noLongerWarned, after)
	}
	return out
}

// voiced tells whether a rule's opinion of that effect counts in a decision.
func voiced(d *assay.Decision, rule string, effect assay.Effect) bool {
	for i := range d.Opinions {
		if op := &d.Opinions[i]; op.Rule == rule && op.Effect == effect && op.Counts() {
			return true
		}
	}
	return false
}

// result is the preview, the widest change first.
func (p *previewing) result() api.Preview {
	out := api.Preview{Seen: p.seen.breadth(), Unjudged: p.unjudged, Changes: []api.PreviewChange{}}
	for key, c := range p.changes {
		out.Changes = append(out.Changes, api.PreviewChange{Rule: key.rule, Change: key.change, Reach: c.reach.breadth(), Examples: c.examples})
	}
	slices.SortFunc(out.Changes, func(a, b api.PreviewChange) int {
		return cmp.Or(cmp.Compare(b.Reach.Downloads, a.Reach.Downloads), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Change, b.Change))
	})
	return out
}
