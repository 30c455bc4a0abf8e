package policy

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

func TestParseDuration(t *testing.T) {
	good := map[string]time.Duration{
		"72h": 72 * time.Hour, "3d": 72 * time.Hour, "2w": 336 * time.Hour, "1d12h": 36 * time.Hour,
		"1w2d3h4m5s": 219*time.Hour + 4*time.Minute + 5*time.Second, "0": 0, "0h": 0, "3650d": 3650 * day,
	}
	for text, want := range good {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "3", "-3d", "+3d", "3 d", "1.5h", "3days", "12h1d", "1h1h", "h", "3651d", "3650d1s", "99999999999999999999h", "9999999w", "1e3h", "3D"} {
		if got, err := ParseDuration(text); !assay.Is(err, assay.Invalid) {
			t.Errorf("%q is %v, %v; want a refusal", text, got, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	good := map[string]time.Time{
		"2027-01-01": at("2027-01-01 00:00"), "2027-01-01T12:00:00Z": at("2027-01-01 12:00"), "2027-01-01T12:00:00+02:00": at("2027-01-01 10:00"),
	}
	for text, want := range good {
		if got, err := ParseTime(text); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "2027", "2027-13-01", "2027-02-30", "01.02.2027", "2027-01-01 12:00", "tomorrow"} {
		if got, err := ParseTime(text); !assay.Is(err, assay.Invalid) {
			t.Errorf("%q is %v, %v; want a refusal", text, got, err)
		}
	}
}

func TestDurationsAreSaidInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		72 * time.Hour: "3 days", day: "1 day", 36 * time.Hour: "1 day 12 hours", 90 * time.Minute: "1 hour 30 minutes",
		26*time.Hour + 5*time.Second: "1 day 2 hours", 45 * time.Second: "45 seconds", time.Millisecond: "less than a second",
	} {
		if got := duration(d); got != want {
			t.Errorf("%v is said as %q, want %q", d, got, want)
		}
	}
}

func TestAnEndIsNeverSaidTooEarly(t *testing.T) {
	exact := at("2026-11-22 12:00")
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "2026-11-22 12:00 UTC"}, {1, "2026-11-22 12:01 UTC"}, {59 * time.Second, "2026-11-22 12:01 UTC"}} {
		if got := assay.EndText(exact.Add(c.after)); got != c.want {
			t.Errorf("%v after noon ends at %s, want %s", c.after, got, c.want)
		}
	}
}

func TestCleanReason(t *testing.T) {
	for raw, want := range map[string]string{
		"prototype pollution":              "prototype pollution",
		"  two\r\n\tlines\u2028here ":      "two lines here",
		"red \x1b[31mtext\x07\x00\u202eab": "red [31mtextab",
		"bad utf\xff8 für alle":            "bad utf8 für alle",
		strings.Repeat("a", MaxReason):     strings.Repeat("a", MaxReason),
	} {
		if got, err := CleanReason(raw); err != nil || got != want {
			t.Errorf("%q becomes %q, %v; want %q", raw, got, err, want)
		}
	}
	for name, raw := range map[string]string{"nothing": "", "blanks": " \n", "only escapes": "\x1b\x00", "too much": strings.Repeat("a", MaxReason+1)} {
		if got, err := CleanReason(raw); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: becomes %q, %v; want a refusal", name, got, err)
		}
	}
}

func FuzzCleanReason(f *testing.F) {
	f.Add("red \x1b[31mtext\r\nSet-Cookie: a\u202e\xff")
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := CleanReason(raw)
		if err != nil {
			return
		}
		if got == "" || len(got) > MaxReason || !utf8.ValidString(got) || strings.TrimSpace(got) != got {
			t.Fatalf("%q", got)
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x2028 && r <= 0x202e {
				t.Fatalf("%q has %q", got, r)
			}
		}
		if twice, err := CleanReason(got); err != nil || twice != got {
			t.Fatalf("cleaned again it becomes %q, %v", twice, err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"72h", "1d12h", "0", "3650d", "9999999999999999999w", "1h\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		switch {
		case err != nil && !assay.Is(err, assay.Invalid):
			t.Fatalf("%q is answered %v", text, err)
		case d < 0 || d > maxDuration:
			t.Fatalf("%q is %v", text, d)
		case err == nil && d > 0 && duration(d) == "":
			t.Fatalf("%q cannot be said", text)
		}
	})
}
