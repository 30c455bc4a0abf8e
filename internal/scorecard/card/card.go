// Package card seals what a scorecard found: an in-toto statement (v1) in a
// DSSE envelope, that others can verify, judge again, re-run and countersign.
//
// A card holds its evidence, and its states follow from it: Open judges the
// evidence again and derives the states again, so that a card whose signer
// typed in a better state is refused although its signature is good. It
// never holds a secret: Seal searches it for every one that the run used or
// received, and refuses.
//
// Formats: DSSE v1.0.2 (github.com/secure-systems-lab/dsse), in-toto
// Attestation Framework v1 statement (github.com/in-toto/attestation). The
// predicate is this package's own. Witnesses' envelopes stand beside the
// card's own, in the field "witnesses", which other readers of DSSE ignore.
package card

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// What stands in the envelopes.
const (
	PayloadType   = "application/vnd.in-toto+json"
	StatementType = "https://in-toto.io/Statement/v1"
	// PredicateType names the form of Card, and WitnessType that of Witness.
	// A change that an older reader would misread gets a new number.
	PredicateType = "https://assay.invalid/scorecard/v1"
	WitnessType   = "https://assay.invalid/scorecard/witness/v1"
)

// Card is the predicate of a card.
type Card struct {
	Subject   scorecard.Subject `json:"subject"`
	Protocols []assay.Ecosystem `json:"protocols"`
	Catalogue CatalogueRef      `json:"catalogue"`
	// Trial says that trials ran.
	Trial bool      `json:"trial"`
	Made  time.Time `json:"made"`
	Tool  Tool      `json:"tool"`
	// Signer is who says it all.
	Signer   Signer          `json:"signer"`
	Taxonomy assess.Taxonomy `json:"taxonomy,omitempty"`
	// Assessed is what an assessment of the subject said when the card was
	// made, by capability.
	Assessed  map[string]assess.Entry `json:"assessed,omitempty"`
	Standings []assess.Standing       `json:"standings"`
	Judged    []scorecard.Judged      `json:"judged"`
	// Left is what trials made and could not remove.
	Left []string `json:"left,omitempty"`
}

// CatalogueRef says which catalogue a card is made against.
type CatalogueRef struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// Tool is what made the card.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Signer is a key and nothing more: who holds it is known to those who know
// the key.
type Signer struct {
	// PublicKey is PEM, "PUBLIC KEY", Ed25519.
	PublicKey string `json:"public_key"`
}

// Witness is the predicate of a countersignature: what another party ran
// again, and what they found.
type Witness struct {
	Made   time.Time `json:"made"`
	Tool   Tool      `json:"tool"`
	Signer Signer    `json:"signer"`
	// Agreed are the checks ("id protocol") whose finding is the same.
	Agreed []string `json:"agreed"`
	// Differed are those that came out otherwise.
	Differed []Difference `json:"differed,omitempty"`
	// Judged is the witness's own evidence.
	Judged []scorecard.Judged `json:"judged"`
}

// Difference is a check that came out otherwise.
type Difference struct {
	Check string            `json:"check"`
	Then  scorecard.Finding `json:"then"`
	Now   scorecard.Finding `json:"now"`
}

// statement is the in-toto statement around a predicate.
type statement[P any] struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     P          `json:"predicate"`
}

type resource struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// Ref is the reference to a catalogue.
func Ref(c *catalogue.Catalogue) CatalogueRef {
	return CatalogueRef{Version: c.Version, SHA256: c.Digest()}
}

// digestOf is the SHA-256 of a value's JSON, in hex.
func digestOf(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Compare says which of the findings of then came out the same now. Checks
// that ran only once are in neither list.
func Compare(then, now []scorecard.Judged) (agreed []string, differed []Difference) {
	again := map[string]scorecard.Finding{}
	for _, j := range now {
		again[assess.WitnessKey(j.Evidence)] = j.Finding
	}
	for _, j := range then {
		key := assess.WitnessKey(j.Evidence)
		f, ran := again[key]
		switch {
		case !ran:
		case f.Outcome == j.Finding.Outcome:
			agreed = append(agreed, key)
		default:
			differed = append(differed, Difference{Check: key, Then: j.Finding, Now: f})
		}
	}
	return agreed, differed
}
