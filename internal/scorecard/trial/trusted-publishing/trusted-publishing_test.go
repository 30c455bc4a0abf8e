package trustedpublishing

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("no")
	good := Seen{Forged: []Try{{"one", no}, {"two", no}}, Trusted: true, Sound: yes, Ends: true, Minutes: 15, Elsewhere: no, Own: yes, Other: no, Control: yes}
	but := func(change func(*Seen)) Seen { s := good; change(&s); return s }
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"all as it should be", good, scorecard.Holds, "after 15 minutes"},
		{"no publisher to compare with", but(func(s *Seen) { s.Control = trialtest.NoCall }), scorecard.Holds, "after 15 minutes"},
		{"a forgery taken", but(func(s *Seen) { s.Forged = []Try{{"one", no}, {"that says so", yes}} }), scorecard.Fails, "one that says so"},
		{"a forgery taken, nothing sound to try", Seen{Forged: []Try{{"that says so", yes}}}, scorecard.Fails, "forged identity"},
		{"nothing sound to try", Seen{Forged: []Try{{"one", no}}}, scorecard.CouldNotTell, "no issuer of ours"},
		{"a fault at a forgery", but(func(s *Seen) { s.Forged = []Try{{"one", trialtest.Unclear}} }), scorecard.CouldNotTell, "bad gateway"},
		{"the sound one refused", but(func(s *Seen) { s.Sound = no }), scorecard.CouldNotTell, "so is the sound one"},
		{"taken for another package", but(func(s *Seen) { s.Elsewhere = yes }), scorecard.Fails, "exchanged for a token for another"},
		{"publishes another package", but(func(s *Seen) { s.Other = yes }), scorecard.Fails, "published another one"},
		{"publishes nothing", but(func(s *Seen) { s.Own = no }), scorecard.CouldNotTell, "does not publish"},
		{"the publisher may not either", but(func(s *Seen) { s.Control = no }), scorecard.CouldNotTell, "may not be the reason"},
		{"an hour exactly", but(func(s *Seen) { s.Minutes = 60 }), scorecard.Holds, "60 minutes"},
		{"lives for a year", but(func(s *Seen) { s.Minutes = 525600 }), scorecard.Partly, "525600 minutes"},
		{"lives for nobody knows how long", but(func(s *Seen) { s.Ends = false }), scorecard.Partly, "does not say"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "No identity"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

// genuine is an identity token as the fake issuer signs it.
var genuine = strings.Join([]string{
	base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA"}`)),
	base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"trusted"}`)),
	base64.RawURLEncoding.EncodeToString([]byte("a signature that only the issuer can make, of 64 bytes in length")),
}, ".")

type instance struct {
	scorecard.Instance
	trusts bool
}

func (i instance) Identity(assay.Ecosystem, string) (string, bool) { return genuine, i.trusts }

// server exchanges identities that take says are good.
func server(take func(name, identity string) bool, limited bool) trialtest.Acts {
	return trialtest.Acts{Otherwise: trialtest.Missing(),
		OnExchangeIdentity: func(_ context.Context, name, identity string) (scorecard.Token, scorecard.Answer) {
			if !take(name, identity) {
				return scorecard.Token{}, trialtest.Refused("not trusted")
			}
			return scorecard.Token{Credential: scorecard.Credential{Secret: "good_short_for_" + name}, Expires: time.Now().Add(15 * time.Minute)}, trialtest.Accepted
		},
		OnPublish: func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
			if limited && as.Who != "publisher" && as.Secret != "good_short_for_"+r.Name {
				return trialtest.Refused("not for this package")
			}
			return trialtest.Accepted
		}}
}

func TestCollect(t *testing.T) {
	forTrusted := func(name string) bool { return strings.HasSuffix(name, "-trusted") }
	sound := func(name, identity string) bool { return identity == genuine && forTrusted(name) }
	withoutSignature := func(name, identity string) bool {
		return strings.Split(identity, ".")[1] == strings.Split(genuine, ".")[1] && forTrusted(name)
	}
	saysNone := func(name, identity string) bool {
		return sound(name, identity) || strings.HasSuffix(identity, ".") && forTrusted(name)
	}
	anyName := func(name, identity string) bool { return identity == genuine }
	nobody := func(string, string) bool { return false }
	tokenless := server(sound, true)
	tokenless.OnExchangeIdentity = func(context.Context, string, string) (scorecard.Token, scorecard.Answer) {
		return scorecard.Token{}, trialtest.Accepted
	}
	tests := []struct {
		name   string
		acts   scorecard.Acts
		trusts bool
		want   scorecard.Outcome
		words  string
	}{
		{"does everything right", server(sound, true), true, scorecard.Holds, "was refused for another"},
		{"trusts no issuer of ours", server(nobody, true), false, scorecard.CouldNotTell, "no issuer of ours"},
		{"does not look at signatures", server(withoutSignature, true), true, scorecard.Fails, "does not fit"},
		{"believes one that says it is not signed", server(saysNone, true), true, scorecard.Fails, "one that says it is not signed."},
		{"takes anything from anybody", server(func(string, string) bool { return true }, true), false, scorecard.Fails, "forged identity"},
		{"does not look at the package", server(anyName, true), true, scorecard.Fails, "exchanged for a token for another"},
		{"gives tokens for everything", server(sound, false), true, scorecard.Fails, "published another one"},
		{"refuses the sound one", server(nobody, true), true, scorecard.CouldNotTell, "so is the sound one"},
		{"says yes and gives nothing", tokenless, true, scorecard.CouldNotTell, "holds no token"},
		{"dead", trialtest.Dead(), true, scorecard.CouldNotTell, "no answer"},
		{"has no call for it", trialtest.Missing(), true, scorecard.NotSupported, "no call to exchange"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := trialtest.New(tt.acts)
			b.Instance = instance{trusts: tt.trusts}
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
			for _, m := range b.Made() {
				if m.As.Who != "publisher" {
					t.Errorf("%s would be removed by %s", m.Name, m.As)
				}
			}
		})
	}
}

func TestForgeriesAreNotGenuine(t *testing.T) {
	for _, from := range []string{genuine, "", "a.b.", "no token at all", "a..b"} {
		seen := map[string]bool{from: true}
		for _, f := range forgeries(from, "trusted", time.Now()) {
			if seen[f.identity] || strings.Count(f.identity, ".") != 2 || f.words == "" {
				t.Errorf("made of %q: %q", from, f.identity)
			}
			seen[f.identity] = true
		}
	}
}
