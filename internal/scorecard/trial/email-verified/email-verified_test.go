package emailverified

import (
	"context"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	no, yes, none := trialtest.Refused, trialtest.Accepted, trialtest.NoCall
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"published and listed", Seen{Credential: true, Before: yes, Listed: true}, scorecard.Fails, "never verified"},
		{"accepted and not listed", Seen{Credential: true, Before: yes}, scorecard.CouldNotTell, "not listed"},
		{"refused, then accepted", Seen{Credential: true, Before: no("no"), Verify: yes, After: yes}, scorecard.Holds, "could afterwards"},
		{"no credential before", Seen{Before: no("not yet"), Verify: yes, After: yes}, scorecard.Holds, "got no credential"},
		{"refused for the address, nothing to verify it with", Seen{Credential: true, Before: no("verify your e-mail first"), Verify: none}, scorecard.Holds, "name the address"},
		{"refused for something else, nothing to verify it with", Seen{Credential: true, Before: no("not your namespace"), Verify: none}, scorecard.CouldNotTell, "no call to verify"},
		{"refused before and after", Seen{Credential: true, Before: no("not your namespace"), Verify: yes, After: no("not your namespace")}, scorecard.CouldNotTell, "may not be the reason"},
		{"refused for the address, and after it for something else", Seen{Credential: true, Before: no("your email is not verified"), Verify: yes, After: no("not your namespace")}, scorecard.Holds, "name the address"},
		{"a server's fault", Seen{Credential: true, Before: trialtest.Unclear}, scorecard.CouldNotTell, "no clear answer"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "no clear answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

// newcomers signs people up; publish decides by what was verified so far.
func newcomers(publish func(verified bool) scorecard.Answer) trialtest.Acts {
	verified := false
	return trialtest.Acts{
		Otherwise: trialtest.Missing(),
		OnSignUp: func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
			return scorecard.Credential{Secret: "good_newcomer"}, trialtest.Accepted
		},
		OnVerifyMail: func(context.Context, scorecard.Person) scorecard.Answer { verified = true; return trialtest.Accepted },
		OnPublish: func(_ context.Context, as scorecard.Credential, _ scorecard.Release) scorecard.Answer {
			if as.Secret != "good_newcomer" {
				return trialtest.Refused("who are you")
			}
			return publish(verified)
		},
		OnListing: func(_ context.Context, _ scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
			return scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{"1.0.0": {}}}, trialtest.Accepted
		},
	}
}

func TestCollect(t *testing.T) {
	always := func(a scorecard.Answer) func(bool) scorecard.Answer {
		return func(bool) scorecard.Answer { return a }
	}
	right := newcomers(func(verified bool) scorecard.Answer {
		if verified {
			return trialtest.Accepted
		}
		return trialtest.Refused("not yet")
	})
	wordsOnly := newcomers(always(trialtest.Refused("verify your address")))
	wordsOnly.OnVerifyMail = nil
	laterEntry := newcomers(always(trialtest.Accepted))
	proven := false
	laterEntry.OnSignUp = func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
		return scorecard.Credential{}, trialtest.Accepted
	}
	laterEntry.OnVerifyMail = func(context.Context, scorecard.Person) scorecard.Answer { proven = true; return trialtest.Accepted }
	laterEntry.OnLogIn = func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
		if !proven {
			return scorecard.Credential{}, trialtest.Refused("not yet")
		}
		return scorecard.Credential{Secret: "good_newcomer"}, trialtest.Accepted
	}
	held := newcomers(always(trialtest.Accepted))
	held.OnListing = func(context.Context, scorecard.Credential, string) (scorecard.Listing, scorecard.Answer) {
		return scorecard.Listing{}, trialtest.Absent
	}
	closed := trialtest.Acts{Otherwise: trialtest.Missing(), OnSignUp: func(context.Context, scorecard.Person) (scorecard.Credential, scorecard.Answer) {
		return scorecard.Credential{}, trialtest.Refused("registration is closed")
	}}
	tests := []struct {
		name  string
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		{"refuses until verified", right, scorecard.Holds, "could afterwards"},
		{"says so in words and has no way to verify", wordsOnly, scorecard.Holds, "verify your address"},
		{"gives no credential until verified", laterEntry, scorecard.Holds, "got no credential"},
		{"lets anybody publish", newcomers(always(trialtest.Accepted)), scorecard.Fails, "never verified"},
		{"accepts and lists nothing", held, scorecard.CouldNotTell, "not listed"},
		{"refuses newcomers whatever they do", newcomers(always(trialtest.Refused("not yours"))), scorecard.CouldNotTell, "may not be the reason"},
		{"fails at publishing", newcomers(always(trialtest.Unclear)), scorecard.CouldNotTell, "bad gateway"},
		{"nobody may sign up", closed, scorecard.CouldNotTell, "registration is closed"},
		{"dead", trialtest.Dead(), scorecard.CouldNotTell, "no answer"},
		{"has no call to sign up", trialtest.Missing(), scorecard.NotSupported, "no call to sign a new person up"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(tt.acts)), tt.want, tt.words)
		})
	}
}
