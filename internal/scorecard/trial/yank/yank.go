// Package yank takes the newest version out of new resolutions and asks for
// it by its number. It must no longer be chosen, and its bytes must stay.
//
// The harm: a bad release keeps being chosen until the next one is out. If
// removal is the only remedy it breaks everybody who locked the version, so
// owners hesitate and people stay exposed.
//
// How it is tried: two throw-away versions are published and the newer one is
// yanked. The listing must lead to the older one, and the yanked one's file
// must still be the same bytes.
package yank

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "yank",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "yank",
		Question:   "Does a yanked version leave new resolutions and stay for old lock files?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with versions 1.0.0 and 1.0.1, the second of which is yanked"},
		Leaves:     []string{"the numbers of removed versions, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Version is the one that is yanked.
	Version string `json:"version"`
	// Before and After are the version before and after it was yanked.
	Before served.Sight `json:"before"`
	After  served.Sight `json:"after"`
	// Older is the version that should be chosen instead, afterwards.
	Older served.Sight `json:"older"`
}

// left reports that no resolver of new dependencies would take the version.
func left(s served.Sight, version string) bool {
	return s.Latest != version && (!s.Listed || s.Status == assay.Yanked)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	r := scorecard.Release{
		Name: b.Name("yank"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "The older one.\n"},
	}
	older := r.Version
	if _, err := served.Publish(ctx, b, b.Publisher, r); err != nil {
		return Seen{}, err
	}
	r.Version = b.Protocol.Version("1.0.1")
	seen := Seen{Version: r.Version}
	var err error
	if seen.Before, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	a := b.SetStatus(ctx, b.Publisher, r.Name, r.Version, assay.Yanked, "throw-away version of a trial")
	if err := scorecard.Unless(a, "yank a version", scorecard.Accepted); err != nil {
		return seen, err
	}
	seen.After, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return left(s, r.Version)
	})
	if err != nil {
		return seen, err
	}
	seen.Older, err = served.See(ctx, b, b.Publisher, r.Name, older)
	return seen, err
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Version == "" || !seen.Before.Open():
		return served.Uncontrolled("the version was served before it was yanked")
	case !seen.After.Open() && !seen.After.Shut():
		return served.Uncontrolled("the version was asked for after it was yanked")
	case seen.After.Shut():
		return scorecard.Found(scorecard.Fails, "The file of a yanked version is no longer handed out, so lock files that name it break.")
	case !seen.After.Same(seen.Before):
		return scorecard.Found(scorecard.Fails, "The file of a yanked version has other bytes than before.")
	case seen.After.Latest == seen.Version:
		return scorecard.Found(scorecard.Fails, "A yanked version is still the one that the listing calls newest.")
	case !left(seen.After, seen.Version):
		return scorecard.Found(scorecard.Fails, "A yanked version is still listed without a mark that it was yanked, so ranges go on choosing it.")
	case !seen.Older.Open() || !seen.Older.Listed:
		return scorecard.Found(scorecard.Partly, "The yanked version is no longer chosen and keeps its bytes, but the older version is not listed and served any more.")
	case seen.After.Listed:
		return scorecard.Found(scorecard.Holds, "The yanked version is marked as yanked and no longer the newest, and its file is the same as before.")
	}
	return scorecard.Found(scorecard.Holds, "The yanked version is left out of the listing, and its file is the same as before.")
}
