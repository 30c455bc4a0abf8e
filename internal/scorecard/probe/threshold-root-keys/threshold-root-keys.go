// Package thresholdrootkeys asks whether it takes more than one key to sign
// for the repository.
//
// A root that one key signs is a root that one person, one stolen laptop or
// one court order signs. In TUF the root role states how many of its keys
// must sign it (version 1.0 of the specification, section 5.3,
// https://theupdateframework.github.io/specification/latest/). Signatures
// count by distinct key: one key under two names is one.
//
// Whether the keys lie with different people cannot be seen from outside.
package thresholdrootkeys

import (
	"context"
	"errors"
	"fmt"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
	"assay.invalid/internal/scorecard/tuf"
)

// Seen is what is written down.
type Seen struct {
	// Root is null if there is none where one is stated; then None says what
	// is there.
	Root *tuf.Root `json:"root"`
	None string    `json:"none,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "threshold-root-keys", Kind: scorecard.Probe, Version: 1, Capability: "threshold-root-keys",
		Question: "Does it take at least two keys to sign the root?",
		Decisive: true, Whole: true,
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	address, stated, err := probe.RootAddress(b)
	if err != nil {
		return Seen{}, err
	}
	root, err := tuf.ReadRoot(ctx, b.Visit, address, tuf.DefaultLimits())
	switch {
	case errors.Is(err, tuf.ErrNone) && stated:
		return Seen{None: scorecard.Words(err.Error())}, nil
	case errors.Is(err, tuf.ErrNone):
		return Seen{}, scorecard.Unsupported("no TUF root is stated, and at the usual place %v", err)
	case err != nil:
		return Seen{}, err
	}
	return Seen{Root: &root}, nil
}

func judge(s Seen) scorecard.Finding {
	r := s.Root
	if r == nil {
		return scorecard.Found(scorecard.Fails, "a TUF root is stated, but "+s.None)
	}
	switch {
	case r.Threshold < 2:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("version %d of the TUF root asks for the signature of one of its keys (%d in all): one key signs for the repository", r.Version, r.Keys+r.Unreadable))
	case r.Signed >= r.Threshold:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("version %d of the TUF root needs %d of %d distinct keys and is signed by %d", r.Version, r.Threshold, r.Keys+r.Unreadable, r.Signed))
	case r.Perhaps():
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the TUF root needs %d signatures; %d fit, and %d of its keys are of kinds that are not checked here", r.Threshold, r.Signed, r.Unreadable))
	}
	return scorecard.Found(scorecard.Fails, fmt.Sprintf("the TUF root asks for %d signatures and carries those of %d distinct keys", r.Threshold, r.Signed))
}
