package guesspasswords

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("wrong password")
	asked := scorecard.Answer{Verdict: scorecard.Refused, SecondFactor: true}
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"held off by a status", Seen{Control: yes, Guesses: 5, Last: trialtest.Throttled(time.Second)}, scorecard.Holds, "After 5"},
		{"held off in words", Seen{Control: yes, Guesses: 6, Last: trialtest.Refused("account locked")}, scorecard.Holds, "locked"},
		{"never held off", Seen{Control: yes, Guesses: 20, Last: no, After: yes}, scorecard.Fails, "still worked"},
		{"never held off, right one asked for a code", Seen{Control: asked, Guesses: 20, Last: no, After: asked}, scorecard.Fails, "still worked"},
		{"silently locked", Seen{Control: yes, Guesses: 20, Last: no, After: no}, scorecard.Holds, "even the right one"},
		{"slowed down", Seen{Control: yes, Guesses: 8, Last: no, FirstMS: 20, LastMS: 1900, After: yes}, scorecard.Holds, "slowed down"},
		{"always slow", Seen{Control: yes, Guesses: 5, Last: no, FirstMS: 1500, LastMS: 1500, After: yes}, scorecard.CouldNotTell, "Only 5"},
		{"a wrong one accepted", Seen{Control: yes, Guesses: 1, Last: yes}, scorecard.Fails, "guess 1"},
		{"a fault in between", Seen{Control: yes, Guesses: 3, Last: trialtest.Unclear}, scorecard.CouldNotTell, "no clear answer"},
		{"a fault at the end", Seen{Control: yes, Guesses: 20, Last: no, After: trialtest.Unclear}, scorecard.CouldNotTell, "right one gave no clear"},
		{"right one never worked", Seen{Control: no, Guesses: 20, Last: no}, scorecard.CouldNotTell, "before any guess"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "before any guess"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	// server counts wrong passwords, and beyond a bound answers all alike.
	server := func(bound int, beyond scorecard.Answer, takesWrong bool) (trialtest.Acts, *int) {
		password, wrong := "", new(int)
		return trialtest.Acts{Otherwise: trialtest.Missing(),
			OnSignUp: func(_ context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
				password = p.Password
				return scorecard.Credential{Secret: "good_newcomer"}, trialtest.Accepted
			},
			OnLogIn: func(_ context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
				switch {
				case *wrong >= bound:
					*wrong++
					return scorecard.Credential{}, beyond
				case p.Password == password, takesWrong:
					return scorecard.Credential{Secret: "good_session"}, trialtest.Accepted
				}
				*wrong++
				return scorecard.Credential{}, trialtest.Refused("wrong password")
			}}, wrong
	}
	tests := []struct {
		name    string
		bound   int
		beyond  scorecard.Answer
		wrong   bool
		want    scorecard.Outcome
		words   string
		sent    int
		between time.Duration
	}{
		{name: "holds off after five", bound: 5, beyond: trialtest.Throttled(2 * time.Second), want: scorecard.Holds, words: "After 6", sent: 6, between: 2 * time.Second},
		{name: "holds off for an hour", bound: 5, beyond: trialtest.Throttled(time.Hour), want: scorecard.Holds, words: "After 6", sent: 6, between: calm},
		{name: "never holds off", bound: 1000, want: scorecard.Fails, words: "After 20", sent: 20},
		{name: "locks without a word", bound: 10, beyond: trialtest.Refused("wrong password"), want: scorecard.Holds, words: "even the right one", sent: 21},
		{name: "falls over", bound: 3, beyond: trialtest.Unclear, want: scorecard.CouldNotTell, words: "bad gateway", sent: 4},
		{name: "takes any password", bound: 1000, wrong: true, want: scorecard.Fails, words: "guess 1", sent: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			acts, sent := server(tt.bound, tt.beyond, tt.wrong)
			b := trialtest.New(acts)
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
			if *sent != tt.sent || b.Waited != tt.between {
				t.Errorf("sent %d wrong passwords and waited %s, want %d and %s", *sent, b.Waited, tt.sent, tt.between)
			}
		})
	}
	withoutLogIn, _ := server(5, trialtest.Accepted, false)
	withoutLogIn.OnLogIn = nil
	for name, tt := range map[string]struct {
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		"has no call to log in":  {withoutLogIn, scorecard.NotSupported, "no call to log in"},
		"has no call to sign up": {trialtest.Missing(), scorecard.NotSupported, "no call to sign"},
		"dead":                   {trialtest.Dead(), scorecard.CouldNotTell, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(tt.acts)), tt.want, tt.words)
		})
	}
}
