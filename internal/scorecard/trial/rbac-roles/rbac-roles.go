// Package rbacroles tries to manage people and tokens with a credential that
// may only publish. That must not work: such a credential lies in a build,
// and whoever takes it must not be able to add an owner or make a wider
// token, which go on working when the stolen one has been revoked.
//
// The publisher's credential of an instance that a driver started, which may
// publish and nothing else, publishes a throw-away version (the control),
// asks for a token without limits, and adds the stranger as an owner.
package rbacroles

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// Seen is what the trial writes down.
type Seen struct {
	// Publish is the answer to publishing, the control.
	Publish scorecard.Answer `json:"publish"`
	// Token is the answer to asking for a token without limits, Narrowed
	// whether the one that came has limits all the same.
	Token    scorecard.Answer `json:"token"`
	Narrowed bool             `json:"narrowed,omitempty"`
	// Owner is the answer to adding an owner, Known whether that person is
	// certain to exist.
	Owner scorecard.Answer `json:"owner"`
	Known bool             `json:"known"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "rbac-roles", Kind: scorecard.Trial, Version: 1, Capability: "rbac-roles",
		Question: "Is a credential that may publish refused when it manages tokens and people?",
		Decisive: true, Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:   []scorecard.Need{scorecard.NeedsDriver, scorecard.NeedsPublisher},
		Creates: []string{"a throw-away package", "a token without limits and a second owner of that package, if they can be had"},
		Leaves:  []string{"tokens that cannot be revoked, until they expire"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	name := b.Name("roles")
	seen := Seen{Publish: b.Publish(ctx, b.Publisher, scorecard.Release{Name: name, Version: b.Protocol.Version("1.0.0")})}
	if err := scorecard.Unless(seen.Publish, "publish as the publisher", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	t, a := b.Token(ctx, b.Publisher, scorecard.Person{}, scorecard.Wish{})
	seen.Token, seen.Narrowed = a, len(t.Names) > 0
	if t.Key != "" {
		b.RevokeToken(ctx, b.Publisher, t.Key)
	}
	person, known := someoneElse(ctx, b)
	seen.Known = known
	seen.Owner = b.AddOwner(ctx, b.Publisher, name, person)
	if seen.Token.Verdict == scorecard.NoCall && seen.Owner.Verdict == scorecard.NoCall {
		return Seen{}, scorecard.Unsupported("there is no call to make a token, and none to add an owner")
	}
	return seen, nil
}

// someoneElse is a person who exists, if one can be found: the refusal of an
// owner whom nobody knows says nothing about roles.
func someoneElse(ctx context.Context, b *scorecard.Bench) (name string, known bool) {
	if b.Stranger.Secret != "" {
		if name, a := b.WhoAmI(ctx, b.Stranger); a.Verdict == scorecard.Accepted && name != "" {
			return name, true
		}
	}
	if n, err := party.SignUp(ctx, b, "owner"); err == nil {
		return n.Person.Name, true
	}
	return "trial-" + b.Seed + "-owner", false
}

// wantsPassword are the words of a subject that asks for the password before
// it looks at what a credential may do.
var wantsPassword = regexp.MustCompile(`(?i)pass-?word`)

func judge(s Seen) scorecard.Finding {
	if s.Publish.Verdict != scorecard.Accepted {
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The publisher's credential does not even publish: %s.", s.Publish))
	}
	var did, refused, open []string
	switch {
	case s.Token.Verdict == scorecard.Accepted && !s.Narrowed:
		did = append(did, "made a token without limits")
	case s.Token.Verdict == scorecard.Accepted, s.Token.Verdict == scorecard.Refused && !wantsPassword.MatchString(s.Token.Reason):
		refused = append(refused, "making a token without limits")
	case s.Token.Verdict != scorecard.NoCall:
		open = append(open, fmt.Sprintf("making a token: %s", s.Token))
	}
	switch {
	case s.Owner.Verdict == scorecard.Accepted:
		did = append(did, "added an owner")
	case s.Owner.Verdict == scorecard.Refused && s.Known:
		refused = append(refused, "adding an owner")
	case s.Owner.Verdict != scorecard.NoCall:
		open = append(open, fmt.Sprintf("adding an owner: %s", s.Owner))
	}
	switch {
	case len(did) > 0:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("A credential that may only publish %s.", strings.Join(did, " and ")))
	case len(open) > 0:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("What a credential for publishing was answered does not tell whether its role is the reason (%s).", strings.Join(open, "; ")))
	case len(refused) > 0 && s.Owner.Verdict == scorecard.NoCall:
		return scorecard.Found(scorecard.NotSupported, "A credential that may publish was refused making a token without limits, but there is no call to add an owner, so who decides on people cannot be told.")
	case len(refused) > 0:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A credential that may publish was refused %s.", strings.Join(refused, " and ")))
	default:
		return scorecard.Found(scorecard.CouldNotTell, "There was no call to manage tokens or people with.")
	}
}
