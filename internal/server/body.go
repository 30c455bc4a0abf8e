package server

import (
	"io"
	"net/http"
	"time"
)

// pacedBody is a request's body that must keep coming. A deadline on the
// whole would cut a slow upload that is doing well.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	stall   time.Duration
}

func (b *pacedBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.stall)) // fails only where the transport has none
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		// From the end of the body on, net/http reads on to learn whether
		// the client has gone; a deadline would look like that.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// boundBody returns the request with its body limited in slowness, and in size
// to most bytes. w is net/http's own, which closes the connection of a body
// that is too large.
//
// The request given keeps its own body: net/http looks at that one when the
// answer begins, to see whether a client that waits to be asked for its body
// (Expect: 100-continue) was ever asked. Of a body that it does not know it
// would wait for the rest before a refusal is sent.
func boundBody(w http.ResponseWriter, r *http.Request, limits *Limits, most int64) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	bounded := *r
	bounded.Body = &pacedBody{
		ReadCloser: http.MaxBytesReader(w, r.Body, most),
		control:    http.NewResponseController(w),
		stall:      limits.ReadStall,
	}
	return &bounded
}
