package server

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// answer watches one response go by: its status, its size, and when it
// begins. It keeps io.ReaderFrom, and gives the rest to
// http.ResponseController through Unwrap.
//
// It is not pooled: a cut may come after the handler has returned, and must
// not find another client's answer here.
type answer struct {
	http.ResponseWriter
	id      uint64 // of the request, for the log
	status  int    // 0 until the answer begins
	size    int64  // bytes of the body
	waiting *source
	whole   *phrasedConn  // sends a large body together with what comes before it; may be nil
	outside *url.URL      // the request's, while the handler of a place sees its own
	inside  url.URL       // that one
	stall   time.Duration // over HTTP/2, where one stream must not be held up; else 0

	reads    bool // it tells of packages, and so depends on who asks
	personal bool // it is made for somebody

	mu    sync.Mutex
	ended bool // the handler has returned
	cut   bool // a final deadline was set
}

// headerRequest carries the number under which the log knows a request that
// was refused or failed.
const headerRequest = "Assay-Request"

// WriteHeader begins the answer, unless it is only an informational one.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.begins(status)
		if status >= 400 {
			a.Header().Set(headerRequest, strconv.FormatUint(a.id, 16))
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (a *answer) Write(p []byte) (int, error) {
	a.begins(http.StatusOK)
	a.arm()
	hold := a.whole != nil && a.size == 0 && len(p) >= wholeFrom
	if hold {
		a.whole.hold()
	}
	n, err := a.ResponseWriter.Write(p)
	if hold {
		if late := a.whole.release(); err == nil {
			err = late
		}
	}
	a.disarm()
	a.size += int64(n)
	return n, err
}

// wholeFrom is the size of a body that goes out in one piece with its header.
// net/http does so itself with what fits into its buffer of 4 KiB, and of what
// hardly fits it keeps the end back, so that nothing would be won.
const wholeFrom = 8 << 10

// ReadFrom keeps the way of files through the kernel.
func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	inner, ok := a.ResponseWriter.(io.ReaderFrom)
	if !ok {
		return copyTo(writeOnly{a}, src)
	}
	a.begins(http.StatusOK)
	hold := a.whole != nil && a.size == 0
	if hold {
		_, hold = filePart(src)
	}
	if hold {
		a.whole.hold()
		if h := a.Header(); len(h["Content-Length"]) > 0 && len(h["Content-Type"]) > 0 {
			// net/http would read the first bytes itself, to guess the type.
			_ = http.NewResponseController(a.ResponseWriter).Flush() // what fails here fails again below
		}
	}
	n, err := inner.ReadFrom(src)
	if hold {
		if late := a.whole.release(); err == nil {
			err = late
		}
	}
	a.size += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// SetWriteDeadline is how an answer under way is cut. One that comes after
// the handler has returned is ignored: the connection may by then carry an
// answer that nobody wants to cut.
func (a *answer) SetWriteDeadline(t time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return nil
	}
	a.cut = !t.IsZero()
	return a.deadline(t)
}

// begins notes the first sign of the answer.
func (a *answer) begins(status int) {
	if a.status == 0 {
		a.status = status
		a.stopWaiting()
		if a.reads || a.personal {
			markPersonal(a.Header(), a.personal)
		}
	}
}

func (a *answer) stopWaiting() {
	if a.waiting != nil {
		a.waiting.waiting.Add(-1)
		a.waiting = nil
	}
}

// end is called when the handler has returned.
func (a *answer) end() {
	a.begins(http.StatusOK) // net/http writes it for a handler that wrote nothing
	// Over HTTP/2 the last bytes are sent after this: the stall holds for
	// them too, or a client that opens no window would keep the stream.
	a.arm()
	a.mu.Lock()
	a.ended = true
	a.mu.Unlock()
}

// arm begins the stall of an HTTP/2 stream, which is held up by the client's
// window and not by the connection; disarm ends it, because such a deadline
// also passes while nothing is being written.
func (a *answer) arm() {
	if a.stall > 0 {
		a.setStall(time.Now().Add(a.stall))
	}
}

func (a *answer) disarm() {
	if a.stall > 0 {
		a.setStall(time.Time{})
	}
}

func (a *answer) setStall(t time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.cut {
		_ = a.deadline(t) // a stream that has gone has no deadline to set
	}
}

func (a *answer) deadline(t time.Time) error {
	return http.NewResponseController(a.ResponseWriter).SetWriteDeadline(t)
}
