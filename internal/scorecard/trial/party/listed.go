package party

import (
	"context"
	"time"

	"assay.invalid/internal/scorecard"
)

// How long an accepted version may take to be listed, and how often it is
// looked for.
const (
	listedWithin = 2 * time.Second
	listedLook   = 400 * time.Millisecond
)

// Listed reports whether what was accepted is listed for others than who
// published it: what waits to be approved is shown to its publisher alone.
// The publisher of the run stands for the others, or nobody known.
func Listed(ctx context.Context, b *scorecard.Bench, name, version string) (bool, error) {
	for waited := time.Duration(0); ; waited += listedLook {
		listing, a := b.Listing(ctx, b.Publisher, name)
		if err := scorecard.Unless(a, "list what was published", scorecard.Accepted, scorecard.Absent, scorecard.Refused); err != nil {
			return false, err
		}
		if _, ok := listing.Versions[version]; ok || waited >= listedWithin {
			return ok, nil
		}
		if err := b.Wait(ctx, listedLook); err != nil {
			return false, err
		}
	}
}
