package mfarequiredall

import (
	"context"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	signed := scorecard.Answer{Verdict: scorecard.Refused, Status: 401, SecondFactor: true}
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"published and listed", Seen{Publish: trialtest.Accepted, Listed: true}, scorecard.Fails, "password alone"},
		{"accepted and not listed", Seen{Publish: trialtest.Accepted}, scorecard.CouldNotTell, "not listed"},
		{"asked by its own sign", Seen{Publish: signed}, scorecard.Holds, "asked for one"},
		{"asked in words", Seen{Publish: trialtest.Refused("enable two-factor authentication to publish")}, scorecard.Holds, "two-factor"},
		{"refused for something else", Seen{Publish: trialtest.Refused("not your namespace")}, scorecard.CouldNotTell, "not your namespace"},
		{"a yes that asks for one all the same", Seen{Publish: scorecard.Answer{Verdict: scorecard.Accepted, SecondFactor: true}, Listed: true}, scorecard.Fails, "password alone"},
		{"a server's fault that speaks of one", Seen{Publish: scorecard.Answer{Verdict: scorecard.Unclear, Reason: "second factor broken"}}, scorecard.CouldNotTell, "broken"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	acts := func(publish scorecard.Answer) trialtest.Acts {
		verified := false
		return trialtest.Acts{
			Otherwise: trialtest.Missing(),
			OnSignUp: func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
				return scorecard.Credential{Secret: "good_newcomer"}, trialtest.Accepted
			},
			OnVerifyMail: func(context.Context, scorecard.Person) scorecard.Answer { verified = true; return trialtest.Accepted },
			OnPublish: func(_ context.Context, as scorecard.Credential, _ scorecard.Release) scorecard.Answer {
				switch {
				case as.Code != "":
					return trialtest.Refused("a code from nowhere")
				case !verified:
					return trialtest.Refused("verify your address")
				}
				return publish
			},
			OnListing: func(_ context.Context, _ scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
				return scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{"1.0.0": {}}}, trialtest.Accepted
			},
		}
	}
	unlistable := acts(trialtest.Accepted)
	unlistable.OnListing = func(context.Context, scorecard.Credential, string) (scorecard.Listing, scorecard.Answer) {
		return scorecard.Listing{}, trialtest.Unclear
	}
	noEntry := acts(trialtest.Accepted)
	noEntry.OnSignUp = func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
		return scorecard.Credential{}, trialtest.Accepted
	}
	tests := []struct {
		name  string
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		{"asks for a second factor", acts(scorecard.Answer{Verdict: scorecard.Refused, Status: 401, SecondFactor: true}), scorecard.Holds, "asked for one"},
		{"takes a password alone", acts(trialtest.Accepted), scorecard.Fails, "password alone"},
		{"refuses newcomers", acts(trialtest.Refused("not yours")), scorecard.CouldNotTell, "not yours"},
		{"fails at publishing", acts(trialtest.Unclear), scorecard.CouldNotTell, "bad gateway"},
		{"fails at listing", unlistable, scorecard.CouldNotTell, "could not list"},
		{"gives a newcomer no credential", noEntry, scorecard.CouldNotTell, "got no credential"},
		{"dead", trialtest.Dead(), scorecard.CouldNotTell, "no answer"},
		{"has no call to sign up", trialtest.Missing(), scorecard.NotSupported, "no call"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(tt.acts)), tt.want, tt.words)
		})
	}
}
