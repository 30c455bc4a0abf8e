package party

import (
	"context"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/totp"
)

// Newcomer is somebody who signed up for a trial.
type Newcomer struct {
	Person scorecard.Person
	// Entry is how the subject answered to the first wish for a credential:
	// the sign-up itself, or a log-in where signing up gave none.
	Entry scorecard.Answer

	credential scorecard.Credential
	key        totp.Key
	enrolled   bool
}

// SignUp signs a newcomer up. Where that alone gives no credential a log-in
// is tried, and Has tells whether one came of it. The error says why nobody
// could sign up.
func SignUp(ctx context.Context, b *scorecard.Bench, label string) (*Newcomer, error) {
	p, c, a := b.SignUp(ctx, label)
	if err := scorecard.Unless(a, "sign a new person up", scorecard.Accepted); err != nil {
		return nil, err
	}
	n := &Newcomer{Person: p, Entry: a, credential: c}
	if c.Secret == "" {
		n.credential, n.Entry = b.LogIn(ctx, p)
		n.credential.Who = label
		if n.Has() {
			b.Keep(n.credential.Secret)
		}
	}
	return n, nil
}

// Enter signs a newcomer up who also proves the address, where there is a
// call for that, and certainly has a credential.
func Enter(ctx context.Context, b *scorecard.Bench, label string) (*Newcomer, error) {
	n, err := SignUp(ctx, b, label)
	if err != nil {
		return nil, err
	}
	n.VerifyMail(ctx, b)
	if !n.Has() {
		n.credential, n.Entry = b.LogIn(ctx, n.Person)
		n.credential.Who = label
		if !n.Has() {
			return nil, scorecard.Untold("a new person signed up and got no credential: %s", n.Entry)
		}
		b.Keep(n.credential.Secret)
	}
	return n, nil
}

// Has reports whether the newcomer has a credential.
func (n *Newcomer) Has() bool { return n.credential.Secret != "" }

// Credential is the newcomer's, with the code of now once there is a second
// factor.
func (n *Newcomer) Credential() scorecard.Credential { return n.with(n.credential, 0) }

// with puts a code to a credential: that of now, or of some steps later.
func (n *Newcomer) with(c scorecard.Credential, steps int) scorecard.Credential {
	if n.enrolled {
		c.Code = n.key.Code(time.Now().Add(time.Duration(steps) * n.key.Period))
	}
	return c
}

// VerifyMail does what the mail to the newcomer asks for.
func (n *Newcomer) VerifyMail(ctx context.Context, b *scorecard.Bench) scorecard.Answer {
	return b.VerifyMail(ctx, n.Person)
}

// Enrol sets up a second factor. The answer is Unclear when the subject says
// yes and sends no address that can be used.
func (n *Newcomer) Enrol(ctx context.Context, b *scorecard.Bench) scorecard.Answer {
	key, a := Start(ctx, b, n.credential, n.Person)
	if a.Verdict != scorecard.Accepted {
		return a
	}
	a = b.ConfirmSecondFactor(ctx, n.credential, n.Person, key.Code(time.Now()))
	if a.Verdict == scorecard.Accepted {
		n.key, n.enrolled = key, true
	}
	return a
}

// Start asks for the secret of a second factor and keeps it out of the card.
func Start(ctx context.Context, b *scorecard.Bench, as scorecard.Credential, p scorecard.Person) (totp.Key, scorecard.Answer) {
	address, a := b.StartSecondFactor(ctx, as, p)
	if address != "" {
		b.Keep(address)
	}
	if a.Verdict != scorecard.Accepted {
		return totp.Key{}, a
	}
	key, err := totp.Parse(address)
	if err != nil {
		return totp.Key{}, scorecard.Answer{Verdict: scorecard.Unclear, Status: a.Status, Reason: scorecard.Words(err.Error())}
	}
	b.Keep(key.Secret())
	return key, a
}

// Publish publishes a throw-away version with the newcomer's own credential.
// On an instance that a driver started, a name that belongs to no namespace
// is tried too: what was allowed to the publisher may be closed to others.
// The answer is the last one, or the first that accepted.
func (n *Newcomer) Publish(ctx context.Context, b *scorecard.Bench, label string) (name string, a scorecard.Answer) {
	names := []string{b.Name(label)}
	if anywhere := b.Protocol.ThrowAway("", b.Seed, label); b.Instance != nil && anywhere != names[0] {
		names = append(names, anywhere)
	}
	for _, name = range names {
		a = n.publish(ctx, b, n.credential, scorecard.Release{Name: name, Version: b.Protocol.Version("1.0.0")})
		if !a.No() {
			break
		}
	}
	return name, a
}

// publish sends a code along once there is one. A code is good once (RFC
// 6238, section 5.2), and the one of now may have been used to confirm it:
// where a code is asked for in spite of it, the next one follows.
func (n *Newcomer) publish(ctx context.Context, through publisher, c scorecard.Credential, r scorecard.Release) scorecard.Answer {
	a := through.Publish(ctx, n.with(c, 0), r)
	if n.enrolled && a.No() && AsksForFactor(a) {
		a = through.Publish(ctx, n.with(c, 1), r)
	}
	return a
}

// publisher publishes: a bench, which remembers what was made, or its acts,
// which do not.
type publisher interface {
	Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer
}
