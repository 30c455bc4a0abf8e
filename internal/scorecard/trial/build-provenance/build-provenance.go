// Package buildprovenance publishes a version with a forged attestation of
// how it was built, and looks at the attestations of a package that has some.
//
// The attack: provenance convinces people because somebody is supposed to
// have verified it. A repository that stores whatever bundle comes along lets
// a stolen credential publish "built from the project's own source" with a
// signature that nobody ever checked.
//
// How it is tried: a throw-away version is published with a bundle that is
// well formed and names the right file, signed by a key that nobody trusts
// under a certificate that we made ourselves. The same version without it
// must be accepted. Then the attestations of a sample must be there, in the
// form of a signed envelope about the very file that the listing gives.
package buildprovenance

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// samples is how many packages are looked at for attestations, at the most,
// and document how big one may be.
const (
	samples  = 5
	document = 4 << 20
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "build-provenance",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "build-provenance",
		Question:   "Is build provenance verified when it is published, and served?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.PyPI},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package, published with a forged attestation and then without one"},
		Leaves:     []string{"the names of throw-away packages, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Forged is the answer to publishing with the forged bundle, and Listed
	// says that the listing then had attestations for the version.
	Forged scorecard.Answer `json:"forged"`
	Listed bool             `json:"listed,omitempty"`
	// Version is the version as it was served: with the bundle where that was
	// accepted, else published again without it.
	Version served.Sight `json:"version,omitzero"`
	// Sample is a version whose listing has attestations, "" if none was
	// found, and Sound how many of them are signed envelopes about its file.
	Sample string `json:"sample,omitempty"`
	Sound  int    `json:"sound,omitempty"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	r := scorecard.Release{
		Name: b.Name("provenance"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "Not built where its attestation says.\n"},
	}
	var err error
	if r.Archive, err = b.Protocol.Archive(r); err != nil {
		return seen, err
	}
	forged := r
	if forged.Provenance, err = forge(b.Protocol.Ecosystem(), r); err != nil {
		return seen, err
	}
	seen.Forged = b.Publish(ctx, b.Publisher, forged)
	if err := served.Decided(seen.Forged, "publish with an attestation"); err != nil {
		return seen, err
	}
	if seen.Forged.Verdict == scorecard.Accepted {
		err := accepted(ctx, b, r, &seen)
		return seen, err
	}
	if seen.Version, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	err = attested(ctx, b, &seen)
	return seen, err
}

// accepted looks at what became of a version with a forged attestation. One
// that is not served may be held back because of it.
func accepted(ctx context.Context, b *scorecard.Bench, r scorecard.Release, seen *Seen) error {
	var err error
	seen.Version, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, func(s served.Sight) bool { return s.Listed && s.Open() })
	if err != nil {
		return err
	}
	if !seen.Version.Open() {
		return scorecard.Untold("%s %s was accepted with a forged attestation, but it is not handed out: %s", r.Name, r.Version, seen.Version.File)
	}
	l, a := b.Listing(ctx, b.Publisher, r.Name)
	seen.Listed = l.Versions[r.Version].Provenance != ""
	return scorecard.Unless(a, "read the listing of "+r.Name, scorecard.Accepted)
}

// attested looks for a sample with attestations, and at those.
func attested(ctx context.Context, b *scorecard.Bench, seen *Seen) error {
	for _, name := range b.Samples[:min(len(b.Samples), samples)] {
		l, a := b.Listing(ctx, scorecard.Credential{}, name)
		if a.Verdict != scorecard.Accepted {
			continue
		}
		version, v, ok := withProvenance(l)
		if !ok {
			continue
		}
		seen.Sample = name + " " + version
		res, err := b.Visit.Do(ctx, scorecard.Request{Method: http.MethodGet, URL: v.Provenance, Limit: document})
		if err := ctx.Err(); err != nil {
			return err
		}
		if err != nil || res.Status != http.StatusOK {
			continue
		}
		if seen.Sound = sound(res.Body, v.Digests); seen.Sound > 0 {
			return nil
		}
	}
	return nil
}

// withProvenance is the version that a client would choose, else any, whose
// listing has attestations.
func withProvenance(l scorecard.Listing) (string, scorecard.Version, bool) {
	versions := slices.Sorted(maps.Keys(l.Versions))
	slices.Reverse(versions)
	for _, version := range append([]string{l.Latest}, versions...) {
		if v := l.Versions[version]; v.Provenance != "" {
			return version, v, true
		}
	}
	return "", scorecard.Version{}, false
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case seen.Forged.Verdict != scorecard.Accepted && !served.Denied(seen.Forged):
		return served.Uncontrolled("a forged attestation was answered")
	case !seen.Version.Open():
		return served.Uncontrolled("the same version is served, with the attestation or without it")
	case seen.Forged.Verdict == scorecard.Accepted && seen.Listed:
		return scorecard.Found(scorecard.Fails, "A forged attestation, signed by a key that nobody trusts, was accepted and is listed as provenance.")
	case seen.Forged.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "A version with a forged attestation was accepted: the attestation was taken without a look, and is not listed.")
	case seen.Sound > 0:
		return scorecard.Found(scorecard.Holds, "A forged attestation was refused, and "+seen.Sample+" has signed attestations about its very file.")
	case seen.Sample != "":
		return scorecard.Found(scorecard.Partly, "A forged attestation was refused, but the attestations that are listed for "+seen.Sample+" could not be read as signed envelopes about its file.")
	}
	return scorecard.Found(scorecard.CouldNotTell, "A forged attestation was refused, but no package with provenance was found, so whether sound ones are taken and served cannot be told.")
}
