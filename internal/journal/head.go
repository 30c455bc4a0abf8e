package journal

import (
	"bytes"
	"sync"

	"assay.invalid/internal/assay"
)

// head is the newest checkpoint that is written, and who waits for the next.
// It keeps no queue: whoever is woken reads from the store at their own pace,
// so a slow reader costs nothing and loses nothing.
type head struct {
	mu      sync.Mutex
	size    int64
	signed  []byte        // the checkpoint, with the cosignatures it has; never written to
	changed chan struct{} // closed and replaced when the size changes
}

func newHead(size int64, signed []byte) *head {
	return &head{size: size, signed: signed, changed: make(chan struct{})}
}

// watch returns the size, and a channel that is closed when it has changed.
func (h *head) watch() (int64, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.size, h.changed
}

// checkpoint returns the newest one, or NotFound before the first.
func (h *head) checkpoint() ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.signed) == 0 {
		return nil, assay.Errorf(assay.NotFound, "the log has no checkpoint yet: it is empty")
	}
	return bytes.Clone(h.signed), nil
}

func (h *head) set(size int64, signed []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.signed = signed
	if size == h.size {
		return
	}
	h.size = size
	close(h.changed)
	h.changed = make(chan struct{})
}
