package upstream

import (
	"sync"
	"time"
)

// State is what a circuit breaker makes of its address.
type State string

// The states.
const (
	Closed   State = "closed"    // asked as usual
	Open     State = "open"      // left in peace until the cooldown is over
	HalfOpen State = "half-open" // one request is trying it
)

// breaker counts the failures in a row of one address.
type breaker struct {
	limits Breaker

	mu       sync.Mutex // guards what follows
	state    State
	failures int
	cause    string    // what the last failure was, in public words
	until    time.Time // end of the cooldown
	probing  bool      // the one request of the half-open state is under way
}

func newBreaker(limits Breaker) *breaker {
	return &breaker{limits: limits, state: Closed}
}

// allow tells whether the address may be asked now, and if not, how long to
// wait, after how many failures and what the last of them was.
func (b *breaker) allow(now time.Time) (ok bool, wait time.Duration, failures int, cause string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case Open:
		// A wait beyond the cooldown means that the clock was set back.
		if wait := b.until.Sub(now); wait > 0 && wait <= b.limits.Cooldown {
			return false, wait, b.failures, b.cause
		}
		b.state, b.probing = HalfOpen, true
	case HalfOpen:
		if b.probing {
			return false, time.Second, b.failures, b.cause
		}
		b.probing = true
	}
	return true, 0, 0, ""
}

// answered notes that a sound header came: the address lives. Failures are
// kept until a whole answer came, or one that always breaks off would never
// be noticed.
func (b *breaker) answered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != Closed {
		b.state, b.failures = Closed, 0
	}
	b.probing = false
}

// succeeded notes a whole answer.
func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state, b.failures, b.probing = Closed, 0, false
}

// failed notes a failure with its cause and tells whether the breaker opened
// by it.
func (b *breaker) failed(now time.Time, cause string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	b.cause = cause
	b.probing = false
	if b.state == Closed && b.failures < b.limits.Failures {
		return false
	}
	opened := b.state != Open
	b.state, b.until = Open, now.Add(b.limits.Cooldown)
	return opened
}

// abandoned notes that a request ended with nothing learned, because its
// asker went away: another may try.
func (b *breaker) abandoned() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
}

func (b *breaker) health() (State, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state, b.failures
}
