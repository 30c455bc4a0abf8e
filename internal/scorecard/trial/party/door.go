package party

import (
	"context"
	"fmt"

	"assay.invalid/internal/scorecard"
)

// Door is a call at which a credential is shown to learn whether it is
// taken: asking who one is, or, where that call is missing or answers
// anybody, publishing a throw-away version.
type Door struct {
	// Publishes says which of the two it is.
	Publishes bool

	bench *scorecard.Bench
	owner scorecard.Credential
	name  string
	shown int
}

// FindDoor finds one by asking without a credential who one is. The owner
// holds the package at a door that publishes, and removes it afterwards: a
// credential that is shown there may have ended by then. The error says that
// the subject gave no sound answer.
func FindDoor(ctx context.Context, b *scorecard.Bench, owner scorecard.Credential, label string) (*Door, error) {
	d := &Door{bench: b, owner: owner, name: b.Name(label)}
	_, a := b.WhoAmI(ctx, scorecard.Credential{})
	switch a.Verdict {
	case scorecard.NoCall, scorecard.Accepted:
		d.Publishes = true
	case scorecard.Unclear:
		return nil, scorecard.Untold("could not ask without a credential who one is: %s", a)
	}
	return d, nil
}

// Show shows a credential. Each showing at a door that publishes is of a
// version of its own, so that none is refused for being there already; the
// owner's comes first.
func (d *Door) Show(ctx context.Context, c scorecard.Credential) scorecard.Answer {
	if !d.Publishes {
		name, a := d.bench.WhoAmI(ctx, c)
		if a.Verdict == scorecard.Accepted && name == "" {
			return scorecard.Answer{Verdict: scorecard.Unclear, Status: a.Status, Reason: "the answer names nobody"}
		}
		return a
	}
	if d.shown == 0 {
		a := d.bench.Publish(ctx, d.owner, d.next())
		if c.Secret == d.owner.Secret {
			return a
		}
	}
	return d.bench.Acts.Publish(ctx, c, d.next())
}

// next is a version that was not published before.
func (d *Door) next() scorecard.Release {
	d.shown++
	return scorecard.Release{Name: d.name, Version: d.bench.Protocol.Version(fmt.Sprintf("1.0.%d", d.shown))}
}

// Doing says in words what showing a credential means here.
func (d *Door) Doing() string {
	if d.Publishes {
		return "publish with it"
	}
	return "ask with it who one is"
}
