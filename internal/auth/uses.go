package auth

import (
	"context"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// uses gathers when tokens were last used, and writes it in the background:
// a request must not wait for a commit that nobody depends on. It holds at
// most one entry for each token that exists.
type uses struct {
	book *Book

	mu      sync.Mutex
	pending map[hash]time.Time
	closed  bool

	failing bool // the last write failed; the writer's own

	stop   chan struct{} // closed by close
	done   chan struct{} // closed when the writer has ended
	cancel context.CancelFunc
}

func (u *uses) start(b *Book) {
	ctx, cancel := context.WithCancel(context.Background())
	u.book, u.cancel, u.pending = b, cancel, map[hash]time.Time{}
	u.stop, u.done = make(chan struct{}), make(chan struct{})
	go u.write(ctx)
}

// note gathers one use.
func (u *uses) note(sum hash, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.closed {
		u.pending[sum] = at
	}
}

// write is the writer: it runs until close.
func (u *uses) write(ctx context.Context) {
	defer close(u.done)
	tick := time.NewTicker(u.book.o.Flush)
	defer tick.Stop()
	for {
		select {
		case <-u.stop:
			return
		case <-tick.C:
		}
		err := u.flush(ctx)
		if err != nil && !u.failing {
			u.book.o.Log.Error("when tokens were last used cannot be written; trying again later", "error", err)
		}
		u.failing = err != nil
	}
}

// flush writes what was gathered. What could not be written is gathered
// again, unless there is something newer.
func (u *uses) flush(ctx context.Context) error {
	u.mu.Lock()
	batch := u.pending
	u.pending = map[hash]time.Time{}
	u.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	err := u.book.store.Update(ctx, func(tx store.Tx) error {
		for sum, at := range batch {
			// Read in the same transaction: the row as it was at the time of
			// the use would take back a revocation that came since.
			t, err := tx.TokenByHash(ctx, sum[:])
			if assay.Is(err, assay.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if at = kept(at); !at.After(t.LastUsed) {
				continue
			}
			t.LastUsed = at
			if err := tx.PutToken(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for sum, at := range batch {
		if at.After(u.pending[sum]) {
			u.pending[sum] = at
		}
	}
	return err
}

// close ends the writer and writes what is left. When the context ends
// first, the write under way is given up.
func (u *uses) close(ctx context.Context) error {
	u.mu.Lock()
	again := u.closed
	u.closed = true
	u.mu.Unlock()
	if again {
		<-u.done
		return nil
	}
	close(u.stop)
	select {
	case <-u.done:
	case <-ctx.Done():
		u.cancel()
		<-u.done
	}
	u.cancel()
	if err := u.flush(ctx); err != nil {
		return assay.Wrap(assay.KindOf(err), err, "when tokens were last used could not be written")
	}
	return nil
}
