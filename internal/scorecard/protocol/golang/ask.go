package golang

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	"assay.invalid/internal/scorecard"
)

// acts is a subject. It is safe for concurrent use if its visitor is.
type acts struct {
	scorecard.NoActs
	base   string // ends in a slash
	visit  scorecard.Visitor
	cfg    Config
	limits limits
	proofs *proofs
}

var _ scorecard.Acts = (*acts)(nil)

// ask fetches a path below the base and says what its status means, in the
// subject's own words.
func (a *acts) ask(ctx context.Context, as scorecard.Credential, path string, limit int64) (scorecard.Response, scorecard.Answer) {
	r := scorecard.Request{Method: http.MethodGet, URL: a.base + path, As: as, Limit: limit, Header: http.Header{}}
	if as.Secret != "" {
		auth := http.Request{Header: r.Header}
		auth.SetBasicAuth("token", as.Secret)
	}
	res, err := a.visit.Do(ctx, r)
	words := ""
	if err == nil && res.Status >= 300 {
		words = said(res)
	}
	return res, scorecard.AnswerTo(res, err, words)
}

// said are the words of a refusal, which the go command prints as text.
func said(res scorecard.Response) string {
	if to := res.Header.Get("Location"); res.Status < 400 && to != "" {
		if u, err := url.Parse(to); err == nil && u.Host != "" {
			return "redirects to " + u.Host
		}
		return "redirects to another address"
	}
	if isWebPage(res) {
		return "answered with a web page"
	}
	const most = 4 << 10
	return string(res.Body[:min(len(res.Body), most)])
}

// isWebPage tells pages of a proxy, a login or a site. A server may call one
// text, so its first bytes count too.
func isWebPage(res scorecard.Response) bool {
	start := bytes.ToLower(bytes.TrimLeft(res.Body[:min(len(res.Body), 1024)], "\ufeff \t\r\n"))
	if bytes.HasPrefix(start, []byte("<!doctype")) || bytes.HasPrefix(start, []byte("<html")) {
		return true
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return err == nil && (media == "text/html" || media == "application/xhtml+xml") && bytes.HasPrefix(start, []byte("<"))
}

func unclear(format string, args ...any) scorecard.Answer {
	return scorecard.Answer{Verdict: scorecard.Unclear, Reason: scorecard.Words(fmt.Sprintf(format, args...))}
}

// spoilt turns an answer that was accepted into one that says nothing,
// because of what it held.
func spoilt(a scorecard.Answer, format string, args ...any) scorecard.Answer {
	a.Verdict, a.Reason = scorecard.Unclear, scorecard.Words(fmt.Sprintf(format, args...))
	return a
}

// because is the part of an error that says what is wrong with a document.
func because(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}
