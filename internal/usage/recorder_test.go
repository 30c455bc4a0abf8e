package usage

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// memory is an honest store of usage: transactions that roll back, each run
// twice as the contract allows, and failures on request.
type memory struct {
	mu       sync.Mutex
	fetches  map[store.Fetch]int64 // by all but the count
	verdicts map[store.Verdict]store.Verdict
	whys     map[store.Why]bool
	pruned   []string
	writes   int // successful ones of rows
	attempts int

	failing bool
	gate    chan struct{} // Update waits for it
}

func newMemory() *memory {
	return &memory{fetches: map[store.Fetch]int64{}, verdicts: map[store.Verdict]store.Verdict{}, whys: map[store.Why]bool{}}
}

func (m *memory) Close() error { return nil }

func (m *memory) View(_ context.Context, fn func(store.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fn(&tx{memory: m})
}

func (m *memory) Update(ctx context.Context, fn func(store.Tx) error) error {
	if m.gate != nil {
		select {
		case <-m.gate:
		case <-ctx.Done():
			return assay.Wrap(assay.Canceled, ctx.Err(), "writing")
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts++
	var t *tx
	for range 2 {
		t = &tx{memory: m}
		if err := fn(t); err != nil {
			return err
		}
	}
	if m.failing {
		return assay.Errorf(assay.Exhausted, "the disk is full")
	}
	for _, f := range t.fetches {
		count := f.Count
		f.Count = 0
		m.fetches[f] += count
	}
	for _, v := range t.verdicts {
		key := v
		key.Reason, key.Why, key.Count, key.Last = "", v.Why, 0, time.Time{}
		v.Count += m.verdicts[key].Count
		m.verdicts[key] = v
	}
	for _, w := range t.whys {
		m.whys[w] = true
	}
	if len(t.fetches)+len(t.verdicts) > 0 {
		m.writes++
	}
	m.pruned = append(m.pruned, t.pruned...)
	return nil
}

type tx struct {
	store.Tx
	*memory
	fetches  []store.Fetch
	verdicts []store.Verdict
	whys     []store.Why
	pruned   []string
}

func (t *tx) AddFetches(_ context.Context, f []store.Fetch) error {
	t.fetches = append(t.fetches, f...)
	return nil
}

func (t *tx) AddVerdicts(_ context.Context, v []store.Verdict) error {
	t.verdicts = append(t.verdicts, v...)
	return nil
}

func (t *tx) AddWhys(_ context.Context, w []store.Why) error {
	t.whys = append(t.whys, w...)
	return nil
}

func (t *tx) PruneUsage(_ context.Context, before string) error {
	t.pruned = append(t.pruned, before)
	return nil
}

func (t *tx) Why(_ context.Context, id string) (string, error) {
	for _, v := range t.memory.verdicts {
		if v.Why == id && id != "" {
			return v.Coordinate, nil
		}
	}
	for w := range t.memory.whys {
		if w.ID == id && id != "" {
			return w.Coordinate, nil
		}
	}
	return "", assay.Errorf(assay.NotFound, "no %q", id)
}

func (m *memory) total() (n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for count := range maps.Values(m.fetches) {
		n += count
	}
	return n
}

// lines are the rows as text, sorted.
func (m *memory) lines() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for f, count := range m.fetches {
		out = append(out, fmt.Sprintf("%s %s %q fetched %d", f.Day, f.Coordinate, f.Principal, count))
	}
	for _, v := range m.verdicts {
		out = append(out, fmt.Sprintf("%s %s %s %s %s %q %s: %s %d %s", v.Day, v.Registry, v.Coordinate, v.Rule, v.Effect, v.Principal, v.Why, v.Reason, v.Count, v.Last.Format(time.TimeOnly)))
	}
	slices.Sort(out)
	return out
}

var (
	lodash    = assay.Coordinate{Ecosystem: assay.NPM, Name: "lodash", Version: "4.17.21"}
	anonymous = assay.Principal{}
	clerk     = assay.Principal{ID: "clerk"}
)

func numbered(i int) assay.Coordinate { return lodash.At(fmt.Sprintf("1.0.%d", i)) }

func start(m *memory, o Options) *Recorder {
	o.Log = slog.New(slog.DiscardHandler)
	return Start(m, o)
}

// held is how many rows are in memory.
func held(r *Recorder) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.pending.len()
	if r.writing != nil {
		n += r.writing.len()
	}
	return n
}

func closed(t *testing.T, r *Recorder) {
	t.Helper()
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// Time in these tests is synctest's, which begins at midnight UTC of
// 2000-01-01.

func TestCountsAreMergedAndWrittenEachSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		r := start(m, Options{})
		file := lodash
		file.File = "lodash-4.17.21.tgz"
		for range 3 {
			r.Fetch(lodash, anonymous)
			r.Fetch(file, anonymous)
		}
		r.Fetch(lodash, clerk)
		if got := m.lines(); got != nil {
			t.Errorf("written at once: %q", got)
		}
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		want := []string{`2000-01-01 pkg:npm/lodash@4.17.21 "" fetched 6`, `2000-01-01 pkg:npm/lodash@4.17.21 "clerk" fetched 1`}
		if got := m.lines(); !slices.Equal(got, want) || m.writes != 1 {
			t.Errorf("after a second, in %d writes: %q", m.writes, got)
		}
		time.Sleep(24*time.Hour - 1200*time.Millisecond) // just before midnight
		r.Fetch(lodash, clerk)
		time.Sleep(200 * time.Millisecond)
		r.Fetch(lodash, clerk)
		time.Sleep(time.Second)
		synctest.Wait()
		want = []string{want[0], `2000-01-01 pkg:npm/lodash@4.17.21 "clerk" fetched 2`, `2000-01-02 pkg:npm/lodash@4.17.21 "clerk" fetched 1`}
		if got := m.lines(); !slices.Equal(got, want) {
			t.Errorf("around midnight: %q", got)
		}
		closed(t, r)
	})
}

func TestVerdicts(t *testing.T) {
	opinion := func(effect assay.Effect, mode assay.Mode, lifted string) assay.Opinion {
		return assay.Opinion{Rule: "cooldown", Effect: effect, Mode: mode, Reason: "too young", LiftedBy: lifted}
	}
	cases := []struct {
		name    string
		opinion assay.Opinion
		denied  bool
		want    string // the effect; "" if nothing is counted
	}{
		{"a refusal", opinion(assay.Deny, assay.Enforce, ""), true, "deny"},
		{"a warning", opinion(assay.Warn, assay.Enforce, ""), false, "warn"},
		{"a warning beside a refusal", opinion(assay.Warn, assay.Enforce, ""), true, "warn"},
		{"an observed refusal", opinion(assay.Deny, assay.Observe, ""), false, "would deny"},
		{"an observed refusal beside an enforced one", opinion(assay.Deny, assay.Observe, ""), true, "would deny"},
		{"an observed warning", opinion(assay.Warn, assay.Observe, ""), false, "would warn"},
		{"a refusal of what is always handed out", opinion(assay.Deny, assay.Enforce, ""), false, "would deny"},
		{"a refusal that an exception lifts", opinion(assay.Deny, assay.Enforce, "e-1"), false, ""},
		{"a rule that allows", opinion(assay.Allow, assay.Enforce, ""), false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				r := start(m, Options{})
				r.Verdict("npm", lodash, c.opinion, c.denied, anonymous, "w1")
				time.Sleep(time.Minute)
				c.opinion.Reason = "still too young"
				r.Verdict("npm", lodash, c.opinion, c.denied, anonymous, "w1")
				closed(t, r)
				var want []string
				if c.want != "" {
					want = []string{`2000-01-01 npm pkg:npm/lodash@4.17.21 cooldown ` + c.want + ` "" w1: still too young 2 00:01:00`}
				}
				if got := m.lines(); !slices.Equal(got, want) {
					t.Errorf("kept %q, want %q", got, want)
				}
			})
		})
	}
}

// The latest reason is kept, also when the clock is set back.
func TestTheLatestReasonStays(t *testing.T) {
	m := newMemory()
	clock := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	r := start(m, Options{Flush: time.Hour, Now: func() time.Time { return clock }})
	op := assay.Opinion{Rule: "block", Effect: assay.Deny, Reason: "latest"}
	r.Verdict("npm", lodash, op, true, anonymous, "w1")
	clock, op.Reason = clock.Add(-time.Minute), "earlier"
	r.Verdict("npm", lodash, op, true, anonymous, "w1")
	closed(t, r)
	want := []string{`2026-11-22 npm pkg:npm/lodash@4.17.21 block deny "" w1: latest 2 12:00:00`}
	if got := m.lines(); !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}

func TestWhyFindsWhatIsNotYetWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.gate = make(chan struct{})
		r := start(m, Options{})
		op := assay.Opinion{Rule: "block", Effect: assay.Deny, Reason: "no"}
		find := func(when, id, want string) {
			t.Helper()
			got, err := r.Why(t.Context(), id)
			if got != want || (want == "") != assay.Is(err, assay.NotFound) {
				t.Errorf("%s: %s is %q, %v", when, id, got, err)
			}
		}
		r.Verdict("npm", lodash, op, true, anonymous, "w1")
		r.Verdict("npm", lodash, op, true, anonymous, "w2") // shown under a later epoch
		r.Verdict("npm", numbered(1), op, true, anonymous, "")
		find("pending", "w1", "pkg:npm/lodash@4.17.21")
		find("pending", "", "")
		find("pending", "w9", "")
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		find("being written", "w2", "pkg:npm/lodash@4.17.21")
		close(m.gate)
		synctest.Wait()
		find("written", "w1", "pkg:npm/lodash@4.17.21")
		find("written", "w2", "pkg:npm/lodash@4.17.21")
		closed(t, r)
	})
}

// To look at a version is not to download it: its address leads somewhere, and
// nothing is counted.
func TestExplanationsAreFoundAndNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.failing = true
		r := start(m, Options{MostRows: 3})
		file := lodash
		file.File = "lodash-4.17.21.tgz"
		for range 2 {
			r.Explained(file, "w1")
			if got, err := r.Why(t.Context(), "w1"); err != nil || got != "pkg:npm/lodash@4.17.21" {
				t.Errorf("w1 is %q, %v", got, err)
			}
			time.Sleep(1100 * time.Millisecond) // not written, and merged with what comes
		}
		m.mu.Lock()
		m.failing = false
		m.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(m.whys) != 1 || !m.whys[store.Why{Day: "2000-01-01", ID: "w1", Coordinate: "pkg:npm/lodash@4.17.21"}] {
			t.Errorf("written: %v", m.whys)
		}
		if got, err := r.Why(t.Context(), "w1"); err != nil || got != "pkg:npm/lodash@4.17.21" {
			t.Errorf("once written, w1 is %q, %v", got, err)
		}
		if lines := m.lines(); lines != nil || r.Traffic(true).Refused != 0 {
			t.Errorf("counted: %q", lines)
		}
		m.mu.Lock()
		m.failing = true
		m.mu.Unlock()
		for i := range 5 { // two more than there is room for
			r.Explained(numbered(i), fmt.Sprint("w", i+2))
		}
		if r.Lost() != 2 || held(r) != 3 {
			t.Errorf("%d lost, %d held", r.Lost(), held(r))
		}
		m.mu.Lock()
		m.failing = false
		m.mu.Unlock()
		closed(t, r)
	})
}

func TestManyRowsAreWrittenSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		r := start(m, Options{Rows: 10})
		for i := range 10 {
			r.Fetch(numbered(i), anonymous)
		}
		synctest.Wait() // no time passes
		if m.total() != 10 {
			t.Errorf("%d are written", m.total())
		}
		closed(t, r)
	})
}

func TestAStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.failing = true
		var log bytes.Buffer
		r := Start(m, Options{Rows: 10, MostRows: 20, Log: slog.New(slog.NewTextHandler(&log, nil))})
		for range 5 { // merged, so nothing is lost
			for i := range 20 {
				r.Fetch(numbered(i), anonymous)
			}
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if r.Lost() != 0 || m.total() != 0 {
			t.Errorf("%d lost, %d written", r.Lost(), m.total())
		}
		// One at the first rush, one a tick, one pruning: a store that fails is
		// not asked at the pace of the requests.
		m.mu.Lock()
		if m.attempts > 7 {
			t.Errorf("%d attempts in five seconds", m.attempts)
		}
		m.mu.Unlock()
		for i := 20; i < 25; i++ { // five more than there is room for
			r.Fetch(numbered(i), anonymous)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if r.Lost() != 25 {
			t.Errorf("%d lost, want the 25 of the five oldest rows", r.Lost())
		}
		if n := held(r); n != 20 {
			t.Errorf("%d rows wait, want 20", n)
		}
		m.mu.Lock()
		m.failing = false
		m.mu.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		if m.total() != 15*5+5 {
			t.Errorf("%d are written, want %d", m.total(), 15*5+5)
		}
		closed(t, r)
		for _, line := range []string{"counting goes on in memory", "the oldest counts are given up", `written again" lost=25`} {
			if strings.Count(log.String(), line) != 1 {
				t.Errorf("the log should say %q once:\n%s", line, &log)
			}
		}
	})
}

func TestAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.gate = make(chan struct{})
		r := start(m, Options{Rows: 10, MostRows: 20})
		for i := range 100 { // counting never waits
			r.Fetch(numbered(i), anonymous)
			synctest.Wait()
		}
		if n := held(r); n != 30 { // 10 being written, 20 waiting
			t.Errorf("%d rows are held", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.Close(ctx); !assay.Is(err, assay.Canceled) || !strings.Contains(err.Error(), "20 rows") {
			t.Errorf("closing says %v", err)
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		r := start(m, Options{})
		r.Fetch(lodash, anonymous)
		closed(t, r)
		if m.total() != 1 {
			t.Error("what was left is not written")
		}
		closed(t, r)
		r.Fetch(lodash, anonymous)
		if r.Lost() != 1 || m.writes != 1 {
			t.Errorf("counted after closing: %d lost, %d writes", r.Lost(), m.writes)
		}

		m.failing = true
		r = start(m, Options{})
		r.Fetch(lodash, anonymous)
		if err := r.Close(t.Context()); !assay.Is(err, assay.Exhausted) || !strings.Contains(err.Error(), "1 rows of usage") {
			t.Errorf("a last write that fails is answered %v", err)
		}
	})
}

func TestOldDaysAreDroppedDaily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.failing = true
		r := start(m, Options{RetentionDays: 30, Flush: 20 * time.Second})
		time.Sleep(30 * time.Second)
		m.mu.Lock()
		m.failing = false
		m.mu.Unlock()
		time.Sleep(72 * time.Hour)
		synctest.Wait()
		if want := []string{"1999-12-02", "1999-12-03", "1999-12-04", "1999-12-05"}; !slices.Equal(m.pruned, want) {
			t.Errorf("pruned before %q, want %q", m.pruned, want)
		}
		closed(t, r)
	})
}

func TestManyCountAtOnce(t *testing.T) {
	m := newMemory()
	r := start(m, Options{Flush: time.Millisecond, Rows: 7})
	op := assay.Opinion{Rule: "block", Effect: assay.Deny, Reason: "no"}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 1000 {
				r.Fetch(numbered(i%50), anonymous)
				r.Verdict("npm", numbered(i%50), op, true, anonymous, fmt.Sprint("w", i%50))
				if i%100 == 0 {
					if _, err := r.Why(t.Context(), fmt.Sprint("w", i%50)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	closed(t, r)
	if m.total() != 4000 || r.Lost() != 0 {
		t.Errorf("%d are written, %d lost, of 4000", m.total(), r.Lost())
	}
}

func TestDays(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-22T23:59:59Z": "2026-11-22", "2026-11-23T00:00:00Z": "2026-11-23", "2026-11-23T00:30:00+01:00": "2026-11-22",
		"1969-12-31T23:59:59Z": "1969-12-31", "1970-01-01T00:00:00Z": "1970-01-01",
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := dayOf(moment).String(); got != want {
			t.Errorf("%s lies on %s, want %s", at, got, want)
		}
	}
}

func TestCountingAgainAllocatesNothing(t *testing.T) {
	r := start(newMemory(), Options{Flush: time.Hour})
	defer closed(t, r)
	r.Fetch(lodash, anonymous)
	if allocations := testing.AllocsPerRun(100, func() { r.Fetch(lodash, anonymous) }); allocations != 0 {
		t.Errorf("counting a fetch again allocates %v times", allocations)
	}
}

func BenchmarkFetch(b *testing.B) {
	r := start(newMemory(), Options{Flush: time.Hour})
	b.Cleanup(func() { _ = r.Close(context.Background()) }) // memory cannot fail
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			r.Fetch(lodash, anonymous)
		}
	})
}
