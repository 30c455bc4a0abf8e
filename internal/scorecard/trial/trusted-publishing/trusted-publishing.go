// Package trustedpublishing tries to get a token for publishing by an
// identity that nobody signed, and, where an issuer of ours is trusted, by a
// sound one. What must not work is the forgery: whoever can make up an
// identity can publish as every project that trusts its issuer. What must
// work is the sound one, and the token that comes of it must be short-lived
// and good for one package: that is why it is better than one that lies in a
// build for a year.
//
// The forgeries are the sound token with a disturbed signature and the same
// token saying that it has none; where there is no sound one, plausible ones.
// The controls: the sound identity is taken, and the publisher may publish
// the package that the short-lived token may not.
package trustedpublishing

import (
	"context"
	"fmt"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// longest is how long a token may live that was given for an identity.
const longest = time.Hour

// Seen is what the trial writes down.
type Seen struct {
	// Forged are the answers to forged identities.
	Forged []Try `json:"forged"`
	// Trusted says that there was a sound identity to try.
	Trusted bool `json:"trusted"`
	// Sound is the answer to it, Ends whether the answer names the end of
	// its token, Minutes how far away that is.
	Sound   scorecard.Answer `json:"sound"`
	Ends    bool             `json:"ends,omitempty"`
	Minutes int64            `json:"minutes,omitempty"`
	// Elsewhere is the answer to the same identity for another package.
	Elsewhere scorecard.Answer `json:"elsewhere"`
	// Own is the answer to publishing the package with that token, Other to
	// publishing another one, Control to publishing that as the publisher.
	Own     scorecard.Answer `json:"own"`
	Other   scorecard.Answer `json:"other"`
	Control scorecard.Answer `json:"control"`
}

// Try is a forged identity, described, and the answer to it.
type Try struct {
	Identity string           `json:"identity"`
	Answer   scorecard.Answer `json:"answer"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "trusted-publishing", Kind: scorecard.Trial, Version: 1, Capability: "trusted-publishing-oidc",
		Question: "Does a sound identity, and no forged one, give a short-lived token for one package?",
		Decisive: true, Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Creates: []string{"two short-lived tokens at most", "two throw-away packages, where an issuer of identities is trusted"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	none := scorecard.Answer{Verdict: scorecard.NoCall}
	seen := Seen{Sound: none, Elsewhere: none, Own: none, Other: none, Control: none}
	name, other := b.Name("trusted"), b.Name("untrusted")
	identity := ""
	if b.Instance != nil {
		if identity, seen.Trusted = b.Instance.Identity(b.Protocol.Ecosystem(), name); seen.Trusted {
			b.Keep(identity)
		}
	}
	for _, f := range forgeries(identity, name, time.Now()) {
		// A forgery that is taken is as good as a secret.
		b.Keep(f.identity)
		_, a := exchange(ctx, b, name, f.identity)
		if err := scorecard.Unless(a, "exchange an identity for a token", scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
			return Seen{}, err
		}
		seen.Forged = append(seen.Forged, Try{f.words, a})
	}
	if !seen.Trusted {
		return seen, nil
	}
	var t scorecard.Token
	if t, seen.Sound = exchange(ctx, b, name, identity); seen.Sound.Verdict != scorecard.Accepted {
		return seen, nil
	}
	if seen.Ends = !t.Expires.IsZero(); seen.Ends {
		seen.Minutes = int64(time.Until(t.Expires).Round(time.Minute) / time.Minute)
	}
	release := func(name, version string) scorecard.Release {
		return scorecard.Release{Name: name, Version: b.Protocol.Version(version)}
	}
	// Published without being remembered: the token will have ended when
	// it is to be removed, so that the publisher publishes there too.
	seen.Own = b.Acts.Publish(ctx, t.Credential, release(name, "1.0.0"))
	seen.Other = b.Acts.Publish(ctx, t.Credential, release(other, "1.0.0"))
	if b.Publisher.Secret != "" {
		b.Publish(ctx, b.Publisher, release(name, "1.0.1"))
		seen.Control = b.Publish(ctx, b.Publisher, release(other, "1.0.1"))
	}
	_, seen.Elsewhere = exchange(ctx, b, other, identity)
	return seen, nil
}

// exchange exchanges an identity for a token and keeps it out of the card.
func exchange(ctx context.Context, b *scorecard.Bench, name, identity string) (scorecard.Token, scorecard.Answer) {
	t, a := b.ExchangeIdentity(ctx, name, identity)
	if t.Credential.Secret != "" {
		b.Keep(t.Credential.Secret)
		t.Credential.Who = "a short-lived token"
	} else if a.Verdict == scorecard.Accepted {
		a = scorecard.Answer{Verdict: scorecard.Unclear, Status: a.Status, Reason: "the answer says yes and holds no token"}
	}
	return t, a
}

func judge(s Seen) scorecard.Finding {
	var taken []string
	for _, f := range s.Forged {
		switch {
		case f.Answer.Verdict == scorecard.Accepted:
			taken = append(taken, f.Identity)
		case !f.Answer.No() || f.Answer.Verdict == scorecard.Throttled:
			return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A forged identity gave no clear answer: %s.", f.Answer))
		}
	}
	switch {
	case len(s.Forged) == 0:
		return scorecard.Found(scorecard.CouldNotTell, "No identity was offered.")
	case len(taken) > 0:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("A token for publishing was given for a forged identity: one %s.", strings.Join(taken, ", one ")))
	case !s.Trusted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Forged identities are refused (%s), but no issuer of ours is trusted here, so that a sound one could not be tried.", s.Forged[0].Answer))
	case s.Sound.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Forged identities are refused, and so is the sound one: %s.", s.Sound))
	case s.Elsewhere.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "An identity that is trusted for one package was exchanged for a token for another.")
	case s.Own.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("A sound identity gave a token, but the token does not publish its package: %s.", s.Own))
	case s.Other.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "A token given for the identity of one package published another one.")
	case !s.Other.No() || s.Other.Verdict == scorecard.Throttled:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("Publishing another package with the short-lived token gave no clear answer: %s.", s.Other))
	case s.Control.Verdict != scorecard.Accepted && s.Control.Verdict != scorecard.NoCall:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The other package was refused to the short-lived token and to the publisher too (%s), so the token's limit may not be the reason.", s.Control))
	case !s.Ends:
		return scorecard.Found(scorecard.Partly, "Only a sound identity gives a token, for its package alone; the answer does not say when that token ends.")
	case s.Minutes > int64(longest/time.Minute):
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("Only a sound identity gives a token, for its package alone; but that token lives for %d minutes, which is more than an hour.", s.Minutes))
	default:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("Forged identities were refused, and a sound one gave a token that published its package, was refused for another and ends after %d minutes.", s.Minutes))
	}
}
