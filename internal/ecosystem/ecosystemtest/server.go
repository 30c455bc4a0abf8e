package ecosystemtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is the HTTP side of a fake upstream: it answers with the fake's
// honest answer, unless a sin was asked for, and logs every request.
type Server struct {
	honest http.Handler

	mu       sync.Mutex
	address  string
	http     *http.Server
	done     chan struct{}   // closed when the serving goroutine has ended
	running  context.Context // ends with Stop, and with it what hangs
	stop     context.CancelFunc
	requests []Request
	sins     []sinOnPath
	noETag   bool
	compress bool
	trap     string // host and port that the redirecting sins lead to
}

// Request is one line of the log.
type Request struct {
	Method string
	Path   string // as sent, still escaped
	Query  string
	Header http.Header
	Body   []byte // decompressed, the first MiB of it
	Time   time.Time
}

// Text is everything that the request told the upstream, with escapes undone
// as often as there are any: what a search for a private name has to read.
func (r Request) Text() string {
	text := r.Method + " " + r.Path + "?" + r.Query + "\n" + string(r.Body)
	for _, key := range slices.Sorted(maps.Keys(r.Header)) {
		text += "\n" + key + ": " + strings.Join(r.Header[key], ", ")
	}
	for {
		plain := unescape(text)
		if plain == text {
			return text
		}
		text = plain
	}
}

// unescape undoes every escape that there is; other per cent signs stay.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				b.WriteByte(c[0])
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// readBody takes the body for the log, and puts it back for the handler.
func readBody(r *http.Request) []byte {
	if r.Body == nil {
		return nil
	}
	// A body that breaks off is logged as far as it came.
	sent, _ := io.ReadAll(io.LimitReader(r.Body, maxLoggedBody))
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(sent), r.Body))
	if r.Header.Get("Content-Encoding") != "gzip" {
		return sent
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(sent))
	if err != nil {
		return sent
	}
	plain, _ := io.ReadAll(io.LimitReader(unpacked, maxLoggedBody))
	return plain
}

const maxLoggedBody = 1 << 20

type sinOnPath struct {
	path string
	sin  Sin
	left int // how many times more; negative: until Repent
}

// newServer starts a server for the honest handler on a free loopback port.
func newServer(honest http.Handler) (*Server, error) {
	s := &Server{honest: honest, address: "127.0.0.1:0"}
	if err := s.Start(); err != nil {
		return nil, err
	}
	return s, nil
}

// URL is the address of the fake, ending in a slash. It stays the same over
// Stop and Start.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "http://" + s.address + "/"
}

// Start listens again after Stop, at the same address.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return nil
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("starting a fake upstream: %w", err)
	}
	s.address = listener.Addr().String()
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	s.http, s.done = server, done
	s.running, s.stop = context.WithCancel(context.Background())
	go func() {
		defer close(done)
		// Serve always ends with an error; ErrServerClosed is Stop's.
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic("a fake upstream stopped serving: " + err.Error())
		}
	}()
	return nil
}

// Stop closes the listener and every connection, as an outage does, and
// waits for the handlers to end.
func (s *Server) Stop() {
	s.mu.Lock()
	server, done, stop := s.http, s.done, s.stop
	s.http = nil
	s.mu.Unlock()
	if server == nil {
		return
	}
	stop()
	server.Close()
	<-done
}

// Misbehave makes every answer whose unescaped path contains the text sin,
// until Repent. An empty text means every path.
func (s *Server) Misbehave(path string, sin Sin) { s.misbehave(path, sin, -1) }

// MisbehaveTimes is Misbehave for the next n matching requests.
func (s *Server) MisbehaveTimes(path string, sin Sin, n int) { s.misbehave(path, sin, n) }

func (s *Server) misbehave(path string, sin Sin, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sins = append(s.sins, sinOnPath{path: path, sin: sin, left: n})
}

// Repent ends all misbehaviour.
func (s *Server) Repent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sins = nil
}

// NoETag stops the fake from giving entity tags, so that revalidation has
// nothing to go by.
func (s *Server) NoETag() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noETag = true
}

// Compress makes the fake answer with gzip where the client accepts it, as
// public registries do with documents.
func (s *Server) Compress() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.compress = true
}

// SetTrap gives the host and port that the redirecting sins lead to.
func (s *Server) SetTrap(hostPort string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trap = hostPort
}

// Requests returns the log so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Count tells how many requests had the text in their path.
func (s *Server) Count(path string) int {
	n := 0
	for _, r := range s.Requests() {
		if strings.Contains(r.Path, path) {
			n++
		}
	}
	return n
}

// Forget empties the log.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) sinFor(path string) Sin {
	for i := range s.sins {
		if sin := &s.sins[i]; sin.left != 0 && strings.Contains(path, sin.path) {
			if sin.left > 0 {
				sin.left--
			}
			return sin.sin
		}
	}
	return Honest
}

// ServeHTTP logs the request, takes the honest answer and sins if it must.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := readBody(r)
	s.mu.Lock()
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body, Time: time.Now(),
	})
	sin, running, noETag, trap := s.sinFor(r.URL.Path), s.running, s.noETag, s.trap
	compress := s.compress
	s.mu.Unlock()

	recorded := httptest.NewRecorder()
	s.honest.ServeHTTP(recorded, r)
	answer := recorded.Result()
	a := &answered{status: answer.StatusCode, header: answer.Header, body: recorded.Body.Bytes()}
	if compress && a.header.Get("Content-Type") == "application/json" {
		a.header.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			a.zip()
		}
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(running, cancel)()
	if sin.commit(ctx, w, r, a, trap) {
		return
	}
	if a.status == http.StatusOK && !noETag {
		// The tag follows the body that is sent, sinful or not.
		a.header.Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(a.body)))
		if r.Header.Get("If-None-Match") == a.header.Get("ETag") {
			w.Header().Set("ETag", a.header.Get("ETag"))
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	a.write(w, r)
}

// answered is an answer held in memory.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func (a *answered) zip() {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	// A buffer takes everything.
	w.Write(a.body)
	w.Close()
	a.body = b.Bytes()
	a.header.Set("Content-Encoding", "gzip")
}

func (a *answered) writeHeader(w http.ResponseWriter, length int64) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	w.WriteHeader(a.status)
}

func (a *answered) write(w http.ResponseWriter, r *http.Request) {
	a.writeHeader(w, int64(len(a.body)))
	if r.Method != http.MethodHead {
		// The client may be gone; then there is nobody to tell.
		bytes.NewReader(a.body).WriteTo(w)
	}
}
