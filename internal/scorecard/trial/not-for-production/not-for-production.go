// Package notforproduction marks a version as an experiment, in words of the
// publisher's own, and looks whether those who would install it see the mark.
//
// The harm: a first attempt, a placeholder or a demonstration becomes a
// dependency of something that matters, because nothing told the people who
// chose it apart from those who were meant to have it.
//
// How it is tried: a throw-away version is published and marked experimental
// with a sentence. The listing must show the mark or the sentence. Where only
// deprecation can be said, that is tried instead and counts in part: it says
// "no longer", not "not yet".
package notforproduction

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// words are what the publisher says. No server says them by itself.
const words = "an experiment of a trial: do not depend on this"

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "not-for-production",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "not-for-production-signal",
		Question:   "Can a publisher say that a version is not for production, so that clients see it?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with version 1.0.0, marked as experimental"},
		Leaves:     []string{"the numbers of removed versions, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Said is the status that could be set.
	Said assay.Status `json:"said"`
	// Set is the answer to setting it.
	Set scorecard.Answer `json:"set"`
	// Words are what was said along with it.
	Words string `json:"words"`
	// After is the version as a reader sees it then.
	After served.Sight `json:"after"`
	// Mute says that the protocol has no place where a listing could show it.
	Mute bool `json:"mute,omitempty"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	seen := Seen{Words: words, Mute: mute(b.Protocol.Ecosystem())}
	r := scorecard.Release{
		Name: b.Name("experiment"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "An experiment.\n"},
	}
	if _, err := served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	for _, seen.Said = range []assay.Status{assay.Experimental, assay.Deprecated} {
		seen.Set = b.SetStatus(ctx, b.Publisher, r.Name, r.Version, seen.Said, words)
		if seen.Set.Verdict != scorecard.NoCall {
			break
		}
	}
	if err := scorecard.Unless(seen.Set, "say that a version is not for production", scorecard.Accepted); err != nil {
		return seen, err
	}
	var err error
	if seen.Mute {
		seen.After, err = served.See(ctx, b, b.Publisher, r.Name, r.Version)
		return seen, err
	}
	seen.After, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return shown(s, seen.Said, words)
	})
	return seen, err
}

// mute tells ecosystems whose listings have no place for words: the list of a
// Go module and Maven's metadata are bare version numbers, and a line of
// Cargo's index says yanked or not.
func mute(e assay.Ecosystem) bool {
	return e == assay.Golang || e == assay.Cargo || e == assay.Maven
}

// shown says whether a reader of the listing is told.
func shown(s served.Sight, said assay.Status, words string) bool {
	return s.Listed && (s.Status == said || words != "" && strings.Contains(s.Notice, words))
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Said == assay.Active || seen.Set.Verdict != scorecard.Accepted:
		return served.Uncontrolled("a version was marked")
	case seen.After.Listing == "":
		return served.Uncontrolled("the version was looked at afterwards")
	case !seen.After.Listed:
		return scorecard.Found(scorecard.Fails, "A version that was marked is no longer listed: the mark hides it where it should warn.")
	case shown(seen.After, seen.Said, seen.Words) && seen.Said == assay.Experimental:
		return scorecard.Found(scorecard.Holds, "A version was marked as experimental, and its listing tells those who would install it.")
	case shown(seen.After, seen.Said, seen.Words):
		return scorecard.Found(scorecard.Partly, "A version can be marked as deprecated, which its listing shows, but not as an experiment.")
	case seen.Mute:
		return scorecard.Found(scorecard.Partly, "The server takes the mark, but this protocol has no place where its clients would see it.")
	}
	return scorecard.Found(scorecard.Fails, "The server took the mark \""+seen.Said.String()+"\" with success, but the listing says nothing of it.")
}
