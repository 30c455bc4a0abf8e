package cli

import (
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
)

// parseUntil reads --until: a date (its beginning in UTC), a moment in RFC
// 3339, or how long from now. The end must lie ahead; "" is no end. Errors
// are Invalid.
func parseUntil(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	end, err := policy.ParseTime(s)
	if err != nil {
		wait, err := policy.ParseDuration(s)
		if err != nil || wait == 0 {
			return time.Time{}, assay.Errorf(assay.Invalid,
				"%q is no end: write a date (2027-01-01), a moment (2027-01-01T12:00:00Z) or how long from now (30d)", s)
		}
		end = now.Add(wait)
	}
	if !end.After(now) {
		return time.Time{}, assay.Errorf(assay.Invalid, "%s has passed: an end must lie ahead", moment(end))
	}
	return end.UTC(), nil
}
