package scorecard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"assay.invalid/internal/assay"
)

// Bench is what one check works with. It is made for the check and used by
// nobody else, so that its record is that check's evidence.
type Bench struct {
	// Acts asks the protocol first and the driver where the protocol has no
	// call.
	Acts
	Subject  Subject
	Protocol Protocol
	// Visit is for what no protocol has a call for: a page, a file at a
	// known address.
	Visit Visitor
	// Instance is nil unless a driver started the subject.
	Instance Instance
	// Publisher and Stranger are credentials of two parties, empty where
	// there are none; a check that lists them in its needs has them.
	Publisher, Stranger Credential
	// Samples are packages that exist, at least one if the check needs it.
	Samples []string
	// Under is where throw-away names may be made ("" anywhere).
	Under string
	// UnderStranger is where the stranger may make them.
	UnderStranger string
	// Seed is random and new for every run.
	Seed string

	// Keep is told every secret that turns up (tokens, passwords), so that
	// the finished card can be searched for it. Never nil.
	Keep func(secret string)
	// Say shows progress. Never nil.
	Say func(text string)
	// Wait waits, or returns early with the context's error. Never nil.
	Wait func(ctx context.Context, d time.Duration) error

	made []Made
}

// Made is something that a check created and that is to be removed when it
// is done.
type Made struct {
	Name string
	As   Credential
}

// Name makes a throw-away name for this check; the same label gives the same
// name.
func (b *Bench) Name(label string) string {
	return b.Protocol.ThrowAway(b.Under, b.Seed, label)
}

// NameOfStranger makes one where the stranger may publish.
func (b *Bench) NameOfStranger(label string) string {
	return b.Protocol.ThrowAway(b.UnderStranger, b.Seed, label)
}

// Publish publishes and remembers what was accepted, so that it is removed
// afterwards.
func (b *Bench) Publish(ctx context.Context, as Credential, r Release) Answer {
	a := b.Acts.Publish(ctx, as, r)
	if m := (Made{Name: r.Name, As: as}); a.Verdict == Accepted && !slices.Contains(b.made, m) {
		b.made = append(b.made, m)
	}
	return a
}

// Made is what is to be removed, in the order in which it was made.
func (b *Bench) Made() []Made { return slices.Clone(b.made) }

// SignUp signs a new person up with a throw-away name and a good password,
// and keeps both secrets out of the card.
func (b *Bench) SignUp(ctx context.Context, label string) (Person, Credential, Answer) {
	p := Person{
		Name:     fmt.Sprintf("trial-%s-%s", b.Seed, label),
		Password: fmt.Sprintf("Blue-%s-harbour-%s-41", b.Seed, label),
		Mail:     fmt.Sprintf("trial-%s-%s@mail.example", b.Seed, label),
	}
	b.Keep(p.Password)
	c, a := b.Acts.SignUp(ctx, p)
	if c.Secret != "" {
		c.Who = label
		b.Keep(c.Secret)
	}
	return p, c, a
}

// Token makes a token and keeps its secret out of the card.
func (b *Bench) Token(ctx context.Context, as Credential, p Person, w Wish) (Token, Answer) {
	t, a := b.MakeToken(ctx, as, p, w)
	if t.Credential.Secret != "" {
		b.Keep(t.Credential.Secret)
	}
	return t, a
}

// Instance is a subject that a driver started and may do anything with. Its
// Acts are those for which the protocol has no call.
type Instance interface {
	Acts
	Subject() Subject
	// Publisher and Stranger may each publish throw-away packages of their
	// own: names that ThrowAway makes under Under(e).
	Publisher(e assay.Ecosystem) Credential
	Stranger(e assay.Ecosystem) Credential
	Under(e assay.Ecosystem) string
	// UnderStranger is where Stranger may publish; it may be the same.
	UnderStranger(e assay.Ecosystem) string
	// Upstream is what the instance pulls through from, nil if nothing.
	Upstream(e assay.Ecosystem) Upstream
	// Identity is an identity token of an issuer that the instance trusts
	// to publish the name; false if it trusts none.
	Identity(e assay.Ecosystem, name string) (string, bool)
	// Mail is where its mail arrives, nil if it cannot send any.
	Mail() Mailbox
	// For is the same instance with its requests going through v, so that
	// they are written down.
	For(e assay.Ecosystem, v Visitor) Acts
	// Secrets are all credentials that it gave out.
	Secrets() []string
	Close(ctx context.Context) error
}

// Upstream is an upstream repository of ours.
type Upstream interface {
	// Offer makes a version available, published at a time.
	Offer(r Release, published time.Time) error
	// Withdraw takes it away again.
	Withdraw(name, version string)
	// Mirrors is at how many addresses it answers; Stop and Start act on
	// one of them.
	Mirrors() int
	Stop(i int)
	Start(i int)
	// Asked are the names that were asked for so far.
	Asked() []string
}

// Mailbox is where mail for throw-away people arrives.
type Mailbox interface {
	// Received are the texts that came for an address so far.
	Received(address string) []string
}
