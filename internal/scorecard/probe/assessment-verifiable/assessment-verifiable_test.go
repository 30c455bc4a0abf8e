package assessmentverifiable

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

const usual = "https://registry.example/scorecard/card.json"

func asPEM(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// made is a card that a test bends before it is signed and after.
type made struct {
	payload, kind string
	sign          func(message []byte) []byte
	signatures    int
}

func (m made) envelope(t *testing.T) []byte {
	t.Helper()
	e := dsse.Envelope{PayloadType: m.kind, Payload: base64.StdEncoding.EncodeToString([]byte(m.payload))}
	for range m.signatures {
		e.Signatures = append(e.Signatures, dsse.Signature{Sig: base64.StdEncoding.EncodeToString(m.sign(dsse.PAE(m.kind, []byte(m.payload))))})
	}
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func payload(t *testing.T, key, judged string) string {
	t.Helper()
	quoted, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://registry.example/card","predicate":{"signer":{"public_key":` + string(quoted) + `},"judged":` + judged + `}}`
}

const evidence = `[{"evidence":{"exchanges":[{"method":"GET"},{"method":"GET"}]},"finding":{}}]`

func TestCards(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, foreign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(m []byte) []byte { return ed25519.Sign(private, m) }
	good := made{payload(t, asPEM(t, public), evidence), payloadType, sign, 1}
	cases := map[string]struct {
		bend func(made) made
		then func([]byte) []byte
		want scorecard.Outcome
		says string
	}{
		"a sound card": {func(m made) made { return m }, nil, scorecard.Holds, "1 checks with 2 requests"},
		"a sound card of another kind of key": {func(m made) made {
			m.payload = payload(t, asPEM(t, &curve.PublicKey), evidence)
			m.sign = func(msg []byte) []byte {
				sum := sha256.Sum256(msg)
				sig, err := ecdsa.SignASN1(rand.Reader, curve, sum[:])
				if err != nil {
					t.Error(err)
				}
				return sig
			}
			return m
		}, nil, scorecard.Holds, ""},
		"signed by somebody else": {func(m made) made { m.sign = func(b []byte) []byte { return ed25519.Sign(foreign, b) }; return m }, nil, scorecard.Fails, "no signature"},
		"another key named":       {func(m made) made { m.payload = payload(t, asPEM(t, other), evidence); return m }, nil, scorecard.Fails, "no signature"},
		"the payload signed bare": {func(m made) made {
			p := m.payload
			m.sign = func([]byte) []byte { return ed25519.Sign(private, []byte(p)) }
			return m
		}, nil, scorecard.Fails, "no signature"},
		"not signed":                     {func(m made) made { m.signatures = 0; return m }, nil, scorecard.Fails, "not signed"},
		"a thousand signatures":          {func(m made) made { m.signatures = 1000; return m }, nil, scorecard.Holds, ""},
		"no evidence":                    {func(m made) made { m.payload = payload(t, asPEM(t, public), "[]"); return m }, nil, scorecard.Fails, "0 checks"},
		"findings without requests":      {func(m made) made { m.payload = payload(t, asPEM(t, public), `[{"finding":{}}]`); return m }, nil, scorecard.Fails, "0 requests"},
		"no key":                         {func(m made) made { m.payload = payload(t, "", evidence); return m }, nil, scorecard.Fails, "does not name the key"},
		"a key that is none":             {func(m made) made { m.payload = payload(t, "secret", evidence); return m }, nil, scorecard.Fails, "neither"},
		"another kind of payload":        {func(m made) made { m.kind = "text/plain"; return m }, nil, scorecard.Fails, "something else"},
		"a payload that is no statement": {func(m made) made { m.payload = "[]"; return m }, nil, scorecard.Fails, "no in-toto statement"},
		"changed after it was signed": {func(m made) made { return m }, func(b []byte) []byte {
			var e dsse.Envelope
			if err := json.Unmarshal(b, &e); err != nil {
				t.Error(err)
			}
			e.Payload = base64.StdEncoding.EncodeToString([]byte(strings.Replace(good.payload, "GET", "PUT", 1)))
			raw, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			return raw
		}, scorecard.Fails, "no signature"},
		"no base64":  {func(m made) made { return m }, func([]byte) []byte { return []byte(`{"payload":"!","payloadType":"` + payloadType + `"}`) }, scorecard.Fails, "base64"},
		"other JSON": {func(m made) made { return m }, func([]byte) []byte { return []byte(`{"outcome":"holds"}`) }, scorecard.Fails, "no DSSE envelope"},
		"a web page": {func(m made) made { return m }, func([]byte) []byte { return []byte(`<!doctype html>`) }, scorecard.Fails, "web page"},
		"nothing":    {func(m made) made { return m }, func([]byte) []byte { return nil }, scorecard.Fails, "no DSSE envelope"},
	}
	for name, c := range cases {
		raw := c.bend(good).envelope(t)
		if c.then != nil {
			raw = c.then(raw)
		}
		b := probetest.Bench(probetest.Acts{}, probetest.Pages{usual: probetest.Text("application/json", string(raw))})
		f := probetest.Find(t, Check(), b)
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestNoCard(t *testing.T) {
	for name, c := range map[string]struct {
		at   scorecard.Visitor
		want scorecard.Outcome
	}{
		"nothing":   {probetest.Pages{}, scorecard.NotSupported},
		"refused":   {probetest.Pages{usual: probetest.Status(403)}, scorecard.CouldNotTell},
		"no answer": {probetest.Dead(), scorecard.CouldNotTell},
	} {
		if f := probetest.Find(t, Check(), probetest.Bench(probetest.Acts{}, c.at)); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func FuzzReadCard(f *testing.F) {
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"sig":"AA=="}]}`))
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"eyJwcmVkaWNhdGVUeXBlIjoieCJ9","signatures":[]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		c, err := readCard(document)
		if err == nil && c.fits && c.signatures == 0 {
			t.Errorf("%q fits without a signature", document)
		}
	})
}
