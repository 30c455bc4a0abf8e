package npm

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// every act with an answer, so that each can be tried on a server that lies.
func every(a scorecard.Acts) map[string]func(context.Context) scorecard.Answer {
	p := scorecard.Person{Name: "x", Password: "y", Mail: "x@mail.example"}
	return map[string]func(context.Context) scorecard.Answer{
		"recognise": a.Recognise,
		"samples": func(ctx context.Context) scorecard.Answer {
			names, answer := a.Samples(ctx, 2)
			if len(names) > 0 && answer.Verdict != scorecard.Accepted {
				return scorecard.Answer{Verdict: scorecard.Accepted}
			}
			return answer
		},
		"listing": func(ctx context.Context) scorecard.Answer { _, x := a.Listing(ctx, publisher, "lodash"); return x },
		"advisories": func(ctx context.Context) scorecard.Answer {
			_, x := a.Advisories(ctx, publisher, "lodash", "1.0.0")
			return x
		},
		"publish": func(ctx context.Context) scorecard.Answer {
			return a.Publish(ctx, publisher, scorecard.Release{Name: "x", Version: "1.0.0"})
		},
		"remove version": func(ctx context.Context) scorecard.Answer { return a.Remove(ctx, publisher, "x", "1.0.0", "") },
		"remove package": func(ctx context.Context) scorecard.Answer { return a.Remove(ctx, publisher, "x", "", "") },
		"deprecate": func(ctx context.Context) scorecard.Answer {
			return a.SetStatus(ctx, publisher, "x", "1.0.0", assay.Deprecated, "z")
		},
		"add owner":       func(ctx context.Context) scorecard.Answer { return a.AddOwner(ctx, publisher, "x", "z") },
		"sign up":         func(ctx context.Context) scorecard.Answer { _, x := a.SignUp(ctx, p); return x },
		"log in":          func(ctx context.Context) scorecard.Answer { _, x := a.LogIn(ctx, p); return x },
		"who am i":        func(ctx context.Context) scorecard.Answer { _, x := a.WhoAmI(ctx, publisher); return x },
		"change password": func(ctx context.Context) scorecard.Answer { return a.ChangePassword(ctx, publisher, p, "z") },
		"start factor":    func(ctx context.Context) scorecard.Answer { _, x := a.StartSecondFactor(ctx, publisher, p); return x },
		"confirm factor":  func(ctx context.Context) scorecard.Answer { return a.ConfirmSecondFactor(ctx, publisher, p, "1") },
		"make token": func(ctx context.Context) scorecard.Answer {
			_, x := a.MakeToken(ctx, publisher, p, scorecard.Wish{})
			return x
		},
		"revoke token": func(ctx context.Context) scorecard.Answer { return a.RevokeToken(ctx, publisher, "k") },
		"exchange":     func(ctx context.Context) scorecard.Answer { _, x := a.ExchangeIdentity(ctx, "x", "y"); return x },
		"events":       func(ctx context.Context) scorecard.Answer { _, x := a.Events(ctx, publisher); return x },
		"file":         func(ctx context.Context) scorecard.Answer { _, x := a.File(ctx, publisher, "x", "1.0.0"); return x },
		"report":       func(ctx context.Context) scorecard.Answer { return a.Report(ctx, publisher, "x", "1.0.0", "bad") },
		"quarantine": func(ctx context.Context) scorecard.Answer {
			return a.SetStatus(ctx, publisher, "x", "1.0.0", assay.Quarantined, "z")
		},
		"token with a key": func(ctx context.Context) scorecard.Answer { return a.RevokeToken(ctx, publisher, "") },
	}
}

func says(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestAServerThatAnswersEverythingWrongIsNeverBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		// believed are the acts whose success has no form of its own: any
		// JSON beside a success is a success.
		believed string
	}{
		"a web page":                         {says(200, "text/html", "<!DOCTYPE html><title>Log in</title>"), ""},
		"a web page that it calls JSON":      {says(200, "application/json", "\n <html>…"), ""},
		"a web page after a byte order mark": {says(201, "text/html", "\ufeff<!doctype html>"), ""},
		"a fragment of a page":               {says(200, "text/html; charset=utf-8", "<p>hello</p>"), ""},
		"text":                               {says(200, "text/plain", "hello"), ""},
		"XML":                                {says(200, "application/xml", "<?xml version='1.0'?><Error/>"), ""},
		"broken JSON":                        {says(200, "application/json", `{"name":"lodash","versions":{`), ""},
		"an object and more":                 {says(200, "application/json", `{"ok":true}{"ok":true}`), ""},
		"a failure that it calls a success":  {says(200, "application/json", `{"ok":false,"error":"no"}`), ""},
		"an error with status 201":           {says(201, "application/json", `{"error":"not really"}`), ""},
		"a fault of its own":                 {says(500, "application/json", `{"error":"oh"}`), ""},
		"a redirect to another host": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://other.example/", http.StatusFound)
		}, ""},
		"something put off":                     {says(202, "application/json", `{}`), "advisories"},
		"an array":                              {says(200, "application/json", `[1,[2,{"name":"lodash"}]]`), "publish, revoke token"},
		"null":                                  {says(200, "application/json", `null`), "publish, revoke token"},
		"a number of a million digits":          {says(200, "application/json", strings.Repeat("9", 1_000_000)), "publish, revoke token"},
		"arrays nested a hundred thousand deep": {says(200, "application/json", strings.Repeat("[", 100_000)), ""},
		"objects nested without end":            {says(200, "application/json", `{"versions":`+strings.Repeat(`{"a":`, 200_000)), ""},
		"another object":                        {says(200, "application/json", `{"hello":"world"}`), "publish, revoke token, change password"},
		"fields of the wrong types": {says(200, "application/json",
			`{"name":7,"versions":[],"time":"now","objects":{},"token":{},"username":["root"],"tfa":false,"results":{},"lodash":"x","key":1e999}`),
			"publish, revoke token, change password"},
		"a token that would write headers": {says(200, "application/json", `{"ok":true,"token":"a\r\nX-Evil: 1"}`), "publish, revoke token, change password"},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"ok":true,`)
		}, ""},
		"more than is read": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 3 {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		}, ""},
		"nobody's name": {says(200, "application/json", `{"username":"anonymous"}`), "publish, revoke token, change password"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := serve(t, c.handler)
			a.limits.Document, a.limits.Answer, a.limits.File = 1<<20, 1<<20, 1<<20
			for doing, act := range every(a) {
				got := act(context.Background())
				believed := strings.Contains(c.believed, doing)
				if (got.Verdict == scorecard.Accepted) != believed {
					t.Errorf("%s: %s", doing, got)
				}
				if got.Verdict == scorecard.Unclear && got.Reason == "" && got.Status != 500 {
					t.Errorf("%s: unclear without a reason", doing)
				}
				if len(got.Reason) > 310 || strings.ContainsAny(got.Reason, "\n\x1b") {
					t.Errorf("%s: the reason is %q", doing, got.Reason)
				}
			}
		})
	}
}

func TestRefusalsAreReadInTheirOwnWords(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    scorecard.Answer
	}{
		"an error":             {says(403, "application/json", `{"error":"no"}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 403, Reason: "no"}},
		"an error with reason": {says(409, "application/json", `{"error":"conflict","reason":"Document update conflict."}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 409, Reason: "conflict: Document update conflict."}},
		"a message":            {says(400, "application/json", `{"message":"no"}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 400, Reason: "no"}},
		"a list of errors":     {says(400, "application/json", `{"errors":[{"status":400,"message":"bad"}]}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 400, Reason: "bad"}},
		"text":                 {says(422, "text/plain", "no\x1b[2J way\n"), scorecard.Answer{Verdict: scorecard.Refused, Status: 422, Reason: "no[2J way"}},
		"a web page":           {says(403, "text/html", "<html>blocked"), scorecard.Answer{Verdict: scorecard.Refused, Status: 403, Reason: "answered with a web page"}},
		"words about a code":   {says(401, "application/json", `{"error":"You must provide a one-time pass."}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 401, Reason: "You must provide a one-time pass.", SecondFactor: true}},
		"two-factor":           {says(403, "application/json", `{"error":"Two-factor authentication is required to publish"}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 403, Reason: "Two-factor authentication is required to publish", SecondFactor: true}},
		"words like otp":       {says(401, "application/json", `{"error":"adoption and laptop"}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 401, Reason: "adoption and laptop"}},
		"no such call":         {says(404, "text/html", "<html>404"), scorecard.Answer{Verdict: scorecard.NoCall, Status: 404, Reason: "answered with a web page"}},
		"a hidden no":          {says(404, "application/json", `{"error":"Scope not found"}`), scorecard.Answer{Verdict: scorecard.Refused, Status: 404, Reason: "Scope not found"}},
		"no such method":       {says(405, "application/json", `{"error":"read only"}`), scorecard.Answer{Verdict: scorecard.NoCall, Status: 405, Reason: "read only"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := serve(t, c.handler)
			if got := a.Publish(context.Background(), publisher, scorecard.Release{Name: "x", Version: "1.0.0"}); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAccountsThatAreNotThereAreNoCall(t *testing.T) {
	for _, status := range []int{404, 405, 501} {
		a, _, _ := serve(t, says(status, "application/json", `{"error":"not found"}`))
		for _, doing := range []string{"sign up", "log in", "who am i", "change password", "start factor", "confirm factor", "make token", "revoke token", "exchange", "events", "advisories"} {
			want(t, fmt.Sprintf("%s where the answer is %d", doing, status), every(a)[doing](context.Background()), scorecard.NoCall)
		}
	}
	a, _, _ := serve(t, says(404, "application/json", `{"message":"OIDC token exchange error - package not found"}`))
	want(t, "exchange where nobody is trusted", every(a)["exchange"](context.Background()), scorecard.Refused)
}

func TestWhatIsNoNpmRegistryIsNotRecognised(t *testing.T) {
	paths := func(of map[string]http.HandlerFunc, other http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for path, h := range of {
				if r.URL.Path == "/npm/"+path {
					h(w, r)
					return
				}
			}
			other(w, r)
		}
	}
	ping := map[string]http.HandlerFunc{"-/ping": says(200, "application/json", `{}`)}
	lodash := map[string]http.HandlerFunc{"lodash": says(200, "application/json", `{"name":"lodash","versions":{"1.0.0":{"name":"lodash","version":"1.0.0"}}}`)}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    scorecard.Verdict
	}{
		"a ping and 404s":                       {paths(ping, says(404, "application/json", `{"error":"x"}`)), scorecard.Accepted},
		"a ping and an upstream that is down":   {paths(ping, says(503, "text/plain", "down")), scorecard.Accepted},
		"no ping and a package":                 {paths(lodash, says(404, "text/plain", "nothing")), scorecard.Accepted},
		"no ping and npm's 404":                 {says(404, "application/json", `{"error":"Not found"}`), scorecard.Accepted},
		"any other API":                         {says(404, "application/json", `{"status":404}`), scorecard.Unclear},
		"text":                                  {says(404, "text/plain", "404 page not found"), scorecard.Unclear},
		"a web page":                            {says(404, "text/html", "<html>"), scorecard.Unclear},
		"a site of one page":                    {says(200, "text/html", "<!doctype html>"), scorecard.Unclear},
		"an API that answers anything with {}":  {says(200, "application/json", `{}`), scorecard.Unclear},
		"a wall with a log-in":                  {says(401, "application/json", `{"error":"log in"}`), scorecard.Refused},
		"a wall that says to wait":              {says(429, "text/plain", "slow down"), scorecard.Throttled},
		"a ping that is a page, and npm's 404s": {paths(map[string]http.HandlerFunc{"-/ping": says(200, "text/html", "<html>")}, says(404, "application/json", `{"error":"Not found"}`)), scorecard.Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := serve(t, c.handler)
			want(t, "recognise it", a.Recognise(context.Background()), c.want)
		})
	}
}

func TestNoAnswerEndsTheAskingAtOnce(t *testing.T) {
	a, v, _ := serve(t, says(200, "", ""))
	a.base = "http://127.0.0.1:1/"
	v.host = "127.0.0.1:1"
	want(t, "recognise it", a.Recognise(context.Background()), scorecard.Unclear)
	if len(v.asked) != 1 {
		t.Errorf("%d requests were made of a server that is not there", len(v.asked))
	}
}
