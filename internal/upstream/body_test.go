package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"assay.invalid/internal/assay"
)

func zip(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBodiesThatBreakOff(t *testing.T) {
	half := strings.Repeat("x", 20000)
	cases := []struct {
		name    string
		write   func(net.Conn) bool
		request Request
		kind    assay.Kind
		words   string
	}{
		{"shorter than its length", say(false, "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n"+half), Request{}, assay.Unavailable, "truncated"},
		{"only a header", say(false, "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n"), Request{}, assay.Unavailable, "truncated"},
		{"a chunk cut", say(false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n"+half), Request{}, assay.Unavailable, "truncated"},
		{"no last chunk", say(false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"), Request{}, assay.Unavailable, "truncated"},
		{"a chunk that is none", say(false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcd\r\n"), Request{}, assay.Unsound, "does not follow HTTP"},
		{"no end mark", say(false, "HTTP/1.1 200 OK\r\n\r\n"+half), Request{}, assay.Unsound, "half of it"},
		{"no end mark, HTTP/1.0", say(false, "HTTP/1.0 200 OK\r\n\r\n"+half), Request{}, assay.Unsound, "half of it"},
		{"a hang in the middle", say(true, "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n"+half), Request{}, assay.Unavailable, "in the middle"},
		{"a hang between chunks", say(true, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"), Request{}, assay.Unavailable, "in the middle"},
		{"a hang in a 404", say(true, "HTTP/1.1 404 Not Found\r\nContent-Length: 300\r\n\r\nno"), Request{}, assay.Unavailable, "in the middle"},
		{"a 404 cut", say(false, "HTTP/1.1 404 Not Found\r\nContent-Length: 300\r\n\r\nno"), Request{}, assay.Unavailable, "truncated"},
		{"gzip cut, length right", func(c net.Conn) bool {
			z := zip(t, []byte(half))
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(z)-9, z[:len(z)-9])
			return false
		}, Request{Compressed: true}, assay.Unavailable, "truncated"},
		{"gzip within its header", func(c net.Conn) bool {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")
			return false
		}, Request{Compressed: true}, assay.Unavailable, "truncated"},
		{"gzip of nothing at all", say(false, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Request{Compressed: true}, assay.Unavailable, "truncated"},
		{"gzip with a wrong sum", func(c net.Conn) bool {
			z := zip(t, []byte(half))
			z[len(z)-6] ^= 1
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(z), z)
			return false
		}, Request{Compressed: true}, assay.Unsound, "damaged gzip"},
		{"gzip that is none", say(false, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nnot gzip, no"), Request{Compressed: true}, assay.Unsound, "damaged gzip"},
		{"gzip with a tail", func(c net.Conn) bool {
			z := append(zip(t, []byte(half)), "<html>and more"...)
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(z), z)
			return false
		}, Request{Compressed: true}, assay.Unsound, "damaged gzip"},
		{"an encoding nobody asked for", say(false, "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx"), Request{Compressed: true}, assay.Unsound, "was not asked for"},
		{"gzip twice", say(false, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 2\r\n\r\nxx"), Request{Compressed: true}, assay.Unsound, "was not asked for"},
		{"two lengths", say(false, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), Request{}, assay.Unsound, "does not follow HTTP"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := serveRaw(t, c.write)
			client := newTestClient(t, func(cfg *Config) {
				if strings.Contains(c.name, "hang") {
					cfg.Idle = 100 * time.Millisecond
				}
			})
			_, _, err := get(t, client, Origin{Address: address}, c.request)
			if errors.Is(err, io.EOF) {
				t.Errorf("the error looks like a clean end: %v", err)
			}
			wantError(t, err, c.kind, c.words)
			idle(t, client, address)
		})
	}
}

func TestBodiesThatAreTooLong(t *testing.T) {
	var sent sync.Map // address -> bytes, not exact
	flood := func(head string, piece []byte) func(net.Conn) bool {
		return func(c net.Conn) bool {
			io.WriteString(c, head)
			var n int
			for {
				m, err := c.Write(piece)
				if n += m; err != nil || n > 64<<20 {
					sent.Store(head, n)
					return false
				}
			}
		}
	}
	chunk := []byte("1000\r\n" + strings.Repeat("x", 0x1000) + "\r\n")
	bomb := zip(t, make([]byte, 200<<20))
	cases := []struct {
		name    string
		write   func(net.Conn) bool
		request Request
	}{
		{"5 GB by its length", flood("HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\n\r\n", chunk), Request{}},
		{"without end", flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk), Request{}},
		{"without end, 404", flood("HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n", chunk), Request{}},
		{"one byte over the request's limit", say(false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"), Request{Limit: 4}},
		{"one byte over by its length", say(false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"), Request{Limit: 4}},
		{"a limit above the client's", flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n", chunk), Request{Limit: 1 << 40}},
		{"a bomb", func(c net.Conn) bool {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(bomb), bomb)
			return false
		}, Request{Compressed: true}},
		{"a bomb in an endless row of empty members", func(c net.Conn) bool {
			member := zip(t, nil)
			piece := fmt.Appendf(nil, "%x\r\n%s\r\n", len(member)*100, bytes.Repeat(member, 100))
			return flood("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", piece)(c)
		}, Request{Compressed: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := serveRaw(t, c.write)
			client := newTestClient(t, nil)
			_, text, err := get(t, client, Origin{Address: address}, c.request)
			wantError(t, err, assay.TooLarge, "more than the")
			if len(text) > 64<<10 {
				t.Errorf("%d bytes were handed out", len(text))
			}
			idle(t, client, address)
		})
	}
	t.Cleanup(func() {
		sent.Range(func(head, n any) bool {
			if n.(int) > 32<<20 {
				t.Errorf("%q: %d bytes were taken", head, n)
			}
			return true
		})
	})
}

func TestALengthOverTheLimitIsRefusedUnread(t *testing.T) {
	address := serveRaw(t, say(true, "HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\n\r\n"))
	c := newTestClient(t, nil)
	resp, err := c.Do(t.Context(), Origin{Address: address}, Request{})
	wantError(t, err, assay.TooLarge)
	if resp != nil {
		t.Error("an answer was handed out")
	}
	idle(t, c, address)
}

func TestWholeBodies(t *testing.T) {
	long := strings.Repeat("assay ", 1000)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e1"`)
		w.Header().Set("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")
		w.Header().Set("Set-Cookie", "a=b")
		switch r.URL.Path {
		case "/zipped":
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zip(t, []byte(long)))
		case "/marked":
			if r.Header.Get("Accept-Encoding") != "identity" {
				t.Errorf("Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", "x-gzip")
			io.WriteString(w, long)
		case "/chunked":
			io.WriteString(w, long[:3000])
			w.(http.Flusher).Flush()
			io.WriteString(w, long[3000:])
		case "/odd":
			w.Header().Set("ETag", `"`+strings.Repeat("e", 1000)+`"`)
			w.Header().Set("Last-Modified", "yesterday")
		default:
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			io.WriteString(w, long)
		}
	})
	c := newTestClient(t, nil)
	o := Origin{Address: s.URL}
	r := mustGet(t, c, o, Request{Path: "zipped", Compressed: true}, long)
	if r.Size != -1 || r.Header.Get("Content-Encoding") != "" || r.Header.Get("Content-Length") != "" {
		t.Errorf("after decompression: size %d, header %v", r.Size, r.Header)
	}
	if r := mustGet(t, c, o, Request{Path: "plain", Compressed: true}, long); r.Size != int64(len(long)) {
		t.Errorf("size %d", r.Size)
	}
	if r := mustGet(t, c, o, Request{Path: "marked"}, long); r.Header.Get("Content-Encoding") != "x-gzip" {
		t.Errorf("a file's encoding was changed: %v", r.Header)
	}
	if r := mustGet(t, c, o, Request{Path: "chunked"}, long); r.Size != -1 {
		t.Errorf("size %d", r.Size)
	}
	r = mustGet(t, c, o, Request{Path: "exact", Limit: int64(len(long))}, long)
	if r.ETag != `"e1"` || r.LastModified != "Sun, 06 Nov 1994 08:49:37 GMT" || !r.Modified.Equal(time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)) {
		t.Errorf("validators %q, %q, %v", r.ETag, r.LastModified, r.Modified)
	}
	if r.Header.Get("Set-Cookie") != "" {
		t.Error("a cookie came through")
	}
	if r := mustGet(t, c, o, Request{Path: "odd"}, ""); r.ETag != "" || !r.Modified.IsZero() || r.Size != 0 {
		t.Errorf("odd validators %q, %v, size %d", r.ETag, r.Modified, r.Size)
	}
	r, text, err := get(t, c, o, Request{Method: "HEAD", Path: "exact", Limit: 3})
	if err != nil || text != "" || r.Size != int64(len(long)) {
		t.Errorf("HEAD: %+v, %q, %v", r, text, err)
	}
	idle(t, c, s.URL)
}

func TestClosingEarlyAndTwiceAndDuringARead(t *testing.T) {
	address := serveRaw(t, say(true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))
	c := newTestClient(t, nil)
	resp, err := c.Do(t.Context(), Origin{Address: address}, Request{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := resp.Body.Read(make([]byte, 10))
		read <- err
	}()
	time.Sleep(20 * time.Millisecond)
	resp.Body.Close()
	resp.Body.Close()
	select {
	case err := <-read:
		wantError(t, err, assay.Canceled)
	case <-time.After(3 * time.Second):
		t.Fatal("the read goes on after Close")
	}
	_, err = resp.Body.Read(make([]byte, 10))
	wantError(t, err, assay.Canceled, "closed before")
	idle(t, c, address)
}

func TestTheAskerLeavesDuringABody(t *testing.T) {
	address := serveRaw(t, say(true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))
	c := newTestClient(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := c.Do(ctx, Origin{Address: address}, Request{})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = io.ReadAll(resp.Body)
	wantError(t, err, assay.Canceled)
	idle(t, c, address)
}

func TestTheWholeHasALimit(t *testing.T) {
	address := serveRaw(t, func(c net.Conn) bool {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
		for range 1000 { // one byte at a time never stalls
			if _, err := io.WriteString(c, "x"); err != nil {
				return false
			}
			time.Sleep(10 * time.Millisecond)
		}
		return false
	})
	c := newTestClient(t, func(cfg *Config) { cfg.Total = 150 * time.Millisecond })
	_, _, err := get(t, c, Origin{Address: address}, Request{})
	wantError(t, err, assay.Unavailable, "did not finish")
	idle(t, c, address)
}

func TestASlowReaderIsNotTheUpstreamsFault(t *testing.T) {
	s := serve(t, answer(strings.Repeat("x", 50000)))
	c := newTestClient(t, func(cfg *Config) { cfg.Idle = 200 * time.Millisecond })
	resp, err := c.Do(t.Context(), Origin{Address: s.URL}, Request{})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var n int
	for range 2 {
		time.Sleep(250 * time.Millisecond)
		m, err := resp.Body.Read(make([]byte, 1000))
		if n += m; err != nil {
			t.Fatal(err)
		}
	}
	rest, err := io.ReadAll(resp.Body)
	if err != nil || n+len(rest) != 50000 {
		t.Errorf("%d bytes, %v", n+len(rest), err)
	}
}

func TestCloseCutsWhatIsUnderWay(t *testing.T) {
	address := serveRaw(t, say(true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))
	c := newTestClient(t, nil)
	resp, err := c.Do(t.Context(), Origin{Address: address}, Request{})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(resp.Body)
	wantError(t, err, assay.Unavailable, "shutting down")
	_, _, err = get(t, c, Origin{Address: address}, Request{})
	wantError(t, err, assay.Unavailable, "shutting down")
	idle(t, c, address)
}
