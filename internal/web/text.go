package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxText is how many characters of one outside text a page shows.
const maxText = 2000

// Text makes text from outside fit for a page: no control characters, and
// none of the invisible ones with which a package could make its own name or
// reason read as another.
func Text(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case n == maxText:
			return b.String() + "…"
		case unicode.IsSpace(r):
			r = ' '
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar:
			continue
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

// Lines is Text line by line: empty lines stay, as in a checkpoint, whose
// empty line is part of what is signed.
func Lines(s string) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i, line := range lines {
		lines[i] = Text(line)
	}
	return strings.Join(lines, "\n")
}

// Number writes a number for people: 48,213.
func Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Plural writes a number and what it counts: "1 package", "3 packages".
func Plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return Number(n) + " " + unit + "s"
}

// Capital makes a clause the beginning of a sentence.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// Moment writes a time for people, in UTC with the year.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// machine writes a time for the datetime attribute.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Left says how long it is until a time, in at most two units; "" if it has
// passed.
func Left(until, now time.Time) string {
	left := until.Sub(now)
	if left <= 0 {
		return ""
	}
	minutes := int(left / time.Minute)
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0:
		return join(count(days, "day"), count(hours, "hour"))
	case hours > 0:
		return join(count(hours, "hour"), count(minutes, "minute"))
	case minutes > 0:
		return count(minutes, "minute")
	}
	return "less than a minute"
}

func count(n int, unit string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }
