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
	set := newSetter(h)
	set.to("Content-Type", a.ContentType)
	h["Vary"] = varyListing
	if len(h["Cache-Control"]) == 0 {
		// A client may keep a listing but must ask again: a block is in force
		// from now on, not from the end of somebody's cache.
		h["Cache-Control"] = noCache
	}
	writeStale(h, a.Stale)
	plain := a.Gzip && !acceptsGzip(r)
	etag := a.ETag
	if plain && etag != "" {
		etag = "W/" + etag // same meaning, other bytes
	}
	if etag != "" {
		set.to("Etag", etag)
		if etagMatches(r.Header.Get("If-None-Match"), etag) {
			delete(h, "Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.Gzip && !plain {
		h["Content-Encoding"] = gzipCoding
	}
	switch {
	case !plain:
		set.to("Content-Length", strconv.FormatInt(a.Size, 10))
	case a.Plain != nil:
		set.to("Content-Length", strconv.Itoa(len(a.Plain)))
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
	if a.Plain != nil {
		_, err := w.Write(a.Plain)
		return err
	}
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
	set := newSetter(h)
	if c.ContentType != "" {
		set.to("Content-Type", c.ContentType)
	}
	// Bytes from outside must never be taken for a page of ours.
	h["X-Content-Type-Options"] = nosniff
	if c.ETag != "" && (len(h["Etag"]) == 0 || h["Etag"][0] != c.ETag) {
		set.to("Etag", c.ETag)
	}
	if c.Warning != "" {
		h.Set("Assay-Warning", Phrase(c.Warning))
	}
	writeStale(h, c.Stale)
	if c.Seeker != nil && (c.Status == http.StatusOK || c.Status == 0) {
		cutWith(w, c.Flight)
		if mem, ok := c.Seeker.(*bytes.Reader); ok && plainGet(r) {
			// The hot path: one write, no copying through a buffer.
			h["Accept-Ranges"] = byteRanges
			set.to("Content-Length", strconv.Itoa(mem.Len()))
			if !c.Modified.IsZero() && len(h["Last-Modified"]) == 0 {
				set.to("Last-Modified", c.Modified.UTC().Format(http.TimeFormat))
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
	f.OnCut(func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) })
}

func release(f func()) {
	if f != nil {
		f()
	}
}

// The values are shared between all answers, and so never changed.
var (
	varyListing = []string{"Accept, Accept-Encoding"}
	noCache     = []string{"no-cache"}
	gzipCoding  = []string{"gzip"}
	nosniff     = []string{"nosniff"}
	byteRanges  = []string{"bytes"}
)

// setter sets headers by their canonical names, and makes room for their
// values once an answer instead of once a header.
type setter struct {
	h    http.Header
	room []string
}

func newSetter(h http.Header) setter { return setter{h, make([]string, 0, 4)} }

func (s *setter) to(name, value string) {
	s.room = append(s.room, value)
	n := len(s.room)
	// The full slice expression keeps one header's Add out of the next one.
	s.h[name] = s.room[n-1 : n : n]
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
