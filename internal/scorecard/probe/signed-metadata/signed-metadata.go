// Package signedmetadata asks whether the metadata is signed so that a client
// can tell when it is rolled back, frozen or mixed together.
//
// A digest in a listing helps against whoever sits at the file, not against
// whoever sits at the listing. The Update Framework (TUF, version 1.0,
// https://theupdateframework.github.io/specification/latest/) signs what is
// current: the root names the keys, a short-lived timestamp names the
// snapshot, the snapshot names the targets. All four are read and verified
// here: enough signatures, still valid, each naming the next by version and
// digest.
//
// Signatures beside single versions (as npm's dist.signatures) or a signed
// checksum database (Go's) protect a version that was seen, and do not tell
// which versions there should be: that is part of the way. It is not checked
// whether the root is the one that clients were given.
package signedmetadata

import (
	"context"
	"errors"
	"fmt"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
	"assay.invalid/internal/scorecard/tuf"
)

// Seen is what is written down.
type Seen struct {
	// At is when it was looked at, against which dates are judged.
	At time.Time `json:"at"`
	// TUF is what was read of it, null if there is no root; then None says
	// what is there instead, or Untold why that cannot be told.
	TUF    *tuf.Repository `json:"tuf"`
	None   string          `json:"none,omitempty"`
	Untold string          `json:"untold,omitempty"`
	// Looked is how many versions of the samples were looked at for
	// signatures of their own: Signed of them stand beside signatures, and
	// Vouched are vouched for by a checksum database.
	Looked  int `json:"looked"`
	Signed  int `json:"signed"`
	Vouched int `json:"vouched"`
	// Unasked is set when no checksum database could be asked.
	Unasked bool `json:"unasked,omitempty"`
	// Unread says why no sample could be read.
	Unread string `json:"unread,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "signed-metadata", Kind: scorecard.Probe, Version: 1, Capability: "signed-metadata",
		Question:  "Is the metadata signed so that rollback, freeze and mix-and-match can be told?",
		Decisive:  true,
		Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:     []scorecard.Need{scorecard.NeedsSample},
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	seen := Seen{At: time.Now().UTC().Truncate(time.Second)}
	address, _, err := probe.RootAddress(b)
	if err != nil {
		return Seen{}, err
	}
	r, err := tuf.Read(ctx, b.Visit, address, tuf.DefaultLimits())
	switch {
	case errors.Is(err, tuf.ErrNone):
		seen.None = scorecard.Words(err.Error())
	case err != nil:
		seen.Untold = scorecard.Words(err.Error())
	default:
		seen.TUF = &r
		return seen, nil
	}
	bounds := probe.Default()
	samples, err := probe.Samples(ctx, b, bounds.Samples)
	if err != nil {
		seen.Unread = scorecard.Words(err.Error())
		return seen, nil
	}
	for _, s := range samples {
		seen.Unasked = seen.Unasked || probe.DigestsUnasked(b.Protocol.Ecosystem(), s.Listing)
		for _, v := range probe.Looked(b.Protocol.Ecosystem(), s.Listing, bounds.Versions) {
			version := s.Listing.Versions[v]
			seen.Looked++
			if version.Signatures > 0 {
				seen.Signed++
			}
			if version.Digests["h1"] != "" {
				seen.Vouched++
			}
		}
	}
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	if s.TUF != nil {
		return judgeTUF(*s.TUF, s.At)
	}
	without := "without TUF nobody can tell a listing that is kept back"
	switch {
	case s.Signed > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%d of %d listed versions stand beside signatures; %s", s.Signed, s.Looked, without))
	case s.Vouched > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("a signed checksum database vouches for %d of %d versions; %s", s.Vouched, s.Looked, without))
	case s.Untold != "":
		return scorecard.Found(scorecard.CouldNotTell, s.Untold)
	case s.Unasked:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("%s, and %s", s.None, probe.Unasked))
	case s.Looked == 0:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("%s, and no sample could be read for signatures of versions: %s", s.None, s.Unread))
	}
	return scorecard.Found(scorecard.Fails, fmt.Sprintf("none of %d listed versions is signed, and %s", s.Looked, s.None))
}

func judgeTUF(r tuf.Repository, at time.Time) scorecard.Finding {
	if r.Root.Predecessor > 0 && !r.Root.SignedByPredecessor {
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("version %d of the TUF root is not signed by enough keys of version %d, so a client that has that one refuses it", r.Root.Version, r.Root.Predecessor))
	}
	roles := []struct {
		name  string
		role  tuf.Role
		named bool
	}{{"root", r.Root.Role, false}, {"timestamp", r.Timestamp, false}, {"snapshot", r.Snapshot, true}, {"targets", r.Targets, true}}
	for _, x := range roles {
		if f, sound := judgeRole(x.name, x.role, x.named, at); !sound {
			return f
		}
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf(
		"TUF root %d, timestamp %d, snapshot %d and targets %d are signed by as many keys as they need (%d, %d, %d, %d), valid, and each names the next; the timestamp runs out on %s",
		r.Root.Version, r.Timestamp.Version, r.Snapshot.Version, r.Targets.Version,
		r.Root.Threshold, r.Timestamp.Threshold, r.Snapshot.Threshold, r.Targets.Threshold, r.Timestamp.Expires.Format(time.DateOnly)))
}

func judgeRole(name string, r tuf.Role, named bool, at time.Time) (f scorecard.Finding, sound bool) {
	switch {
	case r.Untold != "":
		return scorecard.Found(scorecard.CouldNotTell, r.Untold), false
	case r.Broken != "":
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("there is a TUF root, but its %s %s", name, r.Broken)), false
	case !r.Enough() && r.Perhaps():
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the TUF %s needs %d signatures; %d fit, and %d of its keys are of kinds that are not checked here", name, r.Threshold, r.Signed, r.Unreadable)), false
	case r.Threshold < 1:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the TUF root does not say how many keys must sign the %s", name)), false
	case !r.Enough():
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the TUF %s carries %d fitting signatures of the %d that it needs", name, r.Signed, r.Threshold)), false
	case named && !r.Same:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the TUF %s that is served (version %d) is not the one that is named (version %d): by version, length or digest they differ", name, r.Version, r.Named)), false
	case !r.Expires.After(at):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the TUF %s ran out on %s", name, r.Expires.Format(time.DateOnly))), false
	}
	return scorecard.Finding{}, true
}
