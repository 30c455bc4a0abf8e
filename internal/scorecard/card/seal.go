package card

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/secret"
)

// file is what a card is on disk.
type file struct {
	PayloadType string           `json:"payloadType"`
	Payload     string           `json:"payload"`
	Signatures  []dsse.Signature `json:"signatures"`
	Witnesses   []dsse.Envelope  `json:"witnesses,omitempty"`
}

func (f file) envelope() *dsse.Envelope {
	return &dsse.Envelope{PayloadType: f.PayloadType, Payload: f.Payload, Signatures: f.Signatures}
}

// Seal signs a card. Every secret is searched for in what would be published,
// plainly and in the forms that requests give it; one that is found refuses
// the card. A run cuts secrets out of its evidence; this is the safety net.
func Seal(ctx context.Context, c Card, key Key, secrets []string) ([]byte, error) {
	c.Signer = Signer{PublicKey: key.Public().PEM()}
	digest, err := digestOf(c.Subject)
	if err != nil {
		return nil, err
	}
	payload, err := json.Marshal(statement[Card]{
		Type: StatementType, PredicateType: PredicateType, Predicate: c,
		Subject: []resource{{Name: c.Subject.Name, Digest: map[string]string{"sha256": digest}}},
	})
	if err != nil {
		return nil, err
	}
	env, err := sign(ctx, payload, key, secrets)
	if err != nil {
		return nil, err
	}
	return write(file{PayloadType: env.PayloadType, Payload: env.Payload, Signatures: env.Signatures})
}

// Countersign adds a witness to a card. The card was opened before: its raw
// form and its findings come from there.
func Countersign(ctx context.Context, o *Opened, w Witness, key Key, secrets []string) ([]byte, error) {
	if key.Public().Equal(o.Signer) {
		return nil, &assay.Error{Kind: assay.Invalid,
			Message: "this key signed the card itself: a witness is another party, with another key"}
	}
	if len(w.Agreed)+len(w.Differed) == 0 {
		return nil, &assay.Error{Kind: assay.Invalid, Message: "nothing of this card was run again, so there is nothing to witness"}
	}
	w.Signer = Signer{PublicKey: key.Public().PEM()}
	sum := sha256.Sum256(o.payload)
	payload, err := json.Marshal(statement[Witness]{
		Type: StatementType, PredicateType: WitnessType, Predicate: w,
		Subject: []resource{{Name: o.Card.Subject.Name, Digest: map[string]string{"sha256": hex.EncodeToString(sum[:])}}},
	})
	if err != nil {
		return nil, err
	}
	env, err := sign(ctx, payload, key, secrets)
	if err != nil {
		return nil, err
	}
	f := o.file
	f.Witnesses = append(append([]dsse.Envelope(nil), f.Witnesses...), *env)
	return write(f)
}

func sign(ctx context.Context, payload []byte, key Key, secrets []string) (*dsse.Envelope, error) {
	if err := search(payload, secrets); err != nil {
		return nil, err
	}
	s, err := dsse.NewEnvelopeSigner(signer{key})
	if err != nil {
		return nil, err
	}
	return s.SignPayload(ctx, PayloadType, payload)
}

// search looks for secrets in what would be published.
func search(payload []byte, secrets []string) error {
	for _, s := range secrets {
		for _, form := range secret.Forms(s) {
			if bytes.Contains(payload, []byte(form)) {
				return &assay.Error{Kind: assay.Internal, Message: fmt.Sprintf(
					"a secret of this run (%d characters) stands in its evidence, so no card was written: this is a fault of the check that wrote it down", len(s))}
			}
		}
	}
	return nil
}

func write(f file) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
