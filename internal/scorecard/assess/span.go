package assess

import "time"

// Span is the time that a date of a document stands for: its first and its
// last day. A date is a day, a month or a year: 2026-10-01, 2026-10, 2026.
// Documents often bear no more than the year, and a day that was made up
// would look more exact than what is known.
func Span(date string) (first, last time.Time, ok bool) {
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		return t, t, true
	}
	if t, err := time.Parse("2006-01", date); err == nil {
		return t, t.AddDate(0, 1, -1), true
	}
	if t, err := time.Parse("2006", date); err == nil {
		return t, t.AddDate(1, 0, -1), true
	}
	return time.Time{}, time.Time{}, false
}
