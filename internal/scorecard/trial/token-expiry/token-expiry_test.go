package tokenexpiry

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("expired")
	good := Seen{Default: yes, Ends: true, Hours: 90*24 - 1, Short: yes, Had: true, Before: yes, After: no}
	but := func(change func(*Seen)) Seen { s := good; change(&s); return s }
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"ends, and is refused then", good, scorecard.Holds, "after 90 days, and one made for two seconds was refused"},
		{"ends within the hour", but(func(s *Seen) { s.Hours = 0 }), scorecard.Holds, "less than an hour"},
		{"ends within hours", but(func(s *Seen) { s.Hours = 11 }), scorecard.Holds, "12 hours"},
		{"for ever", but(func(s *Seen) { s.Ends, s.Hours = false, 0 }), scorecard.Fails, "said to have none"},
		{"for 400 days", but(func(s *Seen) { s.Hours = 400 * 24 }), scorecard.Holds, "400 days"},
		{"for ten years", but(func(s *Seen) { s.Hours = 3650 * 24 }), scorecard.Fails, "3650 days"},
		{"ended before it was made", but(func(s *Seen) { s.Hours = -5 }), scorecard.CouldNotTell, "before it was made"},
		{"works after its end", but(func(s *Seen) { s.After = yes }), scorecard.Fails, "still worked"},
		{"held off instead", but(func(s *Seen) { s.After = trialtest.Throttled(1) }), scorecard.CouldNotTell, "no clear answer"},
		{"a fault after its end", but(func(s *Seen) { s.After = trialtest.Unclear }), scorecard.CouldNotTell, "no clear answer"},
		{"no short one", but(func(s *Seen) { s.Short, s.Had = no, false }), scorecard.Holds, "not tried: none could be had"},
		{"a short one that never worked", but(func(s *Seen) { s.Before = no }), scorecard.Holds, "did not work to begin with"},
		{"none could be made", but(func(s *Seen) { s.Default = no }), scorecard.CouldNotTell, "No token could be made"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "No token could be made"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	const forever = time.Duration(-1)
	// tokens makes them with a life by default and a shortest one, by a
	// clock that waiting moves.
	tokens := func(usual, shortest time.Duration, dies bool) (trialtest.Acts, func(time.Duration)) {
		now := time.Now()
		ends := map[string]time.Time{}
		return trialtest.Acts{Otherwise: trialtest.Missing(),
			OnMakeToken: func(_ context.Context, _ scorecard.Credential, _ scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
				life := usual
				if w.Lifetime > 0 {
					if life = w.Lifetime; life < shortest {
						return scorecard.Token{}, trialtest.Refused("at least a day")
					}
				}
				made := scorecard.Token{Credential: scorecard.Credential{Secret: "good_" + life.String()}}
				if life != forever {
					made.Expires = now.Add(life)
				}
				ends[made.Credential.Secret] = made.Expires
				return made, trialtest.Accepted
			},
			OnWhoAmI: func(_ context.Context, as scorecard.Credential) (string, scorecard.Answer) {
				end, known := ends[as.Secret]
				if !known || dies && !end.IsZero() && now.After(end) {
					return "", trialtest.Refused("no good token")
				}
				return "publisher", trialtest.Accepted
			}}, func(d time.Duration) { now = now.Add(d) }
	}
	const days = 24 * time.Hour
	tests := []struct {
		name            string
		usual, shortest time.Duration
		dies            bool
		want            scorecard.Outcome
		words           string
	}{
		{"ends after ninety days", 90 * days, 0, true, scorecard.Holds, "90 days, and one made for two seconds"},
		{"shortest is a day", 90 * days, days, true, scorecard.Holds, "none could be had"},
		{"never ends", forever, 0, true, scorecard.Fails, "said to have none"},
		{"ends and works on", 90 * days, 0, false, scorecard.Fails, "still worked"},
		{"ends after ten years", 3650 * days, 0, true, scorecard.Fails, "as good as for ever"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			acts, tick := tokens(tt.usual, tt.shortest, tt.dies)
			b := trialtest.New(acts)
			b.OnWait = tick
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
			if b.Waited > most {
				t.Errorf("waited %s", b.Waited)
			}
		})
	}
	ignoring, tick := tokens(90*days, 0, true)
	before := ignoring.OnMakeToken
	ignoring.OnMakeToken = func(ctx context.Context, as scorecard.Credential, p scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
		w.Lifetime = 0
		return before(ctx, as, p, w)
	}
	lost, _ := tokens(90*days, 0, true)
	lost.OnWhoAmI = func(context.Context, scorecard.Credential) (string, scorecard.Answer) { return "", trialtest.Unclear }
	for name, tt := range map[string]struct {
		acts  scorecard.Acts
		want  scorecard.Outcome
		words string
	}{
		"ignores the wish":       {ignoring, scorecard.Holds, "none could be had"},
		"fails when asked":       {lost, scorecard.CouldNotTell, "bad gateway"},
		"dead":                   {trialtest.Dead(), scorecard.CouldNotTell, "no answer"},
		"has no call for tokens": {trialtest.Missing(), scorecard.NotSupported, "no call to make a token"},
	} {
		t.Run(name, func(t *testing.T) {
			b := trialtest.New(tt.acts)
			b.OnWait = tick
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
		})
	}
}
