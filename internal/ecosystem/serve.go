package ecosystem

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bytes is a Body that lies in memory and is written in one piece.
type Bytes []byte

// ReadAt implements io.ReaderAt.
func (b Bytes) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// HeaderStale carries the age in seconds of an answer that could not be
// checked with the upstream.
const HeaderStale = "Assay-Stale"

// WriteAnswer writes a rendered listing: conditional requests (RFC 9110,
// section 13), HEAD, and compression as the client accepts it. It releases
// the answer. When the answer is cut or the client goes, it aborts the
// connection, so that half an answer never looks whole.
func WriteAnswer(w http.ResponseWriter, r *http.Request, a *Answer) {
	defer release(a.Release)
	h := w.Header()
	copyHeader(h, a.Header)
	h.Set("Content-Type", a.ContentType)
	h.Set("Vary", "Accept, Accept-Encoding")
	if h.Get("Cache-Control") == "" {
		// A client may keep a listing but must ask again: a block is in force
		// from now on, not from the end of somebody's cache.
		h.Set("Cache-Control", "no-cache")
	}
	writeStale(h, a.Stale)
	plain := a.Gzip && !acceptsGzip(r)
	etag := a.ETag
	if plain && etag != "" {
		etag = "W/" + etag // same meaning, other bytes
	}
	if etag != "" {
		h.Set("ETag", etag)
		if etagMatches(r.Header.Get("If-None-Match"), etag) {
			h.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.Gzip && !plain {
		h.Set("Content-Encoding", "gzip")
	}
	if !plain {
		h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	cutWith(w, a.Flight)
	var err error
	switch body := a.Body.(type) {
	case Bytes:
		if !plain {
			_, err = w.Write(body)
			break
		}
		err = writePlain(w, a)
	default:
		if !plain {
			_, err = io.Copy(w, io.NewSectionReader(a.Body, 0, a.Size))
			break
		}
		err = writePlain(w, a)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

func writePlain(w io.Writer, a *Answer) error {
	zr, err := gzip.NewReader(io.NewSectionReader(a.Body, 0, a.Size))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, zr)
	return err
}

// WriteContent writes a file or a passed answer and releases it: ranges,
// conditional requests and HEAD for stored content, a plain stream for a
// first download. A stream that fails aborts the connection.
func WriteContent(w http.ResponseWriter, r *http.Request, c *Content) {
	defer release(c.Release)
	h := w.Header()
	copyHeader(h, c.Header)
	if c.ContentType != "" {
		h.Set("Content-Type", c.ContentType)
	}
	// Bytes from outside must never be taken for a page of ours.
	h.Set("X-Content-Type-Options", "nosniff")
	if c.ETag != "" {
		h.Set("ETag", c.ETag)
	}
	if c.Warning != "" {
		h.Set("Assay-Warning", Phrase(c.Warning))
	}
	writeStale(h, c.Stale)
	if c.Seeker != nil && (c.Status == http.StatusOK || c.Status == 0) {
		cutWith(w, c.Flight)
		if mem, ok := c.Seeker.(*bytes.Reader); ok && plainGet(r) {
			// The hot path: one write, no copying through a buffer.
			h.Set("Accept-Ranges", "bytes")
			h.Set("Content-Length", strconv.Itoa(mem.Len()))
			if !c.Modified.IsZero() {
				h.Set("Last-Modified", c.Modified.UTC().Format(http.TimeFormat))
			}
			w.WriteHeader(http.StatusOK)
			if _, err := mem.WriteTo(w); err != nil {
				panic(http.ErrAbortHandler)
			}
			return
		}
		http.ServeContent(w, r, "", c.Modified, c.Seeker)
		return
	}
	body := c.Stream
	if c.Seeker != nil {
		body = c.Seeker
	}
	if c.Size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(c.Size, 10))
	}
	status := c.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead || body == nil {
		return
	}
	cutWith(w, c.Flight)
	if err := stream(w, body); err != nil {
		// Without this a chunked answer would end as if it were complete.
		panic(http.ErrAbortHandler)
	}
}

// plainGet tells a request for the whole content without conditions.
func plainGet(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	for _, condition := range [...]string{"Range", "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"} {
		if _, ok := r.Header[condition]; ok {
			return false
		}
	}
	return true
}

// stream copies and flushes what has come, so that the client gets its first
// byte while the upstream is still sending.
func stream(w http.ResponseWriter, body io.Reader) error {
	flusher := http.NewResponseController(w)
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return werr
			}
			if ferr := flusher.Flush(); ferr != nil {
				return ferr
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// cutWith lets a change of policy end the connection at once: a write
// deadline that has passed fails the write under way and all later ones.
func cutWith(w http.ResponseWriter, f Flight) {
	if f == nil {
		return
	}
	ctl := http.NewResponseController(w)
	f.OnCut(func() { _ = ctl.SetWriteDeadline(time.Unix(1, 0)) })
}

func release(f func()) {
	if f != nil {
		f()
	}
}

func copyHeader(to, from http.Header) {
	for k, v := range from {
		to[k] = v
	}
}

func writeStale(h http.Header, age time.Duration) {
	if age <= 0 {
		return
	}
	seconds := strconv.FormatInt(int64(age/time.Second), 10)
	h.Set(HeaderStale, seconds)
	h.Set("Age", seconds)
	h.Set("Warning", `110 - "the upstream could not be asked; this answer is `+seconds+` seconds old"`)
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3) as far as a
// server with one coding needs it.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.TrimSpace(coding)
		if !strings.EqualFold(coding, "gzip") && coding != "*" {
			continue
		}
		q := strings.ReplaceAll(strings.ToLower(params), " ", "")
		return !strings.HasPrefix(q, "q=0") || strings.Trim(q[len("q=0"):], ".0") != ""
	}
	return false
}

// etagMatches is the weak comparison of If-None-Match (RFC 9110, 13.1.2).
func etagMatches(header, etag string) bool {
	if header == "" {
		return false
	}
	etag = strings.TrimPrefix(etag, "W/")
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == etag {
			return true
		}
	}
	return false
}
