package served

import (
	"context"

	"assay.invalid/internal/scorecard"
)

// Attempt is how it went to take a name that nobody has yet.
type Attempt struct {
	Name string `json:"name"`
	// Claim is the verdict on claiming it first: "no call" where names are
	// not claimed.
	Claim scorecard.Verdict `json:"claim"`
	// Publish is the answer to publishing it; its verdict is empty when the
	// claim was refused already.
	Publish scorecard.Answer `json:"publish,omitzero"`
	// Served says that what was accepted was then handed out.
	Served bool `json:"served,omitempty"`
}

// Taken reports that a stranger to the name has it now, and clients get it.
func (a Attempt) Taken() bool { return a.accepted() && a.Served }

// Held reports that the name was refused, or is held back for a review.
func (a Attempt) Held() bool {
	return a.Claim == scorecard.Refused || Denied(a.Publish) || a.accepted() && !a.Served
}

// attempted is the version that an attempt publishes.
func attempted(b *scorecard.Bench) string { return b.Protocol.Version("1.0.0") }

// Try tries to take a name as the publisher: by a claim first, where the
// instance has a call for that, so that the lack of one is not why publishing
// is refused. What was accepted is not looked at.
func Try(ctx context.Context, b *scorecard.Bench, name string) (Attempt, error) {
	try := Attempt{Name: name}
	a := b.Claim(ctx, name)
	try.Claim = a.Verdict
	if err := scorecard.Unless(a, "claim "+name, scorecard.Accepted, scorecard.Refused, scorecard.NoCall); err != nil || a.Verdict == scorecard.Refused {
		return try, err
	}
	try.Publish = b.Publish(ctx, b.Publisher, scorecard.Release{
		Name: name, Version: attempted(b),
		Files: map[string]string{"README.md": "A trial of names; nobody needs this package.\n"},
	})
	return try, Decided(try.Publish, "publish "+name)
}

// Take tries a name, and looks at what was accepted.
func Take(ctx context.Context, b *scorecard.Bench, name string) (Attempt, error) {
	try, err := Try(ctx, b, name)
	if err != nil || !try.accepted() {
		return try, err
	}
	s, err := See(ctx, b, b.Publisher, name, attempted(b))
	try.Served = s.Open()
	return try, err
}

func (a Attempt) accepted() bool { return a.Publish.Verdict == scorecard.Accepted }
