package upstream

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// script answers request n (from 1) with the nth of the handlers, the last
// one for all that follow, and counts.
func script(t *testing.T, handlers ...http.HandlerFunc) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := int(asked.Add(1))
		handlers[min(n, len(handlers))-1](w, r)
	})
	return s.URL + "/", asked
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		if code != http.StatusNotModified {
			io.WriteString(w, "words of the upstream")
		}
	}
}

func hangUp(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

func TestRetries(t *testing.T) {
	cases := []struct {
		name     string
		handlers []http.HandlerFunc
		request  Request
		asked    int64
		kind     assay.Kind // Internal means: answered with 200
		status   int
	}{
		{"503, then well", []http.HandlerFunc{status(503), answer("ok")}, Request{}, 2, assay.Internal, 0},
		{"hung up on twice, then well", []http.HandlerFunc{hangUp, hangUp, answer("ok")}, Request{}, 3, assay.Internal, 0},
		{"500 for ever", []http.HandlerFunc{status(500)}, Request{}, 3, assay.Unavailable, 500},
		{"501", []http.HandlerFunc{status(501)}, Request{}, 1, assay.Unavailable, 501},
		{"508", []http.HandlerFunc{status(508)}, Request{}, 1, assay.Unavailable, 508},
		{"403", []http.HandlerFunc{status(403)}, Request{}, 1, assay.Unavailable, 403},
		{"401", []http.HandlerFunc{status(401)}, Request{}, 1, assay.Unavailable, 401},
		{"418", []http.HandlerFunc{status(418)}, Request{}, 1, assay.Unavailable, 418},
		{"429, then well", []http.HandlerFunc{status(429, "Retry-After", "0"), answer("ok")}, Request{}, 2, assay.Internal, 0},
		{"429 for longer than we wait", []http.HandlerFunc{status(429, "Retry-After", "60")}, Request{}, 1, assay.Unavailable, 429},
		{"204", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }}, Request{}, 1, assay.Unsound, 204},
		{"206 to no range", []http.HandlerFunc{status(206)}, Request{}, 1, assay.Unsound, 206},
		{"300", []http.HandlerFunc{status(300)}, Request{}, 1, assay.Unsound, 300},
		{"304 to no condition", []http.HandlerFunc{status(304)}, Request{}, 1, assay.Unsound, 304},
		{"a POST is made once", []http.HandlerFunc{status(503)}, Request{Method: "POST", Body: []byte("b")}, 1, assay.Unavailable, 503},
		{"503 is no answer to AnyStatus", []http.HandlerFunc{status(503)}, Request{AnyStatus: true}, 3, assay.Unavailable, 503},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			address, asked := script(t, c.handlers...)
			client := newTestClient(t, func(cfg *Config) { cfg.Retries, cfg.Total = 2, time.Hour })
			if c.kind == assay.Internal {
				mustGet(t, client, Origin{Address: address}, c.request, "ok")
			} else {
				_, _, err := get(t, client, Origin{Address: address}, c.request)
				if e := wantError(t, err, c.kind, "127.0.0.1"); e.Status != c.status {
					t.Errorf("status %d in the error", e.Status)
				}
			}
			if asked.Load() != c.asked {
				t.Errorf("asked %d times, want %d", asked.Load(), c.asked)
			}
			idle(t, client, address)
		})
	}
}

func TestAnswersThatAreHandedOut(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		request Request
		status  int
	}{
		{"404", status(404), Request{}, 404},
		{"410", status(410), Request{}, 410},
		{"304 to an ETag", status(304, "ETag", `"e"`), Request{ETag: `"e"`}, 304},
		{"304 to a date", status(304), Request{LastModified: "Sun, 06 Nov 1994 08:49:37 GMT"}, 304},
		{"any: 403", status(403), Request{AnyStatus: true}, 403},
		{"any: 429", status(429, "Retry-After", "60"), Request{AnyStatus: true}, 429},
		{"any: 201 to a POST", status(201), Request{Method: "POST", AnyStatus: true, Body: []byte("b")}, 201},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, asked := script(t, c.handler)
			client := newTestClient(t, func(cfg *Config) { cfg.Retries = 2 })
			resp, text, err := get(t, client, Origin{Address: address}, c.request)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Status != c.status || asked.Load() != 1 {
				t.Errorf("status %d after %d requests", resp.Status, asked.Load())
			}
			if want := "words of the upstream"; c.status != 304 && text != want {
				t.Errorf("body %q", text)
			}
			idle(t, client, address)
		})
	}
}

func TestABigRefusalIsHandedOutWhole(t *testing.T) {
	long := strings.Repeat("sorry ", 5000)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(403)
		io.WriteString(w, long)
	})
	c := newTestClient(t, nil)
	resp, text, err := get(t, c, Origin{Address: s.URL}, Request{AnyStatus: true})
	if err != nil || resp.Status != 403 || text != long {
		t.Errorf("%v, %d bytes, %v", resp, len(text), err)
	}
	idle(t, c, s.URL)
}

func TestRetryAfterReachesTheAsker(t *testing.T) {
	address, _ := script(t, status(503, "Retry-After", "120"))
	c := newTestClient(t, nil)
	_, _, err := get(t, c, Origin{Address: address}, Request{})
	e := wantError(t, err, assay.Unavailable, "503 Service Unavailable", "words of the upstream")
	if e.RetryAfter != 2*time.Minute {
		t.Errorf("RetryAfter %v", e.RetryAfter)
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	var first time.Time
	address, asked := script(t, func(w http.ResponseWriter, r *http.Request) {
		first = time.Now()
		status(503, "Retry-After", "1")(w, r)
	}, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, time.Since(first) >= time.Second)
	})
	c := newTestClient(t, func(cfg *Config) { cfg.Retries = 1 })
	mustGet(t, c, Origin{Address: address}, Request{}, "true")
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestRetriesEndWithTheAsker(t *testing.T) {
	address, asked := script(t, status(503))
	c := newTestClient(t, func(cfg *Config) {
		cfg.Retries, cfg.Backoff, cfg.Total = 100, Backoff{Base: time.Hour, Max: time.Hour}, 24*time.Hour
	})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	_, err := c.Do(ctx, Origin{Address: address}, Request{})
	wantError(t, err, assay.Canceled)

	ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	_, err = c.Do(ctx, Origin{Address: address}, Request{})
	if e := wantError(t, err, assay.Unavailable); e.Status != 503 || time.Since(start) > 10*time.Second {
		t.Errorf("status %d after %v", e.Status, time.Since(start))
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
	idle(t, c, address)
}

func TestTheBreakerSaysWhyItOpened(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	c := newTestClient(t, func(cfg *Config) { cfg.Breaker.Failures = 1 })
	for _, says := range [][]string{{"answered 503"}, {"has failed 1 times in a row", "answered 503"}} {
		_, err := c.Do(t.Context(), Origin{Address: s.URL}, Request{})
		wantError(t, err, assay.Unavailable, says...)
	}
}

func TestTheAskersDeadline(t *testing.T) {
	address := serveRaw(t, func(net.Conn) bool { return true })
	c := newTestClient(t, func(cfg *Config) { cfg.Retries = 2; cfg.Breaker.Failures = 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Do(ctx, Origin{Address: address}, Request{})
	wantError(t, err, assay.Unavailable, "in the time that was left")
	if h := c.Health(); len(h) != 1 || h[0].State != Closed {
		t.Errorf("an impatient asker opened the breaker: %+v", h)
	}
	idle(t, c, address)
}

func TestDelay(t *testing.T) {
	b := Backoff{Base: 100 * time.Millisecond, Max: time.Second, Jitter: 0.5}
	for round, most := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 4: 800 * time.Millisecond, 5: time.Second, 1000: time.Second} {
		for range 100 {
			if d := b.delay(round); d < most/2 || d > most {
				t.Errorf("round %d: %v", round, d)
			}
		}
	}
	if d := (Backoff{Base: time.Second, Max: time.Second, Jitter: 9}).delay(1); d < 0 || d > time.Second {
		t.Errorf("a jitter out of range: %v", d)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		" 7 ":                           7 * time.Second,
		"-7":                            0,
		"1.5":                           0,
		"soon":                          0,
		"99999999999999999999":          24 * time.Hour,
		"999999":                        24 * time.Hour,
		"Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT": 0,
		"Mon, 01 Mar 2999 11:00:00 GMT": 24 * time.Hour,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "1", "99999999999", "Sun, 01 Mar 2026 12:00:30 GMT", "-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := retryAfter(value, time.Unix(1800000000, 0)); d < 0 || d > longestRetryAfter {
			t.Errorf("%q: %v", value, d)
		}
	})
}
