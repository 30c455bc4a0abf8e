// Package tokenprefix looks at how tokens are written. What must not be is a
// token that looks like any other random text: the scanners which find leaked
// secrets in source code know a token by its prefix and are sure of it by its
// checksum, and one without them is found by thieves alone.
//
// Two tokens are made where there is a call for it, and the publisher's is
// looked at where there is none. Only what they are like is written down.
package tokenprefix

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/party"
	"assay.invalid/internal/scorecard/trial/token-prefix/shape"
)

// Seen is what the trial writes down: nothing of a token itself.
type Seen struct {
	// Made says that tokens were made; else the publisher's was looked at.
	Made bool `json:"made"`
	// Length is how long a token is, Prefix and Checksum how long these
	// parts of it are, 0 for none.
	Length   int `json:"length"`
	Prefix   int `json:"prefix"`
	Checksum int `json:"checksum"`
	// UUID, WebToken and Hex say what kind of text without a prefix it is.
	UUID     bool `json:"uuid,omitempty"`
	WebToken bool `json:"web_token,omitempty"`
	Hex      bool `json:"hex,omitempty"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "token-prefix", Kind: scorecard.Trial, Version: 1, Capability: "token-prefix",
		Question: "Do tokens carry a prefix of their own and a checksum?",
		Decisive: true, Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven}, Needs: []scorecard.Need{scorecard.NeedsPublisher},
		Creates: []string{"two tokens, limited to a throw-away package where tokens can be", "an account, where the publisher may not make tokens"},
		Leaves:  []string{"the throw-away accounts", "tokens that cannot be revoked, until they expire"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	maker := party.NewMaker(b, "prefixed")
	wish := scorecard.Wish{Names: []string{b.Name("prefixed")}}
	secret, others := b.Publisher.Secret, []string(nil)
	one, a := maker.Make(ctx, wish)
	made := a.Verdict == scorecard.Accepted
	if made {
		secret = one.Credential.Secret
		if two, a := maker.Make(ctx, wish); a.Verdict == scorecard.Accepted {
			others = append(others, two.Credential.Secret)
			two.Revoke(ctx, b)
		}
		one.Revoke(ctx, b)
	}
	s := shape.Of(secret, others...)
	return Seen{
		Made: made, Length: len(secret), Prefix: len(s.Prefix), Checksum: s.Checksum,
		UUID: shape.UUID(secret), WebToken: shape.WebToken(secret), Hex: shape.Hex(secret),
	}, nil
}

func judge(s Seen) scorecard.Finding {
	whose := "The publisher's token"
	if s.Made {
		whose = "A token that was made"
	}
	switch {
	case s.Length == 0:
		return scorecard.Found(scorecard.CouldNotTell, "There was no token to look at.")
	case s.Prefix > 0 && s.Checksum > 0:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("%s (%d characters) has a prefix of %d and ends in a checksum of %d.", whose, s.Length, s.Prefix, s.Checksum))
	case s.Prefix > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s (%d characters) has a prefix of %d and no checksum of a known layout at its end.", whose, s.Length, s.Prefix))
	}
	kind := "no prefix"
	switch {
	case s.UUID:
		kind = "no prefix: it is a UUID"
	case s.WebToken:
		kind = "no prefix of its own: it is a JSON web token, as anybody's"
	case s.Hex:
		kind = "no prefix: it is nothing but hexadecimal digits"
	case s.Checksum > 0:
		kind = "a checksum and no prefix"
	}
	return scorecard.Found(scorecard.Fails, fmt.Sprintf("%s (%d characters) has %s.", whose, s.Length, kind))
}
