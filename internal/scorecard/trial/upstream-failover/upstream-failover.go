// Package upstreamfailover stops one mirror of the upstream and asks for a
// package that nobody asked for before. It must still be served.
//
// The harm: one delivery network, one provider, one address is down, and
// every build that needs something new stands still, although others have the
// same bytes.
//
// How it is tried: our own upstream offers two packages at two addresses. The
// first package is fetched while both answer; then one address is stopped and
// the second package is fetched. It runs alone, because it disturbs every
// other check that needs the upstream.
package upstreamfailover

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
		ID:         "upstream-failover",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "cdn-failover",
		Question:   "Is a package served when the first address of the upstream is gone?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsUpstream},
		Creates:    []string{"two packages in an upstream of ours, one address of which is stopped for a moment"},
		Leaves:     []string{"throw-away packages in the instance's cache"},
		Alone:      true,
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Mirrors is at how many addresses the upstream answers.
	Mirrors int `json:"mirrors"`
	// Before is a package that was fetched while all of them answered.
	Before served.Sight `json:"before"`
	// Stopped is how the other one was answered while one stood still; its
	// verdict may be "unclear", which is what a failing gateway answers.
	Stopped scorecard.Answer `json:"stopped"`
	// Again is the same package after that, when all answered again.
	Again scorecard.Answer `json:"again"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	up, err := served.Upstream(b)
	if err != nil {
		return seen, err
	}
	seen.Mirrors = up.Mirrors()
	if seen.Mirrors < 2 {
		return seen, scorecard.Untold("the upstream has a single address, so there is nothing to change over to")
	}
	version := b.Protocol.Version("1.0.0")
	first, second := served.Elsewhere(b, "before-failover"), served.Elsewhere(b, "during-failover")
	for _, name := range []string{first, second} {
		r := scorecard.Release{Name: name, Version: version, Files: map[string]string{"README.md": "Of the upstream.\n"}}
		if err := up.Offer(r, time.Now().Add(-age)); err != nil {
			return seen, err
		}
		defer up.Withdraw(name, version)
	}
	if seen.Before, err = served.See(ctx, b, b.Publisher, first, version); err != nil {
		return seen, err
	}
	if !seen.Before.Open() {
		return seen, scorecard.Untold("a package of the upstream is not served while all of it answers: %s", seen.Before.File)
	}
	seen.Stopped = whileStopped(ctx, b, up, second, version)
	if seen.Stopped.Verdict != scorecard.Accepted {
		// The control: it was the stopped address that made the difference.
		_, seen.Again = b.File(ctx, b.Publisher, second, version)
	}
	return seen, nil
}

// whileStopped fetches a file while the first address stands still, and
// starts that again whatever happens.
func whileStopped(ctx context.Context, b *scorecard.Bench, up scorecard.Upstream, name, version string) scorecard.Answer {
	up.Stop(0)
	defer up.Start(0)
	_, a := b.File(ctx, b.Publisher, name, version)
	return a
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Mirrors < 2 || !seen.Before.Open():
		return served.Uncontrolled("packages of an upstream with several addresses are served")
	case seen.Stopped.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Holds, "A package that nobody had asked for before was served while the first address of the upstream stood still.")
	case seen.Stopped.Verdict == "" || seen.Stopped.Verdict == scorecard.NoCall:
		return served.Uncontrolled("a package was asked for while an address stood still")
	case seen.Again.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "With the first address of the upstream gone, a package was not served ("+short(seen.Stopped)+"), although a second address had it; afterwards it was.")
	}
	return scorecard.Found(scorecard.CouldNotTell, "A package was served neither while an address of the upstream stood still nor afterwards, so the stop need not be why.")
}

// short leaves the subject's own words out: they tell of our upstream, which
// nobody else can reach.
func short(a scorecard.Answer) string {
	a.Reason = ""
	return a.String()
}
