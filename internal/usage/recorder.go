package usage

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Options are the settings of a Recorder. Zero values mean the defaults.
type Options struct {
	// Flush is how often counts are written; the default is a second.
	Flush time.Duration
	// Rows is how many rows are gathered before they are written sooner; the
	// default is 2,000.
	Rows int
	// MostRows bounds the rows of each sort (fetches, verdicts, ids) that wait
	// for a store that fails; the default is 20,000. Rows that are just being
	// written may come on top, once.
	MostRows int
	// RetentionDays is how many days are kept; the default is 400.
	RetentionDays int
	// Hosted tells whether a package is hosted here, so that the last hour can
	// be told apart by who may read of it; nil: none is. It is asked on every
	// count, must be fast, and must not count itself.
	Hosted func(c assay.Coordinate) bool
	// Now is the clock; the default is time.Now.
	Now func() time.Time
	// Log hears of failures; the default is slog.Default.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Flush <= 0 {
		o.Flush = time.Second
	}
	if o.Rows <= 0 {
		o.Rows = 2000
	}
	if o.MostRows <= 0 {
		o.MostRows = 20000
	}
	if o.RetentionDays <= 0 {
		o.RetentionDays = 400
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// pruneRetry is the pause after a pruning that failed.
const pruneRetry = time.Minute

// Recorder counts. It is safe for concurrent use.
type Recorder struct {
	store   store.Store
	o       Options
	started time.Time

	mu      sync.Mutex
	hour    hour   // what became of the last hour's requests
	pending *batch // counted and not yet written
	writing *batch // being written; only read meanwhile. nil if none is
	closed  bool

	lost atomic.Int64

	wake   chan struct{} // much has gathered
	stop   chan struct{} // closed by Close
	done   chan struct{} // closed when the writer has ended
	cancel context.CancelFunc

	// What follows belongs to the writer, and to Close when it has ended.
	failing   bool  // the last write failed
	losing    bool  // and counts have been given up since
	lostThen  int64 // lost when it began to fail
	pruned    day   // the day for which pruning has been done
	nextPrune time.Time
}

// Start returns a Recorder that writes into the store until it is closed.
func Start(s store.Store, o Options) *Recorder {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Recorder{
		store: s, o: o.withDefaults(), pending: &batch{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), cancel: cancel,
		pruned: -1 << 62,
	}
	r.started = r.o.Now().UTC()
	go r.write(ctx)
	return r
}

// Fetch counts that a version was handed out to a principal. A file's
// coordinate counts for its version.
func (r *Recorder) Fetch(c assay.Coordinate, p assay.Principal) {
	now := r.o.Now()
	key := fetchKey{dayOf(now), c.At(c.Version), p.ID}
	minute, hosted := minuteOf(now), r.hosted(c)
	r.add(func(b *batch) {
		b.addFetch(key, 1)
		r.hour.add(minute, hosted, passed)
	})
}

// Verdict counts one rule's refusal or warning about a version, or that an
// observed rule would have refused or warned. denied tells whether the
// version was refused in the end: a deny in spite of which it was handed out
// counts as one that would have been. why is the id of the page that explains
// the decision. Opinions that allow, and denies that an exception lifts, are not
// counted.
func (r *Recorder) Verdict(registry string, c assay.Coordinate, op assay.Opinion, denied bool, p assay.Principal, why string) {
	if op.Effect < assay.Warn || op.LiftedBy != "" {
		return
	}
	effect := op.Effect.String()
	if op.Mode == assay.Observe || op.Effect == assay.Deny && !denied {
		effect = "would " + effect
	}
	now := r.o.Now().UTC()
	key := verdictKey{dayOf(now), registry, c.At(c.Version), op.Rule, effect, p.ID, why}
	r.add(func(b *batch) { b.addVerdict(key, verdict{count: 1, reason: op.Reason, last: now}) })
}

// Explained notes that an explanation was given out whose page has that id, so
// that its address can be followed. It counts nothing: to look at a version is
// not to download it.
func (r *Recorder) Explained(c assay.Coordinate, why string) {
	key := whyKey{dayOf(r.o.Now()), c.At(c.Version), why}
	r.add(func(b *batch) { b.whys.row(key) })
}

// add counts one thing in the pending batch.
func (r *Recorder) add(count func(*batch)) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		r.lost.Add(1)
		return
	}
	count(r.pending)
	lost := r.pending.trim(r.o.MostRows)
	full := r.pending.len() >= r.o.Rows
	r.mu.Unlock()
	if lost > 0 {
		r.lost.Add(lost)
	}
	if full {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// Why returns the package URL of the version that a why id was given for,
// also before it is written. What is not kept is NotFound.
func (r *Recorder) Why(ctx context.Context, id string) (string, error) {
	if c, found := r.waiting(id); found && id != "" {
		return c.String(), nil
	}
	var purl string
	err := r.store.View(ctx, func(tx store.Tx) (err error) {
		purl, err = tx.Why(ctx, id)
		return err
	})
	if err != nil {
		return "", err
	}
	return purl, nil
}

// waiting looks for a why id in what is not yet written.
func (r *Recorder) waiting(id string) (assay.Coordinate, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, found := r.pending.explains(id); found {
		return c, true
	}
	if r.writing != nil {
		return r.writing.explains(id)
	}
	return assay.Coordinate{}, false
}

// Lost returns how many counts were given up because the store failed for
// too long, or came after Close.
func (r *Recorder) Lost() int64 { return r.lost.Load() }

// Close ends counting, waits for the writer and writes what is left. When
// the context ends first, the write under way is given up and the error says
// so. A second Close does nothing.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	again := r.closed
	r.closed = true
	r.mu.Unlock()
	if again {
		<-r.done
		return nil
	}
	close(r.stop)
	select {
	case <-r.done:
	case <-ctx.Done():
		r.cancel()
		<-r.done
	}
	r.cancel()
	if err := r.flush(ctx); err != nil {
		return assay.Wrap(assay.KindOf(err), err, "%d rows of usage could not be written", r.pending.len())
	}
	return nil
}

// write is the writer: it runs until Close.
func (r *Recorder) write(ctx context.Context) {
	defer close(r.done)
	tick := time.NewTicker(r.o.Flush)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
		case <-r.wake:
			// A store that fails is asked again at the next tick, not at the
			// pace of the requests.
			if r.failing {
				continue
			}
		}
		r.report(r.flush(ctx))
		r.prune(ctx)
	}
}

// flush writes the pending batch. What could not be written is pending again.
func (r *Recorder) flush(ctx context.Context) error {
	r.mu.Lock()
	if r.pending.len() == 0 {
		r.mu.Unlock()
		return nil
	}
	b := r.pending
	r.writing, r.pending = b, &batch{}
	r.mu.Unlock()

	fetches, verdicts, whys := b.fetchRows(), b.verdictRows(), b.whyRows()
	err := r.store.Update(ctx, func(tx store.Tx) error {
		if err := tx.AddFetches(ctx, fetches); err != nil {
			return err
		}
		if err := tx.AddVerdicts(ctx, verdicts); err != nil {
			return err
		}
		return tx.AddWhys(ctx, whys)
	})

	r.mu.Lock()
	defer r.mu.Unlock()
	r.writing = nil
	if err != nil {
		b.absorb(r.pending)
		r.lost.Add(b.trim(r.o.MostRows))
		r.pending = b
	}
	return err
}

// report logs when writing begins to fail, when counts begin to be given up
// and when it works again; not each second in between.
func (r *Recorder) report(err error) {
	lost := r.Lost() - r.lostThen
	switch {
	case err == nil && r.failing:
		r.failing, r.losing = false, false
		r.o.Log.Info("usage is written again", "lost", lost)
	case err != nil && !r.failing:
		r.failing, r.lostThen = true, r.Lost()
		r.o.Log.Error("usage cannot be written; counting goes on in memory", "error", err)
	case err != nil && !r.losing && lost > 0:
		r.losing = true
		r.o.Log.Error("usage cannot be written and memory for it is full; the oldest counts are given up", "error", err, "lost", lost)
	}
}

// prune drops the days beyond the retention, once a day.
func (r *Recorder) prune(ctx context.Context) {
	now := r.o.Now()
	today := dayOf(now)
	if today == r.pruned || now.Before(r.nextPrune) {
		return
	}
	before := today - day(r.o.RetentionDays)
	err := r.store.Update(ctx, func(tx store.Tx) error { return tx.PruneUsage(ctx, before.String()) })
	if err != nil {
		r.nextPrune = now.Add(pruneRetry)
		r.o.Log.Error("old usage cannot be dropped; trying again later", "error", err)
		return
	}
	r.pruned = today
}
