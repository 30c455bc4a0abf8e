package devpi

import (
	"context"
	"testing"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
)

// canned is a visitor to whom every request gets the same answer.
type canned struct {
	status int
	body   string
}

func (c canned) Do(context.Context, scorecard.Request) (scorecard.Response, error) {
	return scorecard.Response{Status: c.status, Body: []byte(c.body)}, nil
}

var person = scorecard.Person{Name: "kettle", Password: "Blue-harbour-41", Mail: "kettle@mail.example"}

func TestWhatItAnswersIsNotBelievedForItsStatus(t *testing.T) {
	type doing func(a scorecard.Acts) scorecard.Answer
	logIn := func(a scorecard.Acts) scorecard.Answer {
		_, answer := a.LogIn(t.Context(), person)
		return answer
	}
	whoAmI := func(a scorecard.Acts) scorecard.Answer {
		_, answer := a.WhoAmI(t.Context(), scorecard.Credential{Secret: "kettle:secret"})
		return answer
	}
	for name, c := range map[string]struct {
		do     doing
		answer canned
		want   scorecard.Verdict
	}{
		"a login":                      {logIn, canned{200, `{"result":{"password":"[\"kettle\"].x"}}`}, scorecard.Accepted},
		"a login without a credential": {logIn, canned{200, `{"result":{}}`}, scorecard.Unclear},
		"a login that is a page":       {logIn, canned{200, `<!DOCTYPE html>`}, scorecard.Unclear},
		"a login that is refused":      {logIn, canned{401, `{"message":"no"}`}, scorecard.Refused},
		"somebody":                     {whoAmI, canned{200, `{"result":{"authstatus":["ok","kettle",[]]}}`}, scorecard.Accepted},
		"somebody it does not know":    {whoAmI, canned{200, `{"result":{"authstatus":["nouser","kettle",[]]}}`}, scorecard.Refused},
		"nobody":                       {whoAmI, canned{200, `{"result":{"authstatus":["noauth","",[]]}}`}, scorecard.Refused},
		"an answer of another":         {whoAmI, canned{200, `{"result":[]}`}, scorecard.Unclear},
		"half an answer":               {whoAmI, canned{200, `{"result":{"authstatus":["ok"]}}`}, scorecard.Unclear},
	} {
		t.Run(name, func(t *testing.T) {
			if a := c.do(open("http://127.0.0.1:1/", c.answer)); a.Verdict != c.want {
				t.Errorf("it is %s, want %s", a, c.want)
			}
		})
	}
}

func TestTheConfigurationHoldsWhatIsChanged(t *testing.T) {
	text, err := configure("127.0.0.1:5", `/a "folder": of'theirs`, "sesame: #1")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]any
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	s := got["devpi-server"]
	if s["serverdir"] != `/a "folder": of'theirs/data` || s["host"] != "127.0.0.1" || s["port"] != "5" || s["root-passwd"] != "sesame: #1" || s["no-root-pypi"] != true || len(s) != 5 {
		t.Errorf("it is %v", s)
	}
	if _, err := configure("nowhere", "/a", "b"); !assay.Is(err, assay.Internal) {
		t.Errorf("without a port it says %v", err)
	}
	if _, err := Start(t.Context(), nil, driver.Options{Ecosystems: []assay.Ecosystem{assay.Cargo}}); !assay.Is(err, assay.Invalid) {
		t.Errorf("for Cargo it says %v", err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"result":{"password":"x","authstatus":["ok","kettle",[]]},"message":"done"}`)
	f.Add(`{"result":{"authstatus":[[],{}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		a := open("http://127.0.0.1:1/", canned{200, body})
		if c, answer := a.LogIn(t.Context(), person); answer.Verdict == scorecard.Accepted && c.Secret == person.Name+":" {
			t.Error("somebody is logged in without a credential")
		}
		if who, answer := a.WhoAmI(t.Context(), scorecard.Credential{}); who != scorecard.Words(who) || answer.Verdict != scorecard.Accepted && who != "" {
			t.Errorf("they are %q: %s", who, answer)
		}
	})
}
