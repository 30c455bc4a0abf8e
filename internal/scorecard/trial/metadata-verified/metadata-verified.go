// Package metadataverified publishes a version that names somebody else's
// homepage and address. Readers must not be led to believe them.
//
// The attack: a malicious package shows the homepage and the mail address of
// a project that people trust. Whoever wants to know where it comes from, or
// whom to warn, ends up with somebody who never heard of it.
//
// How it is tried: a throw-away version is published with a homepage and a
// mail address of domains that are reserved for examples. The listing must
// leave each out, or mark it as not verified; or the version must be refused.
package metadataverified

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Homepage and address of domains that belong to nobody who publishes.
const (
	homepage = "https://www.example.org/"
	mail     = "somebody-else@example.org"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "metadata-verified",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "metadata-verified",
		Question:   "Are homepage and mail address that nobody proved left out, or shown as not verified?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package that names a homepage and an address of example.org until it is removed"},
		Leaves:     []string{"the names of throw-away packages, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Manifest is how publishing went, and what became of both.
	Manifest served.Manifest `json:"manifest"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	m, err := served.Type(ctx, b, scorecard.Release{
		Name: b.Name("metadata"), Version: b.Protocol.Version("1.0.0"),
		Files:    map[string]string{"README.md": "Its homepage is not what its manifest says.\n"},
		Homepage: homepage, Mail: mail,
	})
	return Seen{m}, err
}

func judge(seen Seen) scorecard.Finding {
	if seen.Manifest.Refused() {
		return scorecard.Found(scorecard.Holds, "A version that names somebody else's homepage and mail address was refused; without them it was accepted.")
	}
	page, tried := seen.Manifest.Fields["homepage"]
	address, typed := seen.Manifest.Fields["mail"]
	switch {
	case !seen.Manifest.Listed || !tried || !typed:
		return served.Uncontrolled("a version with typed metadata was listed")
	case page.Honest() && address.Honest():
		return scorecard.Found(scorecard.Holds, "Homepage and mail address that the publisher only typed are "+both(page, address)+".")
	case page.Honest():
		return scorecard.Found(scorecard.Partly, "A typed homepage is "+how(page)+", but a typed mail address is "+how(address)+".")
	case address.Honest():
		return scorecard.Found(scorecard.Partly, "A typed mail address is "+how(address)+", but a typed homepage is "+how(page)+".")
	}
	return scorecard.Found(scorecard.Fails, "Homepage and mail address that the publisher only typed are "+both(page, address)+".")
}

func both(page, address served.Typed) string {
	if how(page) == how(address) {
		return "both " + how(page)
	}
	return how(page) + " and " + how(address)
}

func how(t served.Typed) string {
	switch {
	case !t.Shown:
		return "not shown"
	case t.Verified:
		return "shown as verified"
	case t.Unverified:
		return "shown as not verified"
	}
	return "shown without a word that it is not verified"
}
