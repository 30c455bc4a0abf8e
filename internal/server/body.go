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

// boundBody limits the size and the slowness of a request's body. w is
// net/http's own, which closes the connection of a body that is too large.
func boundBody(w http.ResponseWriter, r *http.Request, limits *Limits) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	r.Body = &pacedBody{
		ReadCloser: http.MaxBytesReader(w, r.Body, limits.MaxBody),
		control:    http.NewResponseController(w),
		stall:      limits.ReadStall,
	}
}
