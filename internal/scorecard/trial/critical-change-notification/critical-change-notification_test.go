package criticalchangenotification

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes := trialtest.Accepted
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"told", Seen{Change: yes, LogIn: yes, Before: 1, Mails: 1, Naming: 1}, scorecard.Holds, "says so"},
		{"told among other mail", Seen{Change: yes, LogIn: yes, Mails: 3, Naming: 1}, scorecard.Holds, "says so"},
		{"mail about something else", Seen{Change: yes, LogIn: yes, Mails: 1}, scorecard.Partly, "none of it"},
		{"told nobody", Seen{Change: yes, LogIn: yes, Before: 1}, scorecard.Fails, "no mail came"},
		{"no call to log in with", Seen{Change: yes, LogIn: trialtest.NoCall}, scorecard.Fails, "no mail came"},
		{"log-in wants a code", Seen{Change: yes, LogIn: scorecard.Answer{Verdict: scorecard.Refused, SecondFactor: true}}, scorecard.Fails, "no mail came"},
		{"said yes and changed nothing", Seen{Change: yes, LogIn: trialtest.Refused("wrong password")}, scorecard.CouldNotTell, "does not work"},
		{"refused to change it", Seen{Change: trialtest.Refused("no")}, scorecard.CouldNotTell, "could not be changed"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "could not be changed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

// instance is one whose mail comes to a slice.
type instance struct {
	scorecard.Instance
	mails *[]string
}

func (i instance) Mail() scorecard.Mailbox  { return i }
func (i instance) Received(string) []string { return *i.mails }

func TestCollect(t *testing.T) {
	const welcome, told = "Welcome! Prove your address.", "Your password was changed."
	tests := []struct {
		name string
		// mail comes so long after the change; "" for none.
		mail   string
		after  time.Duration
		change func(*trialtest.Acts)
		want   scorecard.Outcome
		words  string
	}{
		{name: "tells at once", mail: told, want: scorecard.Holds, words: "says so"},
		{name: "tells after three seconds", mail: told, after: 3 * time.Second, want: scorecard.Holds, words: "says so"},
		{name: "tells after a minute", mail: told, after: time.Minute, want: scorecard.Fails, words: "within 5s"},
		{name: "tells nobody", want: scorecard.Fails, words: "no mail came"},
		{name: "greets once more", mail: welcome, want: scorecard.Partly, words: "(1)"},
		{name: "refuses to change it", change: func(a *trialtest.Acts) {
			a.OnChangePassword = func(context.Context, scorecard.Credential, scorecard.Person, string) scorecard.Answer {
				return trialtest.Refused("not today")
			}
		}, want: scorecard.CouldNotTell, words: "not today"},
		{name: "has no call to change it", change: func(a *trialtest.Acts) { a.OnChangePassword = nil }, want: scorecard.NotSupported, words: "no call to change a password"},
		{name: "dead", change: func(a *trialtest.Acts) { *a = trialtest.Acts{Otherwise: trialtest.Dead()} }, want: scorecard.CouldNotTell, words: "no answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mails := []string{welcome}
			password := ""
			pending := time.Duration(-1)
			acts := trialtest.Acts{
				Otherwise: trialtest.Missing(),
				OnSignUp: func(_ context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
					password = p.Password
					return scorecard.Credential{Secret: "good_newcomer"}, trialtest.Accepted
				},
				OnLogIn: func(_ context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
					if p.Password != password {
						return scorecard.Credential{}, trialtest.Refused("wrong password")
					}
					return scorecard.Credential{Secret: "good_again"}, trialtest.Accepted
				},
				OnChangePassword: func(_ context.Context, _ scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
					if p.Password != password {
						return trialtest.Refused("wrong password")
					}
					password, pending = to, tt.after
					return trialtest.Accepted
				},
			}
			if tt.change != nil {
				tt.change(&acts)
			}
			b := trialtest.New(acts)
			b.Instance = instance{mails: &mails}
			b.OnWait = func(d time.Duration) {
				if pending >= 0 {
					if pending -= d; pending < 0 && tt.mail != "" {
						mails = append(mails, tt.mail)
					}
				}
			}
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
			if b.Waited > 6*time.Second {
				t.Errorf("waited %s", b.Waited)
			}
		})
	}
}
