package pypi

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// refuse writes an error in the forms that Python's world shows: pip prints
// the reason phrase of a file and nothing else, uv and twine the phrase and,
// asked for more, the body.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error, subject assay.Coordinate) {
	ref := ecosystem.NewRefusal(r.Context(), h.repo, err, subject)
	var e *assay.Error
	if errors.As(err, &e) && e.Kind == assay.Invalid && e.Status == http.StatusNotAcceptable {
		ref.Status = e.Status
	}
	if ref.RetryAfter > 0 {
		seconds := int64((ref.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	body := strings.Join(ref.Lines, "\n")
	if len(ref.Lines) == 0 || ref.Why == "" {
		body = ref.Message
	}
	writeError(w, r, ref.Status, body, ref.Phrase)
}

// notAllowed answers a method that a path does not have. allow is the Allow
// header (RFC 9110, section 15.5.6, demands it).
func notAllowed(w http.ResponseWriter, r *http.Request, allow, message string) {
	w.Header().Set("Allow", allow)
	writeError(w, r, http.StatusMethodNotAllowed, message, "Assay: "+message)
}

func writeError(w http.ResponseWriter, r *http.Request, status int, body, phrase string) {
	body += "\n"
	head := w.Header()
	head.Set("Content-Type", "text/plain; charset=utf-8")
	head.Set("Content-Length", strconv.Itoa(len(body)))
	head.Set("X-Content-Type-Options", "nosniff")
	// What is refused now may be allowed in a minute.
	head.Set("Cache-Control", "no-store")
	ecosystem.SetPhrase(r, status, phrase)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // the client has gone: nobody is left to tell
	}
}
