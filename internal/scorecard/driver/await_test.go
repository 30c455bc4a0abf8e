package driver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// said is a process that does nothing but what the test says.
type said struct {
	output string
	ended  chan struct{}
}

func (s said) Output() string             { return s.output }
func (s said) Ended() <-chan struct{}     { return s.ended }
func (s said) Stop(context.Context) error { return nil }

func TestAwait(t *testing.T) {
	over := make(chan struct{})
	close(over)
	going := make(chan struct{})
	for name, c := range map[string]struct {
		answer  func(n int32, w http.ResponseWriter, r *http.Request)
		process said
		within  time.Duration
		kind    assay.Kind
		words   string
	}{
		"ready at once": {func(int32, http.ResponseWriter, *http.Request) {}, said{ended: going}, time.Minute, 0, ""},
		"ready after a while": {func(n int32, w http.ResponseWriter, _ *http.Request) {
			if n < 4 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}, said{ended: going}, time.Minute, 0, ""},
		"never ready": {func(_ int32, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
			said{"loading\nstill loading\n", going}, 100 * time.Millisecond, assay.Unavailable, "loading / still loading"},
		"it hangs": {func(_ int32, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			said{ended: going}, 100 * time.Millisecond, assay.Unavailable, "not ready within 100ms"},
		"it sends one elsewhere": {func(_ int32, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		}, said{ended: going}, 100 * time.Millisecond, assay.Unavailable, "not ready"},
		"it has ended and another program answers": {func(int32, http.ResponseWriter, *http.Request) {},
			said{"address already in use", over}, time.Minute, assay.Unavailable, "ended before it was ready: address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.answer(n.Add(1), w, r) }))
			defer s.Close()
			err := driver.Await(t.Context(), c.process, s.URL, c.within)
			if c.words == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("it says %v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := driver.Await(ctx, said{ended: going}, "http://127.0.0.1:1/", time.Minute); !assay.Is(err, assay.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
}

func TestLast(t *testing.T) {
	for name, c := range map[string]struct{ output, want string }{
		"nothing":            {" \n ", ""},
		"one line":           {"no room\n", ": no room"},
		"the end of many":    {"a\nb\nc\nd\ne\n", ": b / c / d / e"},
		"for another screen": {"\x1b[31mred\x1b[0m", ": [31mred[0m"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := driver.Last(c.output); got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
	if got := driver.Last(strings.Repeat("x", 1<<20)); len(got) > 400 {
		t.Errorf("it has %d bytes", len(got))
	}
}

func TestOptions(t *testing.T) {
	o := driver.Options{}.Filled()
	o.Log("nobody hears it")
	if o.Limits != driver.Safe() || !o.Wants(assay.NPM) {
		t.Errorf("options are %+v", o)
	}
	o.Ecosystems = []assay.Ecosystem{assay.Golang}
	if o.Wants(assay.NPM) || !o.Wants(assay.Golang) {
		t.Error("an ecosystem that was not asked for is wanted")
	}
	address, err := driver.FreeAddress(t.Context())
	if err != nil || !strings.HasPrefix(address, "127.0.0.1:") {
		t.Errorf("a free address is %q: %v", address, err)
	}
}
