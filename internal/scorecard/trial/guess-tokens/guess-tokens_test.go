package guesstokens

import (
	"context"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("unknown token")
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"held off", Seen{Control: yes, Guesses: 13, Last: trialtest.Throttled(time.Second)}, scorecard.Holds, "After 12"},
		{"never held off", Seen{Control: yes, Guesses: 60, Last: no, After: yes}, scorecard.Fails, "60 random tokens"},
		{"the address is shut out without a word", Seen{Control: yes, Guesses: 60, Last: no, After: no}, scorecard.Holds, "even the publisher's"},
		{"a guess taken", Seen{Control: yes, Guesses: 1, Last: yes}, scorecard.Fails, "guess 1"},
		{"a guess taken at publishing", Seen{Publishing: true, Control: yes, Guesses: 3, Last: yes}, scorecard.Fails, "accepted to publish"},
		{"out of time", Seen{Control: yes, Guesses: 12, Last: no, After: yes}, scorecard.CouldNotTell, "Only 12"},
		{"a fault in between", Seen{Control: yes, Guesses: 3, Last: trialtest.Unclear}, scorecard.CouldNotTell, "no clear answer"},
		{"a fault at the end", Seen{Control: yes, Guesses: 60, Last: no, After: trialtest.Unclear}, scorecard.CouldNotTell, "After the guesses"},
		{"the publisher's never worked", Seen{Control: no, Guesses: 60, Last: no}, scorecard.CouldNotTell, "before any guess"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "before any guess"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

// server takes the publisher's token, and answers guesses by their number.
func server(guess func(n int) scorecard.Answer) (trialtest.Acts, *int) {
	n := new(int)
	take := func(as scorecard.Credential) scorecard.Answer {
		switch {
		case as.Secret == "":
			return trialtest.Refused("who are you")
		case as.Who == "publisher":
			return trialtest.Accepted
		}
		*n++
		return guess(*n)
	}
	return trialtest.Acts{Otherwise: trialtest.Missing(),
		OnWhoAmI: func(_ context.Context, as scorecard.Credential) (string, scorecard.Answer) {
			return "publisher", take(as)
		},
		OnPublish: func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
			return take(as)
		},
	}, n
}

func TestCollect(t *testing.T) {
	no := trialtest.Refused("unknown token")
	until := func(bound int, then scorecard.Answer) func(int) scorecard.Answer {
		return func(n int) scorecard.Answer {
			if n > bound {
				return then
			}
			return no
		}
	}
	tests := []struct {
		name    string
		guess   func(int) scorecard.Answer
		change  func(*trialtest.Acts)
		want    scorecard.Outcome
		words   string
		guesses int
	}{
		{"holds off", until(12, trialtest.Throttled(time.Second)), nil, scorecard.Holds, "After 12", 13},
		{"never holds off", until(1000, no), nil, scorecard.Fails, "nobody was held off", 60},
		{"takes any", until(0, trialtest.Accepted), nil, scorecard.Fails, "to ask who", 1},
		{"takes any at publishing", until(0, trialtest.Accepted), func(a *trialtest.Acts) { a.OnWhoAmI = nil }, scorecard.Fails, "to publish", 1},
		{"holds off at publishing", until(12, trialtest.Throttled(time.Second)), func(a *trialtest.Acts) { a.OnWhoAmI = nil }, scorecard.Holds, "After 12", 13},
		{"tells anybody that they are somebody", until(12, trialtest.Throttled(time.Second)), func(a *trialtest.Acts) {
			a.OnWhoAmI = func(context.Context, scorecard.Credential) (string, scorecard.Answer) {
				return "anonymous", trialtest.Accepted
			}
		}, scorecard.Holds, "After 12", 13},
		{"names nobody", until(0, trialtest.Accepted), func(a *trialtest.Acts) {
			before := a.OnWhoAmI
			a.OnWhoAmI = func(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
				_, answer := before(ctx, as)
				return "", answer
			}
		}, scorecard.CouldNotTell, "names nobody", 0},
		{"falls over", until(4, trialtest.Unclear), nil, scorecard.CouldNotTell, "could not show a random token", 5},
		{"dead", nil, func(a *trialtest.Acts) { *a = trialtest.Acts{Otherwise: trialtest.Dead()} }, scorecard.CouldNotTell, "no answer", 0},
		{"has no call to show one", nil, func(a *trialtest.Acts) { *a = trialtest.Acts{Otherwise: trialtest.Missing()} }, scorecard.NotSupported, "no call", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			acts, n := server(tt.guess)
			if tt.change != nil {
				tt.change(&acts)
			}
			trialtest.Expect(t, trialtest.Run(t, Check(), trialtest.New(acts)), tt.want, tt.words)
			if *n != tt.guesses {
				t.Errorf("%d guesses, want %d", *n, tt.guesses)
			}
		})
	}
}

func TestGuessesLookLikeTheToken(t *testing.T) {
	acts, _ := server(func(int) scorecard.Answer { return trialtest.Refused("unknown") })
	before := acts.OnWhoAmI
	seen := map[string]bool{}
	acts.OnWhoAmI = func(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
		if as.Who == "nobody known" {
			if !strings.HasPrefix(as.Secret, "good_") || len(as.Secret) != len("good_publisherpublisherpublisher") || seen[as.Secret] {
				t.Errorf("guessed %q", as.Secret)
			}
			seen[as.Secret] = true
		}
		return before(ctx, as)
	}
	b := trialtest.New(acts)
	b.Protocol = trialtest.Protocol{Eco: assay.Golang}
	trialtest.Expect(t, trialtest.Run(t, Check(), b), scorecard.Fails, "60 random tokens")
	b.Publisher.Secret = "éééééééééééééééé"
	trialtest.Expect(t, trialtest.Run(t, Check(), b), scorecard.CouldNotTell, "not written in")
}
