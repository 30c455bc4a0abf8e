// Package guesspasswords tries to guess a password. That must not work for
// long: a subject that answers every guess at once lets a guesser with a list
// of common passwords into the accounts of those who chose one, and a guesser
// with time into the rest.
//
// A newcomer logs in with the right password (the control), then sends wrong
// ones until the subject holds it off, slows its answers down, or twenty were
// plainly refused. Then the right password shows whether the account was
// guarded after all: it is refused where the account or the source is locked.
package guesspasswords

import (
	"context"
	"fmt"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// Bounds of the trial.
const (
	guesses  = 20
	patience = 7 * time.Second // for all guesses together
	calm     = 5 * time.Second // the longest wait for a throttle to end
	// slow is how long an answer must take to call the guesser slowed down,
	// and slower how many times longer than the first one.
	slow   = time.Second
	slower = 4
)

// Seen is what the trial writes down.
type Seen struct {
	// Control is the answer to the right password before any guess.
	Control scorecard.Answer `json:"control"`
	// Guesses is how many wrong passwords were sent, Last the answer to the
	// last one.
	Guesses int              `json:"guesses"`
	Last    scorecard.Answer `json:"last"`
	// FirstMS and LastMS are how long the first and the last of them took.
	FirstMS int64 `json:"first_ms"`
	LastMS  int64 `json:"last_ms"`
	// After is the answer to the right password at once after the guesses.
	After scorecard.Answer `json:"after"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "guess-passwords", Kind: scorecard.Trial, Version: 1, Capability: "brute-force-protection",
		Question: "Is somebody held off who guesses at a password?",
		Decisive: true, Whole: true, Alone: true,
		Creates: []string{fmt.Sprintf("an account, at which up to %d wrong passwords are tried", guesses)},
		Leaves:  []string{"the throw-away accounts", "for a while perhaps a throttle on the address that the trial came from"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	n, err := party.Enter(ctx, b, "guessed")
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{After: scorecard.Answer{Verdict: scorecard.NoCall}}
	seen.Control, err = logIn(ctx, b, n.Person)
	if err != nil {
		return Seen{}, err
	}
	if !right(seen.Control) {
		return Seen{}, scorecard.Untold("could not log in with the right password: %s", seen.Control)
	}
	began := time.Now()
	for seen.Guesses < guesses && time.Since(began) < patience {
		wrong := n.Person
		wrong.Password = fmt.Sprintf("wrong-%s-%d", b.Seed, seen.Guesses)
		sent := time.Now()
		if seen.Last, err = logIn(ctx, b, wrong); err != nil {
			return Seen{}, err
		}
		seen.LastMS = time.Since(sent).Milliseconds()
		if seen.Guesses++; seen.Guesses == 1 {
			seen.FirstMS = seen.LastMS
		}
		if seen.Last.Verdict == scorecard.Accepted || party.HoldsOff(seen.Last) {
			break
		}
	}
	switch {
	case seen.Last.Verdict == scorecard.Accepted:
	case party.HoldsOff(seen.Last):
		// Others come from the same address.
		return seen, b.Wait(ctx, min(seen.Last.RetryAfter, calm))
	default:
		if seen.After, err = logIn(ctx, b, n.Person); err != nil {
			return Seen{}, err
		}
		if party.HoldsOff(seen.After) {
			return seen, b.Wait(ctx, min(seen.After.RetryAfter, calm))
		}
	}
	return seen, nil
}

// logIn logs in and keeps what comes of it.
func logIn(ctx context.Context, b *scorecard.Bench, p scorecard.Person) (scorecard.Answer, error) {
	c, a := b.LogIn(ctx, p)
	if c.Secret != "" {
		b.Keep(c.Secret)
	}
	return a, scorecard.Unless(a, "log in with a password", scorecard.Accepted, scorecard.Refused, scorecard.Throttled, scorecard.Absent)
}

// right reports an answer to the right password: in, or asked for a code.
func right(a scorecard.Answer) bool {
	return a.Verdict == scorecard.Accepted || a.No() && a.Verdict != scorecard.Throttled && party.AsksForFactor(a)
}

func judge(s Seen) scorecard.Finding {
	switch {
	case !right(s.Control) || s.Guesses == 0:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The right password did not work before any guess: %s.", s.Control))
	case s.Last.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("A wrong password was accepted (guess %d).", s.Guesses))
	case party.HoldsOff(s.Last):
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("After %d wrong passwords the guesser was held off: %s.", s.Guesses, s.Last))
	case !s.Last.No():
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A wrong password gave no clear answer: %s.", s.Last))
	case s.LastMS >= slow.Milliseconds() && s.LastMS >= slower*s.FirstMS:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("Answers to wrong passwords were slowed down: the first took %d ms, number %d took %d ms.", s.FirstMS, s.Guesses, s.LastMS))
	case s.Guesses < guesses:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Only %d wrong passwords could be tried in the time there is, which may be a slow subject or a brake.", s.Guesses))
	case right(s.After):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("After %d wrong passwords, all answered at once, the right one still worked.", s.Guesses))
	case s.After.No():
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("After %d wrong passwords even the right one was refused: %s.", s.Guesses, s.After))
	default:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("After the wrong passwords the right one gave no clear answer: %s.", s.After))
	}
}
