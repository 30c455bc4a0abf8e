package tokenpackagescoped

import (
	"context"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("not for this package")
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"refused for another", Seen{Made: true, Own: yes, Other: no, Control: yes}, scorecard.Holds, "which its owner could publish"},
		{"published another", Seen{Made: true, Own: yes, Other: yes, Control: yes}, scorecard.Fails, "published another one"},
		{"the owner may not either", Seen{Made: true, Own: yes, Other: no, Control: no}, scorecard.CouldNotTell, "may not be the reason"},
		{"not even its own", Seen{Made: true, Own: no}, scorecard.CouldNotTell, "not even"},
		{"held off", Seen{Made: true, Own: yes, Other: trialtest.Throttled(1), Control: yes}, scorecard.CouldNotTell, "no clear answer"},
		{"a fault", Seen{Made: true, Own: yes, Other: trialtest.Unclear, Control: yes}, scorecard.CouldNotTell, "no clear answer"},
		{"refused in the stranger's place", Seen{Own: yes, Other: no, Control: yes}, scorecard.Holds, "in the stranger's"},
		{"taken in the stranger's place, a given credential", Seen{Own: yes, Other: yes, Control: yes}, scorecard.CouldNotTell, "narrower"},
		{"taken in the stranger's place, one that a driver limited", Seen{Started: true, Own: yes, Other: yes, Control: yes}, scorecard.Fails, "limited as well"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "not even"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

// server has one made token; honest ones look at what it is for.
func server(honest, onlyExisting bool) trialtest.Acts {
	var limits []string
	there := map[string]bool{}
	return trialtest.Acts{Otherwise: trialtest.Missing(),
		OnMakeToken: func(_ context.Context, as scorecard.Credential, _ scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
			if onlyExisting && slices.ContainsFunc(w.Names, func(n string) bool { return !there[n] }) {
				return scorecard.Token{}, trialtest.Refused("no such package")
			}
			limits = w.Names
			return scorecard.Token{Credential: scorecard.Credential{Secret: "good_made"}}, trialtest.Accepted
		},
		OnPublish: func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
			switch {
			case as.Secret == "":
				return trialtest.Refused("who are you")
			case as.Secret == "good_made" && honest && !slices.Contains(limits, r.Name):
				return trialtest.Refused("not for this package")
			}
			there[r.Name] = true
			return trialtest.Accepted
		}}
}

// placed lets the two parties publish each in a place of its own, or anywhere.
func placed(apart bool) trialtest.Acts {
	return trialtest.Acts{Otherwise: trialtest.Missing(),
		OnPublish: func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
			if apart && !strings.HasPrefix(r.Name, "@"+as.Who+"/") {
				return trialtest.Refused("not your place")
			}
			return trialtest.Accepted
		}}
}

func TestCollect(t *testing.T) {
	refusing := server(true, false)
	refusing.OnMakeToken = func(context.Context, scorecard.Credential, scorecard.Person, scorecard.Wish) (scorecard.Token, scorecard.Answer) {
		return scorecard.Token{}, trialtest.Refused("ask in the web page")
	}
	useless := server(true, false)
	useless.OnPublish = func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
		if as.Who == "publisher" {
			return trialtest.Accepted
		}
		return trialtest.Refused("read only")
	}
	falling := server(true, false)
	falling.OnPublish = func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
		if strings.Contains(r.Name, "scoped-other") {
			return trialtest.Unclear
		}
		return trialtest.Accepted
	}
	tests := []struct {
		name   string
		acts   scorecard.Acts
		places bool
		want   scorecard.Outcome
		words  string
	}{
		{"limits tokens", server(true, false), false, scorecard.Holds, "refused for another"},
		{"limits tokens to packages that are there", server(true, true), false, scorecard.Holds, "refused for another"},
		{"ignores the limit", server(false, false), false, scorecard.Fails, "published another one"},
		{"makes none by this call", refusing, false, scorecard.CouldNotTell, "web page"},
		{"makes tokens that publish nothing", useless, false, scorecard.CouldNotTell, "read only"},
		{"falls over at the other", falling, false, scorecard.CouldNotTell, "bad gateway"},
		{"has no call for tokens, and places apart", placed(true), true, scorecard.Holds, "in the stranger's"},
		{"has no call for tokens, and one place for all", placed(false), true, scorecard.CouldNotTell, "narrower"},
		{"has no call for tokens and nobody has a place", placed(false), false, scorecard.NotSupported, "no call to make a token"},
		{"dead", trialtest.Dead(), false, scorecard.CouldNotTell, "no answer"},
		{"has no call for anything", trialtest.Missing(), true, scorecard.NotSupported, "no call to publish"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := trialtest.New(tt.acts)
			if tt.places {
				b.Under, b.UnderStranger = "@publisher/*", "@stranger/*"
			}
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
			for _, m := range b.Made() {
				if m.As.Secret == "good_made" {
					t.Errorf("%s would be removed by a token that has ended", m.Name)
				}
			}
		})
	}
}
