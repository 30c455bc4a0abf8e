package upstream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
)

// door answers requests in the manner of a protocol. base is the address of
// the mirror that was asked, ending in a slash.
type door interface {
	answer(base string, r *http.Request) answer
}

// answer is what a door says.
type answer struct {
	status int
	media  string
	body   []byte
	// modified is told as Last-Modified, where it is set.
	modified time.Time
	// passed is a handler that answers by itself instead.
	passed http.Handler
}

// says is a document in JSON.
func says(document any) answer {
	body, err := json.Marshal(document)
	if err != nil {
		return answer{status: http.StatusInternalServerError, media: mediaJSON, body: []byte(`{"error":"the answer cannot be written"}`)}
	}
	return answer{status: http.StatusOK, media: mediaJSON, body: body}
}

// mirror is one address at which a door is served.
type mirror struct {
	address string
	stopped atomic.Bool
	server  *http.Server
	done    chan struct{}
}

// newMirror listens on a free port of loopback. Its goroutine ends with close.
func newMirror(ctx context.Context, d door) (*mirror, error) {
	if err := ctx.Err(); err != nil {
		return nil, assay.Wrap(assay.Canceled, err, "stopped before the upstream was started")
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "an upstream cannot be started: no free port was found on this machine")
	}
	m := &mirror{address: "http://" + ln.Addr().String() + "/", done: make(chan struct{})}
	m.server = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.serve(d, w, r) }),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(m.done)
		// It ends when close closes the server; nothing else ends it.
		if err := m.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			m.stopped.Store(true)
		}
	}()
	return m, nil
}

func (m *mirror) close() {
	// The listener is gone whatever it says.
	_ = m.server.Close()
	<-m.done
}

func (m *mirror) serve(d door, w http.ResponseWriter, r *http.Request) {
	if m.stopped.Load() {
		panic(http.ErrAbortHandler) // the connection is closed without a word, as in an outage
	}
	if r.Method == http.MethodConnect {
		// Whoever takes it for a proxy is to learn that there is no way out
		// here, and not that something was not found there.
		http.Error(w, "this is an upstream of a trial and no proxy", http.StatusBadGateway)
		return
	}
	a := d.answer(m.address, r)
	if a.passed != nil {
		a.passed.ServeHTTP(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	if !a.modified.IsZero() {
		h.Set("Last-Modified", a.modified.UTC().Format(http.TimeFormat))
	}
	if a.status == http.StatusOK {
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256(a.body))
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		// Whoever asked may have gone; nobody is left to be told.
		_, _ = bytes.NewReader(a.body).WriteTo(w)
	}
}
