// Package guesstokens tries to guess a token. No guess may be taken, and a
// guesser must be held off: tokens that a machine made cannot be guessed at
// the rate of a network, but a subject that lets anybody ask for ever also
// lets them find out which of a million leaked tokens still work, and hides
// those who try.
//
// Guesses have the shape of the publisher's token, with a right checksum
// where that shape has one. They are shown where a token's holder asks who
// it is; where there is no such call, at publishing a throw-away version. The
// controls are the publisher's token before and, where nobody was held off,
// after the guesses.
package guesstokens

import (
	"context"
	"fmt"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
	"assay.invalid/internal/scorecard/trial/token-prefix/shape"
)

// Bounds of the trial.
const (
	guesses  = 60
	patience = 7 * time.Second // for all guesses together
	calm     = 5 * time.Second // the longest wait for a throttle to end
)

// Seen is what the trial writes down.
type Seen struct {
	// Publishing says that tokens were shown by publishing.
	Publishing bool `json:"publishing,omitempty"`
	// Control is the answer to the publisher's token before any guess.
	Control scorecard.Answer `json:"control"`
	// Guesses is how many tokens were guessed, Last the answer to the last.
	Guesses int              `json:"guesses"`
	Last    scorecard.Answer `json:"last"`
	// After is the answer to the publisher's token at once after them.
	After scorecard.Answer `json:"after"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "guess-tokens", Kind: scorecard.Trial, Version: 1, Capability: "brute-force-protection",
		Question: "Is somebody held off who guesses at tokens, and is no guess taken?",
		Decisive: true, Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven}, Needs: []scorecard.Need{scorecard.NeedsPublisher}, Alone: true,
		Creates: []string{
			fmt.Sprintf("up to %d requests with random tokens", guesses),
			"a throw-away package, where a token can be shown only by publishing",
		},
		Leaves: []string{"for a while perhaps a throttle on the address that the trial came from"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	door, err := party.FindDoor(ctx, b, b.Publisher, "guess")
	if err != nil {
		return Seen{}, err
	}
	none := scorecard.Answer{Verdict: scorecard.NoCall}
	seen := Seen{Publishing: door.Publishes, Control: door.Show(ctx, b.Publisher), Last: none, After: none}
	if err := scorecard.Unless(seen.Control, "take the publisher's token and "+door.Doing(), scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	like := shape.Of(b.Publisher.Secret)
	began := time.Now()
	for seen.Guesses < guesses && time.Since(began) < patience {
		guess := like.Guess()
		if guess == b.Publisher.Secret {
			// Nothing in it varies, so that nothing can be guessed.
			return Seen{}, scorecard.Untold("the publisher's token is not written in letters and digits that could be guessed")
		}
		seen.Last = door.Show(ctx, scorecard.Credential{Who: "nobody known", Secret: guess})
		seen.Guesses++
		if err := scorecard.Unless(seen.Last, "show a random token", scorecard.Accepted, scorecard.Refused, scorecard.Throttled, scorecard.Absent); err != nil {
			return Seen{}, err
		}
		if seen.Last.Verdict == scorecard.Accepted || party.HoldsOff(seen.Last) {
			break
		}
	}
	if !party.HoldsOff(seen.Last) {
		if seen.Last.Verdict != scorecard.Accepted {
			seen.After = door.Show(ctx, b.Publisher)
		}
		if party.HoldsOff(seen.After) {
			return seen, b.Wait(ctx, min(seen.After.RetryAfter, calm))
		}
		return seen, nil
	}
	return seen, b.Wait(ctx, min(seen.Last.RetryAfter, calm)) // others come from the same address
}

func judge(s Seen) scorecard.Finding {
	shown := "to ask who its holder is"
	if s.Publishing {
		shown = "to publish"
	}
	switch {
	case s.Control.Verdict != scorecard.Accepted || s.Guesses == 0:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The publisher's own token did not work before any guess: %s.", s.Control))
	case s.Last.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("A random token that was never given out was accepted %s (guess %d).", shown, s.Guesses))
	case party.HoldsOff(s.Last):
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("After %d random tokens, all refused, the guesser was held off: %s.", s.Guesses-1, s.Last))
	case !s.Last.No():
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A random token gave no clear answer: %s.", s.Last))
	case s.After.No():
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("After %d random tokens even the publisher's was refused from the same address: %s.", s.Guesses, s.After))
	case s.After.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("After the guesses the publisher's token gave no clear answer: %s.", s.After))
	case s.Guesses < guesses:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Only %d random tokens could be tried in the time there is, which may be a slow subject or a brake.", s.Guesses))
	default:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("%d random tokens were refused one after the other, and nobody was held off.", s.Guesses))
	}
}
