package server

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem"
)

// phrases answers as its path asks.
func phrases(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/refused":
		ecosystem.SetPhrase(r, http.StatusForbidden, "left@1.2.3 is blocked")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "because")
	case "/chunked":
		ecosystem.SetPhrase(r, http.StatusForbidden, "left@1.2.3 is blocked")
		w.WriteHeader(http.StatusForbidden)
		for range 3 {
			io.WriteString(w, strings.Repeat("x", 5000))
			http.NewResponseController(w).Flush()
		}
	case "/body-read":
		body, _ := io.ReadAll(r.Body)
		ecosystem.SetPhrase(r, http.StatusForbidden, "read it all")
		w.WriteHeader(http.StatusForbidden)
		w.Write(body)
	case "/unused":
		ecosystem.SetPhrase(r, http.StatusForbidden, "never to be seen")
		io.WriteString(w, "fine")
	case "/late":
		w.Header().Set("Content-Length", "66")
		w.WriteHeader(http.StatusForbidden)
		http.NewResponseController(w).Flush()
		ecosystem.SetPhrase(r, http.StatusForbidden, "never to be seen")
		// A body that looks like an answer, each in a Write of its own.
		for range 2 {
			io.WriteString(w, "HTTP/1.1 403 Forbidden\r\n\r\n1234567")
			http.NewResponseController(w).Flush()
		}
	case "/forbidden":
		w.WriteHeader(http.StatusForbidden)
	default:
		io.WriteString(w, "plain")
	}
}

func TestPhraseIsSentAndTheConnectionGoesOn(t *testing.T) {
	c := dial(t, start(t, Config{Places: handle(phrases)}).addr)
	steps := []struct{ name, method, path, status, body string }{
		{"a refusal carries its phrase", "GET", "refused", "403 left@1.2.3 is blocked", "because"},
		{"the next answer has its own", "GET", "ok", "200 OK", "plain"},
		{"HEAD carries it too", "HEAD", "refused", "403 left@1.2.3 is blocked", ""},
		{"a refusal without a phrase has the usual one", "GET", "forbidden", "403 Forbidden", ""},
		{"a chunked answer", "GET", "chunked", "403 left@1.2.3 is blocked", strings.Repeat("x", 15000)},
		{"a phrase for another status is not sent", "GET", "unused", "200 OK", "fine"},
		{"and does not stay behind", "GET", "forbidden", "403 Forbidden", ""},
		{"a phrase that comes late leaves the body alone", "GET", "late", "403 Forbidden",
			strings.Repeat("HTTP/1.1 403 Forbidden\r\n\r\n1234567", 2)},
		{"nor does that one stay", "GET", "forbidden", "403 Forbidden", ""},
	}
	for _, step := range steps {
		c.send(step.method + " /npm/" + step.path + " HTTP/1.1\nHost: $HOST\n\n")
		resp, body := c.read(step.method)
		if resp.Status != step.status || body != step.body {
			t.Errorf("%s: got %q with %d bytes %.80q", step.name, resp.Status, len(body), body)
		}
	}
}

func TestPhraseWithPipelinedRequests(t *testing.T) {
	c := dial(t, start(t, Config{Places: handle(phrases)}).addr)
	var all strings.Builder
	want := []string{"403 left@1.2.3 is blocked", "200 OK", "403 Forbidden", "403 left@1.2.3 is blocked", "200 OK"}
	for _, path := range []string{"refused", "ok", "forbidden", "chunked", "unused"} {
		all.WriteString("GET /npm/" + path + " HTTP/1.1\nHost: $HOST\n\n")
	}
	c.send(all.String())
	for i, status := range want {
		if resp, _ := c.read("GET"); resp.Status != status {
			t.Errorf("answer %d: got %q, want %q", i+1, resp.Status, status)
		}
	}
}

func TestPhraseAfterContinue(t *testing.T) {
	c := dial(t, start(t, Config{Places: handle(phrases)}).addr)
	for range 2 {
		c.send("POST /npm/body-read HTTP/1.1\nHost: $HOST\nExpect: 100-continue\nContent-Length: 4\n\n")
		line, err := c.r.ReadString('\n')
		if err != nil || line != "HTTP/1.1 100 Continue\r\n" {
			t.Fatalf("got %q, %v", line, err)
		}
		if line, err = c.r.ReadString('\n'); line != "\r\n" {
			t.Fatalf("after Continue: %q, %v", line, err)
		}
		c.send("body")
		if resp, body := c.read("POST"); resp.Status != "403 read it all" || body != "body" {
			t.Errorf("got %q %q", resp.Status, body)
		}
	}
}

func TestPhraseDoesNotReachAnAnswerWithoutHandler(t *testing.T) {
	c := dial(t, start(t, Config{Places: handle(phrases)}).addr)
	c.send("GET /npm/unused HTTP/1.1\nHost: $HOST\n\n")
	c.read("GET")
	c.send("GET /npm/ok HTTP/1.1\nHost: $HOST\nBad Header\n\n")
	if resp, _ := c.read("GET"); resp.Status != "400 Bad Request" {
		t.Errorf("got %q", resp.Status)
	}
}

func TestPhraseForHTTP10(t *testing.T) {
	addr := start(t, Config{Places: handle(phrases)}).addr
	resp, body := ask(t, addr, "GET /npm/refused HTTP/1.0\nHost: $HOST\n\n")
	if resp.Status != "403 left@1.2.3 is blocked" || body != "because" {
		t.Errorf("got %q %q", resp.Status, body)
	}
}

func TestPhraseOverTLS(t *testing.T) {
	cert, key, pool := selfSigned(t)
	for _, tt := range []struct {
		name   string
		http2  bool
		offers []string
		proto  string
		phrase bool
	}{
		{"HTTP/1.1 alone", false, []string{"http/1.1"}, "http/1.1", true},
		{"HTTP/2 is not spoken unless asked for", false, []string{"h2", "http/1.1"}, "http/1.1", true},
		{"a client without ALPN", true, nil, "", true},
		{"HTTP/1.1 beside HTTP/2 keeps its phrases", true, []string{"http/1.1"}, "http/1.1", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := start(t, Config{Places: handle(phrases), TLSCert: cert, TLSKey: key, HTTP2: tt.http2}).addr
			inner, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: pool, NextProtos: tt.offers})
			if err != nil {
				t.Fatal(err)
			}
			c := wrapClient(t, inner)
			if proto := inner.ConnectionState().NegotiatedProtocol; proto != tt.proto {
				t.Fatalf("negotiated %q", proto)
			}
			for range 2 {
				c.send("GET /npm/refused HTTP/1.1\nHost: $HOST\n\n")
				if resp, body := c.read("GET"); resp.Status != "403 left@1.2.3 is blocked" || body != "because" {
					t.Errorf("got %q %q", resp.Status, body)
				}
			}
		})
	}
}

func TestHTTP2WhenAskedFor(t *testing.T) {
	cert, key, pool := selfSigned(t)
	seen := make(chan bool, 1)
	addr := start(t, Config{TLSCert: cert, TLSKey: key, HTTP2: true, Places: handle(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.TLS != nil
		phrases(w, r)
	})}).addr
	resp, err := http2Client(t, pool).Get("https://" + addr + "/npm/refused")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.ProtoMajor != 2 || resp.StatusCode != http.StatusForbidden || string(body) != "because" || !<-seen {
		t.Errorf("got %s %d %q, %v", resp.Proto, resp.StatusCode, body, err)
	}
}

func http2Client(t *testing.T, pool *x509.CertPool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// brokenConn takes some bytes and then fails.
type brokenConn struct {
	net.Conn
	takes int
	taken bytes.Buffer
}

func (c *brokenConn) Write(p []byte) (int, error) {
	n := min(len(p), c.takes-c.taken.Len())
	c.taken.Write(p[:n])
	if n < len(p) {
		return n, errors.New("the client is gone")
	}
	return n, nil
}

func TestPhraseCountsTheBytesOfTheCaller(t *testing.T) {
	const original = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
	for _, phrase := range []string{"shorter", "much longer than the phrase that stood there"} {
		sent := strings.Replace(original, "Forbidden", phrase, 1)
		for takes := range len(sent) + 1 {
			inner := &brokenConn{takes: takes}
			c := &phrasedConn{Conn: inner}
			c.begin()
			c.set(403, phrase)
			n, err := c.Write([]byte(original))
			if got := inner.taken.String(); got != sent[:takes] {
				t.Fatalf("sent %q, want %q", got, sent[:takes])
			}
			whole := takes == len(sent)
			if (err == nil) != whole || (n == len(original)) != whole || n > len(original) || n < 0 {
				t.Fatalf("with %d of %d bytes taken: n %d of %d, error %v", takes, len(sent), n, len(original), err)
			}
		}
	}
}

func FuzzPhrase(f *testing.F) {
	f.Add("left@1.2.3 is blocked", 403)
	f.Add("split\r\nSet-Cookie: a=b\r\n\r\n<script>", 403)
	f.Add("nul \x00 esc \x1b[31m red", 404)
	f.Add(strings.Repeat("long ", 100), 403)
	f.Add("\n", 403)
	f.Add("caf\u00e9 \u202e reversed", 403)
	f.Fuzz(func(t *testing.T, phrase string, status int) {
		var sent bytes.Buffer
		c := &phrasedConn{Conn: &brokenConn{takes: 1 << 20}}
		c.begin()
		c.set(status, phrase)
		const original = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
		if n, err := c.Write([]byte(original)); n != len(original) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
		sent = c.Conn.(*brokenConn).taken
		line, rest, _ := strings.Cut(sent.String(), "\r\n")
		if rest != "Content-Length: 2\r\n\r\nno" {
			t.Fatalf("the rest of the answer changed: %q", rest)
		}
		got, ok := strings.CutPrefix(line, "HTTP/1.1 403 ")
		if !ok || len(got) > ecosystem.MaxPhrase {
			t.Fatalf("status line %q", line)
		}
		for _, b := range []byte(got) {
			if b < ' ' || b > '~' {
				t.Fatalf("status line %q has byte %#x", line, b)
			}
		}
		resp, err := http.ReadResponse(bufio.NewReader(&sent), nil)
		if err != nil || len(resp.Header) != 1 {
			t.Fatalf("the answer reads as %v, %v", resp, err)
		}
	})
}

// FuzzStatusLine holds that whatever a handler writes, only the phrase of a
// first status line is ever changed.
func FuzzStatusLine(f *testing.F) {
	f.Add([]byte("HTTP/1.1 403 Forbidden\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 403 "))
	f.Add([]byte("HTTP/1.0 403 \r\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, p []byte) {
		inner := &brokenConn{takes: 1 << 30}
		c := &phrasedConn{Conn: inner}
		c.begin()
		c.set(403, "blocked")
		if n, err := c.Write(p); n != len(p) || err != nil {
			t.Fatalf("wrote %d of %d, %v", n, len(p), err)
		}
		got := inner.taken.Bytes()
		if bytes.Equal(got, p) {
			return
		}
		_, end := readStatusLine(p)
		if !bytes.Equal(got, append([]byte(string(p[:startOfPhrase])+"blocked"), p[end:]...)) {
			t.Fatalf("%q became %q", p, got)
		}
	})
}

// selfSigned writes a certificate for 127.0.0.1.
func selfSigned(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, pool
}
