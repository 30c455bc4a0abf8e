// Package quarantine holds a version and lets it go again. While it is held
// nobody may get it; afterwards it must be what it was.
//
// The harm: a suspect version stays open while people look at it, because the
// only other choice is to destroy it. Removal on a mere suspicion breaks
// builds, and it destroys what an analysis needs.
//
// How it is tried: two throw-away versions are published and the newer one is
// put into quarantine. Its file must be refused and the version not chosen.
// Then the quarantine is lifted, and the same bytes must be served again.
package quarantine

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "quarantine",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "quarantine-status",
		Question:   "Can a suspect version be held without being destroyed?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with versions 1.0.0 and 1.0.1, the second of which is put into quarantine and released"},
		Leaves:     []string{"the numbers of removed versions, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Version is the one that is held.
	Version string `json:"version"`
	// Before, Held and After are the version before, during and after its
	// quarantine.
	Before served.Sight `json:"before"`
	Held   served.Sight `json:"held"`
	After  served.Sight `json:"after"`
	// Lifted is the answer to taking the quarantine back.
	Lifted scorecard.Answer `json:"lifted"`
}

// chosen reports that a resolver of new dependencies may take the version.
func chosen(s served.Sight, version string) bool {
	held := s.Status == assay.Quarantined || s.Status == assay.Yanked
	return s.Latest == version || s.Listed && !held
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	r := scorecard.Release{
		Name: b.Name("quarantine"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "A version that may be suspect.\n"},
	}
	if _, err := served.Publish(ctx, b, b.Publisher, r); err != nil {
		return Seen{}, err
	}
	r.Version = b.Protocol.Version("1.0.1")
	seen := Seen{Version: r.Version}
	var err error
	if seen.Before, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	a := b.SetStatus(ctx, b.Publisher, r.Name, r.Version, assay.Quarantined, "throw-away version of a trial")
	if err := scorecard.Unless(a, "put a version into quarantine", scorecard.Accepted); err != nil {
		return seen, err
	}
	seen.Held, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return s.Shut() && !chosen(s, r.Version)
	})
	if err != nil {
		return seen, err
	}
	seen.Lifted = b.SetStatus(ctx, b.Publisher, r.Name, r.Version, assay.Active, "the trial is over")
	seen.After, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return s.Same(seen.Before) && s.Listed
	})
	return seen, err
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Version == "" || !seen.Before.Open():
		return served.Uncontrolled("the version was served before its quarantine")
	case seen.Held.Open():
		return scorecard.Found(scorecard.Fails, "The file of a version in quarantine is still handed out.")
	case !seen.Held.Shut():
		return served.Uncontrolled("the version was asked for during its quarantine")
	case seen.Lifted.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.Partly, "A version in quarantine is not handed out, but the quarantine could not be lifted: "+seen.Lifted.String()+".")
	case seen.After.Open() && !seen.After.Same(seen.Before):
		return scorecard.Found(scorecard.Fails, "After the quarantine was lifted, the file of the version has other bytes.")
	case !seen.After.Same(seen.Before):
		return scorecard.Found(scorecard.Fails, "After the quarantine was lifted, the version is not handed out any more: it was destroyed.")
	case chosen(seen.Held, seen.Version):
		return scorecard.Found(scorecard.Partly, "The file of a version in quarantine is refused, but the listing still offers the version.")
	case !seen.After.Listed:
		return scorecard.Found(scorecard.Partly, "The version was held and its file came back, but it is not listed any more.")
	}
	return scorecard.Found(scorecard.Holds, "A version in quarantine was neither offered nor handed out, and afterwards its file was the same as before.")
}
