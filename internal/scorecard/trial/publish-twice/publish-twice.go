// Package publishtwice tries to publish the same release again with other
// metadata: the same archive, another homepage and another dependency. What
// is listed of a version must not change that way.
//
// The attack: clients resolve dependencies from the listing, not from the
// archive. Who can change the listing of a published version adds a malicious
// dependency to it without touching bytes that somebody compares.
//
// How it is tried: a throw-away version is published, then published again by
// its own publisher with the same archive and other metadata around it. Its
// listing and file are compared with the first ones. The trial can only show
// that versions change; that they do not is for other-bytes to show.
package publishtwice

import (
	"context"
	"maps"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "publish-twice",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "immutable-versions",
		Question:   "Does what is listed of a version stay the same when its release is published again with other metadata?",
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with version 1.0.0, published twice with different metadata"},
		Leaves:     []string{"the numbers of removed versions, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// First is the version as it was first served.
	First served.Sight `json:"first"`
	// Second is the answer to the attempt with other metadata.
	Second scorecard.Answer `json:"second"`
	// After is the version as it was served afterwards.
	After served.Sight `json:"after"`
	// Changed are the fields of its listing that were different then.
	Changed []string `json:"changed,omitempty"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	r := scorecard.Release{
		Name: b.Name("publish-twice"), Version: b.Protocol.Version("1.0.0"),
		Files:    map[string]string{"README.md": "The contents stay the same.\n"},
		Homepage: "https://first.example/",
	}
	archive, err := b.Protocol.Archive(r)
	if err != nil {
		return seen, err
	}
	r.Archive = archive
	if seen.First, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	first, err := entry(ctx, b, r)
	if err != nil {
		return seen, err
	}
	r.Homepage = "https://second.example/"
	r.Dependencies = map[string]string{b.Name("never-published"): r.Version}
	seen.Second = b.Publish(ctx, b.Publisher, r)
	if err := served.Decided(seen.Second, "publish a version a second time"); err != nil {
		return seen, err
	}
	if seen.After, err = served.See(ctx, b, b.Publisher, r.Name, r.Version); err != nil {
		return seen, err
	}
	after, err := entry(ctx, b, r)
	if err != nil {
		return seen, err
	}
	seen.Changed = changes(first, after)
	return seen, nil
}

// entry is what the listing says of the version.
func entry(ctx context.Context, b *scorecard.Bench, r scorecard.Release) (scorecard.Version, error) {
	l, a := b.Listing(ctx, b.Publisher, r.Name)
	if err := scorecard.Unless(a, "read the listing of "+r.Name, scorecard.Accepted); err != nil {
		return scorecard.Version{}, err
	}
	return l.Versions[r.Version], nil
}

// changes names the fields that differ and matter to who installs.
func changes(a, b scorecard.Version) []string {
	var out []string
	for _, field := range []struct {
		name string
		same bool
	}{
		{"digests", maps.Equal(a.Digests, b.Digests)},
		{"dependencies", maps.Equal(a.Dependencies, b.Dependencies)},
		{"homepage", a.Homepage == b.Homepage},
		{"repository", a.Repository == b.Repository},
		{"install script", a.InstallScript == b.InstallScript},
		{"time of publishing", a.Published.Equal(b.Published)},
	} {
		if !field.same {
			out = append(out, field.name)
		}
	}
	return out
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.First.Open() || seen.First.SHA256 == "":
		return served.Uncontrolled("the first version was served")
	case !served.Denied(seen.Second) && seen.Second.Verdict != scorecard.Accepted:
		return served.Uncontrolled("a second publish was answered")
	case !seen.After.Listed || !seen.After.Open():
		return scorecard.Found(scorecard.Fails, "After the release was published again, the version is no longer listed and served.")
	case !seen.After.Same(seen.First):
		return scorecard.Found(scorecard.Fails, "After the release was published again, the file of the version has other bytes.")
	case len(seen.Changed) > 0:
		return scorecard.Found(scorecard.Fails, "Publishing the release again with other metadata changed what is listed of the version: "+served.Names(seen.Changed)+".")
	case seen.Second.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Holds, "Publishing the release again was accepted and changed nothing that is listed or served.")
	}
	return scorecard.Found(scorecard.Holds, "Publishing the release again with other metadata was refused and changed nothing.")
}
