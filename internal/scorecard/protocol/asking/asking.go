// Package asking makes the requests of a protocol to a subject, and reads
// what every answer has, whatever its protocol: a status, words, a kind.
//
// It promises that a credential goes to the subject's own origin alone,
// wherever a listing says that files are, and that nothing outside is
// believed for its status: telling a web page, an empty body or somebody
// else's document from an answer is made here once for all. It never follows
// an address by itself and keeps nothing but what Memory is given.
package asking

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/scorecard"
)

// Subject is a base address and the way to it. It is safe for concurrent use
// if its visitor is.
type Subject struct {
	// Base ends in a slash.
	Base  string
	Visit scorecard.Visitor
	// Authorise writes a secret into a request's header as the protocol wants
	// it.
	Authorise func(h http.Header, secret string)
}

// Question is one request.
type Question struct {
	Method string // "" is GET
	URL    string // absolute
	As     scorecard.Credential
	Accept string
	Header map[string]string
	Body   []byte
	Limit  int64 // bytes of the answer that are read
}

// Ask makes the request and says what its status means. said finds the words
// of a refusal in its body; where it is nil or finds none, those of a JSON
// document are taken, else the body as text.
func (s Subject) Ask(ctx context.Context, q Question, said func(scorecard.Response) string) (scorecard.Response, scorecard.Answer) {
	r := scorecard.Request{Method: q.Method, URL: q.URL, As: q.As, Body: q.Body, Limit: q.Limit, Header: http.Header{}}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if q.Accept != "" {
		r.Header.Set("Accept", q.Accept)
	}
	for k, v := range q.Header {
		r.Header.Set(k, v)
	}
	switch {
	case !SameOrigin(s.Base, r.URL):
		// A listing that names files elsewhere would otherwise collect tokens.
		r.As = scorecard.Credential{}
	case q.As.Secret != "":
		s.Authorise(r.Header, q.As.Secret)
	}
	res, err := s.Visit.Do(ctx, r)
	words := ""
	if err == nil && res.Status >= 300 {
		words = wordsOf(res, said)
	}
	return res, scorecard.AnswerTo(res, err, words)
}

// Absolute is an address in a document that came from another, or relative to
// it; "" for what is no http address.
func Absolute(document, address string) string {
	const longest = 4 << 10
	base, err := url.Parse(document)
	if err != nil || address == "" || len(address) > longest {
		return ""
	}
	u, err := base.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

// SameOrigin tells whether two addresses have scheme, host and port in common.
func SameOrigin(a, b string) bool {
	x, y := Origin(a), Origin(b)
	return x != "" && x == y
}

// Origin is scheme, host and port of an address, the port also where it goes
// without saying; "" for what is no address.
func Origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// Unclear is the answer to what could not be asked.
func Unclear(format string, args ...any) scorecard.Answer {
	return scorecard.Answer{Verdict: scorecard.Unclear, Reason: scorecard.Words(fmt.Sprintf(format, args...))}
}

// Spoilt turns an answer that was accepted into one that says nothing,
// because of what it held.
func Spoilt(a scorecard.Answer, format string, args ...any) scorecard.Answer {
	a.Verdict, a.Reason = scorecard.Unclear, scorecard.Words(fmt.Sprintf(format, args...))
	return a
}

// Missing turns "no such thing" into "no such call", for addresses that only
// exist where the call does.
func Missing(a scorecard.Answer) scorecard.Answer {
	if a.Verdict == scorecard.Absent {
		a.Verdict = scorecard.NoCall
	}
	return a
}
