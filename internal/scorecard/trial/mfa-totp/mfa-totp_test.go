package mfatotp

import (
	"context"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/totp"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

var asked = scorecard.Answer{Verdict: scorecard.Refused, Status: 401, SecondFactor: true}

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused
	good := Seen{Control: yes, Start: yes, Bits: 160, Wrong: no("wrong code"), Right: yes, LogIn: asked}
	but := func(change func(*Seen)) Seen { s := good; change(&s); return s }
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"all as it should be", good, scorecard.Holds, "160-bit"},
		{"asks in words alone", but(func(s *Seen) { s.LogIn = no("one-time password required") }), scorecard.Holds, "asked for it"},
		{"exactly long enough", but(func(s *Seen) { s.Bits = 128 }), scorecard.Holds, "128-bit"},
		{"a short secret", but(func(s *Seen) { s.Bits = 80 }), scorecard.Fails, "80 bits"},
		{"password alone still enough", but(func(s *Seen) { s.LogIn = yes }), scorecard.Fails, "password alone was accepted"},
		{"any code confirms", but(func(s *Seen) { s.Wrong = yes }), scorecard.Fails, "wrong code"},
		{"a yes without an address", but(func(s *Seen) { s.Fault = "this otpauth address cannot be used: it has no secret" }), scorecard.Fails, "no secret"},
		{"refuses to set one up", but(func(s *Seen) { s.Start = no("not here") }), scorecard.Fails, "not here"},
		{"offers only better ones", but(func(s *Seen) { s.Start = no("new TOTP cannot be added, use a security key") }), scorecard.CouldNotTell, "another way"},
		{"says with a fault's status that it has none", but(func(s *Seen) {
			s.Start = scorecard.Answer{Verdict: scorecard.Unclear, Status: 503, Reason: "the two-factor authentication is not yet supported"}
		}), scorecard.Fails, "not yet supported"},
		{"a fault", but(func(s *Seen) { s.Start = trialtest.Unclear }), scorecard.CouldNotTell, "no clear answer"},
		{"right code refused", but(func(s *Seen) { s.Right = no("wrong code") }), scorecard.CouldNotTell, "right code"},
		{"refuses the log-in for something else", but(func(s *Seen) { s.LogIn = no("go away") }), scorecard.CouldNotTell, "go away"},
		{"password never worked", but(func(s *Seen) { s.Control = no("wrong password") }), scorecard.CouldNotTell, "even before"},
		{"fault at the end", but(func(s *Seen) { s.LogIn = trialtest.Unclear }), scorecard.CouldNotTell, "no clear answer"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "even before"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

// server keeps one account; its fields are what it does wrong.
type server struct {
	address                                     string
	anyCode, neverAsks, voidsOnWrong, noControl bool
}

func (s server) acts(t *testing.T) trialtest.Acts {
	key, _ := totp.Parse(s.address)
	confirmed, void := false, false
	return trialtest.Acts{
		Otherwise: trialtest.Missing(),
		OnSignUp: func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
			return scorecard.Credential{Secret: "good_newcomer"}, trialtest.Accepted
		},
		OnLogIn: func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
			if s.noControl {
				return scorecard.Credential{}, trialtest.Unclear
			}
			if confirmed && !s.neverAsks {
				return scorecard.Credential{}, asked
			}
			return scorecard.Credential{Secret: "good_again"}, trialtest.Accepted
		},
		OnStartSecondFactor: func(context.Context, scorecard.Credential, scorecard.Person) (string, scorecard.Answer) {
			void = false
			return s.address, trialtest.Accepted
		},
		OnConfirmSecondFactor: func(_ context.Context, _ scorecard.Credential, _ scorecard.Person, code string) scorecard.Answer {
			now := time.Now()
			right := code == key.Code(now) || code == key.Code(now.Add(-key.Period))
			if s.anyCode || right && !void {
				confirmed = true
				return trialtest.Accepted
			}
			void = s.voidsOnWrong
			return trialtest.Refused("wrong code")
		},
	}
}

func TestCollect(t *testing.T) {
	const sound = "otpauth://totp/registry:someone?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	noFactor := server{address: sound}.acts(t)
	noFactor.OnStartSecondFactor = nil
	disabled := server{address: sound}.acts(t)
	disabled.OnStartSecondFactor = func(context.Context, scorecard.Credential, scorecard.Person) (string, scorecard.Answer) {
		return "", scorecard.Answer{Verdict: scorecard.Unclear, Status: 503, Reason: "tfa is disabled"}
	}
	tests := []struct {
		name  string
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		{"does everything right", server{address: sound}.acts(t), scorecard.Holds, "160-bit"},
		{"voids the secret after a wrong code", server{address: sound, voidsOnWrong: true}.acts(t), scorecard.Holds, "wrong code was refused"},
		{"takes any code", server{address: sound, anyCode: true}.acts(t), scorecard.Fails, "not checked"},
		{"never asks", server{address: sound, neverAsks: true}.acts(t), scorecard.Fails, "password alone"},
		{"has eight bits", server{address: "otpauth://totp/a?secret=AA"}.acts(t), scorecard.Fails, "8 bits"},
		{"gives no address", server{}.acts(t), scorecard.Fails, "authenticator"},
		{"gives an endless address", server{address: sound + "&issuer=" + strings.Repeat("x", 4000)}.acts(t), scorecard.Fails, "longer"},
		{"fails at the control", server{address: sound, noControl: true}.acts(t), scorecard.CouldNotTell, "bad gateway"},
		{"has accounts and no second factor", noFactor, scorecard.NotSupported, "no call to ask for a second factor"},
		{"has a call and no second factor", disabled, scorecard.Fails, "tfa is disabled"},
		{"dead", trialtest.Dead(), scorecard.CouldNotTell, "no answer"},
		{"has no call to sign up", trialtest.Missing(), scorecard.NotSupported, "sign a new person up"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(tt.acts)), tt.want, tt.words)
		})
	}
}
