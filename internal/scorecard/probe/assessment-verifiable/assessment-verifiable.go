// Package assessmentverifiable asks whether the repository publishes a card
// that others can check: signed, and with the evidence behind it.
//
// An assessment is a claim. A card holds what checks saw, request by request,
// so that anybody can judge it again, run the same checks and compare. It is
// a DSSE envelope (https://github.com/secure-systems-lab/dsse) around an
// in-toto statement that names its signer's key at predicate.signer.public_key
// and keeps its evidence in predicate.judged. The signature is checked with
// that key: it shows that the card is whole, and not whose it is. Whether the
// findings come out the same again is for who runs them again.
package assessmentverifiable

import (
	"context"
	"encoding/base64"
	"fmt"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Address string `json:"address"`
	Status  int    `json:"status"`
	// Instead says what stands there if it is no card that can be checked.
	Instead string `json:"instead,omitempty"`
	// Signatures is how many it carries, Fits whether one fits the key that
	// the card names.
	Signatures int  `json:"signatures"`
	Fits       bool `json:"fits"`
	// Judged is how many checks it holds, Exchanges how many requests stand
	// behind them.
	Judged    int `json:"judged"`
	Exchanges int `json:"exchanges"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "assessment-verifiable", Kind: scorecard.Probe, Version: 1, Capability: "assessment-verifiable",
		Question: "Is there a signed card with the evidence behind it?",
		Decisive: true, Whole: true,
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	places, stated, err := probe.Places(b, "card", "/scorecard/card.json")
	if err != nil {
		return Seen{}, err
	}
	p, err := probe.First(ctx, b, places, "application/json")
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Address: p.URL, Status: p.Status}
	switch {
	case !p.There() && !stated:
		return Seen{}, scorecard.Unsupported("no address of a card is stated, and at the usual place, %s, is none: it answers %d", p.URL, p.Status)
	case !p.There():
		return seen, nil
	case p.Web():
		seen.Instead = "is a web page"
		return seen, nil
	}
	c, err := readCard(p.Body)
	if err != nil {
		seen.Instead = err.Error()
	}
	seen.Signatures, seen.Fits, seen.Judged, seen.Exchanges = c.signatures, c.fits, c.judged, c.exchanges
	return seen, nil
}

func decodeBase64(s string) ([]byte, error) {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil {
		return b, nil
	}
	return base64.URLEncoding.DecodeString(s)
}

func judge(s Seen) scorecard.Finding {
	fails := func(format string, args ...any) scorecard.Finding {
		return scorecard.Found(scorecard.Fails, fmt.Sprintf(format, args...))
	}
	switch {
	case s.Status < 200 || s.Status > 299:
		return fails("there is no card: nothing at %s, which answers %d", s.Address, s.Status)
	case s.Instead != "":
		return fails("there is no card that can be checked: what stands at %s %s", s.Address, s.Instead)
	case s.Signatures == 0:
		return fails("the card at %s is not signed", s.Address)
	case !s.Fits:
		return fails("no signature of the card at %s fits the key that it names: it was changed after it was signed, or signed by another", s.Address)
	case s.Judged == 0 || s.Exchanges == 0:
		return fails("the card at %s holds %d checks and %d requests behind them: there is nothing to check it by", s.Address, s.Judged, s.Exchanges)
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("the card at %s fits the key that it names, and holds the evidence of %d checks with %d requests behind it", s.Address, s.Judged, s.Exchanges))
}
