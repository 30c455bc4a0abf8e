// Package sourcelink publishes a version that names somebody else's source
// repository as its own. Readers must not be led to believe it.
//
// The attack: a malicious package links to the repository of a popular
// project, and shows its stars, its history and its good name as if they were
// its own.
//
// How it is tried: a throw-away version is published with the address of a
// repository that surely is not the publisher's. The listing must leave it
// out, or mark it as not verified; or the version must be refused for it.
package sourcelink

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// foreign is a repository that no publisher of throw-away packages owns.
const foreign = "https://github.com/nodejs/node"

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "source-link",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "source-repo-link-verified",
		Question:   "Is a source repository that nobody proved left out, or shown as not verified?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package that names somebody else's source repository until it is removed"},
		Leaves:     []string{"the names of throw-away packages, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Manifest is how publishing went, and what became of the link.
	Manifest served.Manifest `json:"manifest"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	m, err := served.Type(ctx, b, scorecard.Release{
		Name: b.Name("source-link"), Version: b.Protocol.Version("1.0.0"),
		Files:      map[string]string{"README.md": "Its source is not where its manifest says.\n"},
		Repository: foreign,
	})
	return Seen{m}, err
}

func judge(seen Seen) scorecard.Finding {
	link, tried := seen.Manifest.Fields["repository"]
	switch {
	case seen.Manifest.Refused():
		return scorecard.Found(scorecard.Holds, "A version that names somebody else's source repository was refused; without the link it was accepted.")
	case !seen.Manifest.Listed || !tried:
		return served.Uncontrolled("a version with a typed link was listed")
	case link.Verified:
		return scorecard.Found(scorecard.Fails, "Somebody else's source repository, which the publisher only typed, is marked as verified.")
	case !link.Honest():
		return scorecard.Found(scorecard.Fails, "Somebody else's source repository, which the publisher only typed, is shown without a word that it is not verified.")
	case link.Shown:
		return scorecard.Found(scorecard.Holds, "A source repository that the publisher only typed is shown as not verified.")
	}
	return scorecard.Found(scorecard.Holds, "A source repository that the publisher only typed is not shown.")
}
