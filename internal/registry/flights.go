package registry

import (
	"sync"
	"sync/atomic"

	"assay.invalid/internal/assay"
)

// flights are the answers under way. An answer is registered before it is
// decided, so that a change of policy either is seen by the decision or sees
// the flight.
type flights struct {
	next   atomic.Uint64
	shards [16]flightShard
}

type flightShard struct {
	mu sync.Mutex
	on map[*flight]struct{}
}

// flight is one answer under way. It implements ecosystem.Flight.
type flight struct {
	shard *flightShard

	mu    sync.Mutex // guards what follows
	facts []*assay.Facts
	cut   func()
	gone  bool // cut already
}

func newFlights() *flights {
	f := &flights{}
	for i := range f.shards {
		f.shards[i].on = map[*flight]struct{}{}
	}
	return f
}

func (f *flights) begin() *flight {
	shard := &f.shards[f.next.Add(1)%uint64(len(f.shards))]
	fl := &flight{shard: shard}
	shard.mu.Lock()
	shard.on[fl] = struct{}{}
	shard.mu.Unlock()
	return fl
}

// carries says which facts the answer rests on: those of the versions that it
// hands out or lists.
func (fl *flight) carries(facts ...*assay.Facts) {
	fl.mu.Lock()
	fl.facts = facts
	fl.mu.Unlock()
}

func (fl *flight) end() {
	fl.shard.mu.Lock()
	delete(fl.shard.on, fl)
	fl.shard.mu.Unlock()
}

// OnCut implements ecosystem.Flight.
func (fl *flight) OnCut(cut func()) {
	fl.mu.Lock()
	gone := fl.gone
	fl.cut = cut
	fl.mu.Unlock()
	if gone {
		cut()
	}
}

// review cuts every flight that carries something of which the function says
// that it must not go out any more, and returns how many.
func (f *flights) review(stop func(*assay.Facts) bool) int {
	var all []*flight
	for i := range f.shards {
		shard := &f.shards[i]
		shard.mu.Lock()
		for fl := range shard.on {
			all = append(all, fl)
		}
		shard.mu.Unlock()
	}
	n := 0
	for _, fl := range all {
		fl.mu.Lock()
		facts := fl.facts
		fl.mu.Unlock()
		for _, fact := range facts {
			if stop(fact) {
				fl.mu.Lock()
				fl.gone = true
				cut := fl.cut
				fl.mu.Unlock()
				if cut != nil {
					cut()
				}
				n++
				break
			}
		}
	}
	return n
}
