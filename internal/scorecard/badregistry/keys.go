package badregistry

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"golang.org/x/mod/sumdb/note"
)

// keys are all that the registry signs with, and those it trusts.
type keys struct {
	log          note.Signer
	logVerifier  string
	sums         string // the checksum database's signing key, as a note key
	sumsVerifier string
	witness      ed25519.PrivateKey
	builder      ed25519.PrivateKey // signs provenance
	issuer       ed25519.PrivateKey // signs identities
	card         ed25519.PrivateKey
	roots        []ed25519.PrivateKey // of TUF
	online       ed25519.PrivateKey   // of TUF's other roles
	versions     *ecdsa.PrivateKey    // npm's signatures
}

func newKeys() (keys, error) {
	var k keys
	for _, to := range []*ed25519.PrivateKey{&k.witness, &k.builder, &k.issuer, &k.card, &k.online} {
		_, made, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return keys{}, err
		}
		*to = made
	}
	for range 3 {
		_, made, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return keys{}, err
		}
		k.roots = append(k.roots, made)
	}
	var err error
	if k.versions, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return keys{}, err
	}
	logKey, verifier, err := note.GenerateKey(rand.Reader, logOrigin)
	if err != nil {
		return keys{}, err
	}
	k.logVerifier = verifier
	if k.log, err = note.NewSigner(logKey); err != nil {
		return keys{}, err
	}
	k.sums, k.sumsVerifier, err = note.GenerateKey(rand.Reader, sumDBName)
	return k, err
}

// asPEM writes a public key.
func asPEM(key crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

// The JSON Web Token of an identity (RFC 7519), signed with Ed25519.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Expires  int64  `json:"exp"`
}

const (
	identityIssuer   = "https://builds.example"
	identityAudience = "good.example"
)

func subjectOf(e assay.Ecosystem, name string) string { return "release of " + claimKey(e, name) }

// identity is what the trusted issuer would give to a build of the package.
func (k *keys) identity(e assay.Ecosystem, name string, now time.Time) (string, error) {
	body, err := json.Marshal(claims{Issuer: identityIssuer, Subject: subjectOf(e, name), Audience: identityAudience, Expires: now.Add(10 * time.Minute).Unix()})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"EdDSA","typ":"JWT"}`)) + "." + encode(body)
	return text + "." + encode(ed25519.Sign(k.issuer, []byte(text))), nil
}

// verifyIdentity checks who signed an identity, for whom, about what, and
// until when. unsigned is the sin of looking at nothing.
func (k *keys) verifyIdentity(e assay.Ecosystem, name, identity string, now time.Time, unsigned bool) error {
	if unsigned {
		return nil
	}
	parts := strings.Split(identity, ".")
	if len(parts) != 3 {
		return errors.New("it is no JSON Web Token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	// The algorithm is ours to choose, not the token's: one that says "none"
	// must not be believed.
	if err != nil || !ed25519.Verify(k.issuer.Public().(ed25519.PublicKey), []byte(parts[0]+"."+parts[1]), signature) {
		return errors.New("its signature is not of an issuer that is trusted here")
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	var said claims
	if err != nil || json.Unmarshal(body, &said) != nil {
		return errors.New("it cannot be read")
	}
	switch {
	case said.Issuer != identityIssuer || said.Audience != identityAudience:
		return errors.New("it was made for another server")
	case said.Subject != subjectOf(e, name):
		return errors.New("it is about another package")
	case now.Unix() >= said.Expires:
		return errors.New("it has expired")
	}
	return nil
}

// envelope signs a statement (DSSE).
func envelope(key ed25519.PrivateKey, statement any) (*dsse.Envelope, error) {
	payload, err := json.Marshal(statement)
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(key.Public().(ed25519.PublicKey))
	return &dsse.Envelope{
		PayloadType: statementType,
		Payload:     base64.StdEncoding.EncodeToString(payload),
		Signatures: []dsse.Signature{{
			KeyID: hex.EncodeToString(id[:]),
			Sig:   base64.StdEncoding.EncodeToString(ed25519.Sign(key, dsse.PAE(statementType, payload))),
		}},
	}, nil
}

const (
	statementType  = "application/vnd.in-toto+json"
	provenanceType = "https://slsa.dev/provenance/v1"
	bundleType     = "application/vnd.dev.sigstore.bundle.v0.3+json"
)

type statement struct {
	Type      string       `json:"_type"`
	Subject   []attestedTo `json:"subject"`
	Predicate string       `json:"predicateType"`
	Content   any          `json:"predicate"`
}

type attestedTo struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

type bundle struct {
	MediaType    string         `json:"mediaType"`
	Verification map[string]any `json:"verificationMaterial"`
	Envelope     *dsse.Envelope `json:"dsseEnvelope"`
}

// attest makes the bundle that the trusted builder would send along.
func (k *keys) attest(e assay.Ecosystem, name, number string, archive []byte) ([]byte, error) {
	strong, plain := sha512.Sum512(archive), sha256.Sum256(archive)
	signed, err := envelope(k.builder, statement{
		Type: "https://in-toto.io/Statement/v1", Predicate: provenanceType,
		Subject: []attestedTo{{Name: assay.Coordinate{Ecosystem: e, Name: name, Version: number}.String(), Digest: map[string]string{
			"sha256": hex.EncodeToString(plain[:]), "sha512": hex.EncodeToString(strong[:]),
		}}},
		Content: map[string]any{
			"buildDefinition": map[string]any{"buildType": "https://builds.example/release/v1", "externalParameters": map[string]any{"ref": "refs/tags/v" + number}},
			"runDetails":      map[string]any{"builder": map[string]any{"id": identityIssuer}},
		},
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(bundle{
		MediaType:    bundleType,
		Verification: map[string]any{"publicKey": map[string]any{"hint": signed.Signatures[0].KeyID}},
		Envelope:     signed,
	})
}

// verifyBundle makes sure that a bundle is signed by the trusted builder, and
// about these very bytes: else an honest one of another file would do.
func (k *keys) verifyBundle(raw, archive []byte) error {
	var b bundle
	if err := json.Unmarshal(raw, &b); err != nil || b.Envelope == nil || b.Envelope.PayloadType != statementType {
		return errors.New("it is no bundle with a signed statement")
	}
	payload, err := b.Envelope.DecodeB64Payload()
	if err != nil {
		return errors.New("its statement cannot be decoded")
	}
	public := k.builder.Public().(ed25519.PublicKey)
	signed := slices.ContainsFunc(b.Envelope.Signatures, func(s dsse.Signature) bool {
		sig, err := base64.StdEncoding.DecodeString(s.Sig)
		return err == nil && ed25519.Verify(public, dsse.PAE(statementType, payload), sig)
	})
	if !signed {
		return errors.New("it is not signed by a builder that is trusted here")
	}
	var said statement
	if err := json.Unmarshal(payload, &said); err != nil {
		return errors.New("its statement cannot be read")
	}
	sum := sha512.Sum512(archive)
	if !slices.ContainsFunc(said.Subject, func(s attestedTo) bool { return s.Digest["sha512"] == hex.EncodeToString(sum[:]) }) {
		return errors.New("it is about another file")
	}
	return nil
}

// signature is the registry's over one version, as npm audit signatures reads
// it.
func (k *keys) signature(name, number, integrity string) (id, sig string, err error) {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s@%s:%s", name, number, integrity)))
	raw, err := ecdsa.SignASN1(rand.Reader, k.versions, sum[:])
	if err != nil {
		return "", "", err
	}
	id, _, err = k.versionKey()
	return id, base64.StdEncoding.EncodeToString(raw), err
}

// versionKey is the public key that goes with it.
func (k *keys) versionKey() (id, key string, err error) {
	der, err := x509.MarshalPKIXPublicKey(&k.versions.PublicKey)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(der)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(der), nil
}
