package feed

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Source is where the entries come from; the sequencer is one.
type Source interface {
	// Entries returns published entries from an index on, at most limit; none
	// if the log is not that long.
	Entries(ctx context.Context, from int64, limit int) ([]store.LogRecord, error)
	// Watch returns how many are published, and a channel that is closed once
	// there are more.
	Watch() (size int64, changed <-chan struct{})
}

// Reader reads for one asker.
type Reader struct {
	Source Source
	// MayRead says whether the asker may read an event's body; nil reads
	// none.
	MayRead func(store.LogRecord) bool
	// Page is how many entries are read at a time; 0 means 256.
	Page int
	// Alive is how often a tail without news calls for a sign of life; 0
	// means 15 s.
	Alive time.Duration
}

// From returns at most limit items from an index on. A negative index is
// Invalid.
func (r *Reader) From(ctx context.Context, index int64, limit int) ([]Item, error) {
	if index < 0 {
		return nil, assay.Errorf(assay.Invalid, "the log begins with entry 0, so there is nothing from %d on", index)
	}
	records, err := r.Source.Entries(ctx, index, limit)
	if err != nil {
		return nil, err
	}
	items := make([]Item, 0, len(records))
	for i := range records {
		if records[i].Index != index+int64(i) {
			return nil, assay.Errorf(assay.Internal, "entry %d of the log is missing: run assay log verify", index+int64(i))
		}
		item, err := newItem(&records[i], r.MayRead != nil && r.MayRead(records[i]))
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// Read calls fn with the items from an index on, page by page, until the log
// ends, and returns the index to go on from.
func (r *Reader) Read(ctx context.Context, index int64, fn func([]Item) error) (next int64, err error) {
	for {
		items, err := r.From(ctx, index, r.page())
		if err != nil || len(items) == 0 {
			return index, err
		}
		if err := fn(items); err != nil {
			return index, err
		}
		index += int64(len(items))
	}
}

// Tail does as Read, and then waits for more, until the context ends, which
// is no error, or fn answers one. When there is no news for a while, fn is
// called with none, as a sign of life.
func (r *Reader) Tail(ctx context.Context, index int64, fn func([]Item) error) error {
	alive := r.Alive
	if alive == 0 {
		alive = 15 * time.Second
	}
	timer := time.NewTimer(alive)
	defer timer.Stop()
	for {
		_, changed := r.Source.Watch() // before reading, so that nothing falls between
		next, err := r.Read(ctx, index, fn)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if next > index {
			timer.Reset(alive)
		}
		index = next
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-timer.C:
			if err := fn(nil); err != nil {
				return err
			}
			timer.Reset(alive)
		}
	}
}

func (r *Reader) page() int {
	if r.Page > 0 {
		return r.Page
	}
	return 256
}
