package cli

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func TestUntil(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	cases := []struct {
		name, text, want, err string
	}{
		{"none", "", "", ""},
		{"a date is its beginning", "2027-01-01", "2027-01-01T00:00:00Z", ""},
		{"a moment", "2027-01-01T12:00:00+02:00", "2027-01-01T10:00:00Z", ""},
		{"days", "30d", "2026-12-22T10:30:00Z", ""},
		{"weeks and days", "1w1d", "2026-11-30T10:30:00Z", ""},
		{"hours", "12h", "2026-11-22T22:30:00Z", ""},
		{"a date that has passed", "2026-11-22", "", "has passed"},
		{"no time at all", "0", "", "30d"},
		{"words", "next year", "", "2027-01-01"},
		{"a negative duration", "-3d", "", "30d"},
		{"a day that does not exist", "2027-02-30", "", "2027-01-01"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseUntil(c.text, now)
			if c.err != "" {
				if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v, want Invalid that says %q", err, c.err)
				}
				return
			}
			text := ""
			if !got.IsZero() {
				text = got.Format(time.RFC3339)
			}
			if err != nil || text != c.want {
				t.Errorf("%q (%v), want %q", text, err, c.want)
			}
		})
	}
}

func FuzzUntil(f *testing.F) {
	for _, seed := range []string{"", "30d", "2027-01-01", "2027-01-01T00:00:00Z", "0", "-1d", "9999999d", "10000-01-01"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		end, err := parseUntil(text, now)
		if err == nil && text != "" && !end.After(now) {
			t.Errorf("%q ends at %s, which is not ahead", text, end)
		}
	})
}
