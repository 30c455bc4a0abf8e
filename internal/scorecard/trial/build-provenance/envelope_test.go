package buildprovenance

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

func forged(t testing.TB) (raw []byte, digests map[string]string) {
	t.Helper()
	r := scorecard.Release{Name: "@acme/tool", Version: "1.0.0", Archive: []byte("an archive")}
	raw, err := forge(assay.NPM, r)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(r.Archive)
	return raw, map[string]string{"sha512": hex.EncodeToString(sum[:])}
}

// PyPI's attestations have a form of their own (PEP 740), and are handed out
// in bundles.
func TestAnAttestationOfPyPIIsReadInItsOwnForm(t *testing.T) {
	r := scorecard.Release{Name: "tool", Version: "1.0.0", Archive: []byte("an archive")}
	attestation, err := forge(assay.PyPI, r)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(r.Archive)
	fits := map[string]string{"sha256": hex.EncodeToString(sum[:])}
	handedOut := fmt.Appendf(nil, `{"version":1,"attestation_bundles":[{"publisher":{},"attestations":[%s]}]}`, attestation)
	if n := sound(handedOut, fits); n != 1 {
		t.Errorf("%d sound envelopes, want 1", n)
	}
	if n := sound(handedOut, map[string]string{"sha256": hex.EncodeToString(make([]byte, 32))}); n != 0 {
		t.Errorf("%d envelopes are about another file", n)
	}
	unsigned := []byte(`{"attestation_bundles":[{"attestations":[{"envelope":{"statement":"e30=","signature":""}}]}]}`)
	if n := sound(unsigned, fits); n != 0 {
		t.Errorf("%d envelopes without a signature are sound", n)
	}
}

// A forgery with a fault of form would be refused for that, and prove nothing
// about trust.
func TestForgedIsSoundButForTrust(t *testing.T) {
	raw, digests := forged(t)
	if n := sound(raw, digests); n != 1 {
		t.Fatalf("%d sound envelopes in the forgery", n)
	}
	var b struct {
		Material struct {
			Certificate struct {
				Raw []byte `json:"rawBytes"`
			} `json:"certificate"`
		} `json:"verificationMaterial"`
		Envelope envelope `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(b.Material.Certificate.Raw)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := decode(b.Envelope.Payload)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := decode(b.Envelope.Signatures[0].Sig)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(dsse.PAE(b.Envelope.PayloadType, payload))
	if !ecdsa.VerifyASN1(certificate.PublicKey.(*ecdsa.PublicKey), sum[:], signature) {
		t.Error("the signature does not fit the certificate")
	}
}

func TestSound(t *testing.T) {
	bundle, digests := forged(t)
	envelopeOf := func(payload, payloadType, sig string) string {
		return fmt.Sprintf(`{"payload":%q,"payloadType":%q,"signatures":[{"sig":%q}]}`, base64.StdEncoding.EncodeToString([]byte(payload)), payloadType, sig)
	}
	about := func(algorithm, digest string) string {
		return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{%q:%q}}]}`, algorithm, digest)
	}
	good := about("sha512", digests["sha512"])
	for _, c := range []struct {
		what, raw string
		want      int
	}{
		{"a bundle", string(bundle), 1},
		{"npm's list of two", `{"attestations":[{"bundle":` + string(bundle) + `},{"bundle":` + string(bundle) + `}]}`, 2},
		{"a bare envelope", envelopeOf(good, statementType, "c2ln"), 1},
		{"about another file", envelopeOf(about("sha512", "00"), statementType, "c2ln"), 0},
		{"about an empty digest of an algorithm that is not listed", envelopeOf(about("sha256", ""), statementType, "c2ln"), 0},
		{"about a weak digest", envelopeOf(about("sha1", "aa"), statementType, "c2ln"), 0},
		{"not signed", envelopeOf(good, statementType, ""), 0},
		{"a signature that is no base64", envelopeOf(good, statementType, "***"), 0},
		{"no payload type", envelopeOf(good, "", "c2ln"), 0},
		{"no statement", envelopeOf(`{"subject":[]}`, statementType, "c2ln"), 0},
		{"a payload that is no JSON", envelopeOf("x", statementType, "c2ln"), 0},
		{"an empty list", `{"attestations":[]}`, 0},
		{"an entry without a bundle", `{"attestations":[{},null]}`, 0},
		{"a web page", "<html></html>", 0},
		{"null", "null", 0},
		{"wrong types", `{"attestations":"yes","dsseEnvelope":[]}`, 0},
		{"nothing", "", 0},
	} {
		if got := sound([]byte(c.raw), map[string]string{"sha512": digests["sha512"], "sha1": "aa"}); got != c.want {
			t.Errorf("%s: %d sound envelopes, want %d", c.what, got, c.want)
		}
	}
}

func FuzzSound(f *testing.F) {
	raw, digests := forged(f)
	for _, seed := range []string{string(raw), `{"attestations":[{"bundle":{"dsseEnvelope":{"payload":"e30=","payloadType":"x","signatures":[{"sig":"AA=="}]}}}]}`, `null`, `{}`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if n := sound(raw, nil); n != 0 {
			t.Errorf("%d envelopes are about a file without digests", n)
		}
		if n := sound(raw, digests); n < 0 || n > len(raw) {
			t.Errorf("%d envelopes in %d bytes", n, len(raw))
		}
	})
}
