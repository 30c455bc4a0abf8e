// Package tokenpackagescoped makes a token for one package and publishes
// another with it. That must not work: a token lies in the build of one
// package, and whoever breaks into that build must not be able to publish
// everything else that its owner has. Worms that spread through stolen
// publishing tokens live on tokens that may do more than their job.
//
// The controls: the token publishes its own package, and the owner publishes
// the other one without it. Where no token can be made, a publisher's
// credential that was limited by whoever started the subject is tried in the
// stranger's place, where the stranger can publish.
package tokenpackagescoped

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
)

// Seen is what the trial writes down.
type Seen struct {
	// Made says that a token was made for one package; else the publisher's
	// credential was tried in the stranger's place.
	Made bool `json:"made"`
	// Own is the answer to publishing the package that the credential is
	// for, Other to publishing another one with it.
	Own   scorecard.Answer `json:"own"`
	Other scorecard.Answer `json:"other"`
	// Control is the answer to publishing that other one by who may.
	Control scorecard.Answer `json:"control"`
	// Started says that a driver started the subject and limited the
	// credentials as well as the subject lets it.
	Started bool `json:"started"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "token-package-scoped", Kind: scorecard.Trial, Version: 1, Capability: "token-package-scoped",
		Question: "Can a token be limited to one package, and is it refused for another?",
		Decisive: true, Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven}, Needs: []scorecard.Need{scorecard.NeedsPublisher},
		Creates: []string{"a token for one throw-away package", "two throw-away packages", "an account, where the publisher may not make tokens"},
		Leaves:  []string{"the throw-away accounts", "tokens that cannot be revoked, until they expire"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	one, other := b.Name("scoped-one"), b.Name("scoped-other")
	release := func(name, version string) scorecard.Release {
		return scorecard.Release{Name: name, Version: b.Protocol.Version(version)}
	}
	maker := party.NewMaker(b, "scoped")
	made, a := maker.Make(ctx, scorecard.Wish{Names: []string{one}})
	if a.Verdict == scorecard.NoCall {
		return inStrangersPlace(ctx, b, release)
	}
	if a.Verdict == scorecard.Refused {
		// Some limit tokens only to packages that are there.
		if b.Publish(ctx, b.Publisher, release(one, "1.0.0")).Verdict == scorecard.Accepted {
			made, a = maker.Make(ctx, scorecard.Wish{Names: []string{one}})
		}
	}
	if err := scorecard.Unless(a, "make a token for one package", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	defer made.Revoke(ctx, b)
	seen := Seen{Made: true, Started: b.Instance != nil}
	seen.Own = made.Publish(ctx, b, release(one, "1.0.1"))
	if err := scorecard.Unless(seen.Own, "publish with a token the package that it is for", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	seen.Other = made.Publish(ctx, b, release(other, "1.0.1"))
	if err := scorecard.Unless(seen.Other, "publish another package with it", scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
		return Seen{}, err
	}
	made.OwnerPublishes(ctx, b, release(one, "1.0.2")) // so that it is removed by its owner
	seen.Control = made.OwnerPublishes(ctx, b, release(other, "1.0.2"))
	return seen, nil
}

// inStrangersPlace tries the publisher's credential where the stranger may
// publish.
func inStrangersPlace(ctx context.Context, b *scorecard.Bench, release func(name, version string) scorecard.Release) (Seen, error) {
	if b.Stranger.Secret == "" || b.Under == b.UnderStranger {
		return Seen{}, scorecard.Unsupported("there is no call to make a token, and no second party with a place of its own whose packages a token could be tried at")
	}
	own, theirs := b.Name("scoped-own"), b.NameOfStranger("scoped-theirs")
	seen := Seen{Started: b.Instance != nil}
	seen.Own = b.Publish(ctx, b.Publisher, release(own, "1.0.0"))
	if err := scorecard.Unless(seen.Own, "publish as the publisher", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	seen.Other = b.Publish(ctx, b.Publisher, release(theirs, "1.0.0"))
	if err := scorecard.Unless(seen.Other, "publish as the publisher in the stranger's place", scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
		return Seen{}, err
	}
	seen.Control = b.Publish(ctx, b.Stranger, release(theirs, "1.0.1"))
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Own.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The credential does not even publish the package that it is for: %s.", s.Own))
	case s.Other.Verdict == scorecard.Accepted && s.Made:
		return scorecard.Found(scorecard.Fails, "A token that was made for one package published another one.")
	case s.Other.Verdict == scorecard.Accepted && s.Started:
		return scorecard.Found(scorecard.Fails, "The publisher's credential, limited as well as this subject can, published in the place of another party.")
	case s.Other.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, "The publisher's credential may publish in more than one place, and there is no call to ask for a narrower one.")
	case !s.Other.No() || s.Other.Verdict == scorecard.Throttled:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Publishing another package gave no clear answer: %s.", s.Other))
	case s.Control.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The other package was refused to the token, and to who may publish it too (%s), so the token's limit may not be the reason.", s.Control))
	case s.Made:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("A token that was made for one package published it and was refused for another (%s), which its owner could publish.", s.Other))
	default:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("The publisher's token published in its own place and was refused in the stranger's (%s), where the stranger could publish.", s.Other))
	}
}
