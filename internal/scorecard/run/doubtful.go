package run

import (
	"context"
	"slices"
	"sync"

	"assay.invalid/internal/scorecard"
)

// doubtful remembers what was published without a clear answer. The server
// may have kept it all the same: a time that ran out, or a run that was
// ended, says nothing of what it did.
type doubtful struct {
	scorecard.Acts

	mu   sync.Mutex
	made []scorecard.Made
}

func (d *doubtful) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	a := d.Acts.Publish(ctx, as, r)
	if a.Verdict == scorecard.Unclear {
		d.mu.Lock()
		defer d.mu.Unlock()
		if m := (scorecard.Made{Name: r.Name, As: as}); !slices.Contains(d.made, m) {
			d.made = append(d.made, m)
		}
	}
	return a
}

// all are what a check made, and what it may have made.
func (d *doubtful) all(made []scorecard.Made) []scorecard.Made {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.made {
		if !slices.Contains(made, m) {
			made = append(made, m)
		}
	}
	return made
}
