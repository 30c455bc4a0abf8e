package usage

import (
	"time"

	"assay.invalid/internal/assay"
)

// Traffic is what became of requests for files in the last hour.
type Traffic struct {
	From, To time.Time // From is the start of the Recorder where that is later
	// Passed were handed out, with a warning or without.
	Passed int64
	// Warned were handed out, or would have been, with a warning.
	Warned int64
	// Refused were not.
	Refused int64
	// WouldRefuse were not refused, and an observed rule would have.
	WouldRefuse int64
}

// outcome is what became of a request.
type outcome uint8

const (
	passed outcome = iota
	warned
	refused
	wouldRefuse
	outcomes
)

// minutes is how many of them an hour's counts are kept in.
const minutes = 60

// hour counts the last hour, a minute at a time. It holds its counts in place,
// so that counting takes an index and an addition.
type hour struct{ ring [minutes]minute }

type minute struct {
	at     int64              // since 1970
	counts [2][outcomes]int64 // of what anybody may read, and of hosted packages
}

func minuteOf(t time.Time) int64 { return int64(dayOf(t))*24*60 + (t.Unix()-int64(dayOf(t))*86400)/60 }

// add counts one request. A minute that the ring has left behind, as after a
// clock that was set back, begins anew.
func (h *hour) add(at int64, hosted bool, o outcome) {
	m := &h.ring[uint64(at)%minutes]
	if m.at != at {
		*m = minute{at: at}
	}
	whose := 0
	if hosted {
		whose = 1
	}
	m.counts[whose][o]++
}

// sum adds up the hour that ends with the given minute.
func (h *hour) sum(to int64, hosted bool) (total [outcomes]int64) {
	for i := range h.ring {
		m := &h.ring[i]
		if m.at > to || m.at <= to-minutes {
			continue
		}
		for o := range total {
			total[o] += m.counts[0][o]
			if hosted {
				total[o] += m.counts[1][o]
			}
		}
	}
	return total
}

// Decided counts a decision that was taken on a request for a file. Requests
// that pass are counted by Fetch as well.
func (r *Recorder) Decided(c assay.Coordinate, d *assay.Decision) {
	o, counts := outcomeOf(d)
	if !counts {
		return
	}
	at, hosted := minuteOf(r.o.Now()), r.hosted(c)
	r.mu.Lock()
	defer r.mu.Unlock()
	if o[refused] {
		r.hour.add(at, hosted, refused)
	}
	if o[warned] {
		r.hour.add(at, hosted, warned)
	}
	if o[wouldRefuse] {
		r.hour.add(at, hosted, wouldRefuse)
	}
}

// outcomeOf is what a decision comes to beyond passing.
func outcomeOf(d *assay.Decision) (o [outcomes]bool, counts bool) {
	switch d.Effect {
	case assay.Deny:
		o[refused] = true
		return o, true
	case assay.Warn:
		o[warned] = true
	}
	for i := range d.Opinions {
		op := &d.Opinions[i]
		if op.Mode == assay.Observe && op.Effect == assay.Deny && op.LiftedBy == "" {
			o[wouldRefuse] = true
		}
	}
	return o, o[warned] || o[wouldRefuse]
}

// hosted asks whether a package is hosted here, outside of the lock.
func (r *Recorder) hosted(c assay.Coordinate) bool { return r.o.Hosted != nil && r.o.Hosted(c) }

// Traffic returns the counts of the last hour: of what anybody may read, and
// of hosted packages too where the asker may read all of them.
func (r *Recorder) Traffic(hosted bool) Traffic {
	now := r.o.Now().UTC()
	to := minuteOf(now)
	r.mu.Lock()
	total := r.hour.sum(to, hosted)
	r.mu.Unlock()
	from := time.Unix((to-minutes+1)*60, 0).UTC()
	if from.Before(r.started) {
		from = r.started
	}
	return Traffic{From: from, To: now, Passed: total[passed], Warned: total[warned], Refused: total[refused], WouldRefuse: total[wouldRefuse]}
}
