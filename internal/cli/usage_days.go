package cli

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// dayBefore is the UTC day so many days before a moment's.
func dayBefore(t time.Time, days int) string {
	return t.UTC().AddDate(0, 0, -days).Format(time.DateOnly)
}

// versions returns a function that reads the package URLs of versions, and
// tells whether one is that. It remembers the last: rows of a version come
// together.
func versions() func(purl string) (assay.Coordinate, bool) {
	var last string
	var at assay.Coordinate
	return func(purl string) (assay.Coordinate, bool) {
		if purl != last {
			parsed, err := assay.ParseCoordinate(purl)
			if err != nil {
				parsed = assay.Coordinate{}
			}
			last, at = purl, parsed.At(parsed.Version)
		}
		return at, at.Version != ""
	}
}

// verdictsOf calls fn with the verdicts of a day, at most so many, and returns
// how many there were. It reads a part at a time, so that nobody waits for the
// whole.
func (c *control) verdictsOf(ctx context.Context, day string, most int, fn func(*store.Verdict)) (n int, err error) {
	for after := (store.Verdict{}); ; {
		limit := min(readAtOnce, most-n)
		var rows []store.Verdict
		err := c.house.store.View(ctx, func(tx store.Tx) (err error) {
			rows, err = tx.VerdictsOn(ctx, day, after, limit)
			return err
		})
		if err != nil {
			return n, err
		}
		for i := range rows {
			fn(&rows[i])
		}
		if n += len(rows); len(rows) < limit || n >= most {
			return n, nil
		}
		after = rows[len(rows)-1]
	}
}

// fetchesOf is verdictsOf for fetches.
func (c *control) fetchesOf(ctx context.Context, day string, most int, fn func(*store.Fetch)) (n int, err error) {
	for after := (store.Fetch{}); ; {
		limit := min(readAtOnce, most-n)
		var rows []store.Fetch
		err := c.house.store.View(ctx, func(tx store.Tx) (err error) {
			rows, err = tx.FetchesOn(ctx, day, after, limit)
			return err
		})
		if err != nil {
			return n, err
		}
		for i := range rows {
			fn(&rows[i])
		}
		if n += len(rows); len(rows) < limit || n >= most {
			return n, nil
		}
		after = rows[len(rows)-1]
	}
}
