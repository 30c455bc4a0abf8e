package rbacroles

import (
	"context"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no, none := trialtest.Accepted, trialtest.Refused("not your role"), trialtest.NoCall
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"refused both", Seen{Publish: yes, Token: no, Owner: no, Known: true}, scorecard.Holds, "making a token without limits and adding an owner"},
		{"did both", Seen{Publish: yes, Token: yes, Owner: yes, Known: true}, scorecard.Fails, "made a token without limits and added an owner"},
		{"added an owner", Seen{Publish: yes, Token: no, Owner: yes}, scorecard.Fails, "only publish added an owner"},
		{"got a token with limits", Seen{Publish: yes, Token: yes, Narrowed: true, Owner: no, Known: true}, scorecard.Holds, "was refused"},
		{"refused the one call there is", Seen{Publish: yes, Token: none, Owner: no, Known: true}, scorecard.Holds, "refused adding an owner"},
		{"refused a token, and has no owners", Seen{Publish: yes, Token: no, Owner: none}, scorecard.NotSupported, "no call to add an owner"},
		{"an owner whom nobody knows", Seen{Publish: yes, Token: none, Owner: no}, scorecard.CouldNotTell, "does not tell"},
		{"asked for the password", Seen{Publish: yes, Token: trialtest.Refused("wrong password"), Owner: none}, scorecard.CouldNotTell, "does not tell"},
		{"a fault", Seen{Publish: yes, Token: trialtest.Unclear, Owner: no, Known: true}, scorecard.CouldNotTell, "bad gateway"},
		{"no call", Seen{Publish: yes, Token: none, Owner: none}, scorecard.CouldNotTell, "no call"},
		{"does not even publish", Seen{Publish: no, Token: no, Owner: no, Known: true}, scorecard.CouldNotTell, "not even publish"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "not even publish"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	server := func(manage scorecard.Answer) trialtest.Acts {
		return trialtest.Acts{Otherwise: trialtest.Missing(),
			OnPublish: func(context.Context, scorecard.Credential, scorecard.Release) scorecard.Answer {
				return trialtest.Accepted
			},
			OnWhoAmI: func(_ context.Context, as scorecard.Credential) (string, scorecard.Answer) {
				return as.Who, trialtest.Accepted
			},
			OnMakeToken: func(context.Context, scorecard.Credential, scorecard.Person, scorecard.Wish) (scorecard.Token, scorecard.Answer) {
				if manage.Verdict != scorecard.Accepted {
					return scorecard.Token{}, manage
				}
				return scorecard.Token{Credential: scorecard.Credential{Secret: "good_wide"}, Key: "wide"}, manage
			},
			OnAddOwner: func(_ context.Context, as scorecard.Credential, _, person string) scorecard.Answer {
				if as.Who != "publisher" || person != "stranger" {
					return trialtest.Absent
				}
				return manage
			}}
	}
	alone := server(trialtest.Refused("not your role"))
	alone.OnWhoAmI, alone.OnMakeToken = nil, nil
	silent := server(trialtest.Refused("no"))
	silent.OnPublish = func(context.Context, scorecard.Credential, scorecard.Release) scorecard.Answer {
		return trialtest.Unclear
	}
	onlyPublishes := server(trialtest.Accepted)
	onlyPublishes.OnMakeToken, onlyPublishes.OnAddOwner = nil, nil
	tests := []struct {
		name  string
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		{"keeps the roles apart", server(trialtest.Refused("not your role")), scorecard.Holds, "adding an owner"},
		{"lets a publisher do all", server(trialtest.Accepted), scorecard.Fails, "added an owner"},
		{"knows no second person", alone, scorecard.CouldNotTell, "does not tell"},
		{"falls over at publishing", silent, scorecard.CouldNotTell, "bad gateway"},
		{"can do nothing but publish", onlyPublishes, scorecard.NotSupported, "none to add an owner"},
		{"dead", trialtest.Dead(), scorecard.CouldNotTell, "no answer"},
		{"has no call to publish", trialtest.Missing(), scorecard.NotSupported, "no call to publish"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(tt.acts)), tt.want, tt.words)
		})
	}
}
