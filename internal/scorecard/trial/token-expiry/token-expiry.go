// Package tokenexpiry makes tokens and looks at when they end. A token for
// ever must not be what one gets without asking: it lies in build systems and
// shell histories long after anybody remembers it, and whoever finds it years
// later may publish.
//
// A token is made with no wish about its end, and the answer must name one
// within 400 days. Then one of two seconds is made where that is possible,
// shown while it is good (the control) and shown again when it has ended.
package tokenexpiry

import (
	"context"
	"fmt"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// Bounds of the trial.
const (
	longest = 400 * 24 * time.Hour // a year, and time to renew it
	short   = 2 * time.Second      // the life that is asked for
	least   = 3 * time.Second      // how long the trial waits for it to end
	most    = 5 * time.Second      // and how long at most
)

// Seen is what the trial writes down.
type Seen struct {
	// Default is the answer to making a token with no wish about its end.
	Default scorecard.Answer `json:"default"`
	// Ends says that the answer names an end, Hours how far away it is.
	Ends  bool  `json:"ends"`
	Hours int64 `json:"hours,omitempty"`
	// Short is the answer to asking for one of two seconds. Had says that
	// its end, as the answer names it, is near enough to wait for.
	Short scorecard.Answer `json:"short"`
	Had   bool             `json:"had"`
	// Before and After are the answers to showing it before and after its
	// end.
	Before scorecard.Answer `json:"before"`
	After  scorecard.Answer `json:"after"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "token-expiry", Kind: scorecard.Trial, Version: 1, Capability: "token-expiry",
		Question: "Do tokens end by themselves, and is one refused that has ended?",
		Decisive: true, Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven}, Needs: []scorecard.Need{scorecard.NeedsPublisher},
		Creates: []string{"two tokens, limited to a throw-away package where tokens can be", "an account, where the publisher may not make tokens"},
		Leaves:  []string{"the throw-away accounts", "tokens that cannot be revoked, until they expire"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	const label = "expiring"
	none := scorecard.Answer{Verdict: scorecard.NoCall}
	seen := Seen{Short: none, Before: none, After: none}
	maker := party.NewMaker(b, label)
	names := []string{b.Name(label)}
	usual, a := maker.Make(ctx, scorecard.Wish{Names: names})
	if err := scorecard.Unless(a, "make a token", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	usual.Revoke(ctx, b)
	seen.Default = a
	if seen.Ends = !usual.Expires.IsZero(); seen.Ends {
		seen.Hours = int64(time.Until(usual.Expires) / time.Hour)
	}
	brief, a := maker.Make(ctx, scorecard.Wish{Names: names, Lifetime: short})
	seen.Short = a
	if a.Verdict != scorecard.Accepted {
		return seen, nil
	}
	defer brief.Revoke(ctx, b)
	until := max(time.Until(brief.Expires)+time.Second, least)
	if seen.Had = !brief.Expires.IsZero() && until <= most; !seen.Had {
		return seen, nil
	}
	door, err := party.FindDoor(ctx, b, brief.Owner(b), label)
	if err != nil {
		return Seen{}, err
	}
	seen.Before = door.Show(ctx, brief.Credential)
	if seen.Before.Verdict != scorecard.Accepted {
		return seen, nil
	}
	if err := b.Wait(ctx, until); err != nil {
		return Seen{}, err
	}
	seen.After = door.Show(ctx, brief.Credential)
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Default.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("No token could be made: %s.", s.Default))
	case s.Had && s.Before.Verdict == scorecard.Accepted && s.After.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "A token made for two seconds still worked when its end, as the subject had named it, was past.")
	case !s.Ends:
		return scorecard.Found(scorecard.Fails, "A token made with no wish about its end is said to have none.")
	case s.Hours < 0:
		return scorecard.Found(scorecard.CouldNotTell, "A token made with no wish about its end is said to have ended before it was made.")
	case s.Hours > int64(longest/time.Hour):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("A token made with no wish about its end is good for %d days; more than %d is as good as for ever.", s.Hours/24, int64(longest/(24*time.Hour))))
	case s.Had && s.Before.Verdict == scorecard.Accepted && s.After.No() && s.After.Verdict != scorecard.Throttled:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A token ends by itself after %s, and one made for two seconds was refused when they were over.", life(s.Hours)))
	case s.Had && s.Before.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A token ends after %s, but showing one that had ended gave no clear answer: %s.", life(s.Hours), s.After))
	case s.Had:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A token ends by itself after %s. Whether one that has ended is refused was not tried: a short one did not work to begin with (%s).", life(s.Hours), s.Before))
	default:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A token ends by itself after %s. Whether one that has ended is refused was not tried: none could be had that ends within seconds.", life(s.Hours)))
	}
}

// life is a time in the unit that fits it.
func life(hours int64) string {
	switch {
	case hours < 1:
		return "less than an hour"
	case hours < 48:
		return fmt.Sprintf("%d hours", hours+1)
	}
	return fmt.Sprintf("%d days", (hours+12)/24)
}
