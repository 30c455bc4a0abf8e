package feed

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// growing is a log in memory.
type growing struct {
	mu      sync.Mutex
	records []store.LogRecord
	changed chan struct{}
	largest int // page that was asked for
	gap     bool
}

func newGrowing(n int) *growing {
	g := &growing{changed: make(chan struct{})}
	g.grow(n)
	return g
}

func (g *growing) grow(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range n {
		r := store.LogRecord{Index: int64(len(g.records)), Kind: assay.EventStored, Ecosystem: assay.NPM,
			Time: time.Unix(1e9, 0).UTC(), Salt: bytes.Repeat([]byte{1}, tlog.SaltSize), Body: []byte(`{"by":"<&>` + "\u2028" + `"}`)}
		r.Leaf = tlog.Leaf{Kind: r.Kind, Time: r.Time, Ecosystem: r.Ecosystem, Commitment: tlog.Commit(r.Salt, r.Body)}.Bytes()
		g.records = append(g.records, r)
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *growing) Entries(ctx context.Context, from int64, limit int) ([]store.LogRecord, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.largest = max(g.largest, limit)
	if from >= int64(len(g.records)) {
		return nil, ctx.Err()
	}
	out := append([]store.LogRecord(nil), g.records[from:min(from+int64(limit), int64(len(g.records)))]...)
	if g.gap {
		out = out[1:]
	}
	return out, ctx.Err()
}

func (g *growing) Watch() (int64, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return int64(len(g.records)), g.changed
}

func TestFrom(t *testing.T) {
	g := newGrowing(5)
	r := &Reader{Source: g, MayRead: func(r store.LogRecord) bool { return r.Index == 3 }}
	items, err := r.From(t.Context(), 2, 2)
	if err != nil || len(items) != 2 {
		t.Fatalf("%+v, %v", items, err)
	}
	if items[0].Index != 2 || items[0].Salt != "" || items[0].Body != nil || items[0].Kind != assay.EventStored {
		t.Errorf("the closed item is %+v", items[0])
	}
	if items[1].Index != 3 || items[1].Salt == "" || len(items[1].Body) == 0 {
		t.Errorf("the open item is %+v", items[1])
	}
	if items, err := r.From(t.Context(), 9, 5); err != nil || len(items) != 0 {
		t.Errorf("past the end: %+v, %v", items, err)
	}
	if _, err := r.From(t.Context(), -1, 5); !assay.Is(err, assay.Invalid) {
		t.Errorf("before the beginning: %v", err)
	}
	if items, err := (&Reader{Source: g}).From(t.Context(), 3, 1); err != nil || items[0].Body != nil {
		t.Errorf("nobody may read, and reads %+v, %v", items, err)
	}
	g.gap = true
	if _, err := r.From(t.Context(), 0, 3); !assay.Is(err, assay.Internal) {
		t.Errorf("a gap was passed over: %v", err)
	}
}

func TestTailMissesNothing(t *testing.T) {
	g := newGrowing(7)
	r := &Reader{Source: g, Page: 3, Alive: time.Millisecond}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var growth sync.WaitGroup
	growth.Go(func() {
		for range 50 {
			g.grow(2)
		}
	})
	next, quiet := int64(2), 0
	err := r.Tail(ctx, next, func(items []Item) error {
		if len(items) == 0 {
			quiet++
			if next == 107 {
				stop()
			}
			return nil
		}
		for _, item := range items {
			if item.Index != next {
				t.Errorf("entry %d came where %d was due", item.Index, next)
			}
			next++
		}
		return nil
	})
	growth.Wait()
	if err != nil || g.largest != 3 || quiet == 0 {
		t.Errorf("%v; pages of %d; %d signs of life", err, g.largest, quiet)
	}
	if rest, err := r.Read(t.Context(), next, func([]Item) error { return nil }); err != nil || rest != 107 {
		t.Errorf("the log ends at %d, %v", rest, err)
	}
	gone := errors.New("the client has gone")
	if err := r.Tail(t.Context(), 0, func([]Item) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
}

func TestForms(t *testing.T) {
	items, err := (&Reader{Source: newGrowing(2), MayRead: func(store.LogRecord) bool { return true }}).From(t.Context(), 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	var lines, events bytes.Buffer
	if err := errors.Join(WriteNDJSON(&lines, items), WriteSSE(&events, items)); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(lines.String(), "\n"); n != 2 || !strings.Contains(lines.String(), `"body":{"by":"<&>`+"\u2028") {
		t.Errorf("%d lines: %s", n, lines.String())
	}
	if !strings.HasPrefix(events.String(), "id: 0\ndata: {") || !strings.Contains(events.String(), "}\n\nid: 1\ndata: {") || !strings.HasSuffix(events.String(), "}\n\n") {
		t.Errorf("%s", events.String())
	}
	var quiet bytes.Buffer
	if err := errors.Join(WriteNDJSON(&quiet, nil), WriteSSE(&quiet, nil)); err != nil || quiet.String() != "\n: nothing new\n\n" {
		t.Errorf("%q, %v", quiet.String(), err)
	}
	// Canonical JSON has no newline; were one to come in, it must not begin a
	// line of its own.
	items[0].Body = []byte("{\n\"by\": 1}")
	events.Reset()
	if err := WriteSSE(&events, items[:1]); err != nil || strings.Count(events.String(), "\n") != 3 {
		t.Errorf("%q, %v", events.String(), err)
	}
}

func TestStart(t *testing.T) {
	for name, tc := range map[string]struct {
		from, last string
		want       int64
		ok         bool
	}{
		"nothing said": {"", "", 0, true}, "from": {"7", "", 7, true}, "after the last": {"", "7", 8, true}, "from outranks": {"3", "7", 3, true},
		"negative": {"-1", "", 0, false}, "no number": {"x", "", 0, false}, "a last that is none": {"", "x", 0, false}, "over 62 bits": {"9223372036854775807", "", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Start(tc.from, tc.last)
			if tc.ok != (err == nil) || got != tc.want || (err != nil && !assay.Is(err, assay.Invalid)) {
				t.Errorf("%d, %v", got, err)
			}
		})
	}
}
