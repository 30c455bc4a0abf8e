package upstream

import (
	"context"
	"io"
	"sync"

	"assay.invalid/internal/assay"
)

// Flights runs one transfer per key at a time and lets any number of readers
// follow it: 64 clients that ask for one file at once are one request to the
// upstream. A transfer that nobody follows any more is canceled.
type Flights struct {
	base   context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu     sync.Mutex // guards under and closed
	under  map[string]*Transfer
	closed bool
}

// NewFlights returns a group whose transfers end with Close.
func NewFlights() *Flights {
	ctx, cancel := context.WithCancel(context.Background())
	return &Flights{base: ctx, cancel: cancel, under: map[string]*Transfer{}}
}

// Close cancels what is under way and waits for it.
func (f *Flights) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.cancel()
	f.wg.Wait()
	return nil
}

// Content is what a transfer's bytes are kept in while followers read.
type Content interface {
	io.ReaderAt
	// Discard is called once, when the transfer and all its readers are done.
	Discard() error
}

// HoldBack is how many bytes at the end stay with us until the whole content
// is known to be right, so that nobody ever has a whole wrong file.
const HoldBack = 64 << 10

// Transfer is one download under way. Its function announces the content
// with Begin, says how far it has come with Advance, and by returning nil
// that all of it is right and kept.
type Transfer struct {
	flights *Flights
	key     string
	cancel  context.CancelFunc
	begun   chan struct{} // closed by Begin or at the end
	done    chan struct{} // closed when the function has returned

	mu        sync.Mutex // guards what follows
	changed   chan struct{}
	content   Content
	size      int64
	written   int64
	finished  bool
	err       error
	followers int
	discarded bool
}

// Join follows the transfer of that key, beginning it with run if there is
// none. The caller must call Leave once.
func (f *Flights) Join(key string, run func(ctx context.Context, t *Transfer) error) (*Transfer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, assay.Errorf(assay.Unavailable, "Assay is shutting down; try again in a moment")
	}
	if t := f.under[key]; t != nil && t.follow() {
		return t, nil
	}
	ctx, cancel := context.WithCancel(f.base)
	t := &Transfer{flights: f, key: key, cancel: cancel, size: -1, followers: 1,
		begun: make(chan struct{}), done: make(chan struct{}), changed: make(chan struct{})}
	f.under[key] = t
	f.wg.Add(1)
	go func() {
		defer f.wg.Done()
		defer cancel()
		t.finish(run(ctx, t))
	}()
	return t, nil
}

// follow adds a follower unless the transfer has ended or been given up.
func (t *Transfer) follow() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished || t.followers == 0 {
		return false
	}
	t.followers++
	return true
}

// Begin announces where the content grows and its size, -1 if not known. It
// is called by the transfer's own function, once.
func (t *Transfer) Begin(content Content, size int64) {
	t.mu.Lock()
	t.content, t.size = content, size
	t.mu.Unlock()
	close(t.begun)
}

// Advance says that n more bytes can be read from the content.
func (t *Transfer) Advance(n int) {
	t.mu.Lock()
	t.written += int64(n)
	t.wake()
	t.mu.Unlock()
}

// wake lets all readers look again; the caller holds mu.
func (t *Transfer) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *Transfer) finish(err error) {
	t.flights.mu.Lock()
	if t.flights.under[t.key] == t {
		delete(t.flights.under, t.key)
	}
	t.flights.mu.Unlock()
	t.mu.Lock()
	t.finished, t.err = true, err
	if t.content == nil {
		close(t.begun)
	}
	t.wake()
	discard := t.discardable()
	t.mu.Unlock()
	close(t.done)
	if discard != nil {
		_ = discard.Discard() // nobody reads it any more; staging is cleaned at the next start
	}
}

// discardable returns the content if nobody needs it, once; mu is held.
func (t *Transfer) discardable() Content {
	if t.finished && t.followers == 0 && t.content != nil && !t.discarded {
		t.discarded = true
		return t.content
	}
	return nil
}

// Leave ends following. The last one to leave cancels an unfinished transfer.
func (t *Transfer) Leave() {
	t.mu.Lock()
	t.followers--
	if t.followers == 0 && !t.finished {
		t.cancel()
	}
	discard := t.discardable()
	t.mu.Unlock()
	if discard != nil {
		_ = discard.Discard()
	}
}

// Begun waits until content is announced and returns its size (-1: not
// known), or the error that ended the transfer before that.
func (t *Transfer) Begun(ctx context.Context) (size int64, err error) {
	select {
	case <-t.begun:
	case <-ctx.Done():
		return 0, assay.Wrap(assay.Canceled, ctx.Err(), "waiting for the upstream")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished && t.err != nil {
		return 0, t.err
	}
	return t.size, nil
}

// Wait waits for the end and returns the transfer's error.
func (t *Transfer) Wait(ctx context.Context) error {
	select {
	case <-t.done:
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, ctx.Err(), "waiting for the upstream")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Reader reads the content from its start as it grows. The last HoldBack
// bytes come only after the transfer has ended well; if it ends badly the
// reader fails and never answers io.EOF.
func (t *Transfer) Reader(ctx context.Context) io.Reader { return &follower{ctx: ctx, t: t} }

type follower struct {
	ctx context.Context
	t   *Transfer
	off int64
}

func (r *follower) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		t := r.t
		t.mu.Lock()
		content, finished, err, changed := t.content, t.finished, t.err, t.changed
		ready := t.written
		if !finished {
			ready -= HoldBack
		}
		t.mu.Unlock()
		switch {
		case finished && err != nil:
			return 0, err
		case content != nil && r.off < ready:
			if room := ready - r.off; int64(len(p)) > room {
				p = p[:room]
			}
			n, rerr := content.ReadAt(p, r.off)
			r.off += int64(n)
			if n > 0 {
				return n, nil
			}
			return 0, assay.Wrap(assay.Internal, rerr, "reading what was just stored")
		case finished:
			return 0, io.EOF
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			return 0, assay.Wrap(assay.Canceled, r.ctx.Err(), "waiting for the upstream")
		}
	}
}
