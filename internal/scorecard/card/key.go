package card

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"assay.invalid/internal/assay"
)

// Key signs cards.
type Key struct{ private ed25519.PrivateKey }

// PublicKey verifies them.
type PublicKey struct{ public ed25519.PublicKey }

// NewKey makes a key.
func NewKey() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return Key{private}, err
}

// ParseKey reads a private key as PEM writes it (PKCS #8, RFC 8410).
func ParseKey(raw []byte) (Key, error) {
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "PRIVATE KEY" {
		return Key{}, &assay.Error{Kind: assay.Invalid, Message: "this is not a private key in PEM: it begins with -----BEGIN PRIVATE KEY-----"}
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, &assay.Error{Kind: assay.Invalid, Message: "this private key cannot be read", Err: err}
	}
	private, ok := k.(ed25519.PrivateKey)
	if !ok {
		return Key{}, &assay.Error{Kind: assay.Invalid, Message: fmt.Sprintf("cards are signed with Ed25519, and this is a %T", k)}
	}
	return Key{private}, nil
}

// PEM is the private key, for a file that its owner alone can read.
func (k Key) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Public is the key's other half.
func (k Key) Public() PublicKey { return PublicKey{k.private.Public().(ed25519.PublicKey)} }

// String keeps the key from being printed.
func (k Key) String() string { return "the private key of " + k.Public().Fingerprint() }

// ParsePublicKey reads a public key as PEM writes it.
func ParsePublicKey(raw []byte) (PublicKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "PUBLIC KEY" {
		return PublicKey{}, &assay.Error{Kind: assay.Invalid, Message: "this is not a public key in PEM: it begins with -----BEGIN PUBLIC KEY-----"}
	}
	k, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, &assay.Error{Kind: assay.Invalid, Message: "this public key cannot be read", Err: err}
	}
	public, ok := k.(ed25519.PublicKey)
	if !ok {
		return PublicKey{}, &assay.Error{Kind: assay.Invalid, Message: fmt.Sprintf("cards are signed with Ed25519, and this is a %T", k)}
	}
	return PublicKey{public}, nil
}

// PEM is the key for a file that anybody may read.
func (k PublicKey) PEM() string {
	der, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Fingerprint names the key: 32 hex digits of its SHA-256.
func (k PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.public)
	return hex.EncodeToString(sum[:16])
}

// Equal reports whether two keys are one.
func (k PublicKey) Equal(other PublicKey) bool { return k.public.Equal(other.public) }

// signer and verifier are what the DSSE library asks for.
type signer struct{ key Key }

func (s signer) Sign(_ context.Context, data []byte) ([]byte, error) {
	return ed25519.Sign(s.key.private, data), nil
}
func (s signer) KeyID() (string, error) { return s.key.Public().Fingerprint(), nil }

type verifier struct{ key PublicKey }

func (v verifier) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(v.key.public, data, sig) {
		return errors.New("the signature does not fit")
	}
	return nil
}
func (v verifier) KeyID() (string, error)   { return v.key.Fingerprint(), nil }
func (v verifier) Public() crypto.PublicKey { return v.key.public }
