package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// watchedListener hands out connections that note what is sent through the
// kernel.
type watchedListener struct {
	net.Listener
	sent chan int64
}

type watchedConn struct {
	*net.TCPConn
	sent chan int64
}

func (l *watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watchedConn{c.(*net.TCPConn), l.sent}, nil
}

func (c *watchedConn) ReadFrom(src io.Reader) (int64, error) {
	limited, ok := src.(*io.LimitedReader)
	if ok {
		src = limited.R
	}
	if _, file := src.(syscall.Conn); !file {
		return 0, errors.New("the kernel was handed something that is no file")
	}
	if ok {
		src = limited
	}
	n, err := c.TCPConn.ReadFrom(src)
	c.sent <- n
	return n, err
}

func testFile(t *testing.T, size int) (path string, content []byte) {
	t.Helper()
	content = bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, content
}

func TestFilesGoThroughTheKernel(t *testing.T) {
	path, content := testFile(t, 1<<20)
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	watched := &watchedListener{ln, make(chan int64, 1)}
	addr := startOn(t, Config{Places: handle(func(w http.ResponseWriter, r *http.Request) {
		file, err := os.Open(path)
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		if r.URL.Path == "/copied" {
			io.Copy(w, file)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, file)
	})}, watched).addr
	for _, tt := range []struct {
		name, path, header string
		want               []byte
		kernel             int64 // net/http may send the first 512 bytes itself
	}{
		{"a whole file", "/npm/served", "Range: bytes=0-", content, 1<<20 - 512},
		{"a range of it", "/npm/served", "Range: bytes=1000-300999", content[1000:301000], 300000 - 512},
	} {
		_, body := get(t, addr, tt.path, tt.header)
		if body != string(tt.want) {
			t.Fatalf("%s: got %d bytes that are not the file's", tt.name, len(body))
		}
		if sent := <-watched.sent; sent < tt.kernel {
			t.Errorf("%s: %d bytes went through the kernel, want %d", tt.name, sent, tt.kernel)
		}
	}
	// Without a length the answer is chunked, and correct all the same.
	if _, body := get(t, addr, "/npm/copied"); body != string(content) {
		t.Fatalf("copied: got %d bytes that are not the file's", len(body))
	}
}

func TestAFileCopiedWholeIsSeenAsAFile(t *testing.T) {
	path, _ := testFile(t, 10)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var asked []bool
	io.Copy(askedWriter{&asked}, file)
	if len(asked) != 1 || !asked[0] {
		t.Errorf("io.Copy hides the file: %v", asked)
	}
	if isFile(strings.NewReader("x")) || isFile(io.LimitReader(strings.NewReader("x"), 1)) {
		t.Error("a string is taken for a file")
	}
}

type askedWriter struct{ asked *[]bool }

func (a askedWriter) Write(p []byte) (int, error) { return len(p), nil }
func (a askedWriter) ReadFrom(src io.Reader) (int64, error) {
	*a.asked = append(*a.asked, isFile(src))
	return 0, nil
}

const stall = 120 * time.Millisecond

// startSlow serves size bytes in three ways and tells how sending ended.
func startSlow(t *testing.T, stall time.Duration, size int) (addr string, ended chan error) {
	path, content := testFile(t, size)
	ended = make(chan error, 1)
	config := Config{Limits: Limits{WriteStall: stall}, Places: handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		var err error
		switch r.URL.Path {
		case "/file":
			var file *os.File
			if file, err = os.Open(path); err == nil {
				_, err = io.CopyN(w, file, int64(size))
				file.Close()
			}
		case "/memory":
			_, err = w.Write(content)
		case "/stream":
			_, err = io.Copy(w, readOnly{bytes.NewReader(content)})
		}
		ended <- err
	})}
	return start(t, config).addr, ended
}

// dialSmall connects with a small receive buffer from the start, so that the
// client's kernel reads little ahead of the client.
func dialSmall(t *testing.T, addr string) *client {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 16<<10)
		})
		return errors.Join(err, failed)
	}}
	c, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return wrapClient(t, c)
}

func TestAClientThatTakesNothingIsCut(t *testing.T) {
	addr, ended := startSlow(t, stall, 16<<20)
	for _, path := range []string{"/npm/file", "/npm/memory", "/npm/stream"} {
		c := dialSmall(t, addr)
		c.send("GET " + path + " HTTP/1.1\nHost: $HOST\n\n")
		began := time.Now()
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: sending ended with %v", path, err)
		}
		if took := time.Since(began); took > 20*stall {
			t.Errorf("%s: cut after %v", path, took)
		}
	}
}

func TestAClientThatIsSlowIsNotCut(t *testing.T) {
	const stall, size = 300 * time.Millisecond, 16 << 20
	for _, path := range []string{"/npm/file", "/npm/memory", "/npm/stream"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			addr, ended := startSlow(t, stall, size)
			c := dial(t, addr)
			c.send("GET " + path + " HTTP/1.1\nHost: $HOST\n\n")
			resp, err := http.ReadResponse(c.r, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got int64
			for began := time.Now(); time.Since(began) < 3*stall; time.Sleep(10 * time.Millisecond) {
				n, err := io.CopyN(io.Discard, resp.Body, 64<<10)
				if got += n; err != nil {
					t.Fatalf("cut after %d bytes: %v", got, err)
				}
			}
			n, err := io.Copy(io.Discard, resp.Body)
			if got += n; err != nil || got != size {
				t.Errorf("got %d bytes, %v", got, err)
			}
			if err := <-ended; err != nil {
				t.Errorf("sending ended with %v", err)
			}
		})
	}
}

// roundsConn plays rounds: in each the kernel takes so many bytes before the
// deadline passes; -1 is all of them, in time.
type roundsConn struct {
	net.Conn
	takes []int
	round int
}

func (c *roundsConn) SetWriteDeadline(time.Time) error { return nil }

func (c *roundsConn) Write(p []byte) (int, error) {
	n := c.takes[c.round]
	c.round++
	if n < 0 {
		return len(p), nil
	}
	return n, os.ErrDeadlineExceeded
}

func TestProgressIsWhatTheClientTakes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		takes  []int
		queued []int // bytes not acknowledged, after each silent round; -1 is not known
		n      int   // written of 100
		cut    bool
	}{
		{"at once", []int{-1}, nil, 100, false},
		{"some bytes in each round", []int{1, 1, 1, -1}, nil, 100, false},
		{"nothing in two rounds", []int{0, 0}, []int{50, 50}, 0, true},
		{"nothing in two rounds after some", []int{10, 0, 0}, []int{50, 50}, 10, true},
		{"one silent round is not enough", []int{0, 5, 0, -1}, []int{50, 50}, 100, false},
		{"the kernel's buffer drains meanwhile", []int{0, 0, 0, 0, -1}, []int{50, 40, 30, 20}, 100, false},
		{"it drains and then stops", []int{0, 0, 0, 0}, []int{50, 40, 40}, 0, true},
		{"it is not known whether it drains", []int{0, 0}, []int{-1, -1}, 0, true},
	} {
		asked := 0
		inner := &roundsConn{takes: tt.takes}
		c := &pacedConn{Conn: inner, stall: time.Second, queued: func(net.Conn) (int, bool) {
			n := tt.queued[asked]
			asked++
			return n, n >= 0
		}}
		n, err := c.Write(make([]byte, 100))
		if n != tt.n || (err != nil) != tt.cut {
			t.Errorf("%s: wrote %d, %v after %d rounds", tt.name, n, err, inner.round)
		}
	}
}

func TestTheKernelTellsWhatIsNotAcknowledged(t *testing.T) {
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c := dial(t, ln.Addr().String())
	other, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	c.Write(make([]byte, 16<<20)) // more than both kernels hold
	full, known := queued(c.Conn)
	if runtime.GOOS != "linux" {
		if known {
			t.Error("says what cannot be known here")
		}
		return
	}
	if !known || full == 0 {
		t.Fatalf("with a client that does not read: %d, %v", full, known)
	}
	c.Close()
	if _, known := queued(c.Conn); known {
		t.Error("a closed connection has a queue")
	}
}

// slowUpstream gives a byte now and then.
type slowUpstream struct{ left int }

func (s *slowUpstream) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	s.left--
	time.Sleep(stall + stall/2)
	return copy(p, "x"), nil
}

func TestASlowUpstreamIsNotHeldAgainstTheClient(t *testing.T) {
	addr := start(t, Config{Limits: Limits{WriteStall: stall}, Places: handle(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "2")
		w.WriteHeader(http.StatusOK)
		io.Copy(w, &slowUpstream{left: 2})
	})}).addr
	if _, body := get(t, addr, "/npm/x"); body != "xx" {
		t.Errorf("got %q", body)
	}
}

func TestACutDownloadEndsAtOnceAndForGood(t *testing.T) {
	path, _ := testFile(t, 8<<20)
	begun := make(chan *http.ResponseController, 1)
	ended := make(chan error, 1)
	addr := start(t, Config{Places: handle(func(w http.ResponseWriter, r *http.Request) {
		file, err := os.Open(path)
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		w.Header().Set("Content-Length", "8388608")
		begun <- http.NewResponseController(w)
		_, err = io.CopyN(w, file, 8<<20)
		if err != nil {
			// A handler that goes on regardless must not get further.
			io.WriteString(w, "more")
			if again := http.NewResponseController(w).Flush(); again == nil {
				t.Error("more was sent after the cut")
			}
		}
		ended <- err
	})}).addr
	c := dial(t, addr)
	c.send("GET /npm/file HTTP/1.1\nHost: $HOST\n\n")
	control := <-begun
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := control.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("sending ended with %v", err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil || n >= 8<<20 {
		t.Errorf("the client read %d bytes and %v", n, err)
	}
}

func TestACutAfterTheEndHarmsNobody(t *testing.T) {
	var mu sync.Mutex
	var controls []*http.ResponseController
	addr := start(t, Config{Places: handle(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		for _, earlier := range controls {
			if err := earlier.SetWriteDeadline(time.Unix(1, 0)); err != nil {
				t.Error(err)
			}
		}
		controls = append(controls, http.NewResponseController(w))
		io.WriteString(w, "whole")
	})}).addr
	c := dial(t, addr)
	for range 3 {
		c.send("GET /npm/file HTTP/1.1\nHost: $HOST\n\n")
		if _, body := c.read("GET"); body != "whole" {
			t.Fatalf("got %q", body)
		}
	}
}

func TestHTTP2StreamsThatTakeNothingAreCut(t *testing.T) {
	cert, key, pool := selfSigned(t)
	ended := make(chan error, 1)
	addr := start(t, Config{TLSCert: cert, TLSKey: key, HTTP2: true, Limits: Limits{WriteStall: stall},
		Places: handle(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/waits" {
				// A stream that waits for an upstream is not one that stalls.
				io.WriteString(w, "a")
				http.NewResponseController(w).Flush()
				time.Sleep(2 * stall)
				io.WriteString(w, "b")
				return
			}
			_, err := io.Copy(w, readOnly{bytes.NewReader(make([]byte, 32<<20))})
			ended <- err
		})}).addr
	client := http2Client(t, pool)
	resp, err := client.Get("https://" + addr + "/npm/waits")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(body) != "ab" {
		t.Errorf("got %q, %v", body, err)
	}
	resp, err = client.Get("https://" + addr + "/npm/stalls")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("everything was sent to a client that read nothing")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the stream was not cut")
	}
}
