package scorecard

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAStatusBecomesAVerdict(t *testing.T) {
	wait := http.Header{"Retry-After": {"3"}}
	cases := map[string]struct {
		r    Response
		err  error
		want Verdict
	}{
		"done":                       {Response{Status: 201}, nil, Accepted},
		"a clear no":                 {Response{Status: 403}, nil, Refused},
		"a conflict":                 {Response{Status: 409}, nil, Refused},
		"no such thing":              {Response{Status: 404}, nil, Absent},
		"gone":                       {Response{Status: 410}, nil, Absent},
		"no such call":               {Response{Status: 405}, nil, NoCall},
		"too many":                   {Response{Status: 429}, nil, Throttled},
		"a no that says to wait":     {Response{Status: 403, Header: wait}, nil, Throttled},
		"a fault that says to wait":  {Response{Status: 503, Header: wait}, nil, Unclear},
		"a fault":                    {Response{Status: 500}, nil, Unclear},
		"a redirect nobody followed": {Response{Status: 302}, nil, Unclear},
		"no answer":                  {Response{}, &Fault{Kind: TooSlow, Text: "slow"}, Unclear},
	}
	for name, c := range cases {
		if a := AnswerTo(c.r, c.err, ""); a.Verdict != c.want {
			t.Errorf("%s: %s, want %s", name, a.Verdict, c.want)
		}
	}
	if a := AnswerTo(Response{}, fmt.Errorf("asking: %w", &Fault{Kind: TooSlow, Text: "no answer in time"}), ""); a.Reason != "no answer in time" {
		t.Errorf("the fault's words are lost: %q", a.Reason)
	}
}

func TestOutsideTextIsMadeFitForATerminal(t *testing.T) {
	for raw, want := range map[string]string{
		"two\nlines\tand a tab": "two lines and a tab",
		"\x1b[2Jcleared":        "[2Jcleared",
		"right\u202eto left":    "rightto left",
		"zero\u200bwidth":       "zerowidth",
		"broken \xff bytes":     "broken bytes",
		"":                      "",
	} {
		if got := Words(raw); got != want {
			t.Errorf("%q became %q, want %q", raw, got, want)
		}
	}
	long := Words(strings.Repeat("é", 1000))
	if len(long) > reasonBound+len("…") || !utf8.ValidString(long) {
		t.Errorf("%d bytes, valid %v", len(long), utf8.ValidString(long))
	}
}

func TestMissingSaysWhy(t *testing.T) {
	if m := MissingOf(Unsupported("no call for %s", "it")); m.Outcome != NotSupported || m.Reason != "no call for it" {
		t.Errorf("%+v", m)
	}
	if m := MissingOf(fmt.Errorf("first: %w", Untold("cut"))); m.Outcome != CouldNotTell || m.Reason != "cut" {
		t.Errorf("%+v", m)
	}
	if m := MissingOf(errors.New("a fault")); m.Outcome != CouldNotTell || m.Reason != "a fault" {
		t.Errorf("%+v", m)
	}
	if err := Unless(Answer{Verdict: Refused, Status: 403}, "publish"); MissingOf(err).Outcome != CouldNotTell {
		t.Errorf("%v", err)
	}
	if err := Unless(Answer{Verdict: Refused}, "publish", Accepted, Refused); err != nil {
		t.Errorf("%v", err)
	}
}

func TestACredentialNeverPrintsItself(t *testing.T) {
	c := Credential{Who: "publisher", Secret: "good_topsecret"}
	text, err := c.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s", c, c, c, c), string(text)} {
		if strings.Contains(s, "topsecret") {
			t.Errorf("printed as %s", s)
		}
	}
}
