package assessmentverifiable

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// payloadType is that of an in-toto statement in a DSSE envelope.
const payloadType = "application/vnd.in-toto+json"

// maxSignatures bounds how many signatures are verified.
const maxSignatures = 20

// card is what is read of a card.
type card struct {
	signatures int
	fits       bool
	// judged is how many checks it holds evidence of, exchanges how many
	// requests stand behind them.
	judged, exchanges int
}

// statement is an in-toto statement whose predicate is a scorecard.
type statement struct {
	Type          string `json:"_type"`
	PredicateType string `json:"predicateType"`
	Predicate     struct {
		Signer struct {
			PublicKey string `json:"public_key"`
		} `json:"signer"`
		Judged []struct {
			Evidence struct {
				Exchanges []json.RawMessage `json:"exchanges"`
			} `json:"evidence"`
			// Some forms keep the evidence itself in the list.
			Exchanges []json.RawMessage `json:"exchanges"`
		} `json:"judged"`
	} `json:"predicate"`
}

// readCard reads a card and checks its signature with the key that it names.
// Its error says what the document is instead.
func readCard(document []byte) (card, error) {
	var e dsse.Envelope
	if json.Unmarshal(document, &e) != nil || e.Payload == "" {
		return card{}, errors.New("is no DSSE envelope")
	}
	if e.PayloadType != payloadType {
		return card{}, errors.New("is an envelope around something else than an in-toto statement")
	}
	payload, err := e.DecodeB64Payload()
	if err != nil {
		return card{}, errors.New("is an envelope whose payload is not in base64")
	}
	var s statement
	if json.Unmarshal(payload, &s) != nil || s.PredicateType == "" {
		return card{}, errors.New("is an envelope whose payload is no in-toto statement")
	}
	c := card{signatures: len(e.Signatures), judged: len(s.Predicate.Judged)}
	for _, j := range s.Predicate.Judged {
		c.exchanges += len(j.Evidence.Exchanges) + len(j.Exchanges)
	}
	if s.Predicate.Signer.PublicKey == "" {
		return c, errors.New("does not name the key that it is signed with")
	}
	verify := verifierOf(s.Predicate.Signer.PublicKey)
	if verify == nil {
		return c, errors.New("names a key that is neither Ed25519 nor ECDSA in PEM")
	}
	// What is signed is the encoding of type and payload together, so that
	// a signature over one kind of document cannot be moved to another.
	message := dsse.PAE(e.PayloadType, payload)
	for i, sig := range e.Signatures {
		if i == maxSignatures {
			break
		}
		raw, err := decodeBase64(sig.Sig)
		if err == nil && verify(message, raw) {
			c.fits = true
		}
	}
	return c, nil
}

// verifierOf reads a public key in PEM.
func verifierOf(key string) func(message, sig []byte) bool {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return nil
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil
	}
	switch k := parsed.(type) {
	case ed25519.PublicKey:
		return func(message, sig []byte) bool {
			return len(sig) == ed25519.SignatureSize && ed25519.Verify(k, message, sig)
		}
	case *ecdsa.PublicKey:
		return func(message, sig []byte) bool {
			short, middle, long := sha256.Sum256(message), sha512.Sum384(message), sha512.Sum512(message)
			for _, sum := range [][]byte{short[:], middle[:], long[:]} {
				if ecdsa.VerifyASN1(k, sum, sig) {
					return true
				}
			}
			return false
		}
	}
	return nil
}
