package insight

import (
	"context"
	"io"
)

// Fetcher asks addresses. It guards which may be asked, bounds redirects and
// time, and fails where an answer is not whole.
type Fetcher interface {
	Fetch(ctx context.Context, q Query) (*Reply, error)
}

// Query is a conditional request.
type Query struct {
	Address            string
	ETag, LastModified string // of the copy that we have; "" if none
	Limit              int64  // bytes of the answer
}

// Reply is its answer. Body must be closed unless Unchanged is set.
type Reply struct {
	Unchanged          bool // the copy that we have is still right
	ETag, LastModified string
	Body               io.ReadCloser
}
