package registry

import (
	"context"
	"sync"

	"assay.invalid/internal/assay"
)

// shared runs one piece of work per key at a time, in a goroutine of its own,
// and lets any number wait for its result. Work that was only waited for is
// canceled when the last waiter leaves; detached work is not.
type shared[V any] struct {
	base context.Context
	wg   *sync.WaitGroup

	mu    sync.Mutex
	under map[string]*sharedCall[V]
}

type sharedCall[V any] struct {
	cancel   context.CancelFunc
	done     chan struct{}
	value    V
	err      error
	waiters  int
	detached bool
}

func newShared[V any](base context.Context, wg *sync.WaitGroup) *shared[V] {
	return &shared[V]{base: base, wg: wg, under: map[string]*sharedCall[V]{}}
}

// begin joins the call for key, starting it with fn if there is none, as a
// waiter or, detached, to see it through whoever leaves.
func (s *shared[V]) begin(key string, detached bool, fn func(ctx context.Context) (V, error)) *sharedCall[V] {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.under[key]
	if c == nil {
		ctx, cancel := context.WithCancel(s.base)
		c = &sharedCall[V]{cancel: cancel, done: make(chan struct{})}
		s.under[key] = c
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			defer cancel()
			value, err := fn(ctx)
			s.mu.Lock()
			if s.under[key] == c {
				delete(s.under, key)
			}
			s.mu.Unlock()
			c.value, c.err = value, err
			close(c.done)
		}()
	}
	if detached {
		c.detached = true
	} else {
		c.waiters++
	}
	return c
}

// leave ends waiting. A call that nobody waits for is canceled, and a new one
// may begin at once.
func (s *shared[V]) leave(key string, c *sharedCall[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.waiters--
	if c.waiters == 0 && !c.detached {
		c.cancel()
		if s.under[key] == c {
			delete(s.under, key)
		}
	}
}

// do waits for the result of the one call.
func (s *shared[V]) do(ctx context.Context, key string, fn func(ctx context.Context) (V, error)) (V, error) {
	c := s.begin(key, false, fn)
	defer s.leave(key, c)
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		var zero V
		return zero, assay.Wrap(assay.Canceled, ctx.Err(), "waiting for the answer")
	}
}
