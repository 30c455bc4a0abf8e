package upstream

import (
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

func TestAnswersThatAreNoHTTP(t *testing.T) {
	cases := []struct {
		name, text string
		kind       assay.Kind
		words      string
	}{
		{"garbage", "\x00\x01\x02 what?\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"a status line without a number", "HTTP/1.1 OK\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"a status out of range", "HTTP/1.1 2000 OK\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"another protocol", "SSH-2.0-OpenSSH_9.6\r\n", assay.Unsound, "does not follow HTTP"},
		{"a version of tomorrow", "HTTP/9.x 200 OK\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"a bad header", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"a length beyond numbers", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\n", assay.Unsound, "does not follow HTTP"},
		{"a flood of headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Flood: "+strings.Repeat("x", 100)+"\r\n", 1000) + "\r\n", assay.Unsound, "does not follow HTTP"},
		{"one endless header", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20), assay.Unsound, "does not follow HTTP"},
		{"a flood of early hints", strings.Repeat("HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("x", 1000)+"\r\n\r\n", 100), assay.Unsound, "does not follow HTTP"},
		{"nothing", "", assay.Unavailable, "broke before it answered"},
		{"half a status line", "HTTP/1.1 20", assay.Unsound, "does not follow HTTP"},
		{"half a header", "HTTP/1.1 200 OK\r\nContent-Le", assay.Unsound, "does not follow HTTP"},
		{"another protocol by agreement", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", assay.Unsound, "101"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := serveRaw(t, say(false, c.text))
			client := newTestClient(t, nil)
			_, _, err := get(t, client, Origin{Address: address}, Request{})
			wantError(t, err, c.kind, c.words)
			idle(t, client, address)
		})
	}
}

func TestSilence(t *testing.T) {
	for name, write := range map[string]func(net.Conn) bool{
		"no header":                     func(net.Conn) bool { return true },
		"half a header":                 say(true, "HTTP/1.1 200 OK\r\nContent-"),
		"a header a byte at a time":     trickle("HTTP/1.1 200 OK\r\nX: "),
		"hints, and then nothing":       say(true, "HTTP/1.1 103 Early Hints\r\n\r\n"),
		"hints for ever, one at a time": trickle("HTTP/1.1 103 Early Hints\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serveRaw(t, write)
			c := newTestClient(t, func(cfg *Config) { cfg.ResponseHeader = 80 * time.Millisecond })
			start := time.Now()
			_, _, err := get(t, c, Origin{Address: address}, Request{})
			wantError(t, err, assay.Unavailable, "did not answer in time")
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("noticed after %v", d)
			}
			idle(t, c, address)
		})
	}
}

// trickle sends the text over and over, a byte each few milliseconds.
func trickle(text string) func(net.Conn) bool {
	return func(c net.Conn) bool {
		for i := range 2000 {
			if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
				return false
			}
			time.Sleep(2 * time.Millisecond)
		}
		return false
	}
}

func TestPlacesThatCannotBeReached(t *testing.T) {
	l, err := net.Listen("tcp", private1+":0")
	if err != nil {
		t.Fatal(err)
	}
	shut := l.Addr().String()
	l.Close()
	plain := serve(t, answer("plain"))
	secure := httptest.NewUnstartedServer(answer("secure"))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it is meant to fail
	secure.StartTLS()
	t.Cleanup(secure.Close)
	c := newTestClient(t, func(cfg *Config) { cfg.Resolver = resolverFor(t, nil) })
	for address, words := range map[string]string{
		"http://" + shut + "/":                         "refused the connection",
		"http://registry.example/":                     "not known to the name service",
		strings.Replace(plain.URL, "http", "https", 1): "could not agree on TLS",
		secure.URL: "certificate",
	} {
		_, _, err := get(t, c, Origin{Address: address}, Request{})
		wantError(t, err, assay.Unavailable, words, hostOf(address))
	}
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	c = newTestClient(t, func(cfg *Config) { cfg.Roots = roots })
	mustGet(t, c, Origin{Address: secure.URL}, Request{}, "secure")
}

func TestHTTPSIsNeverLeft(t *testing.T) {
	open := serveOn(t, public2, answer("plain"))
	location := open.URL
	secure := httptest.NewTLSServer(redirectTo(&location))
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	c := newTestClient(t, func(cfg *Config) { cfg.Roots = roots })
	_, _, err := get(t, c, Origin{Address: secure.URL}, Request{})
	wantError(t, err, assay.Unsound, "from https to plain http")
}

func TestTheUpstreamsWords(t *testing.T) {
	var contentType, text string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(403)
			w.Write(zip(t, []byte(text)))
			return
		}
		w.WriteHeader(403)
		io.WriteString(w, text)
	})
	c := newTestClient(t, nil)
	for _, cs := range []struct{ name, contentType, text, want string }{
		{"plain", "text/plain", "quota is used up", "(it says: quota is used up)"},
		{"JSON", "application/json", `{"error":"no"}`, `(it says: {"error":"no"})`},
		{"terminal escapes", "text/plain", "a\x1b[31mb\x1b]0;t\x07c\u009bd", "(it says: a[31mb]0;tcd)"},
		{"lines", "text/plain", "a\r\n\tb\n\n", "(it says: a b)"},
		{"reordering", "text/plain", "abc\u202edef\u200b\ufeff", "(it says: abcdef)"},
		{"a page", "text/html; charset=utf-8", "<!doctype html><p>no", "or wants credentials"},
		{"nothing", "text/plain", "", "or wants credentials"},
		{"long", "text/plain", strings.Repeat("é", 3000), "(it says: " + strings.Repeat("é", 250) + ")"},
	} {
		for _, compressed := range []bool{false, true} {
			contentType, text = cs.contentType, cs.text
			_, _, err := get(t, c, Origin{Address: s.URL}, Request{Compressed: compressed})
			e := wantError(t, err, assay.Unavailable)
			if !strings.HasSuffix(e.Message, cs.want) {
				t.Errorf("%s: %q lacks %q", cs.name, e.Message, cs.want)
			}
		}
	}
}

func TestWordsThatNeverEndAreNotWaitedFor(t *testing.T) {
	address := serveRaw(t, say(true, "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nsorry"))
	c := newTestClient(t, func(cfg *Config) { cfg.Idle = 50 * time.Millisecond })
	_, _, err := get(t, c, Origin{Address: address}, Request{})
	if e := wantError(t, err, assay.Unavailable, "403", "it says: sorry"); e.Status != 403 {
		t.Error(e)
	}
}

// Thousands of tiny downloads over one connection at a time: the connection
// is used again after answers that were read, refusals and redirects too.
func TestConnectionsAreUsedAgain(t *testing.T) {
	location := "/well"
	mux := http.NewServeMux()
	mux.HandleFunc("/well", answer("well"))
	mux.HandleFunc("/none", status(404))
	mux.HandleFunc("/no", status(403))
	mux.HandleFunc("/moved", redirectTo(&location))
	connections := map[string]bool{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		mux.ServeHTTP(w, r)
	})
	c := newTestClient(t, nil)
	for range 5 {
		for _, path := range []string{"well", "none", "no", "moved"} {
			resp, err := c.Do(t.Context(), Origin{Address: s.URL}, Request{Path: path})
			if err == nil {
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					t.Error(err)
				}
				resp.Body.Close()
			}
		}
	}
	if len(connections) != 1 {
		t.Errorf("%d connections", len(connections))
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "a b", "\x1b[31m", "\u202e", "a\r\nb", "\xff\xfe", "é", strings.Repeat("é", 400)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := excerpt([]byte(text), "text/plain", []string{"secret"})
		if len(out) > maxExcerpt || !utf8.ValidString(out) || strings.Contains(out, "secret") && len(out) < maxExcerpt {
			t.Fatalf("%q became %q", text, out)
		}
		for _, r := range out {
			if !shown(r) || r < ' ' {
				t.Fatalf("%q became %q", text, out)
			}
		}
	})
}

// FuzzGzipBody checks that whatever comes as gzip ends within the limit and
// that only what decompresses to its end ends cleanly.
func FuzzGzipBody(f *testing.F) {
	whole := []byte("\x1f\x8b\b\x00\x00\x00\x00\x00\x00\xff\x01\x02\x00\xfd\xffokG\xdd\xdcy\x02\x00\x00\x00")
	for i := range whole {
		f.Add(whole[:i])
	}
	f.Add(append(append([]byte{}, whole...), whole...))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := New(Config{Idle: time.Minute, MaxBody: 1000})
		defer c.Close()
		x := &exchange{c: c, limit: 1000, req: Request{Compressed: true}}
		resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Encoding": {"gzip"}},
			ContentLength: int64(len(data)), Body: io.NopCloser(strings.NewReader(string(data)))}
		ended := 0
		b, _, failed := x.open(&hop{ctx: t.Context(), cancel: func(error) {}, resp: resp, host: "registry.example"}, func(verdict) { ended++ })
		if failed == nil {
			out, err := io.ReadAll(b)
			if err == nil && len(data) < len(whole)-5 || len(out) > 1000 {
				t.Errorf("%d bytes became %d, %v", len(data), len(out), err)
			}
			if err != nil && assay.KindOf(err) == assay.Internal {
				t.Errorf("unkind: %v", err)
			}
		}
		if ended != 1 {
			t.Errorf("the end was told %d times", ended)
		}
	})
}

func TestAGzipCutAnywhereIsNoWholeBody(t *testing.T) {
	z := zip(t, []byte(strings.Repeat("a line of text\n", 20)))
	var cut int
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", fmt.Sprint(cut))
		w.Write(z[:cut])
	})
	c := newTestClient(t, nil)
	for cut = 1; cut < len(z); cut++ {
		if _, text, err := get(t, c, Origin{Address: s.URL}, Request{Compressed: true}); err == nil {
			t.Errorf("%d of %d bytes were taken for all: %q", cut, len(z), text)
		}
	}
	mustGet(t, c, Origin{Address: s.URL}, Request{Compressed: true}, strings.Repeat("a line of text\n", 20))
}
