package badregistry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// answer is a whole answer, made while the registry is locked and written
// when it no longer is: a slow reader holds nobody up.
type answer struct {
	status int
	kind   string // the content type
	body   []byte
	header map[string]string
}

const (
	kindJSON  = "application/json"
	kindPlain = "text/plain; charset=utf-8"
	kindPage  = "text/html; charset=utf-8"
	kindBytes = "application/octet-stream"
)

func (a answer) write(w http.ResponseWriter) {
	for key, value := range a.header {
		w.Header().Set(key, value)
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the asker has gone: nobody is left to tell
}

// asJSON is an answer that is a document.
func asJSON(status int, document any) answer {
	body, err := json.Marshal(document)
	if err != nil {
		return answer{status: http.StatusInternalServerError, kind: kindPlain, body: []byte(err.Error())}
	}
	return answer{status: status, kind: kindJSON, body: body}
}

func asText(status int, text string) answer {
	return answer{status: status, kind: kindPlain, body: []byte(text)}
}

// refusal is a no, with the words for the person who asked.
type refusal struct {
	status int
	text   string
	// factor asks for a one-time code.
	factor bool
	// wait is how long to wait before asking again.
	wait time.Duration
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, text: fmt.Sprintf(format, args...)}
}

func notFound(name string) error {
	return refuse(http.StatusNotFound, "there is no %s here", name)
}

// asRefusal renders an error in the form of a protocol: JSON, or plain text as
// the go command shows it.
func asRefusal(err error, plain bool) answer {
	no, ok := errors.AsType[*refusal](err)
	if !ok {
		no = &refusal{status: http.StatusInternalServerError, text: err.Error()}
	}
	a := asText(no.status, no.text+"\n")
	if !plain {
		a = asJSON(no.status, map[string]string{"error": no.text})
	}
	a.header = map[string]string{}
	if no.factor {
		a.header["WWW-Authenticate"] = "OTP"
	}
	if no.wait > 0 {
		a.header["Retry-After"] = strconv.Itoa(int((no.wait + time.Second - 1) / time.Second))
	}
	return a
}
