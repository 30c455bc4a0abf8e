package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"assay.invalid/internal/assay"
)

// failure is one try that brought no answer.
type failure struct {
	err     *assay.Error
	again   bool // another try, or another mirror, may bring one
	verdict verdict
}

// asError is the *assay.Error in an error's chain.
func asError(err error) *assay.Error {
	var e *assay.Error
	if errors.As(err, &e) {
		return e
	}
	return assay.Wrap(assay.Internal, err, "asking an upstream")
}

// stopped makes an error of a context that ended, nil if it did not.
func (x *exchange) stopped(ctx context.Context, host string) (*assay.Error, verdict) {
	if ctx.Err() == nil {
		return nil, unclear
	}
	cfg := &x.c.cfg
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStalled):
		return assay.Wrap(assay.Unavailable, cause, "%s stopped in the middle of its answer and sent nothing for %s; try again", host, brief(cfg.Idle)), faulty
	case errors.Is(cause, errSilent):
		return assay.Wrap(assay.Unavailable, cause, "%s did not answer in time; try again, or check the network between Assay and it", host), faulty
	case errors.Is(cause, errTotal):
		return assay.Wrap(assay.Unavailable, cause, "%s did not finish its answer within %s; try again", host, brief(cfg.Total)), faulty
	case errors.Is(cause, errClosing):
		return assay.Wrap(assay.Unavailable, cause, "Assay is shutting down; try again in a moment"), unclear
	case errors.Is(cause, context.DeadlineExceeded):
		return assay.Wrap(assay.Unavailable, cause, "%s did not answer in the time that was left; try again", host), unclear
	default:
		return assay.Wrap(assay.Canceled, cause, "the request to %s was given up", host), unclear
	}
}

// isNetwork tells whether an error speaks of the connection, and not of what
// came over it.
func isNetwork(err error) bool {
	var op net.Error
	var errno syscall.Errno
	return errors.As(err, &op) || errors.As(err, &errno) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// unanswered makes a failure of a request that brought no header. began says
// that at least one byte of an answer came.
func (x *exchange) unanswered(ctx context.Context, err error, host string, began bool) *failure {
	if stopped, v := x.stopped(ctx, host); stopped != nil {
		return &failure{err: stopped, again: v == faulty, verdict: v}
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // a caller who looks for io.EOF must not find it
	}
	fail := func(kind assay.Kind, format string, args ...any) *failure {
		return &failure{err: assay.Wrap(kind, err, format, args...), again: true, verdict: faulty}
	}
	var guard *refused
	var proxied *assay.Error
	var op *net.OpError
	var lookup *net.DNSError
	var timeout net.Error
	var untrusted *tls.CertificateVerificationError
	var wrongName x509.HostnameError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &guard):
		return &failure{err: refuseHost(host, err), verdict: unclear}
	case errors.As(err, &proxied):
		return &failure{err: proxied, again: true, verdict: faulty}
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return fail(assay.Unavailable, "the proxy between Assay and %s could not be used; check HTTP_PROXY and HTTPS_PROXY", host)
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return fail(assay.Unavailable, "the host %s is not known to the name service; check the upstream's address", host)
	case errors.As(err, &lookup):
		return fail(assay.Unavailable, "the name service did not answer for %s; check the network of the machine that Assay runs on", host)
	case errors.As(err, &untrusted), errors.As(err, &wrongName):
		return fail(assay.Unavailable, "the certificate of %s is not trusted; if your company issues its own, add its authority to the system's certificates", host)
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		return fail(assay.Unavailable, "%s and Assay could not agree on TLS; check whether the upstream's address should say http or https", host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail(assay.Unavailable, "%s refused the connection; check that it runs and that the upstream's address is right", host)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fail(assay.Unavailable, "%s did not answer in time; try again, or check the network between Assay and it", host)
	case began && !isNetwork(err):
		return fail(assay.Unsound, "the answer of %s does not follow HTTP; check that the upstream's address is that of a package repository", host)
	}
	return fail(assay.Unavailable, "the connection to %s broke before it answered; try again", host)
}

// refuseHost is the guard's refusal for the person at the terminal. What the
// host resolves to stays in the log.
func refuseHost(host string, cause error) *assay.Error {
	return assay.Wrap(assay.Unsound, cause, "%s was not asked: a redirect, a document or a name leads there, and it is not on the open network; if it is meant, make it the upstream's address or one of its mirrors", host)
}

// refusal makes a failure of an answer whose status is not one to hand out.
// said is the upstream's own words, stripped, perhaps none.
func (x *exchange) refusal(resp *http.Response, host, said string) *failure {
	status := clip(printable(http.StatusText(resp.StatusCode)), 60)
	if said != "" {
		said = " (it says: " + said + ")"
	}
	fail := func(kind assay.Kind, advice string) *failure {
		err := assay.Errorf(kind, "%s answered %d %s%s%s", host, resp.StatusCode, status, advice, said)
		err.Status = resp.StatusCode
		err.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), x.c.cfg.Now())
		return &failure{err: err, verdict: sound}
	}
	var f *failure
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		// Repositories limit each kind of request on its own: too many
		// searches say nothing about downloads.
		f = fail(assay.Unavailable, ": it is asked too often; try again later")
		f.again, f.verdict = true, alive
	case code == http.StatusRequestTimeout:
		f = fail(assay.Unavailable, "; try again")
		f.again, f.verdict = true, faulty
	case code == http.StatusLoopDetected:
		f = fail(assay.Unavailable, ": the upstream's address leads back to Assay itself; set another one")
	case code == http.StatusNotImplemented, code == http.StatusHTTPVersionNotSupported:
		f = fail(assay.Unavailable, "; check that the upstream's address is that of a package repository")
	case code == http.StatusInternalServerError:
		// Not counted by the breaker: one path that breaks the upstream's
		// program would otherwise let any client shut everyone else out.
		f = fail(assay.Unavailable, ": it failed on this request; try again later")
		f.again, f.verdict = true, alive
	case code >= 500:
		f = fail(assay.Unavailable, ": it is failing; try again later")
		f.again, f.verdict = true, faulty
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		f = fail(assay.Unavailable, ": it refuses this to Assay, or wants credentials")
	case code >= 400:
		f = fail(assay.Unavailable, ", which no repository of this kind should")
	default:
		f = fail(assay.Unsound, ", which is no answer to what it was asked")
	}
	return f
}

// brief prints a duration for a sentence.
func brief(d time.Duration) string {
	if d >= time.Second {
		return d.Round(time.Second).String()
	}
	return d.String()
}
