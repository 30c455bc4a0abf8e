package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSectionsOfOneFileGoToManyClients(t *testing.T) {
	path, content := testFile(t, 1<<20)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	addr := start(t, Config{Places: handle(func(w http.ResponseWriter, r *http.Request) {
		whole := io.NewSectionReader(file, 0, int64(len(content)))
		switch r.URL.Path {
		case "/served":
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeContent(w, r, "", time.Time{}, whole)
		case "/untyped":
			http.ServeContent(w, r, "", time.Time{}, whole)
		case "/chunked":
			io.Copy(w, whole)
		case "/part":
			w.Header().Set("Content-Length", "300000")
			w.Write(content[:100])
			io.Copy(w, io.NewSectionReader(file, 100, 299_900))
		case "/shorter":
			w.Header().Set("Content-Length", "2000000")
			if n, err := io.Copy(w, io.NewSectionReader(file, 0, 2_000_000)); err == nil {
				t.Errorf("a file that is shorter than its section was sent whole, with %d bytes", n)
			}
			panic(http.ErrAbortHandler)
		}
	})}).addr
	var wg sync.WaitGroup
	for _, tt := range []struct {
		name, path, header string
		want               []byte
	}{
		{"whole", "/npm/served", "Range: bytes=0-", content},
		{"a range", "/npm/served", "Range: bytes=1000-300999", content[1000:301000]},
		{"the last byte", "/npm/served", "Range: bytes=-1", content[len(content)-1:]},
		{"of a type that is guessed", "/npm/untyped", "Accept: */*", content},
		{"of unknown length", "/npm/chunked", "Accept: */*", content},
		{"after bytes from memory", "/npm/part", "Accept: */*", content[:300_000]},
	} {
		for range 8 {
			wg.Go(func() {
				if _, body := get(t, addr, tt.path, tt.header); body != string(tt.want) {
					t.Errorf("%s: got %d bytes that are not the file's, want %d", tt.name, len(body), len(tt.want))
				}
			})
		}
	}
	wg.Wait()
	if at, err := file.Seek(0, io.SeekCurrent); err != nil || at != 0 {
		t.Errorf("the file's own position was moved to %d, %v", at, err)
	}
	resp, err := http.Get("http://" + addr + "/npm/shorter")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("a cut answer looked whole, with %d bytes", n)
	}
}

func TestOnlySectionsOfFilesAreSections(t *testing.T) {
	path, _ := testFile(t, 100)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	moved := io.NewSectionReader(file, 10, 50)
	moved.Seek(20, io.SeekStart)
	for _, tt := range []struct {
		name   string
		src    io.Reader
		off, n int64
		ok     bool
	}{
		{"a section", io.NewSectionReader(file, 10, 50), 10, 50, true},
		{"the rest of one", moved, 30, 30, true},
		{"a bounded part of one", io.LimitReader(io.NewSectionReader(file, 10, 50), 5), 10, 5, true},
		{"nothing of one", io.NewSectionReader(file, 10, 0), 0, 0, false},
		{"a section of memory", io.NewSectionReader(strings.NewReader("text"), 0, 4), 0, 0, false},
		{"a file", file, 0, 0, false},
	} {
		s, ok := filePart(tt.src)
		if ok != tt.ok || ok && (s.off != tt.off || s.n != tt.n) {
			t.Errorf("%s: %v, from %d, %d bytes", tt.name, ok, s.off, s.n)
		}
	}
}

// pieces notes each write, and fails the one with that number.
type pieces struct {
	net.Conn
	written []string
	fails   int
}

func (c *pieces) SetWriteDeadline(time.Time) error { return nil }

func (c *pieces) Write(p []byte) (int, error) {
	c.written = append(c.written, string(p))
	if c.fails == len(c.written) {
		return 0, errors.New("gone")
	}
	return len(p), nil
}

func TestTheBeginningWaitsForTheBody(t *testing.T) {
	begin := func(fails int) (*phrasedConn, *pieces) {
		inner := &pieces{fails: fails}
		spare := &sync.Pool{New: func() any { return new(beginning) }}
		return &phrasedConn{Conn: &pacedConn{Conn: inner, stall: time.Second}, spare: spare}, inner
	}
	const head = "HTTP/1.1 403 Forbidden\r\n\r\n"
	t.Run("it goes out before it, with its phrase", func(t *testing.T) {
		c, inner := begin(0)
		c.begin()
		c.set(403, "Assay: no")
		c.hold()
		if n, err := c.Write([]byte(head)); n != len(head) || err != nil || len(inner.written) != 0 {
			t.Fatalf("%d, %v, sent %q", n, err, inner.written)
		}
		if n, err := c.Write([]byte("body")); n != 4 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if err := c.release(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(inner.written, ""); got != "HTTP/1.1 403 Assay: no\r\n\r\nbody" {
			t.Errorf("sent %q", got)
		}
	})
	t.Run("it goes out when no body comes", func(t *testing.T) {
		c, inner := begin(0)
		c.hold()
		c.Write([]byte(head))
		if err := c.release(); err != nil || strings.Join(inner.written, "") != head {
			t.Errorf("sent %q, %v", inner.written, err)
		}
	})
	t.Run("what is larger waits for nothing", func(t *testing.T) {
		c, inner := begin(0)
		c.hold()
		large := bytes.Repeat([]byte("x"), 5000)
		if n, err := c.Write(large); n != 5000 || err != nil || len(inner.written) != 1 {
			t.Errorf("%d, %v, %d writes", n, err, len(inner.written))
		}
	})
	t.Run("a client that has gone is noticed", func(t *testing.T) {
		c, _ := begin(1)
		c.hold()
		c.Write([]byte(head))
		if n, err := c.Write([]byte("body")); n != 0 || err == nil {
			t.Errorf("%d, %v", n, err)
		}
		if err := c.release(); err != nil {
			t.Errorf("the same failure twice: %v", err)
		}
	})
	t.Run("without room nothing waits", func(t *testing.T) {
		inner := &pieces{}
		c := &phrasedConn{Conn: inner}
		c.hold()
		if c.Write([]byte(head)); len(inner.written) != 1 {
			t.Errorf("sent %q", inner.written)
		}
	})
}

// deadlines counts how often the connection's deadline is set.
type deadlines struct {
	net.Conn
	set []time.Time
}

func (c *deadlines) SetWriteDeadline(t time.Time) error {
	c.set = append(c.set, t)
	return nil
}

func (c *deadlines) Write(p []byte) (int, error) { return len(p), nil }

func TestARoundServesManySmallAnswers(t *testing.T) {
	inner := &deadlines{}
	c := &pacedConn{Conn: inner, stall: time.Hour}
	began := time.Now()
	for range 100 {
		c.Write([]byte("x"))
		c.SetWriteDeadline(time.Time{}) // net/http after each answer
	}
	if len(inner.set) != 1 || inner.set[0].Sub(began) < time.Hour/2 {
		t.Fatalf("deadlines %v", inner.set)
	}
	final := time.Now().Add(time.Minute)
	c.SetWriteDeadline(final)
	c.Write([]byte("x"))
	if last := inner.set[len(inner.set)-1]; !last.Equal(final) {
		t.Errorf("a final deadline was moved to %v", last)
	}
	c.SetWriteDeadline(time.Unix(1, 0))
	if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the cut: %v", err)
	}
	c.SetWriteDeadline(time.Time{})
	c.Write([]byte("x"))
	if last := inner.set[len(inner.set)-1]; time.Until(last) < time.Hour/2 {
		t.Errorf("after the final deadline was lifted, the round ends at %v", last)
	}
	c.armed = time.Now().Add(-time.Second)
	c.Write([]byte("x"))
	if last := inner.set[len(inner.set)-1]; time.Until(last) < time.Hour/2 {
		t.Errorf("a round that had passed was not begun anew: %v", last)
	}
}
