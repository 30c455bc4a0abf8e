// Package criticalchangenotification changes a password and waits for the
// mail that says so. What must not work is to change it without the holder's
// learning of it: who stole a session or a password changes both first, and
// the mail to the old address is the one chance to notice in time.
//
// A newcomer signs up and waits until the mail of the sign-up has come, then
// changes the password. The control is a log-in with the new one: only a
// change that took place had to be told.
package criticalchangenotification

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// How long the trial waits for mail, and how often it looks.
const (
	settles  = 500 * time.Millisecond // for the mail of the sign-up
	patience = 5 * time.Second        // for the mail about the change
	look     = 100 * time.Millisecond
)

// Seen is what the trial writes down.
type Seen struct {
	// Change is the answer to changing the password, LogIn to a log-in with
	// the new one.
	Change scorecard.Answer `json:"change"`
	LogIn  scorecard.Answer `json:"log_in"`
	// Before is how many mails came before the change, Mails how many in the
	// seconds after it, Naming how many of these speak of a password.
	Before int `json:"before"`
	Mails  int `json:"mails"`
	Naming int `json:"naming"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "critical-change-notification", Kind: scorecard.Trial, Version: 1, Capability: "critical-change-notification",
		Question: "Is the holder of an account told by mail when its password is changed?",
		Decisive: true, Whole: true, Needs: []scorecard.Need{scorecard.NeedsMail},
		Creates: []string{"an account whose password is changed once"},
		Leaves:  []string{"the throw-away accounts"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	box := b.Instance.Mail()
	n, err := party.Enter(ctx, b, "notified")
	if err != nil {
		return Seen{}, err
	}
	if err := b.Wait(ctx, settles); err != nil {
		return Seen{}, err
	}
	before := box.Received(n.Person.Mail)
	seen := Seen{Before: len(before)}
	changed := n.Person
	changed.Password = "Green-" + b.Seed + "-lantern-87"
	b.Keep(changed.Password)
	seen.Change = b.ChangePassword(ctx, n.Credential(), n.Person, changed.Password)
	if err := scorecard.Unless(seen.Change, "change a password", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	c, a := b.LogIn(ctx, changed)
	if c.Secret != "" {
		b.Keep(c.Secret)
	}
	seen.LogIn = a
	for waited := time.Duration(0); ; waited += look {
		seen.count(before, box.Received(n.Person.Mail))
		if seen.Naming > 0 || waited >= patience {
			return seen, nil
		}
		if err := b.Wait(ctx, look); err != nil {
			return Seen{}, err
		}
	}
}

var passwordWords = regexp.MustCompile(`(?i)pass-?(word|phrase|code)|credential`)

// count counts the mails that were not there before.
func (s *Seen) count(before, now []string) {
	s.Mails, s.Naming = 0, 0
	known := slices.Clone(before)
	for _, text := range now {
		if i := slices.Index(known, text); i >= 0 {
			known = slices.Delete(known, i, i+1)
			continue
		}
		s.Mails++
		if passwordWords.MatchString(text) {
			s.Naming++
		}
	}
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Change.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The password could not be changed: %s.", s.Change))
	case s.LogIn.Verdict != scorecard.Accepted && s.LogIn.Verdict != scorecard.NoCall && !party.AsksForFactor(s.LogIn):
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The change was accepted, but the new password does not work: %s.", s.LogIn))
	case s.Naming > 0:
		return scorecard.Found(scorecard.Holds, "After the password was changed, a mail that says so came to the account's address.")
	case s.Mails > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("Within %s of the change of the password mail came to the account's address (%d), none of it with a word about the password.", patience, s.Mails))
	default:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("The password was changed, and no mail came to the account's address within %s.", patience))
	}
}
