// Package namespaceownershipverified tries to take a namespace that reads
// like a domain which somebody owns, without proving anything. That must not
// work.
//
// The attack: the first to come takes the namespace of a company or a
// project, and from then on everything in it looks as if it came from them.
//
// How it is tried: a name in a brand-new namespace that reads like a domain
// reserved for examples is published, and where that is refused, claimed on
// an instance that has a call for claims. A publish in the publisher's own
// place must be accepted, so that a refusal means something.
package namespaceownershipverified

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "namespace-ownership-verified",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "namespace-ownership-verified",
		Question:   "Does a namespace that reads like a domain have to be proven before anything is published in it?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates: []string{
			"a throw-away package of the publisher",
			"a package in a new namespace that reads like example.org, where that is accepted",
		},
		Leaves: []string{"a namespace that reads like example.org, where the server accepts it and never gives it free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Name is the name in the unproven namespace.
	Name string `json:"name"`
	// Own is a package in the publisher's own place, as it was served.
	Own served.Sight `json:"own"`
	// Publish is the answer to publishing the name.
	Publish scorecard.Answer `json:"publish"`
	// Claim is the answer to claiming the namespace; its verdict is empty
	// where that was not tried.
	Claim scorecard.Answer `json:"claim,omitzero"`
}

// namespace reads like a domain, with something of the run's own in it.
func namespace(e assay.Ecosystem, seed string) string {
	switch e {
	case assay.Golang:
		return "example.org/" + seed + "/"
	case assay.Maven:
		return "org.example.assay-" + seed + "/"
	}
	return "@example-org-" + seed + "/"
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	space := namespace(b.Protocol.Ecosystem(), b.Seed)
	seen := Seen{Name: space + "x"}
	r := scorecard.Release{
		Name: b.Name("proven"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "A trial of namespaces; nobody needs this package.\n"},
	}
	var err error
	if seen.Own, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	r.Name = seen.Name
	seen.Publish = b.Publish(ctx, b.Publisher, r)
	if err := served.Decided(seen.Publish, "publish "+r.Name); err != nil || seen.Publish.Verdict == scorecard.Accepted {
		return seen, err
	}
	seen.Claim = b.Claim(ctx, space+"*")
	return seen, scorecard.Unless(seen.Claim, "claim "+space+"*", scorecard.Accepted, scorecard.Refused, scorecard.Absent, scorecard.NoCall)
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Name == "" || !seen.Own.Open():
		return served.Uncontrolled("the publisher may publish at all")
	case seen.Publish.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, seen.Name+" was published without any proof that its namespace belongs to the publisher.")
	case !served.Denied(seen.Publish):
		return served.Uncontrolled("publishing the name was answered")
	case seen.Claim.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "The namespace of "+seen.Name+" was claimed without any proof that it belongs to the one who claims it.")
	case served.Denied(seen.Claim):
		return scorecard.Found(scorecard.Holds, seen.Name+" was refused, and so was a claim of its namespace without proof.")
	}
	return scorecard.Found(scorecard.CouldNotTell, seen.Name+" was refused, but there is no call to claim its namespace, so how it would be proven cannot be told.")
}
