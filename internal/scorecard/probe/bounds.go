package probe

import (
	"context"
	"time"

	"assay.invalid/internal/scorecard"
)

// Bounds keep a probe polite to the subject and its evidence small.
type Bounds struct {
	// Time is how long a probe may take in all.
	Time time.Duration
	// Samples is how many packages are looked at, Versions how many
	// versions of each, the newest first.
	Samples, Versions int
	// Page is how many bytes of a page are read.
	Page int64
	// Noted is how long a list in the evidence may be.
	Noted int
}

// Default are the bounds that every probe works within.
func Default() Bounds {
	return Bounds{Time: 7500 * time.Millisecond, Samples: 3, Versions: 50, Page: 4 << 20, Noted: 20}
}

// Within bounds the time that a collect takes: a subject that answers slowly,
// or never, must not hold up the card.
func Within[Seen any](collect func(context.Context, *scorecard.Bench) (Seen, error)) func(context.Context, *scorecard.Bench) (Seen, error) {
	return func(ctx context.Context, b *scorecard.Bench) (Seen, error) {
		ctx, cancel := context.WithTimeout(ctx, Default().Time)
		defer cancel()
		return collect(ctx, b)
	}
}

// Note appends what a person may want to know to a list of the evidence,
// made fit to print, unless the list is full.
func Note(list []string, text string) []string {
	if len(list) >= Default().Noted {
		return list
	}
	return append(list, scorecard.Words(text))
}
