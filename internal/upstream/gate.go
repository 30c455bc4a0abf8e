package upstream

import (
	"context"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
)

// gate bounds how many requests one origin is asked at once and how many
// more wait. A slow upstream must not gather all the house's memory and
// connections behind it.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	most    int64 // that may wait
}

func newGate(concurrent, waiting int) *gate {
	return &gate{slots: make(chan struct{}, max(concurrent, 1)), most: int64(max(waiting, 0))}
}

// enter waits for a slot; leave must follow. A full queue is Exhausted at
// once; a context that ends first is told by its own error.
func (g *gate) enter(ctx context.Context, host string) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	if g.waiting.Add(1) > g.most {
		g.waiting.Add(-1)
		err := assay.Errorf(assay.Exhausted, "too many requests are waiting for %s already; try again in a moment", host)
		err.RetryAfter = time.Second
		return err
	}
	defer g.waiting.Add(-1)
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.slots }
