package ecosystem

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assay.invalid/internal/assay"
)

// Refusal is an error in the forms that reach a person through a package
// manager. Every text in it is printable and bounded.
type Refusal struct {
	Status  int
	Kind    assay.Kind
	Message string   // one line: what, rule, reason, until, nearest allowed version, link
	Lines   []string // the same in short lines, for clients that show a text body
	Phrase  string   // for the reason phrase, at most MaxPhrase bytes, link included
	Why     string   // address of the page that explains; "" if there is none
	// RetryAfter is set where waiting helps.
	RetryAfter time.Duration
}

// Limits of a refusal's texts, in bytes. The go command shows at most 8 lines
// and 648 bytes of a body.
const (
	maxMessage = 1200
	maxLine    = 150
)

// NewRefusal makes a refusal of an error. subject is what was asked for; an
// error that carries its own subject overrides it.
func NewRefusal(ctx context.Context, repo Repository, err error, subject assay.Coordinate) Refusal {
	ref := Refusal{Status: StatusOf(err), Kind: assay.KindOf(err)}
	var e *assay.Error
	if errors.As(err, &e) {
		ref.RetryAfter = e.RetryAfter
		if e.Kind == assay.Denied && e.Decision != nil {
			if e.Subject != (assay.Coordinate{}) {
				subject = e.Subject
			}
			ref.deny(ctx, repo, e.Decision, subject)
			return ref
		}
	}
	text := clip(Printable(assay.PublicMessage(err)), maxMessage)
	ref.Message = text
	ref.Lines = wrap(text, maxLine, 6)
	ref.Phrase = Phrase("Assay: " + text)
	return ref
}

func (ref *Refusal) deny(ctx context.Context, repo Repository, d *assay.Decision, subject assay.Coordinate) {
	what := clip(Printable(subject.Short()), 250)
	rule, reason, until := "policy", "the policy denies it", time.Time{}
	if lead := d.Lead(); lead != nil {
		rule, reason, until = lead.Rule, Printable(lead.Reason), lead.Until
	}
	ref.Why = repo.Why(subject)
	nearest := ""
	if subject.Version != "" {
		nearest = clip(Printable(repo.Nearest(ctx, subject.Name, subject.Version)), 100)
	}
	head := what + " is refused by Assay, rule " + rule
	msg := head + ": " + clip(reason, 600)
	ref.Lines = append([]string{clip(head, maxLine)}, wrap(clip(reason, 2*maxLine), maxLine, 2)...)
	if !until.IsZero() {
		end := "until " + assay.EndText(until)
		msg += " (" + end + ")"
		ref.Lines = append(ref.Lines, end)
	}
	if nearest != "" {
		msg += ". Nearest allowed: " + clip(Printable(subject.Name), 200) + "@" + nearest
		ref.Lines = append(ref.Lines, clip("nearest allowed: "+nearest, maxLine))
	}
	msg += ". Why: " + ref.Why
	ref.Lines = append(ref.Lines, ref.Why)
	ref.Message = clip(msg, maxMessage)
	// The link is the one thing that must survive in the phrase.
	lead, room := "Assay refuses ("+rule+"): ", MaxPhrase-len(ref.Why)-1
	if short := Phrase(lead + reason); room > len(lead) {
		ref.Phrase = Phrase(clip(short, room) + " " + ref.Why)
	} else {
		ref.Phrase = Phrase(lead + reason)
	}
}

// Refuser is implemented by an adapter's handler that writes refusals in its
// protocol's own form. The server has it write those that come before any
// request reaches the handler: a token that is wrong or missing.
type Refuser interface {
	Refuse(w http.ResponseWriter, r *http.Request, err error)
}

// StatusOf maps error kinds to HTTP status codes. A refusal is never 404,
// 410 or 451: go and cargo would look elsewhere, pnpm would retry. A 5xx of
// the upstream stays a 5xx: a 404 would say that the package does not exist.
func StatusOf(err error) int {
	var e *assay.Error
	errors.As(err, &e)
	switch assay.KindOf(err) {
	case assay.Invalid:
		return http.StatusBadRequest
	case assay.NotFound:
		return http.StatusNotFound
	case assay.Denied, assay.Forbidden:
		return http.StatusForbidden
	case assay.Unauthenticated:
		return http.StatusUnauthorized
	case assay.Conflict:
		return http.StatusConflict
	case assay.TooLarge:
		return http.StatusRequestEntityTooLarge
	case assay.Exhausted:
		return http.StatusServiceUnavailable
	case assay.Unavailable:
		if e != nil && e.Status >= 500 && e.Status <= 599 {
			return e.Status
		}
		if e != nil && e.Status >= 400 && e.Status <= 499 && e.Status != http.StatusTooManyRequests {
			return http.StatusBadGateway // the upstream refuses us; it has not said "no such package"
		}
		return http.StatusServiceUnavailable
	case assay.Unsound:
		return http.StatusBadGateway
	case assay.Canceled:
		return 499 // the client has gone; nobody reads it
	}
	return http.StatusInternalServerError
}

// clip shortens text to at most n bytes on a rune boundary, and shows that it
// did.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if n < 3 {
		return ""
	}
	end := 0
	for i := range s {
		if i > n-3 {
			break
		}
		end = i
	}
	return s[:end] + "..."
}

// wrap breaks text at blanks into at most max lines of about n bytes.
func wrap(s string, n, max int) []string {
	var lines []string
	for len(s) > n && len(lines) < max-1 {
		cut := n
		for cut > n/2 && s[cut] != ' ' {
			cut--
		}
		if s[cut] != ' ' { // one long word: cut it on a rune boundary
			cut = len(clip(s, n+3)) - 3
		}
		lines = append(lines, s[:cut])
		for cut < len(s) && s[cut] == ' ' {
			cut++
		}
		s = s[cut:]
	}
	if s != "" {
		lines = append(lines, clip(s, n))
	}
	return lines
}
