package insight

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"assay.invalid/internal/assay"
)

// Load reads all files and directories and the kept copies of addresses, and
// asks nobody. What cannot be read is a problem of its source and named in
// Sources; it fails only for what was given at the start and is not there.
func (s *Service) Load(ctx context.Context) error {
	var wg sync.WaitGroup
	// Two at a time: reading is work for the processor, and the house has
	// other things to do at its start.
	turns := make(chan struct{}, 2)
	all := s.all()
	faults := make([]error, len(all))
	for i, r := range all {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if !r.address() {
				faults[i] = s.read(ctx, r, false)
				return
			}
			if err := s.recall(ctx, r); err != nil && ctx.Err() == nil {
				s.o.Log.Warn("the kept copy of a source cannot be used; it is taken anew", "source", r.Name, "error", err.Error())
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return assay.Wrap(assay.Canceled, context.Cause(ctx), "reading advisories was given up")
	}
	var errs []error
	for i, r := range all {
		if faults[i] != nil && r.given && !r.address() {
			errs = append(errs, assay.Errorf(assay.KindOf(faults[i]), "the source of advisories given at the start cannot be used: %s", assay.PublicMessage(faults[i])))
		}
	}
	return errors.Join(errs...)
}

// Start loads what Load does and then follows the sources until Close. The
// channel gives what Load returned and is then closed.
func (s *Service) Start() <-chan error {
	loaded := make(chan error, 1)
	s.wg.Go(func() {
		loaded <- s.Load(s.base)
		close(loaded)
		s.follow()
	})
	return loaded
}

// follow reads sources when they are due.
func (s *Service) follow() {
	ticker := time.NewTicker(s.o.Look)
	defer ticker.Stop()
	for {
		s.readDue()
		// What could not be looked for among what is stored is looked for
		// again: a registry may not have been there yet.
		if err := s.rejudge(s.base); err != nil && s.base.Err() == nil {
			s.o.Log.Warn("what is stored could not be judged by the lists of digests; it is tried again", "error", err.Error())
		}
		select {
		case <-ticker.C:
		case <-s.base.Done():
			return
		}
	}
}

// readDue begins to read what is due and not being read. One source that
// hangs holds up no other.
func (s *Service) readDue() {
	now := s.o.Now()
	for _, r := range s.all() {
		s.mu.Lock()
		// A clock that has jumped back must not silence a source for long.
		due := !now.Before(r.due) || r.due.Sub(now) > 2*s.o.Every
		s.mu.Unlock()
		if !due || len(r.busy) > 0 || r.address() && s.o.Fetcher == nil {
			continue
		}
		s.wg.Go(func() {
			// The problem is noted with the source and logged once.
			_ = s.read(s.base, r, false)
		})
	}
}

func (s *Service) all() []*reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sources)
}

// after is how long a source is left in peace after it was looked at. The
// caller holds mu.
func (s *Service) after(r *reading, took time.Duration) time.Duration {
	if !r.address() {
		// A large directory is looked at less often: at most a fiftieth of
		// the time goes into looking.
		return max(s.o.Look, 50*took)
	}
	wait := s.o.Every
	if r.failures > 0 {
		wait = min(s.o.Every, time.Minute<<min(r.failures-1, 16))
	}
	// Many instances must not ask at the same moment.
	return wait - wait/10 + rand.N(wait/5+1)
}
