// Package emailverified tries to publish as somebody whose address was never
// proven. That must not work: an address typed at sign-up and never answered
// lets a person pose as somebody else, makes accounts by the thousand cost
// nothing, and leaves nobody to reach when a package turns bad.
//
// A newcomer signs up, sets up a second factor where there is a call for it
// (so that its lack is not the reason), and publishes a throw-away version.
// Where that is refused the address is verified, if the subject has a way,
// and the same is tried again: only what is accepted then was refused for
// the address.
package emailverified

import (
	"context"
	"fmt"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// Seen is what the trial writes down.
type Seen struct {
	// Entry is the answer to the first wish for a credential; Credential
	// says whether there is one.
	Entry      scorecard.Answer `json:"entry"`
	Credential bool             `json:"credential"`
	// Factor is the answer to setting up a second factor.
	Factor scorecard.Answer `json:"factor"`
	// Before is the answer to publishing before the address was verified,
	// Listed whether the version was then listed.
	Before scorecard.Answer `json:"before"`
	Listed bool             `json:"listed"`
	// Verify is the answer to verifying the address, After that to
	// publishing (or, without a credential, logging in) again.
	Verify scorecard.Answer `json:"verify"`
	After  scorecard.Answer `json:"after"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "email-verified", Kind: scorecard.Trial, Version: 1, Capability: "email-verified",
		Question: "Is an address verified before its holder can publish?",
		Decisive: true, Whole: true,
		Creates: []string{"an account with an address that nobody has, and one throw-away package if it may publish"},
		Leaves:  []string{"the throw-away accounts"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	n, err := party.SignUp(ctx, b, "unverified")
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Entry: n.Entry, Credential: n.Has(),
		Factor: scorecard.Answer{Verdict: scorecard.NoCall}, Verify: scorecard.Answer{Verdict: scorecard.NoCall}, After: scorecard.Answer{Verdict: scorecard.NoCall}}
	if !n.Has() {
		seen.Before = n.Entry
		if err := scorecard.Unless(n.Entry, "get a credential for a new person", scorecard.Refused, scorecard.Absent); err != nil {
			return Seen{}, err
		}
		if seen.Verify = n.VerifyMail(ctx, b); seen.Verify.Verdict == scorecard.Accepted {
			var c scorecard.Credential
			if c, seen.After = b.LogIn(ctx, n.Person); c.Secret != "" {
				b.Keep(c.Secret)
			}
		}
		return seen, nil
	}
	seen.Factor = n.Enrol(ctx, b)
	name, before := n.Publish(ctx, b, "unverified")
	seen.Before = before
	if err := scorecard.Unless(before, "publish as a new person", scorecard.Accepted, scorecard.Refused); err != nil {
		return Seen{}, err
	}
	if before.Verdict == scorecard.Accepted {
		seen.Listed, err = party.Listed(ctx, b, name, b.Protocol.Version("1.0.0"))
		return seen, err
	}
	if seen.Verify = n.VerifyMail(ctx, b); seen.Verify.Verdict == scorecard.Accepted {
		if seen.Factor.No() {
			seen.Factor = n.Enrol(ctx, b) // it may have waited for the address
		}
		_, seen.After = n.Publish(ctx, b, "unverified")
	}
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Before.Verdict == scorecard.Accepted && s.Listed:
		return scorecard.Found(scorecard.Fails, "A person who had just signed up, with an address that was never verified, published a version, and it is listed.")
	case s.Before.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, "A person with an unverified address was not refused, but what was published is not listed: it may wait for the address.")
	case !s.Before.No():
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Publishing as a new person gave no clear answer: %s.", s.Before))
	case s.After.Verdict == scorecard.Accepted && s.Credential:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A new person could not publish before the address was verified (%s), and could afterwards.", s.Before))
	case s.After.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A new person got no credential before the address was verified (%s), and got one afterwards.", s.Before))
	case party.SpeaksOfMail(s.Before):
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A new person was refused in words that name the address: %s.", s.Before))
	case s.Verify.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A new person may not publish before the address is verified nor after it (%s), so the address may not be the reason.", s.After))
	default:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A new person was refused, but not in words that name the address (%s), and there is no call to verify it and try again.", s.Before))
	}
}
