package server

import (
	"math"
	"net/netip"
	"sync"
	"time"
)

// guesses counts the wrong tokens of each source. A secret cannot be guessed
// however fast one asks; the bound keeps those who try, and a machine with an
// outdated token, from making the store work, and shows in their log that
// something is wrong.
//
// Each source has so many attempts, which come back one at a time. A source
// that has all of them back is forgotten, so the table is bounded by the
// wrong tokens of a short while; beyond that, sources share one entry.
type guesses struct {
	attempts float64
	every    time.Duration // one comes back
	most     int

	mu     sync.Mutex
	bySrc  map[netip.Addr]*attempts
	shared attempts
	swept  time.Time
}

// attempts are those that a source had left at a moment.
type attempts struct {
	left float64
	at   time.Time
}

func newGuesses(limits Limits) *guesses {
	return &guesses{
		attempts: float64(limits.WrongTokens), every: limits.WrongTokenEvery, most: limits.WrongTokenSources,
		bySrc: map[netip.Addr]*attempts{},
	}
}

// take uses up one attempt of the source, or tells how long it has to wait
// for the next.
func (g *guesses) take(src netip.Addr, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.of(src, now)
	g.refill(a, now)
	if a.left < 1 {
		return max(time.Duration((1-a.left)*float64(g.every)), 1)
	}
	a.left--
	return 0
}

// giveBack returns an attempt that was none.
func (g *guesses) giveBack(src netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.bySrc[src]
	if a == nil {
		a = &g.shared
	}
	if a.left = min(a.left+1, g.attempts); a.left == g.attempts {
		delete(g.bySrc, src)
	}
}

func (g *guesses) refill(a *attempts, now time.Time) {
	if a.at.IsZero() {
		a.left = g.attempts
	} else if passed := now.Sub(a.at); passed > 0 {
		a.left = math.Min(g.attempts, a.left+float64(passed)/float64(g.every))
	}
	a.at = now
}

// of returns the entry of a source; g.mu is held.
func (g *guesses) of(src netip.Addr, now time.Time) *attempts {
	if a := g.bySrc[src]; a != nil {
		return a
	}
	// A full table is looked through once a while, not at each request of
	// those who filled it.
	if len(g.bySrc) >= g.most && now.Sub(g.swept) >= g.every {
		g.swept = now
		for key, a := range g.bySrc {
			if g.refill(a, now); a.left >= g.attempts {
				delete(g.bySrc, key)
			}
		}
	}
	if len(g.bySrc) >= g.most {
		return &g.shared
	}
	a := &attempts{}
	g.bySrc[src] = a
	return a
}
