package npm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// acts is a subject. It is safe for concurrent use if its visitor is.
type acts struct {
	scorecard.NoActs
	base   string // ends in a slash
	visit  scorecard.Visitor
	limits limits
	files  *addresses
}

var _ scorecard.Acts = (*acts)(nil)

// question is one request to the subject.
type question struct {
	method string // "" is GET
	path   string // below the base, escaped, with its query
	url    string // instead of path: an absolute address
	accept string // "" is JSON
	as     scorecard.Credential
	basic  *scorecard.Person // asks by name and password instead of a token
	body   any               // sent as JSON; nil for none
	raw    []byte            // sent as it is, with header
	header map[string]string
	limit  int64
}

const mediaJSON = "application/json"

// ask makes the request and says what its status means.
func (a *acts) ask(ctx context.Context, q question) (scorecard.Response, scorecard.Answer) {
	r := scorecard.Request{Method: q.method, URL: q.url, As: q.as, Body: q.raw, Limit: q.limit, Header: http.Header{}}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.URL == "" {
		r.URL = a.base + q.path
	}
	if r.Limit == 0 {
		r.Limit = a.limits.Answer
	}
	r.Header.Set("Accept", mediaJSON)
	if q.accept != "" {
		r.Header.Set("Accept", q.accept)
	}
	if q.body != nil {
		raw, err := json.Marshal(q.body)
		if err != nil {
			return scorecard.Response{}, unclear("what was to be sent cannot be written as JSON: %v", err)
		}
		r.Body = raw
		r.Header.Set("Content-Type", mediaJSON)
	}
	for k, v := range q.header {
		r.Header.Set(k, v)
	}
	a.authorise(&r, q)
	res, err := a.visit.Do(ctx, r)
	return res, judge(res, err)
}

// authorise adds the credential, if the request goes to the subject's own
// origin: a listing that names a file elsewhere would otherwise collect tokens.
func (a *acts) authorise(r *scorecard.Request, q question) {
	if !sameOrigin(a.base, r.URL) {
		r.As = scorecard.Credential{}
		return
	}
	switch {
	case q.basic != nil:
		auth := http.Request{Header: r.Header}
		auth.SetBasicAuth(q.basic.Name, q.basic.Password)
		r.As = scorecard.Credential{Who: q.basic.Name, Secret: q.basic.Password}
	case q.as.Secret != "":
		r.Header.Set("Authorization", "Bearer "+q.as.Secret)
	}
	if q.as.Code != "" {
		r.Header.Set("Npm-Otp", q.as.Code)
	}
}

func sameOrigin(a, b string) bool {
	x, y := origin(a), origin(b)
	return x != "" && x == y
}

// origin is scheme, host and port of an address, the port also where it goes
// without saying; "" for what is no address.
func origin(address string) string {
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

// packagePath is a name as npm puts it into a path. Names that are none are
// escaped as well, because trials ask what becomes of them; only those that
// would make the request one to another address are held back.
func packagePath(name string) (string, scorecard.Answer, bool) {
	if _, err := wire.Name(name); err == nil {
		return wire.EscapeName(name), scorecard.Answer{}, true
	}
	scope, bare, scoped := strings.Cut(name, "/")
	if !strings.HasPrefix(name, "@") || !scoped {
		scope, bare, scoped = "", name, false
	}
	switch bare {
	case "", ".", "..", "-":
		return "", unclear("%q is no name that a registry can be asked for", name), false
	}
	if scoped {
		return "@" + url.PathEscape(strings.TrimPrefix(scope, "@")) + "%2f" + url.PathEscape(bare), scorecard.Answer{}, true
	}
	return url.PathEscape(bare), scorecard.Answer{}, true
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
