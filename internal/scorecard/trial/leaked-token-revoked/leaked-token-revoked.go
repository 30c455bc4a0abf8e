// Package leakedtokenrevoked reports a token as leaked and waits for it to
// end. A token that stands in public source code must not go on working until
// its owner reads mail: scanners of code report what they find within
// seconds, and so do thieves use it.
//
// A token is made for this trial alone, shown (the control), reported to the
// subject's own endpoint, and shown again until it is refused or five seconds
// are over.
package leakedtokenrevoked

import (
	"context"
	"fmt"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// How long a reported token may live on, and how often the trial looks.
const (
	patience = 5 * time.Second
	look     = 500 * time.Millisecond
)

// Seen is what the trial writes down.
type Seen struct {
	// Before is the answer to showing the token before it was reported.
	Before scorecard.Answer `json:"before"`
	// Report is the answer to the report.
	Report scorecard.Answer `json:"report"`
	// After is the last answer to showing it after the report, and AfterMS
	// how long after.
	After   scorecard.Answer `json:"after"`
	AfterMS int64            `json:"after_ms"`
	// Others is the answer to showing the credential of who made it at the end.
	Others scorecard.Answer `json:"others"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "leaked-token-revoked", Kind: scorecard.Trial, Version: 1, Capability: "secret-scanning-revocation",
		Question: "Is a token that is reported as leaked revoked at once?",
		Decisive: true, Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven}, Needs: []scorecard.Need{scorecard.NeedsPublisher},
		Creates: []string{"a token, which is then reported as leaked", "an account, where the publisher may not make tokens", "a throw-away package, where a token can be shown only by publishing"},
		Leaves:  []string{"the throw-away accounts", "tokens that cannot be revoked, until they expire"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	const label = "leaked"
	made, a := party.NewMaker(b, label).Make(ctx, scorecard.Wish{Names: []string{b.Name(label)}})
	if err := scorecard.Unless(a, "make a token", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	defer made.Revoke(ctx, b)
	door, err := party.FindDoor(ctx, b, made.Owner(b), label)
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Before: door.Show(ctx, made.Credential)}
	if err := scorecard.Unless(seen.Before, "take a new token and "+door.Doing(), scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	seen.Report = b.ReportToken(ctx, made.Credential.Secret)
	if err := scorecard.Unless(seen.Report, "report a leaked token", scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
		return Seen{}, err
	}
	var waited time.Duration
	for {
		seen.After, seen.AfterMS = door.Show(ctx, made.Credential), waited.Milliseconds()
		if seen.After.Verdict != scorecard.Accepted || waited >= patience || seen.Report.Verdict != scorecard.Accepted {
			break
		}
		if err := b.Wait(ctx, look); err != nil {
			return Seen{}, err
		}
		waited += look
	}
	seen.Others = door.Show(ctx, made.Owner(b))
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Before.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A new token did not work even before it was reported: %s.", s.Before))
	case s.After.Verdict == scorecard.Accepted && s.Report.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("A report of a leaked token was accepted, and %d seconds later the token still worked.", s.AfterMS/1000))
	case s.After.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The endpoint for leaked tokens did not take this report, which may be for its form or its sender: %s.", s.Report))
	case !s.After.No() || s.After.Verdict == scorecard.Throttled:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Showing the reported token gave no clear answer: %s.", s.After))
	case s.Others.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("After the report the credential that made the token does not work either, so the report may not be the reason: %s.", s.Others))
	default:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A token that worked was reported as leaked and refused %s: %s.", ago(s.AfterMS), s.After))
	}
}

// ago says how long after the report, as exactly as the trial looked.
func ago(ms int64) string {
	if ms == 0 {
		return "at once"
	}
	return fmt.Sprintf("within %.1f seconds", float64(ms)/1000)
}
