package scorecard

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// reasonBound is the most of a subject's own words that is kept.
const reasonBound = 300

// AnswerTo is the verdict that an answer's status gives, with the subject's
// words in reason. A call that may be missing altogether is told from a thing
// that is missing by its caller.
func AnswerTo(r Response, err error, reason string) Answer {
	if err != nil {
		a := Answer{Verdict: Unclear, Reason: Words(err.Error())}
		if f, ok := errors.AsType[*Fault](err); ok {
			a.Reason = Words(f.Text)
		}
		return a
	}
	a := Answer{Status: r.Status, Reason: Words(reason), RetryAfter: retryAfter(r.Header)}
	switch s := r.Status; {
	case s >= 200 && s < 300:
		a.Verdict = Accepted
	case s == http.StatusTooManyRequests, s >= 400 && s < 500 && a.RetryAfter > 0:
		a.Verdict = Throttled
	case s == http.StatusNotFound, s == http.StatusGone:
		a.Verdict = Absent
	case s == http.StatusMethodNotAllowed, s == http.StatusNotImplemented:
		a.Verdict = NoCall
	case s >= 400 && s < 500:
		a.Verdict = Refused
	default:
		// A redirect that was not followed, or a fault of the server: it
		// neither did it nor said no.
		a.Verdict = Unclear
	}
	return a
}

// retryAfter reads the header of RFC 9110, section 10.2.3, in seconds.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get("Retry-After")))
	if err != nil || n <= 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}

// Words makes outside text fit for a card and a terminal: one line, printable,
// bounded. Escape sequences would otherwise draw on the reader's screen.
func Words(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= reasonBound {
		return s
	}
	cut := s[:reasonBound]
	for len(cut) > 0 && s[len(cut)]&0xC0 == 0x80 { // not in the middle of a letter
		cut = cut[:len(cut)-1]
	}
	return cut + "…"
}
