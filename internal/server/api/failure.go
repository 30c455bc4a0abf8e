package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// Failure is the JSON form of an error. Error and Message are the same
// sentence: npm shows a body's "error", other clients its "message".
type Failure struct {
	Error   string `json:"error"`
	Kind    string `json:"kind"` // the kind's word: "not found", "denied", ...
	Message string `json:"message"`
	// Subject and Decision are set on a refusal by policy.
	Subject  assay.Coordinate `json:"subject,omitzero"`
	Decision *assay.Decision  `json:"decision,omitempty"`
	// Upstream is the upstream's own status code where one was received.
	Upstream   int   `json:"upstream_status,omitempty"`
	RetryAfter int64 `json:"retry_after_seconds,omitempty"`
}

// NewFailure makes the public form of an error: its private causes stay out.
func NewFailure(err error) Failure {
	message := ecosystem.Printable(assay.PublicMessage(err))
	f := Failure{Error: message, Message: message, Kind: assay.KindOf(err).String()}
	var e *assay.Error
	if errors.As(err, &e) {
		f.Subject, f.Decision, f.Upstream = e.Subject, e.Decision, e.Status
		f.RetryAfter = wholeSeconds(e.RetryAfter)
	}
	return f
}

// Err is the error again, with the kind it had.
func (f Failure) Err() error {
	return &assay.Error{
		Kind:       kindNamed(f.Kind),
		Message:    f.Message,
		Decision:   f.Decision,
		Subject:    f.Subject,
		Status:     f.Upstream,
		RetryAfter: time.Duration(f.RetryAfter) * time.Second,
	}
}

// kindNamed finds a kind by its word; a word it does not know, as a newer
// server may send, is Internal.
func kindNamed(word string) assay.Kind {
	for k := assay.Internal; k <= assay.Canceled; k++ {
		if k.String() == word {
			return k
		}
	}
	return assay.Internal
}

// wholeSeconds rounds up: a client that came back a moment too early would
// only be refused again.
func wholeSeconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}

// writeFailure answers with an error.
func writeFailure(w http.ResponseWriter, err error) {
	f := NewFailure(err)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(f.RetryAfter, 10))
	}
	WriteJSON(w, ecosystem.StatusOf(err), f)
}

// WriteJSON answers with a value. Answers are never kept: they speak of now.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		// Only a value of ours that cannot be written: a fault of ours.
		http.Error(w, "Assay failed to write its answer", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	// The client went away if this fails; there is nobody to tell.
	_, _ = w.Write(append(body, '\n'))
}
