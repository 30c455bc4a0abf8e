package npm

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// refuse writes an error in all the forms that npm's world shows: npm prints
// the body's error field and the npm-notice header, pnpm and Yarn 4 the reason
// phrase. Yarn 1 shows the body for a listing and neither for a file.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error, subject assay.Coordinate) {
	ref := ecosystem.NewRefusal(r.Context(), h.repo, err, subject)
	if ref.RetryAfter > 0 {
		seconds := int64((ref.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	writeError(w, r, ref.Status, ref.Message, ref.Phrase)
}

// notAllowed answers a method that a path does not have. allow is the Allow
// header (RFC 9110, section 15.5.6, demands it).
func notAllowed(w http.ResponseWriter, r *http.Request, allow, message string) {
	w.Header().Set("Allow", allow)
	writeError(w, r, http.StatusMethodNotAllowed, message, "Assay: "+message)
}

// writeError writes a status with its message. Phrase and header values are
// made printable, because package names and upstream texts may be in them.
func writeError(w http.ResponseWriter, r *http.Request, status int, message, phrase string) {
	message = ecosystem.Printable(message)
	body, err := json.Marshal(struct {
		Error string `json:"error"`
	}{message})
	if err != nil { // a string always encodes
		body = []byte(`{"error":"refused"}`)
	}
	head := w.Header()
	head.Set("Content-Type", mediaFull)
	head.Set("Content-Length", strconv.Itoa(len(body)))
	head.Set("X-Content-Type-Options", "nosniff")
	// What is refused now may be allowed in a minute.
	head.Set("Cache-Control", "no-store")
	// npm repeats a request that failed with a 5xx, and would repeat the
	// notice with it.
	if status < http.StatusInternalServerError {
		head.Set("Npm-Notice", headerText(message))
	}
	ecosystem.SetPhrase(r, status, phrase)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client has gone: nobody is left to tell
	}
}

// headerText makes printable text fit for a header's value: ASCII alone.
func headerText(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > '~' {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return string(b)
}
