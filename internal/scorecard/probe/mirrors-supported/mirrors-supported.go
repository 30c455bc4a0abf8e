// Package mirrorssupported asks whether anybody may mirror the repository and
// verify what a mirror serves.
//
// A mirror needs two things: to learn what changed without being somebody
// known (an event log that is open to all), and something from the origin's
// own hand that those who use the mirror can check (signatures of versions, a
// checksum database, TUF, or a transparency log). Without the second a mirror
// must be trusted like the origin, and nobody can tell a bad one.
//
// It does not ask whether mirrors exist or how far they are behind.
package mirrorssupported

import (
	"context"
	"fmt"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
	"assay.invalid/internal/scorecard/tlogread"
	"assay.invalid/internal/scorecard/tuf"
)

// Seen is what is written down.
type Seen struct {
	Log probe.EventLog `json:"log"`
	// Means are what a mirror's copies can be verified with.
	Means []string `json:"means,omitempty"`
	// Untold are those of which it could not be told.
	Untold []string `json:"untold,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "mirrors-supported", Kind: scorecard.Probe, Version: 1, Capability: "mirrors-supported",
		Question:  "May anybody follow the repository, and verify what a mirror of it serves?",
		Decisive:  true,
		Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:     []scorecard.Need{scorecard.NeedsSample},
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	seen := Seen{Log: probe.ReadEventLog(ctx, b)}
	bounds := probe.Default()
	samples, err := probe.Samples(ctx, b, 1)
	if err != nil {
		seen.Untold = probe.Note(seen.Untold, err.Error())
	}
	for _, s := range samples {
		var signed, vouched int
		looked := probe.Looked(b.Protocol.Ecosystem(), s.Listing, bounds.Versions)
		for _, v := range looked {
			if s.Listing.Versions[v].Signatures > 0 {
				signed++
			}
			if s.Listing.Versions[v].Digests["h1"] != "" {
				vouched++
			}
		}
		if signed > 0 {
			seen.Means = probe.Note(seen.Means, fmt.Sprintf("signatures beside %d of %d versions of %s", signed, len(looked), s.Name))
		}
		if vouched > 0 {
			seen.Means = probe.Note(seen.Means, fmt.Sprintf("a checksum database with %d of %d versions of %s", vouched, len(looked), s.Name))
		}
	}
	if len(seen.Means) > 0 {
		return seen, nil
	}
	// Only where versions are not signed themselves: one means is enough.
	root, _, err := probe.RootAddress(b)
	if err != nil {
		return Seen{}, err
	}
	if r, err := tuf.ReadRoot(ctx, b.Visit, root, tuf.DefaultLimits()); err == nil && r.Enough() {
		seen.Means = probe.Note(seen.Means, fmt.Sprintf("TUF with a root of version %d", r.Version))
		return seen, nil
	}
	places, _, err := probe.Places(b, "log", "/log")
	if err != nil {
		return Seen{}, err
	}
	if c, err := tlogread.Open(b.Visit, places[0], tlogread.DefaultLimits()).Checkpoint(ctx); err == nil && c.Size > 0 {
		seen.Means = probe.Note(seen.Means, fmt.Sprintf("a transparency log of %d entries", c.Size))
	}
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	means := strings.Join(s.Means, ", ")
	followed := s.Log.Public() || s.Log.Named > 0
	closed := "there is no event log that a mirror could follow"
	switch {
	case s.Log.Refused():
		closed = "the event log refuses those who are not logged in"
	case s.Log.Untold != "":
		closed = s.Log.Untold
	case s.Log.Asked():
		closed = "the event log names no package to those who are not logged in"
	}
	switch {
	case followed && means != "":
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("anybody can follow the event log (%d events looked at), and verify what a mirror serves by %s", s.Log.Events, means))
	case followed && len(s.Untold) > 0:
		return scorecard.Found(scorecard.CouldNotTell, "anybody can follow the event log; whether a mirror's copies can be verified could not be told: "+s.Untold[0])
	case followed:
		return scorecard.Found(scorecard.Partly, "anybody can follow the event log, but nothing was found to verify a mirror's copies with: no signatures, checksum database, TUF or log")
	case means != "" && s.Log.Untold != "":
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("what a mirror serves can be verified by %s; whether it can follow could not be told: %s", means, closed))
	case means != "":
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("what a mirror serves can be verified by %s, but %s", means, closed))
	case s.Log.Untold != "" || len(s.Untold) > 0:
		return scorecard.Found(scorecard.CouldNotTell, "neither could be told: "+closed)
	case !s.Log.Asked():
		return scorecard.Found(scorecard.NotSupported, "there is no call for events and no address of an event log is stated, and nothing was found to verify a mirror's copies with")
	}
	return scorecard.Found(scorecard.Fails, "nothing was found to verify a mirror's copies with, and "+closed)
}
