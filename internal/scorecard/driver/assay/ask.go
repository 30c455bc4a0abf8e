package assay

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// acts are what an instance can be asked in one ecosystem, through one
// visitor.
type acts struct {
	scorecard.NoActs
	instance  *instance
	ecosystem assay.Ecosystem
	world     *world
	visit     scorecard.Visitor
}

// question is one request.
type question struct {
	as     scorecard.Credential
	method string // "" is GET
	path   string // below the instance's address
	query  url.Values
	body   any    // sent as JSON; nil for none
	zip    []byte // sent instead
}

// api is where the JSON interface lies.
const api = "api/v1/"

func (a *acts) ask(ctx context.Context, q question) (scorecard.Response, scorecard.Answer) {
	r := scorecard.Request{Method: q.method, URL: a.instance.base + q.path, Header: http.Header{}, As: q.as}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if len(q.query) > 0 {
		r.URL += "?" + q.query.Encode()
	}
	r.Header.Set("Accept", "application/json")
	switch {
	case q.zip != nil:
		r.Body = q.zip
		r.Header.Set("Content-Type", "application/zip")
	case q.body != nil:
		body, err := json.Marshal(q.body)
		if err != nil {
			return scorecard.Response{}, unclear("the request cannot be written as JSON")
		}
		r.Body = body
		r.Header.Set("Content-Type", "application/json")
	}
	if q.as.Secret != "" {
		r.Header.Set("Authorization", "Bearer "+q.as.Secret)
	}
	res, err := a.visit.Do(ctx, r)
	return res, scorecard.AnswerTo(res, err, reason(res.Body))
}

// reason is what a refusal says.
func reason(body []byte) string {
	var said struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	return said.Message
}

// read is ask for an answer that holds something.
func (a *acts) read(ctx context.Context, q question, into any) scorecard.Answer {
	res, answer := a.ask(ctx, q)
	if answer.Verdict != scorecard.Accepted {
		return answer
	}
	if err := json.Unmarshal(res.Body, into); err != nil {
		answer.Verdict, answer.Reason = scorecard.Unclear, "the answer is not the JSON that is expected here"
	}
	return answer
}

func unclear(words string) scorecard.Answer {
	return scorecard.Answer{Verdict: scorecard.Unclear, Reason: words}
}

// forbidden reports a no to who asked, rather than to what was asked.
func forbidden(answer scorecard.Answer) bool {
	return answer.Status == http.StatusForbidden || answer.Status == http.StatusUnauthorized
}
