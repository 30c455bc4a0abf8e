package buildprovenance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/url"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// statementType is the payload type of an in-toto statement.
const statementType = "application/vnd.in-toto+json"

// forge makes a bundle that has everything but trust: the right form, the
// right file, and a signature that fits its certificate. Only somebody who
// asks who issued the certificate can tell. The key is thrown away.
func forge(e assay.Ecosystem, r scorecard.Release) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	// The identity is one that no builder can have: its host is reserved.
	identity := &url.URL{Scheme: "https", Host: "builder.example", Path: "/somebody-else/project/release"}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Minute), NotAfter: time.Now().Add(10 * time.Minute),
		URIs:     []*url.URL{identity},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	strong, plain := sha512.Sum512(r.Archive), sha256.Sum256(r.Archive)
	payload, err := json.Marshal(map[string]any{
		"_type":         "https://in-toto.io/Statement/v1",
		"subject":       []any{map[string]any{"name": assay.Coordinate{Ecosystem: e, Name: r.Name, Version: r.Version}.String(), "digest": map[string]string{"sha256": hex.EncodeToString(plain[:]), "sha512": hex.EncodeToString(strong[:])}}},
		"predicateType": "https://slsa.dev/provenance/v1",
		"predicate": map[string]any{
			"buildDefinition": map[string]any{"buildType": "https://builder.example/workflow/v1", "externalParameters": map[string]any{}},
			"runDetails":      map[string]any{"builder": map[string]string{"id": identity.String()}},
		},
	})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(dsse.PAE(statementType, payload))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return nil, err
	}
	if e == assay.PyPI { // its uploads have a form of their own (PEP 740)
		return json.Marshal(map[string]any{
			"version":               1,
			"verification_material": map[string]any{"certificate": base64.StdEncoding.EncodeToString(certificate), "transparency_entries": []any{}},
			"envelope": map[string]string{
				"statement": base64.StdEncoding.EncodeToString(payload), "signature": base64.StdEncoding.EncodeToString(signature),
			},
		})
	}
	return json.Marshal(map[string]any{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
		"verificationMaterial": map[string]any{
			"certificate": map[string]string{"rawBytes": base64.StdEncoding.EncodeToString(certificate)},
			"tlogEntries": []any{},
		},
		"dsseEnvelope": map[string]any{
			"payload": base64.StdEncoding.EncodeToString(payload), "payloadType": statementType,
			"signatures": []any{map[string]string{"sig": base64.StdEncoding.EncodeToString(signature), "keyid": ""}},
		},
	})
}
