// Package cooldown offers a version that is a minute old, upstream, and looks
// whether the subject waits before it hands it out.
//
// The attack: a stolen account publishes a malicious version of a package
// that everybody uses. Most such versions are found within hours, and by then
// the builds that took the newest at once have run them.
//
// How it is tried: our own upstream offers an old version and one that was
// published a minute ago. The old one must be chosen and served, the new one
// neither. Then an advisory says that the new one fixes a vulnerability: it
// must be let through, because waiting would now protect nobody.
package cooldown

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "cooldown",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "cooldown",
		Question:   "Does a new version have to reach a minimum age, unless it fixes a vulnerability?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsUpstream},
		Creates:    []string{"a package with two versions in an upstream of ours", "an advisory about it, on an instance that is thrown away"},
		Leaves:     []string{"throw-away packages in the instance's cache"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Version is the new version.
	Version string `json:"version"`
	// Old and New are the versions as they were served.
	Old served.Sight `json:"old"`
	New served.Sight `json:"new"`
	// Advise is the answer to making the vulnerability known, and Fix the
	// new version after that.
	Advise scorecard.Answer `json:"advise"`
	Fix    served.Sight     `json:"fix"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	up, err := served.Upstream(b)
	if err != nil {
		return seen, err
	}
	name, old := served.Elsewhere(b, "cooldown"), b.Protocol.Version("1.0.0")
	seen.Version = b.Protocol.Version("1.0.1")
	now := time.Now()
	for version, published := range map[string]time.Time{
		old:          now.Add(-60 * 24 * time.Hour),
		seen.Version: now.Add(-time.Minute),
	} {
		r := scorecard.Release{Name: name, Version: version, Files: map[string]string{"README.md": "Version " + version + ".\n"}}
		if err := up.Offer(r, published); err != nil {
			return seen, err
		}
		defer up.Withdraw(name, version)
	}
	if seen.Old, err = served.See(ctx, b, b.Publisher, name, old); err != nil {
		return seen, err
	}
	if !seen.Old.Open() {
		return seen, scorecard.Untold("an old version of the upstream is not served: %s", seen.Old.File)
	}
	if seen.New, err = served.See(ctx, b, b.Publisher, name, seen.Version); err != nil {
		return seen, err
	}
	if seen.New.Open() {
		return seen, nil // there is nothing that a fix would have to pass
	}
	seen.Advise = b.Advise(ctx, name, seen.Version)
	if seen.Advise.Verdict != scorecard.Accepted {
		return seen, nil
	}
	seen.Fix, err = served.Until(ctx, b, b.Publisher, name, seen.Version, served.Sight.Open)
	return seen, err
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Version == "" || !seen.Old.Open():
		return served.Uncontrolled("an old version of the upstream is served")
	case seen.New.Latest == seen.Version:
		return scorecard.Found(scorecard.Fails, "A version that was published upstream a minute ago is the one that clients choose.")
	case seen.New.Open():
		return scorecard.Found(scorecard.Fails, "The file of a version that was published upstream a minute ago is handed out.")
	case !seen.New.Shut():
		return served.Uncontrolled("the new version was asked for")
	case seen.Advise.Verdict == scorecard.Accepted && seen.Fix.Open():
		return scorecard.Found(scorecard.Holds, "A version published a minute ago was held back while an older one was served, and was let through once it was known to fix a vulnerability.")
	case seen.Advise.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Partly, "A version published a minute ago was held back, but also after it was known to fix a vulnerability.")
	case seen.Advise.Verdict == scorecard.NoCall:
		return scorecard.Found(scorecard.Partly, "A version published a minute ago was held back. There is no call to say that it fixes a vulnerability, so whether fixes pass cannot be told.")
	case seen.Advise.Verdict == "":
		return served.Uncontrolled("a vulnerability was made known")
	}
	return scorecard.Found(scorecard.Partly, "A version published a minute ago was held back. That it fixes a vulnerability could not be said: "+seen.Advise.String()+".")
}
