package leakedtokenrevoked

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("revoked")
	good := Seen{Before: yes, Report: yes, After: no, Others: yes}
	but := func(change func(*Seen)) Seen { s := good; change(&s); return s }
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"ends at once", good, scorecard.Holds, "at once"},
		{"ends after a while", but(func(s *Seen) { s.AfterMS = 2500 }), scorecard.Holds, "within 2.5 seconds"},
		{"lives on", but(func(s *Seen) { s.After, s.AfterMS = yes, 5000 }), scorecard.Fails, "5 seconds later"},
		{"the report was not taken", but(func(s *Seen) { s.Report, s.After = no, yes }), scorecard.CouldNotTell, "did not take"},
		{"the report was not taken, and the token ended", but(func(s *Seen) { s.Report = trialtest.Absent }), scorecard.Holds, "refused at once"},
		{"all tokens ended", but(func(s *Seen) { s.Others = no }), scorecard.CouldNotTell, "either"},
		{"held off", but(func(s *Seen) { s.After = trialtest.Throttled(1) }), scorecard.CouldNotTell, "no clear answer"},
		{"a fault after it", but(func(s *Seen) { s.After = trialtest.Unclear }), scorecard.CouldNotTell, "no clear answer"},
		{"never worked", but(func(s *Seen) { s.Before = no }), scorecard.CouldNotTell, "even before"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "even before"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	const never = time.Hour
	tests := []struct {
		name   string
		dies   time.Duration
		change func(*trialtest.Acts)
		want   scorecard.Outcome
		words  string
	}{
		{name: "revokes at once", dies: 0, want: scorecard.Holds, words: "at once"},
		{name: "revokes after two seconds", dies: 2 * time.Second, want: scorecard.Holds, words: "within 2.0 seconds"},
		{name: "does nothing", dies: never, want: scorecard.Fails, words: "5 seconds later"},
		{name: "shows tokens only by publishing", dies: 0, change: func(a *trialtest.Acts) { a.OnWhoAmI = nil }, want: scorecard.Holds, words: "at once"},
		{name: "does nothing, seen by publishing", dies: never, change: func(a *trialtest.Acts) { a.OnWhoAmI = nil }, want: scorecard.Fails, words: "still worked"},
		{name: "wants reports signed", change: func(a *trialtest.Acts) {
			a.OnReportToken = func(context.Context, string) scorecard.Answer { return trialtest.Refused("not signed") }
		}, dies: never, want: scorecard.CouldNotTell, words: "not signed"},
		{name: "has no endpoint", change: func(a *trialtest.Acts) { a.OnReportToken = nil }, want: scorecard.NotSupported, words: "no call to report"},
		{name: "falls over at the report", change: func(a *trialtest.Acts) {
			a.OnReportToken = func(context.Context, string) scorecard.Answer { return trialtest.Unclear }
		}, want: scorecard.CouldNotTell, words: "bad gateway"},
		{name: "dead", change: func(a *trialtest.Acts) { *a = trialtest.Acts{Otherwise: trialtest.Dead()} }, want: scorecard.CouldNotTell, words: "no answer"},
		{name: "makes no tokens", change: func(a *trialtest.Acts) { a.OnMakeToken = nil }, want: scorecard.NotSupported, words: "no call to make a token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var clock time.Duration
			end := time.Duration(-1)
			take := func(as scorecard.Credential) scorecard.Answer {
				switch {
				case as.Secret == "" || as.Secret == "good_made" && end >= 0 && clock >= end:
					return trialtest.Refused("no good token")
				}
				return trialtest.Accepted
			}
			acts := trialtest.Acts{Otherwise: trialtest.Missing(),
				OnMakeToken: func(context.Context, scorecard.Credential, scorecard.Person, scorecard.Wish) (scorecard.Token, scorecard.Answer) {
					return scorecard.Token{Credential: scorecard.Credential{Secret: "good_made"}, Key: "made"}, trialtest.Accepted
				},
				OnWhoAmI: func(_ context.Context, as scorecard.Credential) (string, scorecard.Answer) {
					return "somebody", take(as)
				},
				OnPublish: func(_ context.Context, as scorecard.Credential, _ scorecard.Release) scorecard.Answer {
					return take(as)
				},
				OnReportToken: func(_ context.Context, token string) scorecard.Answer {
					if token != "good_made" {
						t.Errorf("reported %q", token)
					}
					end = clock + tt.dies
					return trialtest.Accepted
				}}
			if tt.change != nil {
				tt.change(&acts)
			}
			b := trialtest.New(acts)
			b.OnWait = func(d time.Duration) { clock += d }
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
		})
	}
}
