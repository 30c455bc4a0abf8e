package upstream

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"

	"assay.invalid/internal/assay"
)

// verdict is what the end of a request says about the address.
type verdict uint8

const (
	sound   verdict = iota // a whole answer
	faulty                 // the address failed
	alive                  // it answers, though not well: neither counted nor forgiven
	unclear                // ended by us or by the asker
)

// Reasons why a request was stopped from our side; they travel as the cause
// of its context.
var (
	errStalled = errors.New("no byte came for too long")
	errTotal   = errors.New("the whole took too long")
	errSilent  = errors.New("no header came in time")
	errClosing = errors.New("the client is closing")
	errDone    = errors.New("the request has ended")
)

// errShort is a body that ended before its announced length.
var errShort = errors.New("the body is shorter than announced")

// wire reads a body off the connection: with a limit on silence, and
// exactly as long as announced.
type wire struct {
	src      io.Reader
	timer    *time.Timer // stops the request when it fires
	stall    time.Duration
	declared int64 // -1: not announced
	left     int64 // bytes that may still come
	seen     int64
	err      error // the first error, io.EOF included
}

// newWire reads src; stop is called by the timer.
func newWire(src io.Reader, declared, limit int64, stall time.Duration, stop func()) *wire {
	timer := time.AfterFunc(stall, stop)
	timer.Stop()
	return &wire{src: src, timer: timer, stall: stall, declared: declared, left: limit}
}

var errTooLong = errors.New("the body is longer than allowed")

func (w *wire) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	// The silence is counted only while we wait: a slow reader on our side
	// is not the upstream's fault.
	w.timer.Reset(w.stall)
	n, err := w.src.Read(p)
	w.timer.Stop()
	w.seen += int64(n)
	w.left -= int64(n)
	switch {
	case w.left < 0:
		n, w.err = max(n+int(w.left), 0), errTooLong
	case err == io.EOF && w.declared >= 0 && w.seen != w.declared:
		w.err = errShort
	default:
		w.err = err
	}
	return n, w.err
}

// body is what the asker reads: a wire, perhaps a decompressor on top, and
// the limit on what comes out.
type body struct {
	wire    *wire
	src     io.Reader // wire, or what decompresses it
	raw     io.Closer
	left    int64 // bytes that may still be handed out
	explain func(error) (*assay.Error, verdict)
	err     error // what Read goes on to answer; its own goroutine's

	closed atomic.Bool
	once   sync.Once
	end    func(verdict) // frees the slot, tells the breaker, ends the context
}

// finish is idempotent: the first end of the body counts.
func (b *body) finish(v verdict) { b.once.Do(func() { b.wire.timer.Stop(); b.end(v) }) }

func (b *body) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, assay.Errorf(assay.Canceled, "the answer was closed before it was read to its end")
	}
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	// One byte more than is left tells a body that fits from one that goes on.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.src.Read(p)
	if int64(n) > b.left {
		n, err = int(b.left), errTooLong
	}
	b.left -= int64(n)
	if err == nil {
		return n, nil
	}
	if err = b.cause(err); err == io.EOF {
		b.err = io.EOF
		b.finish(sound)
		return n, b.err
	}
	told, v := b.explain(err)
	b.err = told
	b.finish(v)
	return n, b.err
}

// cause is why reading failed: what the wire said, if a decompressor wrapped
// or replaced it.
func (b *body) cause(err error) error {
	if b.wire.err != nil && b.wire.err != io.EOF {
		return b.wire.err
	}
	return err
}

// Close never touches what a Read under way is using: ending the context
// makes that Read return.
func (b *body) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	b.finish(unclear)
	return b.raw.Close()
}

// maxAhead is how much of an answer other than 200 is read before it is
// handed out. It is mostly all of it, and then the connection is free again.
const maxAhead = 8 << 10

// readAhead reads up to maxAhead bytes. A body that ends within is returned
// from memory.
func readAhead(b io.ReadCloser) (io.ReadCloser, error) {
	head, err := io.ReadAll(io.LimitReader(b, maxAhead))
	if err != nil {
		_ = b.Close() // it has failed already
		return nil, err
	}
	if len(head) < maxAhead {
		return io.NopCloser(bytes.NewReader(head)), b.Close()
	}
	return &ahead{Reader: io.MultiReader(bytes.NewReader(head), b), Closer: b}, nil
}

// ahead is a body of which the first bytes are in memory.
type ahead struct {
	io.Reader
	io.Closer
}

// coded tells whether an answer to a request for gzip is encoded. Errors are
// of kind Unsound: it has an encoding that nobody asked for.
func coded(header http.Header, host string) (bool, error) {
	encoding := strings.Join(header.Values("Content-Encoding"), ",")
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	}
	return false, assay.Errorf(assay.Unsound, "%s answered in the encoding %q, which it was not asked for", host, clip(printable(encoding), 80))
}

// open builds the body of an answer. end is called once, at the body's end or
// before open returns a failure.
func (x *exchange) open(h *hop, end func(verdict)) (b *body, zipped bool, failed *failure) {
	if x.req.Compressed {
		var err error
		if zipped, err = coded(h.resp.Header, h.host); err != nil {
			end(sound)
			_ = h.resp.Body.Close() // it is of no use
			return nil, false, &failure{err: asError(err), verdict: sound}
		}
	}
	onWire := x.limit
	if zipped {
		onWire += x.limit>>8 + 1024 // what cannot be compressed grows a little
	}
	b = &body{raw: h.resp.Body, left: x.limit, end: end}
	b.wire = newWire(h.resp.Body, h.resp.ContentLength, onWire, x.c.cfg.Idle, func() { h.cancel(errStalled) })
	b.src = b.wire
	b.explain = func(err error) (*assay.Error, verdict) { return x.broken(h, err, zipped) }
	var err error
	switch {
	case h.resp.ContentLength > onWire:
		err = errTooLong
	case zipped:
		if b.src, err = gzip.NewReader(b.wire); err != nil {
			err = b.cause(err)
		}
	}
	if err != nil {
		told, v := b.explain(err)
		b.finish(v)
		_ = b.Close() // the failure is what counts
		return nil, false, &failure{err: told, again: v == faulty, verdict: v}
	}
	return b, zipped, nil
}

// broken makes an error of what ended a body early, and says what it means
// for the address.
func (x *exchange) broken(h *hop, err error, zipped bool) (*assay.Error, verdict) {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // a caller who looks for io.EOF must not find it
	}
	host := h.host
	if stopped, v := x.stopped(h.ctx, host); stopped != nil {
		return stopped, v
	}
	switch {
	case errors.Is(err, errTooLong):
		return assay.Errorf(assay.TooLarge, "%s answered with more than the %d bytes that are accepted here; nothing of it was kept", host, x.limit), sound
	case errors.Is(err, errShort), errors.Is(err, io.ErrUnexpectedEOF):
		return assay.Wrap(assay.Unavailable, err, "the answer of %s was truncated: the connection ended before the answer did; try again", host), faulty
	case zipped && !isNetwork(err):
		return assay.Wrap(assay.Unsound, err, "%s answered with damaged gzip data; nothing of it was kept", host), faulty
	case isNetwork(err):
		return assay.Wrap(assay.Unavailable, err, "the answer of %s was truncated: the connection broke; try again", host), faulty
	}
	return assay.Wrap(assay.Unsound, err, "the answer of %s does not follow HTTP; nothing of it was kept", host), faulty
}
