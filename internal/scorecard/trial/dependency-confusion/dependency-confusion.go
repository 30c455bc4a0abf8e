// Package dependencyconfusion offers a higher version of a private name
// upstream, and looks whether the subject falls for it.
//
// The attack: somebody learns the name of a company's private package and
// publishes the same name with a higher version in a public repository. A
// gateway that merges both, or asks the public one for what is missing, hands
// the stranger's code to every build.
//
// How it is tried: two private names are claimed and then offered by our own
// upstream with a higher version; one is also published here, the other is
// not. Listings and files must hold nothing of the upstream, and the upstream
// must not even be asked, because asking tells the names. A third name, of
// the upstream alone, must be served: it shows that the upstream is used.
package dependencyconfusion

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// age is how old the upstream's versions are, so that no cooldown is why they
// are not served.
const age = 90 * 24 * time.Hour

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "dependency-confusion",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "dependency-confusion-protection",
		Question:   "Does a private name never lead to a package of the upstream?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher, scorecard.NeedsUpstream},
		Creates:    []string{"two claimed names on an instance that is thrown away, one with a version 1.0.0", "higher versions of both in an upstream of ours"},
		Leaves:     []string{"claims in the instance's own records"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Public is the package of the upstream alone.
	Public served.Sight `json:"public"`
	// Claim is the answer to claiming the name that is published here.
	Claim scorecard.Answer `json:"claim"`
	// Own is the private version, and Foreign the upstream's higher version
	// of the same name.
	Own     served.Sight `json:"own"`
	Foreign served.Sight `json:"foreign"`
	// ClaimUnused is the answer to claiming the name that nobody published
	// here, and Unused the upstream's version of it.
	ClaimUnused scorecard.Answer `json:"claim_unused"`
	Unused      served.Sight     `json:"unused"`
	// Asked are those of the two names that the upstream was asked for.
	Asked []string `json:"asked,omitempty"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	up, err := served.Upstream(b)
	if err != nil {
		return seen, err
	}
	own, high := b.Protocol.Version("1.0.0"), b.Protocol.Version("1.99.0")
	release := func(name, version string) scorecard.Release {
		return scorecard.Release{Name: name, Version: version, Files: map[string]string{"README.md": "Version " + version + " of " + name + ".\n"}}
	}
	offer := func(name string) error {
		return up.Offer(release(name, high), time.Now().Add(-age))
	}
	public, used, unused := served.Elsewhere(b, "public"), b.Name("private"), b.Name("private-unused")
	for _, name := range []string{public, used, unused} {
		defer up.Withdraw(name, high)
	}

	if err := offer(public); err != nil {
		return seen, err
	}
	if seen.Public, err = served.See(ctx, b, b.Publisher, public, high); err != nil {
		return seen, err
	}
	if !seen.Public.Open() {
		return seen, scorecard.Untold("a package of the upstream is not served: %s", seen.Public.File)
	}

	// Claims come before the offers: an instance may rightly ask back when a
	// name that is public already is to be claimed. Where names are not
	// claimed, publishing is what makes them private.
	seen.Claim, seen.ClaimUnused = b.Claim(ctx, used), b.Claim(ctx, unused)
	asked := len(up.Asked())
	if err := offer(used); err != nil {
		return seen, err
	}
	if err := offer(unused); err != nil {
		return seen, err
	}
	if err := scorecard.Unless(b.Publish(ctx, b.Publisher, release(used, own)), "publish "+used+" "+own, scorecard.Accepted); err != nil {
		return seen, err
	}
	if seen.Claim.Verdict != scorecard.Accepted {
		asked = len(up.Asked()) // only now is the name private
	}
	seen.Own, err = served.Until(ctx, b, b.Publisher, used, own, func(s served.Sight) bool { return s.Listed && s.Open() })
	if err != nil {
		return seen, err
	}
	if seen.Foreign, err = served.See(ctx, b, b.Publisher, used, high); err != nil {
		return seen, err
	}
	if seen.ClaimUnused.Verdict == scorecard.Accepted {
		if seen.Unused, err = served.See(ctx, b, b.Publisher, unused, high); err != nil {
			return seen, err
		}
	}
	seen.Asked = leaked(up.Asked(), asked, used, unused)
	if seen.ClaimUnused.Verdict != scorecard.Accepted {
		// A name that nobody claimed may be asked for.
		seen.Asked = leaked(up.Asked(), asked, used)
	}
	return seen, nil
}

// leaked are those of the names that were asked for after the first n
// questions.
func leaked(asked []string, n int, names ...string) []string {
	var out []string
	for _, name := range names {
		for _, one := range asked[min(n, len(asked)):] {
			if one == name {
				out = append(out, name)
				break
			}
		}
	}
	return out
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.Public.Open():
		return served.Uncontrolled("packages of the upstream are served")
	case !seen.Own.Open():
		return served.Uncontrolled("the private version is served")
	case seen.Foreign.Open() || seen.Foreign.Listed:
		return scorecard.Found(scorecard.Fails, "A higher version that a stranger offered upstream under a private name is "+how(seen.Foreign)+".")
	case !seen.Foreign.Shut():
		return served.Uncontrolled("the stranger's version was asked for")
	case seen.Unused.Open() || seen.Unused.Listed:
		return scorecard.Found(scorecard.Fails, "A claimed name that nobody published here falls through to the upstream: the stranger's version is "+how(seen.Unused)+".")
	case len(seen.Asked) > 0:
		return scorecard.Found(scorecard.Partly, "No version of the upstream is served under a private name, but the upstream was asked for it and so learns the name.")
	case seen.ClaimUnused.Verdict == scorecard.Accepted && seen.Unused.Shut():
		return scorecard.Found(scorecard.Holds, "Private names led to private versions alone, even where nothing was published yet, and the upstream was not asked for them.")
	}
	return scorecard.Found(scorecard.Holds, "A private name led to the private version alone, and the upstream was not asked for it.")
}

func how(s served.Sight) string {
	switch {
	case s.Open() && s.Listed:
		return "listed and handed out"
	case s.Open():
		return "handed out"
	}
	return "listed"
}
