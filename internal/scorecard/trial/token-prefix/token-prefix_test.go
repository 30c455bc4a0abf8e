package tokenprefix

import (
	"context"
	"fmt"
	"hash/crc32"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"prefix and checksum", Seen{Made: true, Length: 54, Prefix: 5, Checksum: 6}, scorecard.Holds, "prefix of 5 and ends in a checksum of 6"},
		{"prefix alone", Seen{Made: true, Length: 54, Prefix: 5}, scorecard.Partly, "no checksum"},
		{"checksum alone", Seen{Length: 48, Checksum: 6}, scorecard.Fails, "a checksum and no prefix"},
		{"a UUID", Seen{Length: 36, UUID: true}, scorecard.Fails, "UUID"},
		{"a web token", Seen{Length: 300, WebToken: true}, scorecard.Fails, "JSON web token"},
		{"hexadecimal digits", Seen{Length: 40, Hex: true}, scorecard.Fails, "hexadecimal"},
		{"the publisher's, of nothing known", Seen{Length: 40}, scorecard.Fails, "The publisher's token (40 characters) has no prefix."},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "no token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	n := 0
	maker := func(write func(int) string) trialtest.Acts {
		return trialtest.Acts{Otherwise: trialtest.Missing(),
			OnMakeToken: func(_ context.Context, as scorecard.Credential, _ scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
				if as.Who != "publisher" || len(w.Names) != 1 {
					return scorecard.Token{}, trialtest.Refused("for one name only")
				}
				n++
				return scorecard.Token{Credential: scorecard.Credential{Secret: write(n)}, Key: fmt.Sprint("key", n)}, trialtest.Accepted
			}}
	}
	sound := func(n int) string {
		body := fmt.Sprintf("%030x", n)
		return fmt.Sprintf("good_%s%08x", body, crc32.ChecksumIEEE([]byte(body)))
	}
	byNewcomer := maker(sound)
	byNewcomer.OnSignUp = func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
		return scorecard.Credential{Secret: "session"}, trialtest.Accepted
	}
	byNewcomer.OnMakeToken = func(_ context.Context, as scorecard.Credential, p scorecard.Person, _ scorecard.Wish) (scorecard.Token, scorecard.Answer) {
		if p.Password == "" || as.Secret != "session" {
			return scorecard.Token{}, trialtest.Refused("password, please")
		}
		n++
		return scorecard.Token{Credential: scorecard.Credential{Secret: sound(n)}}, trialtest.Accepted
	}
	tests := []struct {
		name  string
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		{"makes sound tokens", maker(sound), scorecard.Holds, "A token that was made"},
		{"makes them for who has the password", byNewcomer, scorecard.Holds, "A token that was made"},
		{"makes tokens with a prefix", maker(func(n int) string { return fmt.Sprintf("good_%040d", n) }), scorecard.Partly, "no checksum"},
		{"makes random ones that once look prefixed", maker(func(n int) string { return fmt.Sprintf("ab%dx_%040d", n, n) }), scorecard.Fails, "no prefix"},
		{"makes digits", maker(func(n int) string { return fmt.Sprintf("%040x", n) }), scorecard.Fails, "hexadecimal"},
		{"says yes and sends none", maker(func(int) string { return "" }), scorecard.Partly, "The publisher's token"},
		{"makes none", trialtest.Missing(), scorecard.Partly, "The publisher's token"},
		{"dead, and the publisher's token is there all the same", trialtest.Dead(), scorecard.Partly, "The publisher's token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(tt.acts)), tt.want, tt.words)
		})
	}
}
