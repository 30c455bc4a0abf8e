// Package leakedcredentialcheck signs up with passwords that stand on every
// list of leaked ones. That must not work: such lists are what guessers try
// first, and no bound on guessing saves an account whose password is among
// the first few.
//
// The control is a newcomer with a good password, who must be taken. The
// notorious ones are chosen so that no rule about length or kinds of
// characters refuses them all. An account that was taken with one gets a good
// password at once: nobody else is to walk in.
package leakedcredentialcheck

import (
	"context"
	"fmt"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// try is one notorious password, by words that may stand in a card.
type try struct{ words, password string }

// notorious are in the published collections of leaked passwords: one with
// all kinds of characters, a long one, and a walk over the keyboard.
func notorious() []try {
	return []try{
		{"a common word with digits and a sign", "Password123!"},
		{"a famous phrase of 25 letters", "correcthorsebatterystaple"},
		{"a walk over the keyboard", "1q2w3e4r5t"},
	}
}

// Seen is what the trial writes down.
type Seen struct {
	// Control is the answer to signing up with a good password.
	Control scorecard.Answer `json:"control"`
	// Tries are the answers to the notorious ones.
	Tries []Try `json:"tries"`
}

// Try is one notorious password, described, and the answer to it.
type Try struct {
	Password string           `json:"password"`
	Answer   scorecard.Answer `json:"answer"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "leaked-credential-check", Kind: scorecard.Trial, Version: 1, Capability: "leaked-credential-check",
		Question: "Are passwords refused at sign-up that are known to have leaked?",
		Decisive: true, Whole: true,
		Creates: []string{"an account with a good password, and up to three with notorious ones, which are changed at once where there is a call for it"},
		Leaves:  []string{"the throw-away accounts"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	n, err := party.SignUp(ctx, b, "careful")
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Control: n.Entry}
	if !n.Has() {
		// Taken, and asked for the address first: that is taken enough.
		seen.Control = scorecard.Answer{Verdict: scorecard.Accepted}
	}
	for i, t := range notorious() {
		label := fmt.Sprintf("careless%d", i+1)
		p := scorecard.Person{
			Name:     fmt.Sprintf("trial-%s-%s", b.Seed, label),
			Password: t.password,
			Mail:     fmt.Sprintf("trial-%s-%s@mail.example", b.Seed, label),
		}
		c, a := b.Acts.SignUp(ctx, p)
		if c.Secret != "" {
			c.Who = label
			b.Keep(c.Secret)
		}
		if a.Verdict == scorecard.Accepted {
			good := fmt.Sprintf("Amber-%s-ladder-%d-63", b.Seed, i)
			b.Keep(good)
			b.ChangePassword(ctx, c, p, good) // a no is said in Leaves
		}
		if err := scorecard.Unless(a, "sign up with "+t.words, scorecard.Accepted, scorecard.Refused); err != nil {
			return Seen{}, err
		}
		seen.Tries = append(seen.Tries, Try{Password: t.words, Answer: a})
	}
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	if s.Control.Verdict != scorecard.Accepted || len(s.Tries) == 0 {
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Nobody could sign up with a good password either: %s.", s.Control))
	}
	var taken []string
	for _, t := range s.Tries {
		switch {
		case t.Answer.Verdict == scorecard.Accepted:
			taken = append(taken, t.Password)
		case !t.Answer.No() || party.HoldsOff(t.Answer):
			return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Signing up with %s gave no clear answer: %s.", t.Password, t.Answer))
		}
	}
	if len(taken) > 0 {
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("Notorious passwords were taken at sign-up, %d of %d: %s.", len(taken), len(s.Tries), strings.Join(taken, ", ")))
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("A good password was taken at sign-up and %d notorious ones were refused (%s).", len(s.Tries), s.Tries[0].Answer))
}
