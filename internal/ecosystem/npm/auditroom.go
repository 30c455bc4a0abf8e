package npm

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
)

// room bounds what all audit requests together hold: each body is small where
// it is sent and large where it is read, so a bound for one is none for all.
type room struct {
	most int64
	held atomic.Int64
	// reading lets few bodies be read at a time: remembering names costs many
	// times their bytes, and the work is the processor's alone.
	reading chan struct{}
}

func newRoom(most int64) *room { return &room{most: most, reading: make(chan struct{}, 2)} }

// take reads all of from, which is not longer than limit, as far as there is
// room. What was read is held until give.
func (m *room) take(from io.Reader, limit int64) (body []byte, give func(), err error) {
	r := &roomy{room: m, from: io.LimitReader(from, limit)}
	give = func() { m.held.Add(-r.held) }
	if body, err = io.ReadAll(r); err != nil {
		give()
		return nil, nil, err
	}
	return body, give, nil
}

type roomy struct {
	room *room
	from io.Reader
	held int64
}

func (r *roomy) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.held += int64(n)
	if r.room.held.Add(int64(n)) > r.room.most {
		full := assay.Errorf(assay.Exhausted, "too many audits are under way; try again in a moment")
		full.RetryAfter = time.Second
		return 0, full
	}
	return n, err
}

// read does the work when it is its turn, or answers Canceled when the client
// has gone.
func (m *room) read(r *http.Request, work func() error) error {
	select {
	case m.reading <- struct{}{}:
		defer func() { <-m.reading }()
		return work()
	case <-r.Context().Done():
		return assay.Wrap(assay.Canceled, r.Context().Err(), "waiting for other audits")
	}
}
