package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

// MaxReason is the length of a person's reason, in bytes, at the most: it
// must fit beside other text in one message of a package manager.
const MaxReason = 500

// CleanReason makes a person's reason fit to be shown anywhere: one line of
// printable text. Control characters are stripped (they would drive the
// reader's terminal), and so are those that reorder text. A reason that is
// empty then, or longer than MaxReason, is Invalid.
func CleanReason(raw string) (string, error) {
	s := strings.Join(strings.Fields(strings.Map(shown, raw)), " ")
	if s == "" {
		return "", assay.Errorf(assay.Invalid, "a reason is needed: say in a few words why, for whoever meets the refusal")
	}
	if len(s) > MaxReason {
		return "", assay.Errorf(assay.Invalid, "the reason is %d bytes long, and %d is the most", len(s), MaxReason)
	}
	return s, nil
}

// shown maps white space to a blank and drops what cannot be seen.
func shown(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case visible(r):
		return r
	}
	return -1
}

// visible tells whether a rune shows what it is: no control character, no
// invisible or reordering format character, no broken UTF-8.
func visible(r rune) bool { return r != utf8.RuneError && unicode.IsPrint(r) }

// CheckPattern answers an error of kind Invalid for a pattern that cannot be
// shown as it is. Escapes hidden in a glob ("%1b") would otherwise reach the
// terminals of all who list the blocks.
func CheckPattern(p assay.Pattern) error {
	s := p.String()
	if len(s) > MaxReason {
		return assay.Errorf(assay.Invalid, "the pattern is %d bytes long, and %d is the most", len(s), MaxReason)
	}
	for _, r := range s {
		if !visible(r) {
			return assay.Errorf(assay.Invalid, "the pattern %q has characters that cannot be shown", s)
		}
	}
	return nil
}

// duration says a duration in at most two units: "3 days", "1 day 12 hours".
func duration(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{{day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}}
	var parts []string
	for _, u := range units {
		n := d / u.size
		d -= n * u.size
		if n > 0 && len(parts) < 2 {
			parts = append(parts, count(int(n), u.name))
		}
	}
	if len(parts) == 0 {
		return "less than a second"
	}
	return strings.Join(parts, " ")
}

// count says a number of things.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

const timeLayout = "2006-01-02 15:04 UTC"

// moment says when something happened, to the minute.
func moment(t time.Time) string { return t.UTC().Format(timeLayout) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

const (
	day  = 24 * time.Hour
	week = 7 * day
	// maxDuration keeps sums of dates and durations far from any overflow.
	maxDuration = 3650 * day
)

// ParseDuration reads whole weeks, days, hours, minutes and seconds: 72h,
// 3d, 1d12h; and 0. Errors are of kind Invalid.
func ParseDuration(s string) (time.Duration, error) {
	bad := func(why string) (time.Duration, error) {
		return 0, assay.Errorf(assay.Invalid, "%q is no duration: %s", s, why)
	}
	if s == "0" {
		return 0, nil
	}
	units := []struct {
		letter byte
		size   time.Duration
	}{{'w', week}, {'d', day}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second}}
	var sum time.Duration
	for rest := s; ; {
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 {
			return bad("write 72h, 3d or 1d12h")
		}
		if digits == len(rest) {
			return bad(fmt.Sprintf("it has no unit; write %sh or %sd", rest, rest))
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil {
			return bad("the number is too big")
		}
		// Units come in falling order, each once: 1d12h, never 12h1d.
		for len(units) > 0 && units[0].letter != rest[digits] {
			units = units[1:]
		}
		if len(units) == 0 {
			return bad("its units are w, d, h, m and s, the bigger ones first")
		}
		if time.Duration(n) > (maxDuration-sum)/units[0].size {
			return bad("ten years is the most")
		}
		sum += time.Duration(n) * units[0].size
		units = units[1:]
		if rest = rest[digits+1:]; rest == "" {
			return sum, nil
		}
	}
}

// ParseTime reads a moment: RFC 3339, or a date alone, which means its
// beginning in UTC. Errors are of kind Invalid.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, assay.Errorf(assay.Invalid, "%q is no moment: write 2027-01-01 or 2027-01-01T12:00:00Z", s)
}
