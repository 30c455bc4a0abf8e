package tuf

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
)

// verifier checks signatures of one key.
type verifier interface {
	// id is the same for the same key, whatever it is called.
	id() string
	verify(message, signature []byte) bool
}

// rawKey is a key as a root lists it.
type rawKey struct {
	KeyType string `json:"keytype"`
	Scheme  string `json:"scheme"`
	KeyVal  struct {
		Public string `json:"public"`
	} `json:"keyval"`
}

// readKey returns nil for a key of a kind that is not checked here, or that
// is none.
func readKey(raw json.RawMessage) verifier {
	var k rawKey
	if json.Unmarshal(raw, &k) != nil || len(k.KeyVal.Public) > 8<<10 {
		return nil
	}
	switch {
	case k.KeyType == "ed25519" && (k.Scheme == "ed25519" || k.Scheme == ""):
		b, err := hex.DecodeString(k.KeyVal.Public)
		if err != nil || len(b) != ed25519.PublicKeySize {
			return nil
		}
		return edKey(b)
	case (k.KeyType == "ecdsa" || k.KeyType == "ecdsa-sha2-nistp256") && k.Scheme == "ecdsa-sha2-nistp256":
		return readCurveKey(k.KeyVal.Public)
	}
	return nil
}

// readCurveKey reads a key in PEM, or, as older roots have it, the point in
// hexadecimal.
func readCurveKey(public string) verifier {
	if block, _ := pem.Decode([]byte(public)); block != nil {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil
		}
		curve, ok := key.(*ecdsa.PublicKey)
		if !ok || curve.Curve != elliptic.P256() {
			return nil
		}
		return curveKey{curve}
	}
	point, err := hex.DecodeString(public)
	if err != nil {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil
	}
	return curveKey{key}
}

type edKey ed25519.PublicKey

func (k edKey) id() string { return "ed25519 " + hex.EncodeToString(k) }
func (k edKey) verify(message, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(ed25519.PublicKey(k), message, signature)
}

type curveKey struct{ key *ecdsa.PublicKey }

func (k curveKey) id() string {
	point, err := k.key.Bytes()
	if err != nil {
		return "p256"
	}
	return "p256 " + hex.EncodeToString(point)
}

func (k curveKey) verify(message, signature []byte) bool {
	sum := sha256.Sum256(message)
	return ecdsa.VerifyASN1(k.key, sum[:], signature)
}
