// Package otherbytes tries to put other bytes under a version that was
// published already. That must not work.
//
// The attack: whoever steals a credential replaces versions that people
// already trust, reviewed and locked, instead of publishing a new one that
// somebody might look at.
//
// How it is tried: a throw-away version is published and fetched. Then the
// same version is published by its own publisher with other contents, and its
// listing and file are compared with the first ones.
package otherbytes

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "other-bytes",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "immutable-versions",
		Question:   "Are other bytes refused for a version that was published already?",
		Decisive:   true,
		Fatal:      true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with version 1.0.0, published twice with different contents"},
		Leaves:     []string{"the numbers of removed versions, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// First is the version as it was first served.
	First served.Sight `json:"first"`
	// Second is the answer to the attempt with other bytes.
	Second scorecard.Answer `json:"second"`
	// After is the version as it was served afterwards.
	After served.Sight `json:"after"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	r := scorecard.Release{
		Name: b.Name("other-bytes"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "The first contents.\n"},
	}
	var err error
	if seen.First, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	r.Files = map[string]string{"README.md": "Other contents under the same number.\n"}
	seen.Second = b.Publish(ctx, b.Publisher, r)
	if err := served.Decided(seen.Second, "publish a version a second time"); err != nil {
		return seen, err
	}
	if served.Denied(seen.Second) {
		seen.After, err = served.See(ctx, b, b.Publisher, r.Name, r.Version)
		return seen, err
	}
	// It was taken: what is served may follow a moment later.
	seen.After, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return !s.Same(seen.First) || s.Digest != seen.First.Digest
	})
	return seen, err
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.First.Open() || seen.First.SHA256 == "":
		return served.Uncontrolled("the first version was served")
	case seen.After.Open() && !seen.After.Same(seen.First):
		return scorecard.Found(scorecard.Fails, "After a second publish the file of the version has other bytes.")
	case seen.After.Open() && seen.After.Digest != seen.First.Digest:
		return scorecard.Found(scorecard.Fails, "After a second publish the listing gives another digest for the version.")
	case seen.After.Shut():
		return scorecard.Found(scorecard.Fails, "After a second publish the file of the version is no longer handed out.")
	case !seen.After.Open():
		return served.Uncontrolled("the version was fetched again")
	case seen.Second.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Partly, "The bytes stayed the same, but other bytes were answered with success: the publisher believes that they were published.")
	case served.Denied(seen.Second):
		return scorecard.Found(scorecard.Holds, "Other bytes for a published version were refused, and its file and digest are those of the first fetch.")
	}
	return served.Uncontrolled("a second publish was answered")
}
