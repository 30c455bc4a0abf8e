package assess

import (
	"testing"
	"time"
)

func TestADateStandsForADayAMonthOrAYear(t *testing.T) {
	for _, c := range []struct{ name, date, first, last string }{
		{"a day", "2026-10-01", "2026-10-01", "2026-10-01"},
		{"a month", "2024-02", "2024-02-01", "2024-02-29"},
		{"the last month of a year", "2022-12", "2022-12-01", "2022-12-31"},
		{"a year", "2022", "2022-01-01", "2022-12-31"},
		{"a day that there is not", "2026-02-30", "", ""},
		{"a month that there is not", "2026-13", "", ""},
		{"words", "soon", "", ""},
		{"nothing", "", "", ""},
		{"a year of two digits", "26", "", ""},
		{"a day with more behind it", "2026-10-01 snapshot", "", ""},
	} {
		first, last, ok := Span(c.date)
		if ok != (c.first != "") {
			t.Errorf("%s: taken for a date: %t", c.name, ok)
		} else if ok && (first.Format(time.DateOnly) != c.first || last.Format(time.DateOnly) != c.last) {
			t.Errorf("%s: from %s to %s, want %s to %s", c.name, first, last, c.first, c.last)
		}
	}
}
