package upstream

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"assay.invalid/internal/assay"
)

// hop is one request and its header; the body is still to be read.
type hop struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	resp   *http.Response
	host   string
}

// drop gives up what is left of the hop.
func (h *hop) drop() {
	h.cancel(errDone)
	_ = h.resp.Body.Close() // nothing more is wanted of it
}

// ask sends one request and waits for the header.
func (x *exchange) ask(ctx context.Context, u *url.URL, header http.Header) (*hop, *failure) {
	cfg := &x.c.cfg
	ctx, cancel := context.WithCancelCause(ctx)
	var began atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { began.Store(true) }})

	r := &http.Request{Method: x.req.Method, URL: u, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if len(x.req.Body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(x.req.Body))
		r.ContentLength = int64(len(x.req.Body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.req.Body)), nil }
	}
	ctx, transport, err := x.way(ctx, r)
	if err != nil {
		cancel(errDone)
		return nil, &failure{err: err, verdict: unclear}
	}
	// The transport limits each phase; this limits them together, and those
	// it has no limit for: sending a body, and a proxy's CONNECT.
	silence := time.AfterFunc(cfg.Dial+cfg.TLS+cfg.ResponseHeader, func() { cancel(errSilent) })
	resp, rerr := transport.RoundTrip(r.WithContext(ctx))
	silence.Stop()
	if rerr != nil {
		failed := x.unanswered(ctx, rerr, u.Host, began.Load())
		cancel(errDone)
		return nil, failed
	}
	return &hop{ctx: ctx, cancel: cancel, resp: resp, host: u.Host}, nil
}

// way chooses how a request leaves the house.
func (x *exchange) way(ctx context.Context, r *http.Request) (context.Context, *http.Transport, *assay.Error) {
	proxy, err := x.c.cfg.Proxy(r)
	if err != nil {
		// The cause is not kept: it repeats the setting, password included.
		return ctx, nil, assay.Errorf(assay.Unavailable, "the proxy set for this machine cannot be used; check HTTP_PROXY and HTTPS_PROXY")
	}
	own := x.owns(r.URL) || x.near(r.URL)
	switch {
	case proxy != nil && !own && !x.listed(r.URL):
		// The proxy resolves the name, so the guard would judge nothing: an
		// attacker's name could lead anywhere in the proxy's network.
		return ctx, nil, assay.Errorf(assay.Unsound, "%s was not asked: behind a proxy only the upstream, its mirrors and the listed hosts are; add it to the extra hosts if it is meant", r.URL.Host)
	case proxy != nil:
		return withProxy(ctx, proxy), x.c.carry.proxied, nil
	case own:
		return ctx, x.c.carry.trusted, nil
	}
	return ctx, x.c.carry.guarded, nil
}

// listed tells whether a host may be asked through a proxy though it is not
// the origin's.
func (x *exchange) listed(u *url.URL) bool {
	return x.c.extra[strings.ToLower(u.Host)] || u.Port() == "" && x.c.extra[strings.ToLower(u.Hostname())]
}

// maxWords bounds what is read of a redirect or a refusal, in bytes, and
// wordsPatience for how long: nobody needs it but the person who reads the
// message, and the connection, which is free for others after its end.
const (
	maxWords      = 4 << 10
	wordsPatience = 3 * time.Second
)

// drain reads the little that a redirect says, and ends the hop.
func (x *exchange) drain(h *hop) {
	defer h.drop()
	timer := time.AfterFunc(min(x.c.cfg.Idle, wordsPatience), func() { h.cancel(errStalled) })
	defer timer.Stop()
	// Whatever goes wrong: nothing of it is wanted.
	_, _ = io.CopyN(io.Discard, h.resp.Body, maxWords)
}

// words reads what an upstream says about its refusal, and ends the hop.
func (x *exchange) words(h *hop) string {
	defer h.drop()
	if h.resp.StatusCode < 200 {
		return "" // 101: what follows is not HTTP
	}
	timer := time.AfterFunc(min(x.c.cfg.Idle, wordsPatience), func() { h.cancel(errStalled) })
	defer timer.Stop()
	var src io.Reader = h.resp.Body
	if zipped, err := coded(h.resp.Header, h.host); err != nil {
		return ""
	} else if zipped {
		z, err := gzip.NewReader(io.LimitReader(h.resp.Body, maxWords))
		if err != nil {
			return ""
		}
		src = z
	}
	// What came before an error is still worth reading.
	text, _ := io.ReadAll(io.LimitReader(src, maxWords))
	return excerpt(text, h.resp.Header.Get("Content-Type"), x.secrets)
}
