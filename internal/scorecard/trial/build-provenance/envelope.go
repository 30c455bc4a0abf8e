package buildprovenance

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// attestations is what a repository answers: npm's list of bundles, PyPI's
// provenance (PEP 740), one bundle, or one bare envelope.
type attestations struct {
	Attestations []struct {
		Bundle bundle `json:"bundle"`
	} `json:"attestations"`
	Provenance []struct {
		Attestations []struct {
			Envelope struct {
				Statement string `json:"statement"`
				Signature string `json:"signature"`
			} `json:"envelope"`
		} `json:"attestations"`
	} `json:"attestation_bundles"`
	bundle
	envelope
}

type bundle struct {
	Envelope *envelope `json:"dsseEnvelope"`
}

// envelope is a DSSE envelope
// (https://github.com/secure-systems-lab/dsse/blob/master/envelope.md).
type envelope struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	Sig string `json:"sig"`
}

type statement struct {
	Type    string `json:"_type"`
	Subject []struct {
		Digest map[string]string `json:"digest"`
	} `json:"subject"`
}

// sound counts the envelopes in a document that are signed and whose
// statement is about a file with one of these digests. That the signatures
// are right is for the clients to verify, with roots of trust of their own.
func sound(raw []byte, digests map[string]string) int {
	var all attestations
	if json.Unmarshal(raw, &all) != nil {
		return 0
	}
	envelopes := []*envelope{&all.envelope, all.Envelope}
	for i := range all.Attestations {
		envelopes = append(envelopes, all.Attestations[i].Bundle.Envelope)
	}
	for _, of := range all.Provenance {
		for _, a := range of.Attestations {
			// The type of the payload goes without saying there.
			e := &envelope{Payload: a.Envelope.Statement, PayloadType: statementType}
			e.Signatures = append(e.Signatures, signature{a.Envelope.Signature})
			envelopes = append(envelopes, e)
		}
	}
	n := 0
	for _, e := range envelopes {
		if e != nil && e.signed() && e.about(digests) {
			n++
		}
	}
	return n
}

func (e *envelope) signed() bool {
	for _, s := range e.Signatures {
		if raw, err := decode(s.Sig); err == nil && len(raw) > 0 {
			return true
		}
	}
	return false
}

func (e *envelope) about(digests map[string]string) bool {
	payload, err := decode(e.Payload)
	if err != nil || e.PayloadType == "" {
		return false
	}
	var said statement
	if json.Unmarshal(payload, &said) != nil || !strings.HasPrefix(said.Type, "https://in-toto.io/Statement/") {
		return false
	}
	for _, s := range said.Subject {
		for algorithm, digest := range s.Digest {
			// Weak digests would let one attestation stand for two files.
			if strings.HasPrefix(algorithm, "sha") && algorithm != "sha1" && digest != "" && strings.EqualFold(digest, digests[algorithm]) {
				return true
			}
		}
	}
	return false
}

// decode reads base64 in either alphabet, as the envelope's definition asks.
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "-_") {
		return base64.URLEncoding.DecodeString(s)
	}
	return base64.StdEncoding.DecodeString(s)
}
