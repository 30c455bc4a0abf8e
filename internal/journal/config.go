package journal

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Config is everything a Sequencer is made from.
type Config struct {
	// Store holds the events.
	Store store.Store
	// Files take checkpoint and tiles.
	Files Files
	// KeyFile is the path of the signing key. It is made when the log is
	// empty and it is missing; for a log with entries it must be there.
	KeyFile string
	// Origin names the log, for ever: it is fixed when the log is first
	// opened, and another one later is refused. "" takes the one that was
	// fixed, or assay.invalid/log/<first 16 digits of InstanceID>.
	Origin     string
	InstanceID string
	// Witnesses are asked to cosign checkpoints. All that they are sent is
	// checkpoints and hashes.
	Witnesses []Witness
	// HTTP is the client to ask them with; nil takes a plain one. Redirects
	// are not followed in any case.
	HTTP *http.Client
	// Log gets faults; nil discards them.
	Log *slog.Logger
	// Limits bound a batch's cost; each zero is its default.
	Limits Limits
}

// Limits of a Sequencer.
type Limits struct {
	Batch        int           // events sequenced in one transaction; 4096
	Poll         time.Duration // how often it looks without being woken; 100 ms
	Backoff      time.Duration // between two tries of what goes on failing, at the most; 5 s
	Finish       time.Duration // for the last round when Run is told to end; 5 s
	Recent       int           // places of events that are remembered for Index; 8192
	WitnessEvery time.Duration // between two rounds of witnesses; 5 s
	WitnessWait  time.Duration // for one witness's answer; 10 s
}

func (l Limits) withDefaults() Limits {
	l.Batch = cmp.Or(l.Batch, 4096)
	l.Poll = cmp.Or(l.Poll, 100*time.Millisecond)
	l.Backoff = cmp.Or(l.Backoff, 5*time.Second)
	l.Finish = cmp.Or(l.Finish, 5*time.Second)
	l.Recent = cmp.Or(l.Recent, 8192)
	l.WitnessEvery = cmp.Or(l.WitnessEvery, 5*time.Second)
	l.WitnessWait = cmp.Or(l.WitnessWait, 10*time.Second)
	return l
}

// Settings that the journal keeps. Changing their words would orphan logs.
const (
	settingOrigin = "log-origin" // the origin line
	settingKey    = "log-key"    // the verifier key
	settingSeen   = "log-seen"   // the last checkpoint that Verify found sound
)

// originOf decides the log's origin line.
func originOf(fixed, asked, instance string, size int64) (string, error) {
	switch {
	case fixed != "" && asked != "" && fixed != asked:
		return "", assay.Errorf(assay.Conflict, "this log's origin is %s since it was made and cannot become %s: those who kept a checkpoint would take it for another log", fixed, asked)
	case fixed != "":
		return fixed, nil
	case size > 0:
		return "", assay.Errorf(assay.Conflict, "the database has a log of %d entries but not its origin: it is damaged. Restore it from a backup", size)
	}
	origin := asked
	if origin == "" {
		if len(instance) > 16 {
			instance = instance[:16]
		}
		if instance == "" {
			return "", assay.Errorf(assay.Internal, "a new log needs an origin, or an instance id to make one from")
		}
		origin = "assay.invalid/log/" + instance
	}
	// As signed-note demands of a key's name, which is the origin.
	if !utf8.ValidString(origin) || strings.ContainsFunc(origin, unicode.IsSpace) || strings.Contains(origin, "+") || len(origin) > 200 {
		return "", assay.Errorf(assay.Invalid, "%q cannot be the log's origin: write an address without scheme, blanks and plus signs, such as packages.example/log", origin)
	}
	return origin, nil
}
