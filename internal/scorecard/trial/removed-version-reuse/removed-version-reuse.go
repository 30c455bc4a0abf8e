// Package removedversionreuse tries to publish other bytes under a number
// whose version was removed. That must not work, even for its owner.
//
// The attack: where removal frees the number, immutability is one more
// request away. Whoever steals a credential removes a trusted version and
// publishes another under its name; lock files without digests, mirrors and
// reviews then speak of bytes that they never saw.
//
// How it is tried: two throw-away versions are published, the first is
// removed, and its owner publishes the first number again with other contents.
package removedversionreuse

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "removed-version-reuse",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "immutable-versions",
		Question:   "Does the number of a removed version stay taken, even for its owner?",
		Decisive:   true,
		Fatal:      true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with versions 1.0.0 and 1.0.1, the first of which is removed and published again"},
		Leaves:     []string{"the numbers of removed versions, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// First is the version as it was first served.
	First served.Sight `json:"first"`
	// Removed is the version after its removal.
	Removed served.Sight `json:"removed"`
	// Again is the answer to publishing its number with other bytes.
	Again scorecard.Answer `json:"again"`
	// After is the version as it was served afterwards.
	After served.Sight `json:"after"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	r := scorecard.Release{
		Name: b.Name("removed-version"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "The first contents.\n"},
	}
	var err error
	if seen.First, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	// A second version keeps the package alive, so that this is about the
	// number and not about the name.
	next := r
	next.Version = b.Protocol.Version("1.0.1")
	if _, err := served.Publish(ctx, b, b.Publisher, next); err != nil {
		return seen, err
	}
	a := b.Remove(ctx, b.Publisher, r.Name, r.Version, "throw-away version of a trial")
	if err := scorecard.Unless(a, "remove a version", scorecard.Accepted); err != nil {
		return seen, err
	}
	if seen.Removed, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, served.Sight.Shut); err != nil {
		return seen, err
	}
	r.Files = map[string]string{"README.md": "Other contents under the number of a removed version.\n"}
	seen.Again = b.Publish(ctx, b.Publisher, r)
	if err := served.Decided(seen.Again, "publish the number of a removed version"); err != nil {
		return seen, err
	}
	seen.After, err = served.See(ctx, b, b.Publisher, r.Name, r.Version)
	return seen, err
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.First.Open() || seen.First.SHA256 == "":
		return served.Uncontrolled("the version was served before it was removed")
	case !seen.Removed.Shut():
		return served.Uncontrolled("the version was removed")
	case seen.After.Open() && !seen.After.Same(seen.First):
		return scorecard.Found(scorecard.Fails, "The number of a removed version was published again, and its file now has other bytes.")
	case seen.Again.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "Other bytes were accepted under the number of a removed version.")
	case served.Denied(seen.Again):
		return scorecard.Found(scorecard.Holds, "Other bytes under the number of a removed version were refused, even from its owner.")
	}
	return served.Uncontrolled("publishing the number again was answered")
}
