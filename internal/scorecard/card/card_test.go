package card

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

type look struct {
	Right bool `json:"right"`
}

// oneCheck judges what it is told to have seen.
func oneCheck(version int) scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "security-txt", Kind: scorecard.Probe, Version: version, Capability: "security-txt", Question: "Is it there?", Decisive: true, Whole: true,
	}, func(context.Context, *scorecard.Bench) (look, error) { return look{true}, nil },
		func(s look) scorecard.Finding {
			if s.Right {
				return scorecard.Found(scorecard.Holds, "It is there.")
			}
			return scorecard.Found(scorecard.Fails, "It is not there.")
		})
}

func reader(t *testing.T) Reader {
	t.Helper()
	cat, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	return Reader{Catalogue: cat, Checks: []scorecard.Check{oneCheck(1)}}
}

func judged(right bool) scorecard.Judged {
	seen, _ := json.Marshal(look{right})
	e := scorecard.Evidence{Check: "security-txt", Version: 1, Seen: seen, Began: time.Unix(1e9, 0).UTC(), Ended: time.Unix(1e9+1, 0).UTC()}
	return scorecard.Judged{Evidence: e, Finding: scorecard.Judge(oneCheck(1), e)}
}

func newCard(t *testing.T, right bool) Card {
	t.Helper()
	r := reader(t)
	c := Card{
		Subject:   scorecard.Subject{Name: "registry.example", Addresses: map[assay.Ecosystem]string{assay.NPM: "https://registry.example/npm/"}},
		Protocols: []assay.Ecosystem{assay.NPM}, Catalogue: Ref(r.Catalogue), Made: time.Unix(1e9, 0).UTC(),
		Tool: Tool{"assay", "test"}, Judged: []scorecard.Judged{judged(right)},
	}
	c.Standings = assess.Derive(assess.Input{Catalogue: r.Catalogue,
		Definitions: map[string]scorecard.Definition{"security-txt": oneCheck(1).Definition()}, Judged: c.Judged})
	return c
}

func newKey(t *testing.T) Key {
	t.Helper()
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t *testing.T, c Card, k Key) []byte {
	t.Helper()
	raw, err := Seal(t.Context(), c, k, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestACardOpensWithItsKeyAndWithout(t *testing.T) {
	key, other := newKey(t), newKey(t)
	raw := seal(t, newCard(t, true), key)
	o, err := reader(t).Open(t.Context(), raw, nil)
	if err != nil || o.Known || !o.Signer.Equal(key.Public()) {
		t.Fatalf("without a key: %+v %v", o, err)
	}
	public := key.Public()
	if o, err = reader(t).Open(t.Context(), raw, &public); err != nil || !o.Known {
		t.Fatalf("with its key: %v", err)
	}
	wrong := other.Public()
	if _, err = reader(t).Open(t.Context(), raw, &wrong); !assay.Is(err, assay.Unsound) || !strings.Contains(err.Error(), "not signed by this key") {
		t.Fatalf("with another key: %v", err)
	}
	for _, s := range o.Standings {
		if s.Capability == "security-txt" && (s.State != assess.Met || s.Knowledge != assess.Probed) {
			t.Errorf("the state is %s", s.Line())
		}
	}
}

// resign changes a statement and signs it again: the attack of a signer who
// lies, against whom the signature is no help.
func resign(t *testing.T, raw []byte, key Key, change func(map[string]any)) []byte {
	t.Helper()
	var f file
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(f.Payload)
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(payload, &s); err != nil {
		t.Fatal(err)
	}
	change(s)
	if payload, err = json.Marshal(s); err != nil {
		t.Fatal(err)
	}
	env, err := sign(t.Context(), payload, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.Payload, f.Signatures = env.Payload, env.Signatures
	out, err := write(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestALyingSignerIsRefused(t *testing.T) {
	key := newKey(t)
	raw := seal(t, newCard(t, false), key)
	predicate := func(s map[string]any) map[string]any { return s["predicate"].(map[string]any) }
	cases := map[string]struct {
		change func(map[string]any)
		says   string
	}{
		"a better finding than its evidence": {func(s map[string]any) {
			predicate(s)["judged"].([]any)[0].(map[string]any)["finding"].(map[string]any)["outcome"] = "holds"
		}, "does not follow from its evidence"},
		"a better state than its findings": {func(s map[string]any) {
			for _, row := range predicate(s)["standings"].([]any) {
				if r := row.(map[string]any); r["capability"] == "security-txt" {
					r["state"] = "met"
				}
			}
		}, "states of the card do not follow"},
		"a state out of nothing": {func(s map[string]any) {
			for _, row := range predicate(s)["standings"].([]any) {
				if r := row.(map[string]any); r["capability"] == "yank" {
					r["state"], r["knowledge"] = "met", "probed"
				}
			}
		}, "states of the card do not follow"},
		"a state out of nothing, beside a finding that nobody can judge": {func(s map[string]any) {
			predicate(s)["judged"] = append(predicate(s)["judged"].([]any), map[string]any{
				"evidence": map[string]any{"check": "of-another-build", "version": 1, "began": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:00Z"},
				"finding":  map[string]any{"outcome": "could_not_tell", "reason": "x"}})
			for _, row := range predicate(s)["standings"].([]any) {
				if r := row.(map[string]any); r["capability"] == "yank" {
					r["state"], r["knowledge"] = "met", "probed"
				}
			}
		}, "states of the card do not follow"},
		"two findings of one check": {func(s map[string]any) {
			rows := predicate(s)["judged"].([]any)
			predicate(s)["judged"] = append(rows, rows[0])
		}, "two findings of security-txt"},
		"more findings than anybody has": {func(s map[string]any) {
			row := predicate(s)["judged"].([]any)[0]
			predicate(s)["judged"] = slices.Repeat([]any{row}, rowBound+1)
		}, "at most 4096"},
		"fewer states than capabilities": {func(s map[string]any) {
			predicate(s)["standings"] = predicate(s)["standings"].([]any)[1:]
		}, "states of the card do not follow"},
		"another subject than it names": {func(s map[string]any) {
			s["subject"].([]any)[0].(map[string]any)["name"] = "other.example"
		}, "another subject"},
		"another address than it is bound to": {func(s map[string]any) {
			predicate(s)["subject"].(map[string]any)["addresses"] = map[string]any{"npm": "https://other.example/"}
		}, "another subject"},
		"a version that nobody knows yet": {func(s map[string]any) {
			s["predicateType"] = "https://assay.invalid/scorecard/v2"
		}, "another version"},
		"no scorecard at all":     {func(s map[string]any) { s["predicateType"] = "https://slsa.dev/provenance/v1" }, "and not a"},
		"no statement of in-toto": {func(s map[string]any) { s["_type"] = "https://in-toto.io/Statement/v0.1" }, "this build reads"},
		"a field nobody knows":    {func(s map[string]any) { predicate(s)["grade"] = "A+" }, "not in the form"},
		"no key":                  {func(s map[string]any) { predicate(s)["signer"] = map[string]any{"public_key": ""} }, "names no key"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := reader(t).Open(t.Context(), resign(t, raw, key, c.change), nil)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want words on %q", err, c.says)
			}
		})
	}
}

// Any byte of a card that is changed after it was signed is noticed.
func TestATamperedCardIsRefused(t *testing.T) {
	key := newKey(t)
	raw := seal(t, newCard(t, true), key)
	public := key.Public()
	if _, err := reader(t).Open(t.Context(), raw, &public); err != nil {
		t.Fatal(err)
	}
	step := max(1, len(raw)/400)
	for i := 0; i < len(raw); i += step {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		o, err := reader(t).Open(t.Context(), bad, &public)
		if err == nil && !sameCard(t, o, raw) {
			t.Fatalf("byte %d (%q) was changed and the card opened", i, raw[i])
		}
	}
	for name, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"empty":        {nil, "not a card"},
		"not JSON":     {[]byte("<html>"), "not a card"},
		"cut short":    {raw[:len(raw)/2], "not a card"},
		"two cards":    {append(bytes.Clone(raw), raw...), "follows after"},
		"no signature": {unsigned(t, raw), "signature is missing"},
	} {
		if _, err := reader(t).Open(t.Context(), c.raw, nil); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// sameCard tells a change that changes nothing: in white space, or in a key
// id, which DSSE does not sign.
func sameCard(t *testing.T, o *Opened, raw []byte) bool {
	t.Helper()
	var f file
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.StdEncoding.DecodeString(f.Payload)
	return err == nil && bytes.Equal(payload, o.payload)
}

func unsigned(t *testing.T, raw []byte) []byte {
	t.Helper()
	var f file
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	f.Signatures = nil
	out, err := write(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAWitnessRaisesWhatIsKnown(t *testing.T) {
	key, witness := newKey(t), newKey(t)
	raw := seal(t, newCard(t, true), key)
	o, err := reader(t).Open(t.Context(), raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	again := []scorecard.Judged{judged(true)}
	agreed, differed := Compare(o.Card.Judged, again)
	w := Witness{Made: time.Unix(1e9, 0).UTC(), Tool: Tool{"assay", "test"}, Agreed: agreed, Differed: differed, Judged: again}
	signed, err := Countersign(t.Context(), o, w, witness, nil)
	if err != nil {
		t.Fatal(err)
	}
	o2, err := reader(t).Open(t.Context(), signed, nil)
	if err != nil || len(o2.Witnesses) != 1 || !o2.Witnesses[0].Signer.Equal(witness.Public()) {
		t.Fatalf("%+v %v", o2, err)
	}
	for _, s := range o2.Standings {
		if s.Capability == "security-txt" && s.Knowledge != assess.Witnessed {
			t.Errorf("%s", s.Line())
		}
	}
	if _, err := Countersign(t.Context(), o, w, key, nil); err == nil {
		t.Error("the signer witnessed its own card")
	}
	if _, err := Countersign(t.Context(), o, Witness{}, witness, nil); err == nil {
		t.Error("a witness of nothing was taken")
	}

	var twice file
	if json.Unmarshal(signed, &twice) != nil {
		t.Fatal("not read")
	}
	twice.Witnesses = append(twice.Witnesses, twice.Witnesses[0])
	doubled, _ := write(twice)
	if _, err := reader(t).Open(t.Context(), doubled, nil); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("one witness as two: %v", err)
	}

	// Moved to another card, or claiming what its evidence does not say.
	other := seal(t, newCard(t, false), key)
	var from, to file
	if json.Unmarshal(signed, &from) != nil || json.Unmarshal(other, &to) != nil {
		t.Fatal("not read")
	}
	to.Witnesses = from.Witnesses
	moved, _ := write(to)
	if _, err := reader(t).Open(t.Context(), moved, nil); err == nil || !strings.Contains(err.Error(), "another card") {
		t.Errorf("moved: %v", err)
	}
	lying := w
	lying.Judged = []scorecard.Judged{judged(false)}
	signed, err = Countersign(t.Context(), o, lying, witness, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader(t).Open(t.Context(), signed, nil); err == nil || !strings.Contains(err.Error(), "does not say so") {
		t.Errorf("lying: %v", err)
	}
}

func TestEvidenceOfAnotherVersionIsTakenAsItStands(t *testing.T) {
	key := newKey(t)
	raw := seal(t, newCard(t, true), key)
	newer := reader(t)
	newer.Checks = []scorecard.Check{oneCheck(2)}
	o, err := newer.Open(t.Context(), raw, nil)
	if err != nil || len(o.Notes) == 0 || !strings.Contains(o.Notes[0], "as it stands") {
		t.Fatalf("%v %v", o, err)
	}
}

// What this build cannot derive is known no better than somebody's word, and
// the reader is told of it.
func TestWhatCannotBeDerivedIsOnlyStated(t *testing.T) {
	key := newKey(t)
	claim := func(capability string, checks ...any) func(map[string]any) {
		return func(s map[string]any) {
			for _, row := range s["predicate"].(map[string]any)["standings"].([]any) {
				if r := row.(map[string]any); r["capability"] == capability {
					r["state"], r["knowledge"], r["checks"] = "met", "probed", checks
				}
			}
		}
	}
	foreign := func(s map[string]any) {
		p := s["predicate"].(map[string]any)
		p["judged"] = append(p["judged"].([]any), map[string]any{
			"evidence": map[string]any{"check": "of-another-build", "version": 1, "began": "2026-01-01T00:00:00Z", "ended": "2026-01-01T00:00:00Z"},
			"finding":  map[string]any{"outcome": "holds", "reason": "x"}})
	}
	for name, change := range map[string]func(map[string]any){
		"a check of another build": func(s map[string]any) { foreign(s); claim("yank", "of-another-build")(s) },
		"another catalogue": func(s map[string]any) {
			s["predicate"].(map[string]any)["catalogue"].(map[string]any)["version"] = "1999.1"
			claim("yank", "yank")(s)
		},
	} {
		o, err := reader(t).Open(t.Context(), resign(t, seal(t, newCard(t, true), key), key, change), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, s := range o.Standings {
			switch {
			case s.Capability == "yank" && (s.State != assess.Met || s.Knowledge != assess.Stated):
				t.Errorf("%s: %s", name, s.Line())
			case s.Capability == "security-txt" && s.Knowledge != assess.Probed:
				t.Errorf("%s: what follows is not known as such: %s", name, s.Line())
			}
		}
		if !strings.Contains(strings.Join(o.Notes, "\n"), "yank cannot be derived") {
			t.Errorf("%s: the reader is told %q", name, o.Notes)
		}
	}
}

func TestAFindingThatIsLeftOutIsSaid(t *testing.T) {
	c := newCard(t, true)
	c.Judged = nil
	r := reader(t)
	c.Standings = assess.Derive(assess.Input{Catalogue: r.Catalogue})
	o, err := r.Open(t.Context(), seal(t, c, newKey(t)), nil)
	if err != nil || len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "no finding of security-txt") {
		t.Errorf("%+v %v", o, err)
	}
}

func TestASecretInEvidenceRefusesTheCard(t *testing.T) {
	const secret = `good_9f86d081/84c7+d"659a2f`
	forms := map[string]string{
		"plain":              secret,
		"in an address":      url.QueryEscape(secret),
		"in a path":          url.PathEscape(secret),
		"in base64":          base64.StdEncoding.EncodeToString([]byte(secret)),
		"in base64, shifted": base64.StdEncoding.EncodeToString([]byte("user:" + secret)),
		"base64 for URLs":    base64.RawURLEncoding.EncodeToString([]byte("x" + secret + "yz")),
		"in hex":             hex.EncodeToString([]byte(secret)),
	}
	for name, form := range forms {
		c := newCard(t, true)
		c.Judged[0].Evidence.Exchanges = []scorecard.Exchange{{Method: "GET", URL: "https://registry.example/?x=" + form}}
		if _, err := Seal(t.Context(), c, newKey(t), []string{secret}); !assay.Is(err, assay.Internal) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error tells the secret", name)
		}
	}
	if _, err := Seal(t.Context(), newCard(t, true), newKey(t), []string{secret}); err != nil {
		t.Errorf("a card without the secret: %v", err)
	}
}

func TestKeysAreReadStrictly(t *testing.T) {
	k := newKey(t)
	private, err := k.PEM()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseKey(private); err != nil || !again.Public().Equal(k.Public()) {
		t.Errorf("a key came back as another: %v", err)
	}
	if _, err := ParsePublicKey(private); err == nil {
		t.Error("a private key was taken for a public one")
	}
	if _, err := ParseKey([]byte(k.Public().PEM())); err == nil {
		t.Error("a public key was taken for a private one")
	}
	if strings.Contains(k.String(), string(private)) {
		t.Error("the key prints itself")
	}
}

func FuzzOpen(f *testing.F) {
	cat, err := catalogue.Current()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"","sig":""}]}`))
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[],"witnesses":[{}]}`))
	r := Reader{Catalogue: cat, Checks: []scorecard.Check{oneCheck(1)}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if o, err := r.Open(t.Context(), raw, nil); err == nil && o == nil {
			t.Error("neither a card nor an error")
		}
	})
}
