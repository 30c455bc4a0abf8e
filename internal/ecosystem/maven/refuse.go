package maven

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// challenge makes Maven send its credentials (RFC 7617): it keeps them back
// until it is asked.
const challenge = `Basic realm="Assay: the token is the password", charset="UTF-8"`

// refuse writes an error: the reason phrase for Maven, which shows nothing
// else, and text for Gradle's logs, curl and people.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error, subject assay.Coordinate) {
	refusal := ecosystem.NewRefusal(r.Context(), h.repo, err, subject)
	if refusal.RetryAfter > 0 {
		seconds := (refusal.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if refusal.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	lines := refusal.Lines
	if len(lines) == 0 {
		lines = []string{refusal.Message}
	}
	writeText(w, r, refusal.Status, lines, refusal.Phrase)
}

var _ ecosystem.Refuser = (*handler)(nil)

// Refuse implements ecosystem.Refuser.
func (h *handler) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.refuse(w, r, err, assay.Coordinate{})
}

// writeText writes lines and a phrase, which may hold names and an upstream's
// words and are made printable.
func writeText(w http.ResponseWriter, r *http.Request, status int, lines []string, phrase string) {
	printable := make([]string, len(lines))
	for i, line := range lines {
		printable[i] = ecosystem.Printable(line)
	}
	body := strings.Join(printable, "\n") + "\n"
	header := w.Header()
	header.Set("Content-Type", textType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store") // a refusal ends when the policy says so
	header.Set("Content-Length", strconv.Itoa(len(body)))
	ecosystem.SetPhrase(r, status, phrase)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, body) // the client has gone: nobody is left to tell
	}
}
