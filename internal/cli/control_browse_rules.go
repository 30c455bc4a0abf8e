package cli

import (
	"context"
	"hash/maphash"
	"strconv"
	"strings"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

const (
	// rulesDays is over how many days the reach of rules is counted.
	rulesDays = 30
	// mostCounted bounds the rows that are counted for it, the newest days
	// first: a place with more is told of fewer days.
	mostCounted = 200_000
	// rulesKept is how long a count is shown again at the least, and
	// rulesShare how many times as long as the counting took: a count goes
	// through every decision of a month, and whoever reloads the page all day
	// is not to keep the machine busy with it.
	rulesKept  = 5 * time.Second
	rulesShare = 100
	// mostAudiences bounds the counts that are kept at a time.
	mostAudiences = 64
)

// Rules implements api.Browsing.
func (c *control) Rules(ctx context.Context) (api.Rules, error) {
	rules := c.house.rules.Current()
	counted, err := c.house.reach.of(ctx, c, audience(ctx, rules.Epoch()))
	if err != nil {
		return api.Rules{}, err
	}
	out := api.Rules{Epoch: rules.Epoch(), Days: counted.days, Rules: []api.RuleInForce{}}
	for _, s := range rules.Summaries() {
		if !readsAll(ctx) && !builtIn(s.Rule) {
			// Conditions are the operator's words, and name what they match.
			if namesClaimed(s.Rule, rules.Claims()) {
				continue
			}
			if namesClaimed(s.Summary, rules.Claims()) {
				s.Summary = "speaks of packages that not everybody may read"
			}
		}
		in := api.RuleInForce{Rule: s.Rule, Mode: s.Mode, Summary: s.Summary}
		breadth := counted.by[ruleReach{s.Rule, s.Mode}]
		if s.Mode == assay.Observe {
			in.Observed = &breadth
		} else {
			in.Enforced = &breadth
		}
		out.Rules = append(out.Rules, in)
	}
	return out, nil
}

// builtIn tells whether every policy has the rule: what it says of itself names
// no package.
func builtIn(rule string) bool {
	for _, s := range policy.Compile(0, nil, nil, nil).Summaries() {
		if s.Rule == rule {
			return true
		}
	}
	return false
}

// namesClaimed tells whether a text gives away a claim.
func namesClaimed(text string, claims []policy.Claim) bool {
	text = strings.ToLower(text)
	for _, c := range claims {
		name, _, _ := strings.Cut(strings.ToLower(c.Pattern.Name), "*")
		name = strings.Trim(name, "/")
		encoded := assay.Coordinate{Ecosystem: c.Pattern.Ecosystem, Name: name}.Package().String()
		_, encoded, _ = strings.Cut(strings.ToLower(encoded), "/")
		if strings.Contains(text, name) || strings.Contains(text, encoded) {
			return true
		}
	}
	return false
}

// audience names those who may read the same.
func audience(ctx context.Context, epoch uint64) string {
	p := assay.PrincipalOf(ctx)
	who := "of " + p.ID
	if readsAll(ctx) {
		who = "everything"
	} else if p.ID == "" {
		who = "what anybody may read"
	}
	return strconv.FormatUint(epoch, 10) + " " + who
}

type ruleReach struct {
	rule string
	mode assay.Mode
}

// countedRules is how far each rule reached.
type countedRules struct {
	at   time.Time
	kept time.Duration // how long it is shown
	days int
	by   map[ruleReach]api.Breadth
}

// ruleReaches keeps counts for a while. Its zero value is ready.
type ruleReaches struct {
	counting sync.Mutex // held by whoever counts; one at a time

	mu   sync.Mutex
	kept map[string]*countedRules // by audience
}

// of returns a count that is young enough. While one is made anew, others are
// given the old one.
func (r *ruleReaches) of(ctx context.Context, c *control, audience string) (*countedRules, error) {
	look := func() (*countedRules, bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		old := r.kept[audience]
		if old == nil {
			return nil, false
		}
		age := c.house.now().Sub(old.at)
		return old, age >= 0 && age < old.kept
	}
	old, young := look()
	if young {
		return old, nil
	}
	if old == nil {
		r.counting.Lock()
	} else if !r.counting.TryLock() {
		return old, nil
	}
	defer r.counting.Unlock()
	if now, young := look(); young {
		return now, nil // while we waited
	}
	began := time.Now()
	counted, err := c.countRules(ctx)
	if err != nil {
		return nil, err
	}
	counted.kept = max(rulesKept, rulesShare*time.Since(began))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil || len(r.kept) >= mostAudiences {
		r.kept = map[string]*countedRules{}
	}
	r.kept[audience] = counted
	return counted, nil
}

// countRules goes through the decisions of the last days, the newest day
// first, as far as the bound allows.
func (c *control) countRules(ctx context.Context) (*countedRules, error) {
	readable, err := c.readable(ctx)
	if err != nil {
		return nil, err
	}
	now := c.house.now()
	counted := &countedRules{at: now, by: map[ruleReach]api.Breadth{}}
	sums := map[ruleReach]*reached{}
	seed := maphash.MakeSeed()
	rows := 0
	parse := versions()
	for ; counted.days < rulesDays && rows < mostCounted; counted.days++ {
		n, err := c.verdictsOf(ctx, dayBefore(now, counted.days), mostCounted-rows, func(v *store.Verdict) {
			// A version that was left out of a listing was not downloaded.
			at, ok := parse(v.Coordinate)
			if !ok || !readable(at) {
				return
			}
			key := ruleReach{rule: v.Rule}
			if strings.HasPrefix(v.Effect, "would ") {
				key.mode = assay.Observe
			}
			if sums[key] == nil {
				sums[key] = newReached(seed)
			}
			sums[key].add(at, v.Principal, v.Count)
		})
		if err != nil {
			return nil, err
		}
		rows += n
	}
	for key, sum := range sums {
		counted.by[key] = sum.breadth()
	}
	return counted, nil
}
