package journal

import (
	"context"
	"sync"
	"time"

	"assay.invalid/internal/store"
)

// recent remembers the places of the newest events, so that publishers who
// wait for theirs need not ask the database.
type recent struct {
	mu     sync.Mutex
	places map[int64]int64 // event id to index
	order  []int64         // event ids, a ring
	next   int
}

func newRecent(size int) *recent {
	return &recent{places: make(map[int64]int64, size), order: make([]int64, size)}
}

func (r *recent) add(batch []store.LogRecord) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range batch {
		if len(r.places) >= len(r.order) {
			delete(r.places, r.order[r.next])
		}
		r.order[r.next] = batch[i].EventID
		r.places[batch[i].EventID] = batch[i].Index
		r.next = (r.next + 1) % len(r.order)
	}
}

func (r *recent) find(eventID int64) (int64, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	index, ok := r.places[eventID]
	return index, ok
}

// Index waits, at most so long, until the event has its place in the log and
// a checkpoint covers it, and returns the place. If the checkpoint is late,
// the place alone is answered: it is final. ok is false if the event has no
// place yet; it will get one all the same, so that is no failure.
func (s *Sequencer) Index(ctx context.Context, eventID int64, wait time.Duration) (index int64, ok bool) {
	s.Wake()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		size, changed := s.head.watch()
		if index, ok = s.place(ctx, eventID); ok && index < size {
			return index, true
		}
		select {
		case <-changed:
		case <-timer.C:
			return s.place(ctx, eventID)
		case <-ctx.Done():
			return index, ok
		}
	}
}

// place looks an event's place up; -1, false if it has none, or if it cannot
// be told.
func (s *Sequencer) place(ctx context.Context, eventID int64) (int64, bool) {
	if index, ok := s.recent.find(eventID); ok {
		return index, true
	}
	index := int64(-1)
	err := s.store.View(ctx, func(tx store.Tx) (err error) {
		index, err = tx.EventIndex(ctx, eventID)
		return err
	})
	if err != nil {
		return -1, false
	}
	return index, true
}
