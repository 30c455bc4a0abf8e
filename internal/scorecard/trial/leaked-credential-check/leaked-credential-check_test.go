package leakedcredentialcheck

import (
	"context"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("known to have leaked")
	tries := func(answers ...scorecard.Answer) (out []Try) {
		for i, a := range answers {
			out = append(out, Try{notorious()[i].words, a})
		}
		return out
	}
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"all refused", Seen{yes, tries(no, no, no)}, scorecard.Holds, "3 notorious ones were refused"},
		{"all taken", Seen{yes, tries(yes, yes, yes)}, scorecard.Fails, "3 of 3"},
		{"a rule on length alone", Seen{yes, tries(yes, yes, no)}, scorecard.Fails, "25 letters"},
		{"held off, not refused", Seen{yes, tries(no, no, trialtest.Throttled(1))}, scorecard.CouldNotTell, "no clear answer"},
		{"held off in words", Seen{yes, tries(no, trialtest.Refused("too many sign-ups"), no)}, scorecard.CouldNotTell, "too many"},
		{"a fault in between", Seen{yes, tries(no, trialtest.Unclear, no)}, scorecard.CouldNotTell, "bad gateway"},
		{"nobody may sign up", Seen{no, tries(no, no, no)}, scorecard.CouldNotTell, "good password either"},
		{"nothing tried", Seen{Control: yes}, scorecard.CouldNotTell, "good password either"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "good password either"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	var passwords map[string]string
	takes := func(good func(password string) bool) trialtest.Acts {
		return trialtest.Acts{Otherwise: trialtest.Missing(),
			OnSignUp: func(_ context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
				if !good(p.Password) {
					return scorecard.Credential{}, trialtest.Refused("choose another password")
				}
				passwords[p.Name] = p.Password
				return scorecard.Credential{Secret: "good_session_of_" + p.Name}, trialtest.Accepted
			},
			OnChangePassword: func(_ context.Context, as scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
				if as.Secret != "good_session_of_"+p.Name || passwords[p.Name] != p.Password {
					return trialtest.Refused("wrong password")
				}
				passwords[p.Name] = to
				return trialtest.Accepted
			}}
	}
	leaked := func(p string) bool {
		for _, n := range notorious() {
			if n.password == p {
				return true
			}
		}
		return false
	}
	tests := []struct {
		name  string
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		{"knows the lists", takes(func(p string) bool { return !leaked(p) }), scorecard.Holds, "refused"},
		{"takes any", takes(func(string) bool { return true }), scorecard.Fails, "3 of 3"},
		{"wants twelve characters", takes(func(p string) bool { return len(p) >= 12 }), scorecard.Fails, "2 of 3"},
		{"wants a sign and a digit", takes(func(p string) bool { return strings.ContainsAny(p, "!-") }), scorecard.Fails, "1 of 3"},
		{"takes nobody", takes(func(string) bool { return false }), scorecard.CouldNotTell, "could not sign a new person up"},
		{"dead", trialtest.Dead(), scorecard.CouldNotTell, "no answer"},
		{"has no call to sign up", trialtest.Missing(), scorecard.NotSupported, "no call"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			passwords = map[string]string{}
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(tt.acts)), tt.want, tt.words)
			for name, password := range passwords {
				if leaked(password) {
					t.Errorf("%s was left with a notorious password", name)
				}
			}
		})
	}
}
