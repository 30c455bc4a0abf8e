package cargo

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

const jsonType = "application/json"

// apiErrors is the form of an error in Cargo's web API, which cargo prints.
type apiErrors struct {
	Errors []apiError `json:"errors"`
}

type apiError struct {
	Detail string `json:"detail"`
}

// refuse writes an error. Cargo prints the body of a refused download and of
// every refused change, and of a 403 for an index document; the reason phrase
// is for those who read along.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error, subject assay.Coordinate) {
	ref := ecosystem.NewRefusal(r.Context(), h.repo, err, subject)
	if ref.RetryAfter > 0 {
		seconds := int64((ref.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if ref.Status == http.StatusUnauthorized {
		// Cargo sends its token after a 401 that names it, and tells people
		// without one where to get it (RFC 3231).
		w.Header().Set("WWW-Authenticate", `Cargo login_url="`+h.repo.Base()+`me"`)
	}
	writeError(w, r, ref.Status, ref.Message, ref.Phrase)
}

var _ ecosystem.Refuser = (*handler)(nil)

// Refuse implements ecosystem.Refuser.
func (h *handler) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.refuse(w, r, err, assay.Coordinate{})
}

// refuseAll refuses a crate of which no version can be used. The reason is
// that of the newest.
func (h *handler) refuseAll(w http.ResponseWriter, r *http.Request, err error, name string) {
	ref := ecosystem.NewRefusal(r.Context(), h.repo, err, coordinate(name, ""))
	writeError(w, r, ref.Status, "no version of "+name+" can be used. The newest: "+ref.Message, ref.Phrase)
}

// notAllowed answers a method that a path does not have. allow is the Allow
// header (RFC 9110, section 15.5.6, demands it).
func notAllowed(w http.ResponseWriter, r *http.Request, allow, message string) {
	w.Header().Set("Allow", allow)
	writeError(w, r, http.StatusMethodNotAllowed, message, "Assay: "+message)
}

func writeError(w http.ResponseWriter, r *http.Request, status int, message, phrase string) {
	body, err := json.Marshal(apiErrors{[]apiError{{ecosystem.Printable(message)}}})
	if err != nil { // a text always encodes
		body = []byte(`{"errors":[{"detail":"refused"}]}`)
	}
	head := w.Header()
	head.Set("Content-Length", strconv.Itoa(len(body)))
	head.Set("X-Content-Type-Options", "nosniff")
	ecosystem.SetPhrase(r, status, phrase)
	writeOwn(w, r, status, jsonType, string(body))
}

// writeOwn writes an answer that stands in no listing. What it says now may
// be otherwise in a minute.
func writeOwn(w http.ResponseWriter, r *http.Request, status int, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, body) // the client has gone: nobody is left to tell
	}
}
