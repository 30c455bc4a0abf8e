package server

import (
	"net/netip"
	"testing"
	"time"
)

func testGuesses(attempts, most int) *guesses {
	return newGuesses(Limits{WrongTokens: attempts, WrongTokenEvery: time.Second, WrongTokenSources: most})
}

func sourceNumber(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}) }

func TestAttemptsComeBack(t *testing.T) {
	g, now, src := testGuesses(2, 10), time.Unix(1000, 0), sourceNumber(1)
	for i, step := range []struct {
		after time.Duration
		wait  time.Duration
	}{
		{0, 0}, {0, 0}, {0, time.Second}, {400 * time.Millisecond, 600 * time.Millisecond},
		{600 * time.Millisecond, 0}, {0, time.Second},
		{time.Hour, 0}, {0, 0}, {0, time.Second}, // never more than the limit
		{-time.Hour, time.Second}, // a clock that jumps back gives nothing
	} {
		now = now.Add(step.after)
		got := g.take(src, now)
		if diff := got - step.wait; diff < -time.Millisecond || diff > time.Millisecond {
			t.Errorf("step %d: waits %v, want %v", i, got, step.wait)
		}
	}
	if g.take(sourceNumber(2), now) != 0 {
		t.Error("another source waits")
	}
}

func TestAttemptsThatWereNoneLeaveNoTrace(t *testing.T) {
	g, now := testGuesses(3, 10), time.Unix(1000, 0)
	for range 100 {
		if g.take(sourceNumber(1), now) != 0 {
			t.Fatal("waits")
		}
		g.giveBack(sourceNumber(1))
	}
	if len(g.bySrc) != 0 {
		t.Errorf("%d sources are kept", len(g.bySrc))
	}
}

func TestTheTableOfSourcesIsBounded(t *testing.T) {
	g, now := testGuesses(2, 100), time.Unix(1000, 0)
	waits := 0
	for n := range 1000 {
		if g.take(sourceNumber(n), now) > 0 {
			waits++
		}
		if len(g.bySrc) > 100 {
			t.Fatalf("%d sources are kept", len(g.bySrc))
		}
	}
	if waits != 1000-100-2 {
		t.Errorf("%d wait: those beyond the bound share %d attempts", waits, 2)
	}
	// Those who filled it and went are forgotten; who goes on is not.
	g.take(sourceNumber(0), now)
	now = now.Add(time.Second)
	if g.take(sourceNumber(5000), now) != 0 {
		t.Error("a newcomer waits although there is room again")
	}
	if g.take(sourceNumber(0), now) != 0 || g.take(sourceNumber(0), now) == 0 {
		t.Error("a source that goes on was forgotten")
	}
	g.giveBack(sourceNumber(7000)) // of the shared entry
	if len(g.bySrc) > 100 {
		t.Errorf("%d sources are kept", len(g.bySrc))
	}
}
