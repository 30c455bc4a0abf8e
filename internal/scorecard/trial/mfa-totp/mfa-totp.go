// Package mfatotp tries whether an account can have a second factor and
// whether it is asked for. What must not work is a log-in with the password
// alone once a second factor is set up: passwords are guessed, phished and
// found in leaks, and the second factor is what then stands between a thief
// and the packages.
//
// A newcomer logs in with the password (the control: that works), sets up
// time-based codes by the address that the subject hands out, offers a wrong
// code first (a subject that takes any has no second factor), then the right
// one, and logs in with the password alone again.
package mfatotp

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/totp"
	"assay.invalid/internal/scorecard/trial/party"
)

// enough is how long a secret must be, in bits: RFC 4226, section 4, R6.
const enough = 128

// Seen is what the trial writes down.
type Seen struct {
	// Control is the answer to a log-in with the password alone before there
	// was a second factor.
	Control scorecard.Answer `json:"control"`
	// Start is the answer to asking for a secret, Fault why the address that
	// came cannot be used, Bits how long its secret is.
	Start scorecard.Answer `json:"start"`
	Fault string           `json:"fault,omitempty"`
	Bits  int              `json:"bits,omitempty"`
	// Wrong is the answer to confirming with a wrong code, Right with the
	// right one.
	Wrong scorecard.Answer `json:"wrong"`
	Right scorecard.Answer `json:"right"`
	// LogIn is the answer to a log-in with the password alone afterwards.
	LogIn scorecard.Answer `json:"log_in"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "mfa-totp", Kind: scorecard.Trial, Version: 1, Capability: "mfa-totp",
		Question: "Can an account have a strong second factor, and is a log-in without it refused?",
		Decisive: true, Whole: true,
		Creates: []string{"an account with a second factor"},
		Leaves:  []string{"the throw-away accounts"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	n, err := party.Enter(ctx, b, "factor")
	if err != nil {
		return Seen{}, err
	}
	never := scorecard.Answer{Verdict: scorecard.NoCall}
	seen := Seen{Start: never, Wrong: never, Right: never, LogIn: never}
	if seen.Control, err = logIn(ctx, b, n.Person); err != nil {
		return Seen{}, err
	}
	address, a := b.StartSecondFactor(ctx, n.Credential(), n.Person)
	if address != "" {
		b.Keep(address)
	}
	seen.Start = a
	if err := scorecard.Unless(a, "ask for a second factor", scorecard.Accepted, scorecard.Refused); err != nil && !none(a) {
		return Seen{}, err
	}
	if a.Verdict != scorecard.Accepted {
		return seen, nil
	}
	key, err := totp.Parse(address)
	if err != nil {
		seen.Fault = scorecard.Words(err.Error())
		return seen, nil
	}
	b.Keep(key.Secret())
	seen.Bits = key.Bits()
	seen.Wrong = b.ConfirmSecondFactor(ctx, n.Credential(), n.Person, key.Wrong(time.Now()))
	if err := scorecard.Unless(seen.Wrong, "offer a wrong code", scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
		return Seen{}, err
	}
	if seen.Wrong.Verdict == scorecard.Accepted {
		return seen, nil
	}
	seen.Right = b.ConfirmSecondFactor(ctx, n.Credential(), n.Person, key.Code(time.Now()))
	if seen.Right.No() {
		// A wrong code may have voided the secret, which is a fair thing to
		// do: begin again.
		var again scorecard.Answer
		if key, again = party.Start(ctx, b, n.Credential(), n.Person); again.Verdict == scorecard.Accepted {
			seen.Bits = key.Bits()
			seen.Right = b.ConfirmSecondFactor(ctx, n.Credential(), n.Person, key.Code(time.Now()))
		}
	}
	if err := scorecard.Unless(seen.Right, "confirm a second factor with the right code", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	if seen.LogIn, err = logIn(ctx, b, n.Person); err != nil {
		return Seen{}, err
	}
	return seen, nil
}

// logIn logs in with the password alone and keeps what comes of it.
func logIn(ctx context.Context, b *scorecard.Bench, p scorecard.Person) (scorecard.Answer, error) {
	c, a := b.LogIn(ctx, p)
	if c.Secret != "" {
		b.Keep(c.Secret)
	}
	return a, scorecard.Unless(a, "log in with the password", scorecard.Accepted, scorecard.Refused)
}

// otherKind are words of a subject that offers a second factor which no code
// of ours can stand for. Those are at least as good, so that their refusal of
// codes is no fault.
var otherKind = regexp.MustCompile(`(?i)webauthn|security[- ]key|passkey|web(site| page)|browser`)

// noneHere are words of a subject that has no second factor at all. Some say
// so with a status that otherwise means a fault of theirs.
var noneHere = regexp.MustCompile(`(?i)(two-factor|second factor|2fa|tfa|mfa|otp).{0,40}(disabled|not (yet )?(supported|available|implemented))|(disabled|not (yet )?(supported|available|implemented)).{0,40}(two-factor|second factor|2fa|tfa|mfa|otp)`)

func none(a scorecard.Answer) bool {
	return a.Verdict == scorecard.Unclear && a.Status >= 500 && noneHere.MatchString(a.Reason)
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Control.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A new person could not log in with the right password even before there was a second factor: %s.", s.Control))
	case s.Start.No() && otherKind.MatchString(s.Start.Reason):
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A second factor has to be set up in another way than by this call: %s.", s.Start))
	case s.Start.No(), none(s.Start):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("The call that sets up a second factor refuses: %s.", s.Start))
	case s.Start.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Asking for a second factor gave no clear answer: %s.", s.Start))
	case s.Fault != "":
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("The call that sets up a second factor accepts and gives nothing that an authenticator could use: %s.", s.Fault))
	case s.Wrong.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "A second factor was confirmed with a wrong code, so codes are not checked.")
	case s.Right.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The right code was not accepted: %s.", s.Right))
	case s.LogIn.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "With a second factor set up and confirmed, a log-in with the password alone was accepted.")
	case !s.LogIn.No():
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A log-in without a code gave no clear answer: %s.", s.LogIn))
	case s.Bits < enough:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("The secret of the second factor has %d bits; RFC 4226 asks for at least %d.", s.Bits, enough))
	case !party.AsksForFactor(s.LogIn):
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("With a second factor set up the password alone is refused, but not for lack of a code: %s.", s.LogIn))
	default:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A second factor by time-based codes (%d-bit secret) was set up, a wrong code was refused, and a log-in without one was then asked for it.", s.Bits))
	}
}
