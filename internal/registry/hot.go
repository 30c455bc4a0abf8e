package registry

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// hotFile is a stored file that was asked for lately: a small one with its
// bytes in memory, a larger one open, so that neither the store nor the disk's
// directories are asked again. With it are the headers that are the same in
// each of its answers.
type hotFile struct {
	row     store.File
	etag    string
	header  http.Header
	touched atomic.Int64 // Unix nanoseconds

	body []byte // of a small file

	mu   sync.Mutex // guards what follows
	open blob.Blob  // of a larger one; nil when it was closed
	uses int
	gone bool // out of the cache: closed when the last use ends
}

// The costs of what is kept open count against the same bound as bytes in
// memory, which bounds the open files: 24 MiB are 384 of them.
const (
	hotCost  = 1 << 10
	openCost = 64 << 10
)

func newHotFile(row store.File) *hotFile {
	etag := etagOf(row)
	return &hotFile{row: row, etag: etag, header: http.Header{
		"Etag":          {etag},
		"Last-Modified": {row.FirstSeen.UTC().Format(http.TimeFormat)},
	}}
}

// touchEvery is how often the use of a hot file is noted: often enough to tell
// which file was used last, and not once a request.
const touchEvery = time.Second

// due tells whether a use at that time has to be noted. A clock that has
// jumped back is due, or nothing would be noted until it has caught up.
func (h *hotFile) due(now time.Time) bool {
	last, at := h.touched.Load(), now.UnixNano()
	if at >= last && at-last < int64(touchEvery) {
		return false
	}
	return h.touched.CompareAndSwap(last, at)
}

func (h *hotFile) cost() int64 {
	if h.body == nil {
		return openCost
	}
	return hotCost + int64(len(h.body))
}

// content returns an answer of the file; ok is false when it was closed
// meanwhile and has to be opened again.
func (h *hotFile) content() (c *ecosystem.Content, ok bool) {
	c = &ecosystem.Content{ETag: h.etag, Modified: h.row.FirstSeen.Truncate(time.Second), Header: h.header, Size: h.row.Size}
	if h.body != nil {
		c.Seeker = bytes.NewReader(h.body)
		return c, true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		return nil, false
	}
	h.uses++
	c.Seeker, c.Release = io.NewSectionReader(h.open, 0, h.row.Size), h.release
	return c, true
}

func (h *hotFile) release() { h.let(func() { h.uses-- }) }

// dropped is called when the file leaves the cache.
func (h *hotFile) dropped() { h.let(func() { h.gone = true }) }

// let changes what keeps the file open, and closes it when nothing does.
func (h *hotFile) let(change func()) {
	h.mu.Lock()
	change()
	var unused blob.Blob
	if h.gone && h.uses == 0 {
		unused, h.open = h.open, nil
	}
	h.mu.Unlock()
	if unused != nil {
		_ = unused.Close() // read-only
	}
}
