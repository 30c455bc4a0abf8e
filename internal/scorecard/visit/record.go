package visit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"assay.invalid/internal/scorecard"
)

// keptHeaders may stand in evidence: they say what an answer is and how it
// was protected. Anything else may hold what is nobody's business.
var keptHeaders = []string{
	"Assay-Log-Index", "Cache-Control", "Content-Type", "Deprecation", "Etag", "Last-Modified", "Location",
	"Retry-After", "Server", "Strict-Transport-Security", "Vary", "Www-Authenticate",
}

// Record is a visitor that writes down what it does. It is safe for
// concurrent use.
type Record struct {
	visitor *Visitor

	mu        sync.Mutex
	exchanges []scorecard.Exchange
}

var _ scorecard.Visitor = (*Record)(nil)

// exchangeBound is the most exchanges that a record keeps: a trial that
// guesses makes many, and the first and the last tell the story.
const exchangeBound = 120

// addressBound is the most bytes that an address may have.
const addressBound = 4096

// Record starts a new record.
func (v *Visitor) Record() *Record { return &Record{visitor: v} }

// Exchanges are those so far, in the order in which they ended.
func (r *Record) Exchanges() []scorecard.Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.exchanges)
}

// Do makes a request, following redirects where the run may.
func (r *Record) Do(ctx context.Context, req scorecard.Request) (scorecard.Response, error) {
	within := r.visitor.cfg.Limits.Within
	if req.Within > 0 {
		within = min(req.Within, 4*within)
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if req.Method == "" {
		req.Method = http.MethodGet
	}
	for hops := 0; ; hops++ {
		res, err := r.once(ctx, req, hops > 0)
		if err != nil {
			return scorecard.Response{}, err
		}
		to := res.Header.Get("Location")
		if res.Status < 300 || res.Status > 399 || to == "" || r.visitor.cfg.Acting ||
			req.Method != http.MethodGet && req.Method != http.MethodHead {
			return res, nil
		}
		if hops >= r.visitor.cfg.Limits.Redirects {
			return scorecard.Response{}, r.ended(scorecard.RedirectAway, fmt.Sprintf("%s redirects more than %d times", host(req.URL), hops))
		}
		next, err := resolve(req.URL, to)
		if err != nil {
			return scorecard.Response{}, r.ended(scorecard.RedirectAway, fmt.Sprintf("%s redirects to what is not an address", host(req.URL)))
		}
		if host(next) != host(req.URL) {
			// A token sent to wherever a redirect points is a token given away.
			req.Header = withoutCredentials(req.Header)
			req.As = scorecard.Credential{}
		}
		req.URL = next
	}
}

// ended writes a fault into the exchange that ended a chain of redirects.
func (r *Record) ended(kind scorecard.FaultKind, text string) *scorecard.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.exchanges); n > 0 {
		r.exchanges[n-1].Fault = scorecard.Words(text)
	}
	return fault(kind, nil, text)
}

// once makes one request and writes it down, without the query where a
// redirect chose the address: storage behind a repository is reached with
// signatures in it.
func (r *Record) once(ctx context.Context, req scorecard.Request, redirected bool) (scorecard.Response, error) {
	began := r.visitor.cfg.Now()
	x := scorecard.Exchange{Method: req.Method, At: began.UTC(), As: req.As.Who}
	res, err := r.exchange(ctx, req, &x)
	if u, e := url.Parse(x.URL); redirected && e == nil {
		u.RawQuery, u.ForceQuery = "", false
		x.URL = u.String()
		if res.At != "" {
			res.At = x.URL
		}
	}
	x.Took = r.visitor.cfg.Now().Sub(began).Milliseconds()
	if err != nil {
		x.Fault = scorecard.Words(err.Error())
	}
	r.mu.Lock()
	if len(r.exchanges) >= exchangeBound {
		r.exchanges = slices.Delete(r.exchanges, exchangeBound/2, exchangeBound/2+1)
	}
	r.exchanges = append(r.exchanges, x)
	r.mu.Unlock()
	return res, err
}

func (r *Record) exchange(ctx context.Context, req scorecard.Request, x *scorecard.Exchange) (scorecard.Response, error) {
	if len(req.URL) > addressBound {
		// The subject names where its files lie, and an address of megabytes
		// would make a card that nobody can open.
		return scorecard.Response{}, fault(scorecard.NotAllowed, nil, fmt.Sprintf("the address to be asked is longer than %d bytes", addressBound))
	}
	u, err := url.Parse(req.URL)
	if err != nil {
		return scorecard.Response{}, fault(scorecard.NotAllowed, err, "what is to be asked is not an address")
	}
	x.URL = clean(u)
	if f := r.visitor.permit(u, req); f != nil {
		return scorecard.Response{}, f
	}
	out, err := http.NewRequestWithContext(ctx, req.Method, u.String(), bytes.NewReader(req.Body))
	if err != nil {
		return scorecard.Response{}, fault(scorecard.NotAllowed, err, fmt.Sprintf("%s cannot be asked: %v", x.URL, err))
	}
	for k, vs := range req.Header {
		out.Header[http.CanonicalHeaderKey(k)] = slices.Clone(vs)
	}
	if out.Header.Get("User-Agent") == "" {
		out.Header.Set("User-Agent", r.visitor.cfg.Agent)
	}
	in, err := r.visitor.clientFor(req.MaxTLS).Do(out)
	if err != nil {
		return scorecard.Response{}, classify(ctx, u, err)
	}
	defer in.Body.Close()
	x.Status = in.StatusCode
	x.Header = kept(in.Header)
	limit := r.visitor.cfg.Limits.Body
	if req.Limit > 0 {
		limit = min(req.Limit, 8*limit)
	}
	body, err := io.ReadAll(io.LimitReader(in.Body, limit+1))
	x.Bytes = int64(len(body))
	if err != nil {
		return scorecard.Response{}, classify(ctx, u, err)
	}
	if int64(len(body)) > limit {
		return scorecard.Response{}, fault(scorecard.TooBig, nil, fmt.Sprintf("the answer of %s is bigger than %d MB", u.Host, limit>>20))
	}
	sum := sha256.Sum256(body)
	x.Digest = hex.EncodeToString(sum[:])
	res := scorecard.Response{Status: in.StatusCode, Header: in.Header, Body: body, At: clean(u)}
	if in.TLS != nil {
		res.TLS = tls.VersionName(in.TLS.Version)
	}
	return res, nil
}

// classify says in words what went wrong.
func classify(ctx context.Context, u *url.URL, err error) *scorecard.Fault {
	if f, ok := errors.AsType[*scorecard.Fault](err); ok {
		return f
	}
	var tlsRecord tls.RecordHeaderError
	var tlsAlert tls.AlertError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil, timeout(err):
		return fault(scorecard.TooSlow, err, fmt.Sprintf("%s gave no whole answer in time", u.Host))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), strings.Contains(err.Error(), "connection reset"):
		return fault(scorecard.ClosedEarly, err, fmt.Sprintf("%s closed the connection before its answer was whole", u.Host))
	case errors.As(err, &certificate):
		return fault(scorecard.BadTLS, err, fmt.Sprintf("the certificate of %s is not good: %v", u.Host, certificate.Err))
	case errors.As(err, &tlsRecord), errors.As(err, &tlsAlert), strings.Contains(err.Error(), "tls: "):
		return fault(scorecard.BadTLS, err, fmt.Sprintf("no TLS connection to %s: %v", u.Host, unwrapURL(err)))
	}
	return fault(scorecard.NoConnection, err, fmt.Sprintf("%s cannot be asked: %v", u.Host, outside(err)))
}

// outside is an error without what it tells of this machine: the resolver and
// the proxy that it uses, and its own address, are nobody's business who
// reads the card.
func outside(err error) error {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return errors.New("no such host")
		}
		return errors.New("its name could not be looked up")
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		if e.Op == "proxyconnect" {
			return errors.New("the proxy of this machine cannot be reached")
		}
		return e.Err
	}
	return unwrapURL(err)
}

// unwrapURL drops the address that net/http puts before its errors: it may
// hold a query, and it is said already.
func unwrapURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func timeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func kept(h http.Header) map[string]string {
	out := map[string]string{}
	for _, k := range keptHeaders {
		if v := h.Get(k); v != "" {
			out[k] = scorecard.Words(v)
		}
	}
	if loc, ok := out["Location"]; ok {
		if u, err := url.Parse(loc); err != nil {
			delete(out, "Location")
		} else {
			u.RawQuery = "" // where codes and tokens of a log-in stand
			out["Location"] = clean(u)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func withoutCredentials(h http.Header) http.Header {
	out := h.Clone()
	for _, k := range []string{"Authorization", "Cookie", "Npm-Otp", "Proxy-Authorization"} {
		out.Del(k)
	}
	return out
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return hostPort(u)
}

func resolve(base, to string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	t, err := b.Parse(to)
	if err != nil {
		return "", err
	}
	return t.String(), nil
}
