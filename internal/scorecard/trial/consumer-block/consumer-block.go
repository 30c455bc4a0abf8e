// Package consumerblock says "don't download this" once, for all clients, and
// tries to download it.
//
// The harm: an organisation learns that a version is malicious, and has to
// reach every machine and every build before the next one installs it. A
// block that only hides the version from listings does not help: lock files
// go straight to the file.
//
// How it is tried: two throw-away versions are published and the newer one is
// blocked with a reason. Its file must be refused with that reason and it must
// not be chosen, while the other version is served. Then the block is taken
// back. The block is an administrator's act, so this runs only on an instance
// that a driver started.
package consumerblock

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// reason is given for the block. No server says these words by itself.
const reason = "held back by a trial of blocks"

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "consumer-block",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "consumer-block",
		Question:   "Can an organisation block one version in one step, for all its clients?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher, scorecard.NeedsDriver},
		Creates:    []string{"a throw-away package with versions 0.9.0 and 1.0.0", "a block of the second, which is taken back"},
		Leaves:     []string{"an entry in the instance's own audit log"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Version is the one that is blocked.
	Version string `json:"version"`
	// Reason is the reason that was given.
	Reason string `json:"reason"`
	// Before, Blocked and After are the version before, during and after its
	// block.
	Before  served.Sight `json:"before"`
	Blocked served.Sight `json:"blocked"`
	After   served.Sight `json:"after"`
	// Other is another version during the block.
	Other served.Sight `json:"other"`
	// Unblock is the answer to taking the block back.
	Unblock scorecard.Answer `json:"unblock"`
}

// chosen reports that a resolver of new dependencies may take the version.
func chosen(s served.Sight, version string) bool {
	held := s.Status == assay.Quarantined || s.Status == assay.Yanked
	return s.Latest == version || s.Listed && !held
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	r := scorecard.Release{
		Name: b.Name("block"), Version: b.Protocol.Version("0.9.0"),
		Files: map[string]string{"README.md": "A version that somebody does not want.\n"},
	}
	other := r.Version
	if _, err := served.Publish(ctx, b, b.Publisher, r); err != nil {
		return Seen{}, err
	}
	r.Version = b.Protocol.Version("1.0.0")
	seen := Seen{Version: r.Version, Reason: reason}
	var err error
	if seen.Before, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	pattern := assay.Coordinate{Ecosystem: b.Protocol.Ecosystem(), Name: r.Name, Version: r.Version}.String()
	if err := scorecard.Unless(b.Block(ctx, pattern, reason), "block a version", scorecard.Accepted); err != nil {
		return seen, err
	}
	seen.Blocked, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return s.Shut() && !chosen(s, r.Version)
	})
	if err == nil {
		seen.Other, err = served.See(ctx, b, b.Publisher, r.Name, other)
	}
	// The block is taken back even where looking went wrong.
	seen.Unblock = b.Unblock(context.WithoutCancel(ctx), pattern)
	if err != nil {
		return seen, err
	}
	seen.After, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return s.Same(seen.Before)
	})
	return seen, err
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Version == "" || !seen.Before.Open():
		return served.Uncontrolled("the version was served before it was blocked")
	case seen.Blocked.Open():
		return scorecard.Found(scorecard.Fails, "The file of a blocked version is still handed out.")
	case !seen.Blocked.Shut() || !seen.Other.Open() && !seen.Other.Shut():
		return served.Uncontrolled("the versions were asked for during the block")
	}
	var lacks []string
	if !seen.Other.Open() {
		lacks = append(lacks, "another version of the package is refused too")
	}
	if chosen(seen.Blocked, seen.Version) {
		lacks = append(lacks, "the listing still offers it")
	}
	if seen.Reason == "" || !strings.Contains(seen.Blocked.File.Reason, seen.Reason) {
		lacks = append(lacks, "the refusal does not give the reason")
	}
	if !seen.After.Same(seen.Before) {
		lacks = append(lacks, "its file did not come back when the block was taken back")
	}
	if len(lacks) > 0 {
		return scorecard.Found(scorecard.Partly, "The file of a blocked version is refused, but "+served.Names(lacks)+".")
	}
	return scorecard.Found(scorecard.Holds, "The file of a blocked version is refused with the reason and the version is not offered; the other version stays, and the block can be taken back.")
}
