// Package deletiontombstones removes a version and asks what is left of it.
// A version must not vanish as if it had never been.
//
// The attack: who published malware covers the tracks by deleting it, and
// those who installed it never learn what it was. To everybody else a version
// that vanishes looks like a fault of the network.
//
// How it is tried: two throw-away versions are published and one is removed
// with a reason. The listing and the file's address must then say that it was
// removed, and why; the answer for a version that never existed is asked for
// too, because an answer that is given to everything is no trace.
package deletiontombstones

import (
	"context"
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "deletion-tombstones",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "deletion-tombstones",
		Question:   "Does a removed version leave a public trace with the reason?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with versions 1.0.0 and 1.0.1, the first of which is removed with a reason"},
		Leaves:     []string{"traces of removed versions, where the server keeps one"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// First is the version as it was first served.
	First served.Sight `json:"first"`
	// Removed is the version after its removal.
	Removed served.Sight `json:"removed"`
	// Never is a version of the package that never existed.
	Never served.Sight `json:"never"`
	// Removal is how it was removed.
	Removal served.Removal `json:"removal"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	seen := Seen{Removal: served.Removing(b)}
	r := scorecard.Release{
		Name: b.Name("tombstone"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "To be removed.\n"},
	}
	var err error
	if seen.First, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	next := r
	next.Version = b.Protocol.Version("1.0.1")
	if _, err := served.Publish(ctx, b, b.Publisher, next); err != nil {
		return seen, err
	}
	a := b.Remove(ctx, b.Publisher, r.Name, r.Version, seen.Removal.Reason)
	if err := scorecard.Unless(a, "remove a version", scorecard.Accepted); err != nil {
		return seen, err
	}
	seen.Removed, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool {
		return s.Shut() && told(s, seen.Removal)
	})
	if err != nil {
		return seen, err
	}
	seen.Never, err = served.See(ctx, b, b.Publisher, r.Name, b.Protocol.Version("1.0.7"))
	return seen, err
}

// told says whether the reason stands in the listing or the file's answer.
func told(s served.Sight, r served.Removal) bool {
	return r.Explains(s.Gone) || r.Explains(s.File.Reason)
}

// trace says whether a removed version can be told from one that never was.
func trace(removed, never served.Sight) bool {
	return removed.Gone != "" && never.Gone == "" ||
		removed.File.Status == http.StatusGone && never.File.Status != http.StatusGone ||
		removed.File.Verdict == scorecard.Refused && never.File.Verdict == scorecard.Absent
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.First.Open():
		return served.Uncontrolled("the version was served before it was removed")
	case !seen.Removed.Shut():
		return served.Uncontrolled("the version was removed")
	case !seen.Never.Shut():
		return served.Uncontrolled("a version that never existed was asked for")
	case told(seen.Removed, seen.Removal) && !told(seen.Never, seen.Removal):
		return scorecard.Found(scorecard.Holds, "The removed version is told as removed, with "+reason(seen.Removal)+".")
	case trace(seen.Removed, seen.Never):
		return scorecard.Found(scorecard.Partly, "The removed version is told from one that never existed, but the reason for the removal is not.")
	}
	return scorecard.Found(scorecard.Fails, "Listing and file answer for the removed version as for one that never existed.")
}

func reason(r served.Removal) string {
	if r.Wordless {
		return "the kind of reason; the protocol's call has no place for a reason in words"
	}
	return "the reason that was given"
}
