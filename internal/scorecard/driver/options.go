package driver

import (
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/run"
)

// Options say what to start.
type Options struct {
	// Ecosystems are those that it shall speak; none means all that it can.
	Ecosystems []assay.Ecosystem
	// Binary is the path of the assay binary, where that is the subject.
	Binary string
	// Cache is the folder where peers are kept once they are installed.
	Cache string
	// Log is told what happens; it may be nil.
	Log func(text string)
	// Limits are Safe where they are not set.
	Limits Limits
}

// Limits bound how long a driver waits.
type Limits struct {
	Ready   time.Duration // until a server that was started answers
	Command time.Duration // one command beside it
	Install time.Duration // a peer that is not yet in the cache
	Stop    time.Duration // until everything has ended
}

// Safe are the limits for a person who waits.
func Safe() Limits {
	return Limits{Ready: 30 * time.Second, Command: 30 * time.Second, Install: 100 * time.Second, Stop: 15 * time.Second}
}

// Filled is the options with everything set that has a default.
func (o Options) Filled() Options {
	if o.Limits == (Limits{}) {
		o.Limits = Safe()
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return o
}

// Wants reports whether an ecosystem is to be spoken.
func (o Options) Wants(e assay.Ecosystem) bool {
	return len(o.Ecosystems) == 0 || slices.Contains(o.Ecosystems, e)
}

// ChecksumDatabase is what an instance also is whose modules are vouched for
// by a checksum database of ours.
type ChecksumDatabase interface {
	// ChecksumDatabase is its name and its note verifier key; both are empty
	// where there is none.
	ChecksumDatabase() (name, key string)
}

// Paced is what an instance also is that a run must not hurry: a server that
// is slow is not one that gives no answer.
type Paced interface {
	Pace() run.Limits
}
