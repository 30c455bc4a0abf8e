package card

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// sizeBound is the most bytes that a card may have, rowBound the most findings
// of a card or of a witness, and witnessBound the most witnesses. A full run
// has some hundred findings; what has a million was made to keep its reader
// busy, for they are compared with one another.
const (
	sizeBound    = 32 << 20
	rowBound     = 4096
	witnessBound = 256
)

// Opened is a card whose signature and evidence were checked.
type Opened struct {
	Card Card
	// Signer is the key that signed it. Whether it is a key that the reader
	// knows is the reader's to say: Open was given it, or not.
	Signer PublicKey
	// Known says that Open was given the key.
	Known bool
	// Standings are derived from the evidence, with what was witnessed.
	Standings []assess.Standing
	Witnesses []Countersigned
	// Notes are what a reader should know: what could not be derived again.
	Notes []string

	payload []byte
	file    file
}

// Countersigned is a witness whose signature was checked.
type Countersigned struct {
	Witness Witness
	Signer  PublicKey
}

// Reader opens cards.
type Reader struct {
	Catalogue *catalogue.Catalogue
	Checks    []scorecard.Check
}

// Open checks a card. With a key, the card must be signed by it; without,
// only by the key that it names itself. What is refused is an assay.Error of
// kind Invalid (not a card) or Unsound (a card that is not what it claims).
func (r Reader) Open(ctx context.Context, raw []byte, key *PublicKey) (*Opened, error) {
	f, payload, err := parse(raw)
	if err != nil {
		return nil, err
	}
	s, err := readStatement[Card](payload, PredicateType)
	if err != nil {
		return nil, err
	}
	o := &Opened{Card: s.Predicate, payload: payload, file: f}
	if o.Signer, err = ParsePublicKey([]byte(s.Predicate.Signer.PublicKey)); err != nil {
		return nil, unsound("the card names no key that signed it", err)
	}
	if key != nil {
		if err := verify(ctx, f.envelope(), *key); err != nil {
			return nil, unsound(fmt.Sprintf("the card is not signed by this key (%s); it names %s", key.Fingerprint(), o.Signer.Fingerprint()), nil)
		}
		o.Signer, o.Known = *key, true
	} else if err := verify(ctx, f.envelope(), o.Signer); err != nil {
		return nil, unsound("the signature does not fit the card: it was changed after it was signed", nil)
	}
	if err := bound(s.Subject, o.Card.Subject); err != nil {
		return nil, err
	}
	if err := once(o.Card.Judged); err != nil {
		return nil, err
	}
	if len(f.Witnesses) > witnessBound {
		return nil, invalid(fmt.Sprintf("the card has %d witnesses, and at most %d are read", len(f.Witnesses), witnessBound), nil)
	}
	signed := map[string]bool{}
	for i, env := range f.Witnesses {
		if signed[env.Payload] {
			// One witness is not two.
			return nil, unsound(fmt.Sprintf("witness %d stands there twice", i+1), nil)
		}
		signed[env.Payload] = true
		w, err := r.witness(ctx, &env, o)
		if err != nil {
			return nil, fmt.Errorf("witness %d: %w", i+1, err)
		}
		o.Witnesses = append(o.Witnesses, w)
	}
	return o, r.derive(o)
}

// judge judges evidence that whoever made the card wrote down, and that its
// check need not have. A check that fails over it has found nothing, and the
// card is refused for it; the reader must not end with it.
func judge(c scorecard.Check, e scorecard.Evidence) (f scorecard.Finding) {
	defer func() {
		if p := recover(); p != nil {
			f = scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the check cannot judge it: %v", p))
		}
	}()
	return scorecard.Judge(c, e)
}

// witness checks one countersignature.
func (r Reader) witness(ctx context.Context, env *dsse.Envelope, o *Opened) (Countersigned, error) {
	payload, err := base64.StdEncoding.DecodeString(env.Payload)
	if err != nil {
		return Countersigned{}, invalid("its payload is not base64", err)
	}
	s, err := readStatement[Witness](payload, WitnessType)
	if err != nil {
		return Countersigned{}, err
	}
	key, err := ParsePublicKey([]byte(s.Predicate.Signer.PublicKey))
	if err != nil {
		return Countersigned{}, unsound("it names no key", err)
	}
	if err := verify(ctx, env, key); err != nil {
		return Countersigned{}, unsound("its signature does not fit", err)
	}
	sum := sha256.Sum256(o.payload)
	if len(s.Subject) != 1 || s.Subject[0].Digest["sha256"] != hex.EncodeToString(sum[:]) {
		// A countersignature moved to a better card.
		return Countersigned{}, unsound("it was made for another card", nil)
	}
	if key.Equal(o.Signer) {
		return Countersigned{}, unsound("it is signed by the signer of the card, who cannot witness it", nil)
	}
	if err := once(s.Predicate.Judged); err != nil {
		return Countersigned{}, err
	}
	if len(s.Predicate.Agreed)+len(s.Predicate.Differed) > rowBound {
		return Countersigned{}, invalid(fmt.Sprintf("it speaks of more than %d findings", rowBound), nil)
	}
	// What it agrees with follows from its own evidence.
	agreed, _ := Compare(o.Card.Judged, s.Predicate.Judged)
	for _, k := range s.Predicate.Agreed {
		if !slices.Contains(agreed, k) {
			return Countersigned{}, unsound(fmt.Sprintf("it claims to have found the same for %s, and its evidence does not say so", k), nil)
		}
	}
	for _, j := range s.Predicate.Judged {
		for _, c := range r.Checks {
			if d := c.Definition(); d.ID == j.Evidence.Check && d.Version == j.Evidence.Version && judge(c, j.Evidence) != j.Finding {
				return Countersigned{}, unsound(fmt.Sprintf("its finding of %s does not follow from its evidence", assess.WitnessKey(j.Evidence)), nil)
			}
		}
	}
	return Countersigned{Witness: s.Predicate, Signer: key}, nil
}

func parse(raw []byte) (file, []byte, error) {
	if len(raw) > sizeBound {
		return file{}, nil, invalid(fmt.Sprintf("a card has at most %d MB", sizeBound>>20), nil)
	}
	var f file
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return file{}, nil, invalid("this is not a card: a card is a DSSE envelope in JSON, as assay score -o json writes it", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return file{}, nil, invalid("something follows after the card", nil)
	}
	if f.PayloadType != PayloadType {
		return file{}, nil, invalid(fmt.Sprintf("the envelope holds %q and not an in-toto statement", f.PayloadType), nil)
	}
	if len(f.Signatures) == 0 {
		return file{}, nil, unsound("the card is not signed: its signature is missing", nil)
	}
	payload, err := base64.StdEncoding.DecodeString(f.Payload)
	if err != nil {
		return file{}, nil, invalid("the payload of the envelope is not base64", err)
	}
	return f, payload, nil
}

func readStatement[P any](payload []byte, predicate string) (statement[P], error) {
	var head struct {
		Type          string `json:"_type"`
		PredicateType string `json:"predicateType"`
	}
	if err := json.Unmarshal(payload, &head); err != nil {
		return statement[P]{}, invalid("the envelope does not hold a statement", err)
	}
	if head.Type != StatementType {
		return statement[P]{}, invalid(fmt.Sprintf("the statement is a %q; this build reads %s", head.Type, StatementType), nil)
	}
	if head.PredicateType != predicate {
		family := predicate[:strings.LastIndex(predicate, "/")]
		if strings.HasPrefix(head.PredicateType, family+"/v") {
			return statement[P]{}, invalid(fmt.Sprintf("the statement is a %s, of another version: this build reads %s", head.PredicateType, predicate), nil)
		}
		return statement[P]{}, invalid(fmt.Sprintf("the statement is a %q and not a %s", head.PredicateType, predicate), nil)
	}
	var s statement[P]
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return statement[P]{}, invalid("the statement is not in the form that it names", err)
	}
	return s, nil
}

// bound checks that the statement speaks about the subject of its card.
func bound(res []resource, s scorecard.Subject) error {
	digest, err := digestOf(s)
	if err != nil {
		return err
	}
	if len(res) != 1 || res[0].Name != s.Name || res[0].Digest["sha256"] != digest {
		return unsound("the statement is about another subject than its card", nil)
	}
	return nil
}

func verify(ctx context.Context, env *dsse.Envelope, key PublicKey) error {
	v, err := dsse.NewEnvelopeVerifier(verifier{key})
	if err != nil {
		return err
	}
	_, err = v.Verify(ctx, env)
	return err
}

func invalid(message string, err error) error {
	return &assay.Error{Kind: assay.Invalid, Message: message, Err: err}
}

func unsound(message string, err error) error {
	return &assay.Error{Kind: assay.Unsound, Message: message, Err: err}
}
