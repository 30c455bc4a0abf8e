// Package mfarequiredall tries to publish as a newcomer without a second
// factor. That must not work where every maintainer needs one: one password
// that was guessed, leaked or used twice is otherwise enough to ship code to
// everybody who depends on the package.
//
// A newcomer signs up, verifies the address where there is a call for it (so
// that this is not the reason) and publishes a throw-away version with the
// password's credential alone. A refusal tells something only when it asks
// for a second factor.
package mfarequiredall

import (
	"context"
	"fmt"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// Seen is what the trial writes down.
type Seen struct {
	// Publish is the answer to publishing without a second factor, Listed
	// whether others were then shown the version.
	Publish scorecard.Answer `json:"publish"`
	Listed  bool             `json:"listed"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "mfa-required-all", Kind: scorecard.Trial, Version: 1, Capability: "mfa-required-all",
		Question: "Is publishing without a second factor refused to everybody?",
		Decisive: true, Whole: true,
		Creates: []string{"an account without a second factor, and one throw-away package if it may publish"},
		Leaves:  []string{"the throw-away accounts"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	n, err := party.Enter(ctx, b, "factorless")
	if err != nil {
		return Seen{}, err
	}
	name, a := n.Publish(ctx, b, "factorless")
	if err := scorecard.Unless(a, "publish as a new person", scorecard.Accepted, scorecard.Refused); err != nil {
		return Seen{}, err
	}
	seen := Seen{Publish: a}
	if a.Verdict == scorecard.Accepted {
		seen.Listed, err = party.Listed(ctx, b, name, b.Protocol.Version("1.0.0"))
	}
	return seen, err
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Publish.Verdict == scorecard.Accepted && s.Listed:
		return scorecard.Found(scorecard.Fails, "A new person published a version with a password alone, and it is listed.")
	case s.Publish.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, "A new person without a second factor was not refused, but what was published is not listed: it may wait for one.")
	case s.Publish.No() && party.AsksForFactor(s.Publish):
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A new person without a second factor was asked for one: %s.", s.Publish))
	default:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A new person without a second factor was refused, but not for the lack of one: %s.", s.Publish))
	}
}
