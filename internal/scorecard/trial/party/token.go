package party

import (
	"context"

	"assay.invalid/internal/scorecard"
)

// Maker makes tokens for a trial: as the publisher, and where that is not
// possible (some subjects want the password once more) as a newcomer.
type Maker struct {
	bench    *scorecard.Bench
	label    string
	newcomer *Newcomer
	// publisher and newcomers say who cannot make any: asked once.
	publisherCannot, newcomersCannot bool
}

// NewMaker is for one trial; the label names the newcomer it may need.
func NewMaker(b *scorecard.Bench, label string) *Maker {
	return &Maker{bench: b, label: label, publisherCannot: b.Publisher.Secret == ""}
}

// Token is a token that a Maker made.
type Token struct {
	scorecard.Token
	// Newcomer made it; nil if the publisher did.
	Newcomer *Newcomer
}

// Make makes a token. The answer is that of whoever came nearest to one.
func (m *Maker) Make(ctx context.Context, w scorecard.Wish) (Token, scorecard.Answer) {
	answer := scorecard.Answer{Verdict: scorecard.NoCall}
	if !m.publisherCannot {
		t, a := m.bench.Token(ctx, m.bench.Publisher, scorecard.Person{}, w)
		if a = whole(t, a); a.Verdict == scorecard.Accepted || a.Verdict == scorecard.Unclear {
			t.Credential.Who = "a token of the publisher"
			return Token{Token: t}, a
		}
		answer = a
	}
	if m.newcomersCannot {
		return Token{}, answer
	}
	if m.newcomer == nil {
		n, err := Enter(ctx, m.bench, m.label)
		if err != nil {
			m.newcomersCannot = true
			return Token{}, answer
		}
		m.newcomer = n
	}
	n := m.newcomer
	t, a := m.bench.Token(ctx, n.Credential(), n.Person, w)
	if a.No() && AsksForFactor(a) && !n.enrolled && n.Enrol(ctx, m.bench).Verdict == scorecard.Accepted {
		t, a = m.bench.Token(ctx, n.with(n.credential, 1), n.Person, w)
	}
	if a = whole(t, a); a.Verdict == scorecard.Accepted {
		// From now on the newcomer makes them all: tokens that are compared
		// must be of one kind.
		m.publisherCannot = true
		t.Credential.Who = "a token of " + m.label
		return Token{Token: t, Newcomer: n}, a
	}
	if a.Verdict == scorecard.NoCall {
		return Token{}, answer
	}
	return Token{}, a
}

// whole turns a yes without a token into what it is.
func whole(t scorecard.Token, a scorecard.Answer) scorecard.Answer {
	if a.Verdict == scorecard.Accepted && t.Credential.Secret == "" {
		return scorecard.Answer{Verdict: scorecard.Unclear, Status: a.Status, Reason: "the answer says yes and holds no token"}
	}
	return a
}

// Owner is the credential of whoever made the token.
func (t Token) Owner(b *scorecard.Bench) scorecard.Credential {
	if t.Newcomer == nil {
		return b.Publisher
	}
	return t.Newcomer.Credential()
}

// Publish publishes with the token, and sets up a second factor for its
// newcomer where one is asked for. Who publishes as the owner afterwards sees
// to it that the package is removed: the token may have ended by then.
func (t Token) Publish(ctx context.Context, b *scorecard.Bench, r scorecard.Release) scorecard.Answer {
	n := t.Newcomer
	if n == nil {
		return b.Acts.Publish(ctx, t.Credential, r)
	}
	a := n.publish(ctx, b.Acts, t.Credential, r)
	if a.No() && AsksForFactor(a) && !n.enrolled && n.Enrol(ctx, b).Verdict == scorecard.Accepted {
		a = n.publish(ctx, b.Acts, t.Credential, r)
	}
	return a
}

// OwnerPublishes publishes as whoever made the token.
func (t Token) OwnerPublishes(ctx context.Context, b *scorecard.Bench, r scorecard.Release) scorecard.Answer {
	if t.Newcomer == nil {
		return b.Publish(ctx, b.Publisher, r)
	}
	return t.Newcomer.publish(ctx, b, t.Newcomer.credential, r)
}

// Revoke ends the token, so that it does not outlive its trial. Whether that
// worked is nobody's question here.
func (t Token) Revoke(ctx context.Context, b *scorecard.Bench) {
	if t.Key != "" {
		b.RevokeToken(ctx, t.Owner(b), t.Key)
	}
}
