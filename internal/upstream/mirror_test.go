package upstream

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func TestFailOver(t *testing.T) {
	well := answer("mirrored")
	cases := []struct {
		name         string
		main, mirror http.HandlerFunc
		request      Request
		kind         assay.Kind // Internal means: answered
		status       int        // of the answer or the error
		asked        [2]int64
	}{
		{"main is well", answer("main"), well, Request{Path: "x"}, assay.Internal, 200, [2]int64{1, 0}},
		{"main fails", status(503), well, Request{Path: "x"}, assay.Internal, 200, [2]int64{1, 1}},
		{"main fails on this", status(500), well, Request{Path: "x"}, assay.Internal, 200, [2]int64{1, 1}},
		{"main hangs up", hangUp, well, Request{Path: "x"}, assay.Internal, 200, [2]int64{1, 1}},
		{"main asks for patience", status(429, "Retry-After", "9999"), well, Request{Path: "x"}, assay.Internal, 200, [2]int64{1, 1}},
		{"404 of main is an answer", status(404), well, Request{Path: "x"}, assay.Internal, 404, [2]int64{1, 0}},
		{"410 of main is an answer", status(410), well, Request{Path: "x"}, assay.Internal, 410, [2]int64{1, 0}},
		{"403 of main is not gone round", status(403), well, Request{Path: "x"}, assay.Unavailable, 403, [2]int64{1, 0}},
		{"404 of a mirror is no answer", status(503), status(404), Request{Path: "x"}, assay.Unavailable, 503, [2]int64{1, 1}},
		{"nor is its 403", status(503), status(403), Request{Path: "x"}, assay.Unavailable, 503, [2]int64{1, 1}},
		{"all fail", status(503), status(502), Request{Path: "x"}, assay.Unavailable, 503, [2]int64{1, 1}},
		{"a POST is made once", status(503), well, Request{Method: "POST", Path: "x"}, assay.Unavailable, 503, [2]int64{1, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			main, asked := script(t, c.main)
			mirror, askedMirror := script(t, c.mirror)
			client := newTestClient(t, nil)
			resp, _, err := get(t, client, Origin{Address: main, Mirrors: []string{mirror}}, c.request)
			if c.kind != assay.Internal {
				if e := wantError(t, err, c.kind); e.Status != c.status {
					t.Errorf("status %d in the error %v", e.Status, e)
				}
			} else if err != nil || resp.Status != c.status {
				t.Errorf("%+v, %v", resp, err)
			} else if want := map[bool]string{false: main, true: mirror}[askedMirror.Load() > 0]; resp.Mirror != want {
				t.Errorf("mirror %q, want %q", resp.Mirror, want)
			}
			if got := [2]int64{asked.Load(), askedMirror.Load()}; got != c.asked {
				t.Errorf("asked %v, want %v", got, c.asked)
			}
			idle(t, client, main)
		})
	}
}

func TestAnAddressOfADocumentHasNoMirrors(t *testing.T) {
	main, _ := script(t, status(503))
	mirror, askedMirror := script(t, answer("mirrored"))
	c := newTestClient(t, nil)
	_, _, err := get(t, c, Origin{Address: main, Mirrors: []string{mirror}}, Request{URL: main + "x"})
	if e := wantError(t, err, assay.Unavailable); e.Status != 503 || askedMirror.Load() != 0 {
		t.Errorf("%v; mirror asked %d times", e, askedMirror.Load())
	}
}

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestBreaker(t *testing.T) {
	var ill atomic.Bool
	ill.Store(true)
	address, asked := script(t, func(w http.ResponseWriter, r *http.Request) {
		if ill.Load() {
			status(503)(w, r)
			return
		}
		io.WriteString(w, "well")
	})
	clock := &clock{now: time.Unix(1800000000, 0)}
	c := newTestClient(t, func(cfg *Config) {
		cfg.Breaker = Breaker{Failures: 3, Cooldown: time.Minute}
		cfg.Now = clock.Now
	})
	o := Origin{Address: address}
	health := func(state State, failures int) {
		t.Helper()
		h := c.Health()
		if len(h) != 1 || h[0] != (MirrorHealth{Address: address, State: state, Failures: failures}) {
			t.Errorf("health %+v, want %s after %d", h, state, failures)
		}
	}
	fail := func() *assay.Error {
		t.Helper()
		_, _, err := get(t, c, o, Request{})
		return wantError(t, err, assay.Unavailable)
	}
	fail()
	fail()
	health(Closed, 2)
	fail()
	health(Open, 3)
	if e := fail(); e.Status != 0 || e.RetryAfter != time.Minute || asked.Load() != 3 {
		t.Errorf("open: %v, RetryAfter %v, asked %d times", e, e.RetryAfter, asked.Load())
	}
	clock.add(time.Minute) // one tries, and fails
	fail()
	health(Open, 4)
	fail()
	if asked.Load() != 4 {
		t.Errorf("asked %d times", asked.Load())
	}
	clock.add(-24 * time.Hour) // a clock set back must not keep it shut for a day
	ill.Store(false)
	mustGet(t, c, o, Request{}, "well")
	health(Closed, 0)
	idle(t, c, address)
}

func TestAnOpenBreakerFailsOverAtOnce(t *testing.T) {
	main, asked := script(t, status(503))
	mirror, _ := script(t, answer("mirrored"))
	c := newTestClient(t, func(cfg *Config) { cfg.Breaker = Breaker{Failures: 2, Cooldown: time.Hour} })
	for range 5 {
		mustGet(t, c, Origin{Address: main, Mirrors: []string{mirror}}, Request{Path: "x"}, "mirrored")
	}
	if asked.Load() != 2 {
		t.Errorf("main was asked %d times", asked.Load())
	}
}

func TestHalfOpenLetsOneTry(t *testing.T) {
	b := newBreaker(Breaker{Failures: 1, Cooldown: time.Minute})
	now := time.Unix(1800000000, 0)
	allow := func() bool { ok, _, _, _ := b.allow(now); return ok }
	if !allow() || !b.failed(now, "silence") || allow() {
		t.Fatal("one failure does not open it")
	}
	now = now.Add(time.Minute)
	if !allow() || allow() {
		t.Error("half-open does not let exactly one try")
	}
	b.abandoned()
	if !allow() || allow() {
		t.Error("after an abandoned try there is not exactly one more")
	}
	if !b.failed(now, "silence") || allow() {
		t.Error("a failed try does not open it again")
	}
	now = now.Add(time.Minute)
	if !allow() {
		t.Error("the cooldown does not end")
	}
	b.answered()
	if state, failures := b.health(); state != Closed || failures != 0 || !allow() {
		t.Errorf("after an answer: %s, %d", state, failures)
	}
}

// Headers that come and bodies that do not are an outage too.
func TestBodiesThatStallOpenTheBreaker(t *testing.T) {
	address := serveRaw(t, say(true, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
	c := newTestClient(t, func(cfg *Config) {
		cfg.Idle = 30 * time.Millisecond
		cfg.Breaker = Breaker{Failures: 2, Cooldown: time.Minute}
	})
	for range 2 {
		_, _, err := get(t, c, Origin{Address: address}, Request{})
		wantError(t, err, assay.Unavailable, "in the middle")
	}
	if h := c.Health(); h[0].State != Open {
		t.Errorf("%+v", h)
	}
}

// The number of hosts that documents name has no bound, and their faults are
// not the origin's.
func TestOtherHostsHaveNoBreaker(t *testing.T) {
	cdn := serveOn(t, public2, status(503))
	location := cdn.URL + "/f"
	origin := serve(t, redirectTo(&location))
	c := newTestClient(t, func(cfg *Config) { cfg.Breaker.Failures = 1 })
	o := Origin{Address: origin.URL}
	for range 3 {
		for _, r := range []Request{{URL: cdn.URL + "/f"}, {Path: "f"}} {
			_, _, err := get(t, c, o, r)
			if e := wantError(t, err, assay.Unavailable, public2); e.Status != 503 {
				t.Errorf("%v", e)
			}
		}
	}
	if h := c.Health(); len(h) != 1 || h[0].State != Closed {
		t.Errorf("%+v", h)
	}
}

func TestTheGate(t *testing.T) {
	release := make(chan struct{})
	var busy, most atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := busy.Add(1)
		defer busy.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		io.WriteString(w, "ok")
	})
	c := newTestClient(t, func(cfg *Config) { cfg.MaxConcurrent, cfg.MaxWaiting = 2, 3 })
	o := Origin{Address: s.URL}
	results := make(chan error, 5)
	for range 5 {
		go func() {
			resp, err := c.Do(context.Background(), o, Request{})
			if err == nil {
				_, err = io.ReadAll(resp.Body) // the slot is free from here on, though nobody closed yet
				defer resp.Body.Close()
			}
			results <- err
		}()
	}
	g := c.gate(s.URL + "/")
	for deadline := time.Now().Add(5 * time.Second); g.waiting.Load() < 3 || busy.Load() < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d wait, %d are busy", g.waiting.Load(), busy.Load())
		}
	}
	_, _, err := get(t, c, o, Request{})
	if e := wantError(t, err, assay.Exhausted, "waiting"); e.RetryAfter == 0 {
		t.Error("no word on when to come back")
	}
	// Another origin is not held up.
	other := serve(t, answer("other"))
	mustGet(t, c, Origin{Address: other.URL}, Request{}, "other")
	close(release)
	for range 5 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 2 {
		t.Errorf("%d at once", most.Load())
	}
	idle(t, c, s.URL)
}

func TestWhoeverWaitsCanLeave(t *testing.T) {
	address := serveRaw(t, func(net.Conn) bool { return true })
	c := newTestClient(t, func(cfg *Config) { cfg.MaxConcurrent = 1 })
	first, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := c.Do(first, Origin{Address: address}, Request{})
		done <- err
	}()
	g := c.gate(address)
	for len(g.slots) == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := c.Do(ctx, Origin{Address: address}, Request{})
	wantError(t, err, assay.Canceled)
	stop()
	wantError(t, <-done, assay.Canceled)
	idle(t, c, address)
}
