// Package typosquatatpublish tries to publish under names that a person could
// mistake for popular ones. They must be held.
//
// The attack: malware is published one slip of the finger away from a package
// that everybody installs, or under a name that reads as if it belonged to
// the same people, and waits.
//
// How it is tried: one name of each kind of likeness is claimed, where names
// are claimed, and published. Two names that are like nothing, one of them
// short, must be taken: a server that refuses every new name, or every short
// one, checks nothing. The names are near real ones, so this runs only on an
// instance that a driver started.
package typosquatatpublish

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "typosquat-at-publish",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "typosquat-check-at-publish",
		Question:   "Is a new name that could be mistaken for a popular one held when it is published?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher, scorecard.NeedsDriver},
		Creates: []string{
			"packages named one slip away from popular ones, on an instance that is thrown away",
			"two packages whose names are like nothing",
		},
		Leaves: []string{"the names in the instance's own records"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Short and Long are names like nothing, which must be taken.
	Short served.Attempt `json:"short"`
	Long  served.Attempt `json:"long"`
	// Near are the names that must be held.
	Near []Near `json:"near"`
}

// Near is one name near a popular one.
type Near struct {
	// Kind is the kind of likeness.
	Kind    string         `json:"kind"`
	Popular string         `json:"popular"`
	Attempt served.Attempt `json:"attempt"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	cases := names(b.Protocol.Ecosystem())
	if cases == nil {
		return seen, scorecard.Unsupported("no names near popular ones are known for %s", b.Protocol.Ecosystem())
	}
	short, long := unlike(b.Protocol.Ecosystem(), b.Seed)
	var err error
	if seen.Long, err = served.Take(ctx, b, long); err != nil {
		return seen, err
	}
	if !seen.Long.Taken() {
		return seen, scorecard.Untold("no new name could be taken, not even %s, which is like nothing: %s", long, why(seen.Long))
	}
	if seen.Short, err = served.Take(ctx, b, short); err != nil {
		return seen, err
	}
	for _, c := range cases {
		b.Say(fmt.Sprintf("a name near %s: %s", c.popular, c.kind))
		attempt, err := served.Take(ctx, b, c.name)
		if err != nil {
			return seen, err
		}
		seen.Near = append(seen.Near, Near{Kind: c.kind, Popular: c.popular, Attempt: attempt})
	}
	return seen, nil
}

func why(a served.Attempt) string {
	switch {
	case a.Publish.Verdict == "":
		return "the claim was " + string(a.Claim)
	case a.Publish.Verdict == scorecard.Accepted:
		return "it was accepted and is not served"
	}
	return a.Publish.String()
}

func judge(seen Seen) scorecard.Finding {
	if !seen.Long.Taken() || len(seen.Near) == 0 {
		return served.Uncontrolled("new names are taken at all")
	}
	var taken []string
	for _, n := range seen.Near {
		switch {
		case n.Attempt.Taken():
			taken = append(taken, fmt.Sprintf("%s (%s, near %s)", n.Attempt.Name, n.Kind, n.Popular))
		case !n.Attempt.Held():
			return served.Uncontrolled("the name " + n.Attempt.Name + " was answered")
		}
	}
	switch {
	case len(taken) == len(seen.Near):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("None of %d names near popular ones was held, among them %s.", len(seen.Near), taken[0]))
	case len(taken) > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%d of %d names near popular ones were held. Taken were %s.",
			len(seen.Near)-len(taken), len(seen.Near), served.Names(taken)))
	case !seen.Short.Taken():
		return scorecard.Found(scorecard.Partly, "Names near popular ones were held, but so was the short name "+seen.Short.Name+", which is like none: blocking every short name is no check.")
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("All %d names near popular ones were held, one of each kind, and names like nothing were taken.", len(seen.Near)))
}
