// Package namereuse tries to take the name and version of a package that was
// removed as a whole. That must not work.
//
// The attack: a maintainer deletes a package that others still depend on, and
// a stranger publishes something else under the same name and version. The
// next build of every dependant fetches it.
//
// How it is tried: a throw-away package is published and removed. Then
// somebody else publishes the same name and version; where no second party
// may publish in that place, the publisher does it.
package namereuse

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "name-reuse",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "name-reuse-blocked",
		Question:   "Do name and version of a removed package stay taken?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package that is removed as a whole and published again"},
		Leaves:     []string{"the names of throw-away packages, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// First is the package's version as it was first served.
	First served.Sight `json:"first"`
	// Removed is the same after the package was removed.
	Removed served.Sight `json:"removed"`
	// By says in a word who tried to take the name.
	By string `json:"by"`
	// Able is the answer to that party's publish of another new name, which
	// shows that it may publish there at all.
	Able scorecard.Answer `json:"able"`
	// Again is the answer to the attempt.
	Again scorecard.Answer `json:"again"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	r := scorecard.Release{
		Name: b.Name("name-reuse"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "The first contents.\n"},
	}
	var err error
	if seen.First, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	a := b.Remove(ctx, b.Publisher, r.Name, "", "throw-away package of a trial")
	if err := scorecard.Unless(a, "remove a package", scorecard.Accepted); err != nil {
		return seen, err
	}
	if seen.Removed, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, served.Sight.Shut); err != nil {
		return seen, err
	}
	second := served.Second(b)
	seen.By = second.Who
	other := r
	other.Name = b.Name("name-unused")
	seen.Able = b.Publish(ctx, second, other)
	if err := scorecard.Unless(seen.Able, "publish another new package as the one who tries", scorecard.Accepted); err != nil {
		return seen, err
	}
	r.Files = map[string]string{"README.md": "Other contents under a name that was removed.\n"}
	seen.Again = b.Publish(ctx, second, r)
	return seen, served.Decided(seen.Again, "publish the name of a removed package")
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.First.Open():
		return served.Uncontrolled("the package was served before it was removed")
	case !seen.Removed.Shut():
		return served.Uncontrolled("the package was removed")
	case seen.Able.Verdict != scorecard.Accepted:
		return served.Uncontrolled("the one who tried may publish there at all")
	case seen.Again.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "Name and version of a removed package were published again by "+who(seen.By)+".")
	case served.Denied(seen.Again):
		return scorecard.Found(scorecard.Holds, "Name and version of a removed package were refused to "+who(seen.By)+", who may publish other names there.")
	}
	return served.Uncontrolled("publishing the name again was answered")
}

func who(by string) string {
	if by == "stranger" {
		return "somebody else"
	}
	return "its own publisher"
}
