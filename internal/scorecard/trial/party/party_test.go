package party

import (
	"context"
	"slices"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/totp"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

const address = "otpauth://totp/registry:someone?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// strict takes a code once, asks for one to publish and make tokens, and for
// the password to make tokens: as careful a subject as there is.
func strict(t *testing.T) trialtest.Acts {
	key, err := totp.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	enrolled := false
	password := ""
	asks := scorecard.Answer{Verdict: scorecard.Refused, Status: 401, SecondFactor: true}
	fits := func(code string) bool {
		now := time.Now()
		for steps := -1; steps <= 1; steps++ {
			if code == key.Code(now.Add(time.Duration(steps)*key.Period)) && !used[code] {
				used[code] = true
				return true
			}
		}
		return false
	}
	return trialtest.Acts{Otherwise: trialtest.Missing(),
		OnSignUp: func(_ context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
			password = p.Password
			return scorecard.Credential{Secret: "good_newcomer"}, trialtest.Accepted
		},
		OnStartSecondFactor: func(context.Context, scorecard.Credential, scorecard.Person) (string, scorecard.Answer) {
			return address, trialtest.Accepted
		},
		OnConfirmSecondFactor: func(_ context.Context, _ scorecard.Credential, _ scorecard.Person, code string) scorecard.Answer {
			if !fits(code) {
				return trialtest.Refused("wrong code")
			}
			enrolled = true
			return trialtest.Accepted
		},
		OnMakeToken: func(_ context.Context, as scorecard.Credential, p scorecard.Person, _ scorecard.Wish) (scorecard.Token, scorecard.Answer) {
			switch {
			case p.Password != password || password == "":
				return scorecard.Token{}, trialtest.Refused("your password, please")
			case !enrolled || !fits(as.Code):
				return scorecard.Token{}, asks
			}
			return scorecard.Token{Credential: scorecard.Credential{Secret: "good_made"}}, trialtest.Accepted
		},
		OnPublish: func(_ context.Context, as scorecard.Credential, _ scorecard.Release) scorecard.Answer {
			if as.Secret == "good_newcomer" && (!enrolled || !fits(as.Code)) {
				return asks
			}
			return trialtest.Accepted
		},
	}
}

func TestANewcomerWhoseCodeWasUsedSendsTheNext(t *testing.T) {
	b := trialtest.New(strict(t))
	n, err := Enter(t.Context(), b.Bench, "someone")
	if err != nil {
		t.Fatal(err)
	}
	if _, a := n.Publish(t.Context(), b.Bench, "thing"); !AsksForFactor(a) {
		t.Fatalf("published without a code: %s", a)
	}
	if a := n.Enrol(t.Context(), b.Bench); a.Verdict != scorecard.Accepted {
		t.Fatalf("could not set up a second factor: %s", a)
	}
	name, a := n.Publish(t.Context(), b.Bench, "thing")
	if a.Verdict != scorecard.Accepted || name != b.Name("thing") {
		t.Errorf("with a second factor, publishing %s: %s", name, a)
	}
	for _, secret := range []string{n.Person.Password, "good_newcomer", address, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"} {
		if !slices.Contains(b.Kept, secret) {
			t.Errorf("%q is not kept out of the card", secret)
		}
	}
}

func TestATokenIsMadeByWhoHasThePassword(t *testing.T) {
	b := trialtest.New(strict(t))
	maker := NewMaker(b.Bench, "someone")
	made, a := maker.Make(t.Context(), scorecard.Wish{})
	if a.Verdict != scorecard.Accepted || made.Newcomer == nil || made.Owner(b.Bench).Secret != "good_newcomer" {
		t.Fatalf("%s, made by %v", a, made.Newcomer)
	}
	if !slices.Contains(b.Kept, "good_made") {
		t.Error("the token is not kept out of the card")
	}
}

func TestWhyNoTokenWasMade(t *testing.T) {
	closed := trialtest.Acts{Otherwise: trialtest.Missing(),
		OnMakeToken: func(context.Context, scorecard.Credential, scorecard.Person, scorecard.Wish) (scorecard.Token, scorecard.Answer) {
			return scorecard.Token{}, trialtest.Refused("your password, please")
		}}
	empty := trialtest.Acts{Otherwise: trialtest.Missing(),
		OnMakeToken: func(context.Context, scorecard.Credential, scorecard.Person, scorecard.Wish) (scorecard.Token, scorecard.Answer) {
			return scorecard.Token{}, trialtest.Accepted
		}}
	for name, tt := range map[string]struct {
		acts scorecard.Acts
		want scorecard.Verdict
	}{
		"nobody can sign up":          {closed, scorecard.Refused},
		"a yes without a token":       {empty, scorecard.Unclear},
		"there is no call":            {trialtest.Missing(), scorecard.NoCall},
		"the subject does not answer": {trialtest.Dead(), scorecard.Unclear},
	} {
		t.Run(name, func(t *testing.T) {
			b := trialtest.New(tt.acts)
			if _, a := NewMaker(b.Bench, "someone").Make(t.Context(), scorecard.Wish{}); a.Verdict != tt.want {
				t.Errorf("answered %s, want %s", a, tt.want)
			}
		})
	}
}

func TestAtADoorThatPublishesTheOwnerComesFirst(t *testing.T) {
	var shown []string
	b := trialtest.New(trialtest.Acts{Otherwise: trialtest.Missing(),
		OnPublish: func(_ context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
			shown = append(shown, as.Secret+" "+r.Version)
			return trialtest.Accepted
		}})
	door, err := FindDoor(t.Context(), b.Bench, b.Publisher, "door")
	if err != nil || !door.Publishes {
		t.Fatalf("%+v, %v", door, err)
	}
	door.Show(t.Context(), scorecard.Credential{Secret: "guess"})
	door.Show(t.Context(), b.Publisher)
	if want := []string{b.Publisher.Secret + " 1.0.1", "guess 1.0.2", b.Publisher.Secret + " 1.0.3"}; !slices.Equal(shown, want) {
		t.Errorf("shown %v, want %v", shown, want)
	}
	if made := b.Made(); len(made) != 1 || made[0].As != b.Publisher {
		t.Errorf("to be removed: %v", made)
	}
}

func TestWords(t *testing.T) {
	tests := []struct {
		reason             string
		factor, mail, hold bool
	}{
		{"You must provide a one-time pass", true, false, false},
		{"two-factor authentication required", true, false, false},
		{"your mail address is not verified", false, true, false},
		{"please confirm your address first", false, true, false},
		{"E-mail not verified", false, true, false},
		{"requests from this IP address are refused", false, false, false},
		{"too many attempts", false, false, true},
		{"this account is locked", false, false, true},
		{"this name is blocked", false, false, false},
		{"wrong password", false, false, false},
		{"", false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			a := trialtest.Refused(tt.reason)
			if AsksForFactor(a) != tt.factor || SpeaksOfMail(a) != tt.mail || HoldsOff(a) != tt.hold {
				t.Errorf("factor %v, mail %v, holds off %v", AsksForFactor(a), SpeaksOfMail(a), HoldsOff(a))
			}
		})
	}
	if !HoldsOff(trialtest.Throttled(0)) || HoldsOff(scorecard.Answer{Verdict: scorecard.Accepted, Reason: "too many"}) {
		t.Error("what counts is the verdict, before the words")
	}
}

func TestListed(t *testing.T) {
	after := func(n int, then scorecard.Answer) trialtest.Acts {
		asked := 0
		return trialtest.Acts{Otherwise: trialtest.Missing(),
			OnListing: func(_ context.Context, as scorecard.Credential, _ string) (scorecard.Listing, scorecard.Answer) {
				if asked++; as.Who != "publisher" || asked <= n {
					return scorecard.Listing{}, trialtest.Absent
				}
				return scorecard.Listing{Versions: map[string]scorecard.Version{"1.0.0": {}}}, then
			}}
	}
	for name, tt := range map[string]struct {
		acts   scorecard.Acts
		listed bool
		failed bool
	}{
		"at once":                {after(0, trialtest.Accepted), true, false},
		"a second later":         {after(3, trialtest.Accepted), true, false},
		"much later":             {after(100, trialtest.Accepted), false, false},
		"never, and then broken": {trialtest.Dead(), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := trialtest.New(tt.acts)
			listed, err := Listed(t.Context(), b.Bench, "thing", "1.0.0")
			if listed != tt.listed || (err != nil) != tt.failed || b.Waited > listedWithin {
				t.Errorf("listed %v, %v, after %s", listed, err, b.Waited)
			}
		})
	}
}
