// Package namespaces tries to publish into somebody else's namespace. That
// must not work: names inside a namespace are its owner's alone.
//
// The attack: "@company/tool" or "company.example/tool" is trusted because of
// what stands in front of the slash. If anybody may add a name there, the
// first word of a name vouches for strangers.
//
// How it is tried: the publisher publishes in a namespace (a scope, the start
// of a module path). A stranger, who first shows that publishing elsewhere
// works, then publishes a new name in the same namespace.
package namespaces

import (
	"context"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "namespaces",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "namespaces",
		Question:   "Are new names in a namespace refused to those who do not hold it?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher, scorecard.NeedsStranger},
		Creates:    []string{"a throw-away package of the publisher in a namespace, and one of the stranger elsewhere"},
		Leaves:     []string{"the names of throw-away packages, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Namespace is what the publisher's name begins with.
	Namespace string `json:"namespace"`
	// Own is the publisher's package there as it was served.
	Own served.Sight `json:"own"`
	// Able is the answer to the stranger's publish elsewhere.
	Able scorecard.Answer `json:"able"`
	// Foreign is the answer to the stranger's publish in the namespace.
	Foreign scorecard.Answer `json:"foreign"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	if b.Under != "" && b.Under == b.UnderStranger {
		return seen, scorecard.Untold("publisher and stranger may both publish under %s, so there is no namespace of one of them: give each its own", b.Under)
	}
	own, foreign := b.Name("own"), b.Name("foreign")
	if !strings.Contains(own, "/") {
		// Names without a scope have no namespace. Anywhere is allowed, so a
		// scope of this run's own is made.
		scope := "@assay-trial-" + b.Seed + "/*"
		own, foreign = b.Protocol.ThrowAway(scope, b.Seed, "own"), b.Protocol.ThrowAway(scope, b.Seed, "foreign")
	}
	seen.Namespace = own[:strings.LastIndex(own, "/")+1]
	if !strings.HasPrefix(foreign, seen.Namespace) {
		return seen, scorecard.Untold("two names could not be made in one namespace: %s and %s", own, foreign)
	}
	// Another seed, so that the stranger's own name shares no namespace.
	elsewhere := b.Protocol.ThrowAway(b.UnderStranger, b.Seed+"s", "elsewhere")
	if strings.HasPrefix(elsewhere, seen.Namespace) {
		return seen, scorecard.Untold("the stranger's own names lie in the publisher's namespace %s", seen.Namespace)
	}
	r := scorecard.Release{
		Name: own, Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "A package in a namespace.\n"},
	}
	var err error
	if seen.Own, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	r.Name = elsewhere
	seen.Able = b.Publish(ctx, b.Stranger, r)
	if err := scorecard.Unless(seen.Able, "publish elsewhere as the stranger", scorecard.Accepted); err != nil {
		return seen, err
	}
	r.Name = foreign
	seen.Foreign = b.Publish(ctx, b.Stranger, r)
	return seen, served.Decided(seen.Foreign, "publish in a foreign namespace")
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.Own.Open() || seen.Namespace == "":
		return served.Uncontrolled("the publisher has a package in the namespace")
	case seen.Able.Verdict != scorecard.Accepted:
		return served.Uncontrolled("the stranger may publish at all")
	case seen.Foreign.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "A stranger published a new name in "+seen.Namespace+", where somebody else publishes.")
	case served.Denied(seen.Foreign):
		return scorecard.Found(scorecard.Holds, "A new name in "+seen.Namespace+" was refused to a stranger, who may publish elsewhere.")
	}
	return served.Uncontrolled("publishing in the namespace was answered")
}
