package assay

import (
	"context"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
)

// canned is a visitor to whom every request gets the same answer.
type canned struct {
	status int
	body   string
	err    error
}

func (c canned) Do(context.Context, scorecard.Request) (scorecard.Response, error) {
	return scorecard.Response{Status: c.status, Body: []byte(c.body)}, c.err
}

// unstarted is an instance that nobody started, as far as its acts go.
func unstarted(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts {
	i := &instance{worlds: newWorlds(driver.Options{}), known: map[string]string{}, published: map[string][]string{}, base: "http://127.0.0.1:1/"}
	i.administrator = scorecard.Credential{Who: "administrator", Secret: "of the administrator"}
	i.worlds[e].publisher = publisher
	return i.For(e, v)
}

var publisher = scorecard.Credential{Who: "publisher", Secret: "of the publisher"}

func TestAnswersThatAreNone(t *testing.T) {
	acts := map[string]func(scorecard.Acts) scorecard.Answer{
		"make a token": func(a scorecard.Acts) scorecard.Answer {
			_, answer := a.MakeToken(t.Context(), publisher, scorecard.Person{}, scorecard.Wish{Names: []string{"a.example/b"}})
			return answer
		},
		"who am I": func(a scorecard.Acts) scorecard.Answer { _, answer := a.WhoAmI(t.Context(), publisher); return answer },
		"block":    func(a scorecard.Acts) scorecard.Answer { return a.Block(t.Context(), "pkg:golang/a.example/b", "no") },
		"events":   func(a scorecard.Acts) scorecard.Answer { _, answer := a.Events(t.Context(), publisher); return answer },
		"acted":    func(a scorecard.Acts) scorecard.Answer { _, answer := a.Acted(t.Context()); return answer },
		"erase":    func(a scorecard.Acts) scorecard.Answer { return a.EraseActed(t.Context()) },
	}
	for name, v := range map[string]canned{
		"a web page":        {200, "<!DOCTYPE html><p>Please sign in", nil},
		"nothing":           {200, "", nil},
		"another type":      {200, `[["who"], 7]`, nil},
		"a fault of theirs": {500, `{"message":"oh"}`, nil},
		"no answer":         {0, "", &scorecard.Fault{Kind: scorecard.TooSlow, Text: "no answer"}},
		"sent elsewhere":    {302, "", nil},
	} {
		for act, do := range acts {
			t.Run(act+" gets "+name, func(t *testing.T) {
				if a := do(unstarted(assay.Golang, v)); a.Verdict != scorecard.Unclear {
					t.Errorf("it is %s", a)
				}
			})
		}
	}
	empty := unstarted(assay.Golang, canned{200, "{}", nil})
	if _, a := empty.MakeToken(t.Context(), publisher, scorecard.Person{}, scorecard.Wish{}); a.Verdict != scorecard.Unclear {
		t.Errorf("a yes without a token is %s", a)
	}
	if a := empty.EraseActed(t.Context()); a.Verdict != scorecard.Unclear {
		t.Errorf("erasing from an empty log is %s", a)
	}
}

// refusing refuses everybody but the administrator.
type refusing struct{ asked []string }

func (r *refusing) Do(_ context.Context, q scorecard.Request) (scorecard.Response, error) {
	r.asked = append(r.asked, q.As.Who)
	if q.Header.Get("Authorization") == "Bearer of the administrator" {
		return scorecard.Response{Status: 200, Body: []byte(`{"secret":"of the token","token":{"id":"t-1"}}`)}, nil
	}
	return scorecard.Response{Status: 403, Body: []byte(`{"message":"only an administrator is answered here"}`)}, nil
}

func TestWhomTheAdministratorActsFor(t *testing.T) {
	stranger := scorecard.Credential{Who: "stranger", Secret: "of the stranger"}
	nobody := scorecard.Credential{}
	one := func(as scorecard.Credential, names ...string) func(scorecard.Acts) scorecard.Answer {
		return func(a scorecard.Acts) scorecard.Answer {
			_, answer := a.MakeToken(t.Context(), as, scorecard.Person{}, scorecard.Wish{Names: names})
			return answer
		}
	}
	status := func(as scorecard.Credential, name string, s assay.Status) func(scorecard.Acts) scorecard.Answer {
		return func(a scorecard.Acts) scorecard.Answer {
			return a.SetStatus(t.Context(), as, name, "v1.0.0", s, "no")
		}
	}
	const own, theirs = "trial.example/a", "stranger.example/a"
	for name, c := range map[string]struct {
		do   func(scorecard.Acts) scorecard.Answer
		want scorecard.Verdict
		who  string
	}{
		"the publisher yanks":                       {status(publisher, own, assay.Yanked), scorecard.Accepted, "publisher administrator"},
		"the stranger yanks its own":                {status(stranger, theirs, assay.Yanked), scorecard.Accepted, "stranger administrator"},
		"the stranger yanks the publisher's":        {status(stranger, own, assay.Yanked), scorecard.Refused, "stranger"},
		"nobody yanks":                              {status(nobody, own, assay.Yanked), scorecard.Refused, ""},
		"a guess yanks":                             {status(scorecard.Credential{Who: "guess", Secret: "guess"}, own, assay.Yanked), scorecard.Refused, "guess"},
		"the publisher says that it is no good yet": {status(publisher, own, assay.Experimental), scorecard.NoCall, "publisher"},
		"the publisher's token for one name":        {one(publisher, own), scorecard.Accepted, "publisher administrator"},
		"the publisher's token for all":             {one(publisher), scorecard.Refused, "publisher"},
		"the stranger's token for its own":          {one(stranger, theirs), scorecard.Accepted, "stranger administrator"},
		"the stranger's token for more":             {one(stranger, theirs, own), scorecard.Refused, "stranger"},
		"nobody's token":                            {one(nobody, own), scorecard.Refused, ""},
		"the stranger removes the publisher's": {func(a scorecard.Acts) scorecard.Answer {
			return a.Remove(t.Context(), stranger, own, "v1.0.0", "no")
		}, scorecard.Refused, "stranger"},
		"a module that was never published": {func(a scorecard.Acts) scorecard.Answer {
			return a.Remove(t.Context(), publisher, own, "", "no")
		}, scorecard.NoCall, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := &refusing{}
			a := unstarted(assay.Golang, v)
			a.(*acts).world.stranger = stranger
			if answer := c.do(a); answer.Verdict != c.want {
				t.Errorf("it is %s, want %s", answer, c.want)
			}
			if who := strings.Join(v.asked, " "); who != c.who {
				t.Errorf("it was asked as %q, want %q", who, c.who)
			}
		})
	}
}

// feed answers a checkpoint and a feed.
type feed struct{ checkpoint, lines string }

func (f feed) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) {
	if strings.Contains(r.URL, "checkpoint") {
		return scorecard.Response{Status: 200, Body: []byte(f.checkpoint)}, nil
	}
	return scorecard.Response{Status: 200, Body: []byte(f.lines)}, nil
}

func TestEventsAsLines(t *testing.T) {
	const checkpoint = "log.example\n3\nAAAA\n"
	for name, c := range map[string]struct {
		checkpoint, feed, want string
		verdict                scorecard.Verdict
	}{
		"with what it is about": {checkpoint, `{"index":0,"time":"2026-11-23T01:02:03.4Z","kind":"removed","ecosystem":"npm","body":{"subject":{"name":"kettle","version":"1.0.0"},"details":{"reason":"it leaks"}}}` + "\n",
			"2026-11-23T01:02:03Z removed pkg:npm/kettle@1.0.0 it leaks", scorecard.Accepted},
		"without":            {checkpoint, `{"index":0,"time":"2026-11-23T01:02:03Z","kind":"published","ecosystem":"npm"}`, "2026-11-23T01:02:03Z published", scorecard.Accepted},
		"signs of life":      {checkpoint, "\n \n", "", scorecard.Accepted},
		"a line that is cut": {checkpoint, `{"index":0,"ti`, "", scorecard.Unclear},
		"a line too long":    {checkpoint, `{"kind":"` + strings.Repeat("a", 2<<20) + `"}`, "", scorecard.Unclear},
		"for another screen": {checkpoint, `{"time":"2026-11-23T01:02:03Z","kind":"\u001b[2Jremoved"}`, "2026-11-23T01:02:03Z [2Jremoved", scorecard.Accepted},
		"no checkpoint":      {"hello", "", "", scorecard.Unclear},
		"of no size":         {"log.example\n-3\nAAAA\n", "", "", scorecard.Unclear},
	} {
		t.Run(name, func(t *testing.T) {
			lines, a := unstarted(assay.NPM, feed{c.checkpoint, c.feed}).Events(t.Context(), scorecard.Credential{})
			if got := strings.Join(lines, "\n"); a.Verdict != c.verdict || got != c.want {
				t.Errorf("it is %q (%s), want %q (%s)", got, a, c.want, c.verdict)
			}
		})
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("log.example\n3\nAAAA\n", `{"index":0,"time":"2026-11-23T01:02:03Z","kind":"removed","body":{"subject":{"name":"a"}}}`)
	f.Add("log.example\n99999999999999999999\n", "\x00\n{}")
	f.Fuzz(func(t *testing.T, checkpoint, lines string) {
		got, a := unstarted(assay.NPM, feed{checkpoint, lines}).Events(t.Context(), scorecard.Credential{})
		if a.Verdict != scorecard.Accepted && a.Verdict != scorecard.Unclear {
			t.Errorf("it is %s", a)
		}
		for _, line := range got {
			if line != scorecard.Words(line) {
				t.Errorf("a line is not fit for a terminal: %q", line)
			}
		}
	})
}
