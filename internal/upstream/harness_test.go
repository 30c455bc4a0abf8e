package upstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"assay.invalid/internal/assay"
)

// Tests have loopback addresses only: 127.0.0.2 plays the open network, and
// everything else is what it is.
const (
	private1 = "127.0.0.1"
	public2  = "127.0.0.2"
)

func playPublic(addr netip.Addr) bool {
	return addr.Unmap() == netip.MustParseAddr(public2) || isPublic(addr)
}

// newTestClient has small limits and no retries unless changed.
func newTestClient(t *testing.T, change func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		InstanceID: "test-instance", UserAgent: "assay-test",
		Dial: 2 * time.Second, TLS: 2 * time.Second, ResponseHeader: 5 * time.Second,
		Idle: 5 * time.Second, Total: 20 * time.Second,
		MaxBody: 64 << 10, MaxHeader: 8 << 10, MaxRedirects: 3, MaxConcurrent: 4, MaxWaiting: 4,
		Retries: -1, Backoff: Backoff{Base: time.Millisecond, Max: 4 * time.Millisecond, Jitter: 0.5},
		MaxRetryAfter: time.Second, Breaker: Breaker{Failures: 1000, Cooldown: time.Minute},
		Proxy:      func(*http.Request) (*url.URL, error) { return nil, nil },
		PublicAddr: playPublic,
	}
	if change != nil {
		change(&cfg)
	}
	c := New(cfg)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// serveOn runs a server on a loopback address of its own.
func serveOn(t *testing.T, ip string, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	return serveAt(t, l, handler)
}

func serveAt(t *testing.T, l net.Listener, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// listenTwice listens on one port of two addresses.
func listenTwice(t *testing.T, ip1, ip2 string) (l1, l2 net.Listener) {
	t.Helper()
	for range 20 { // the port may be taken on the second
		l1, err := net.Listen("tcp", ip1+":0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, err := net.SplitHostPort(l1.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if l2, err := net.Listen("tcp", net.JoinHostPort(ip2, port)); err == nil {
			return l1, l2
		}
		l1.Close()
	}
	t.Fatalf("no port is free on both %s and %s", ip1, ip2)
	return nil, nil
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	return serveOn(t, private1, handler)
}

// serveRaw answers every request with what write puts on the connection,
// which is then held open until the client or the test ends it, or closed at
// once if write says so.
func serveRaw(t *testing.T, write func(conn net.Conn) (hold bool)) string {
	t.Helper()
	l, err := net.Listen("tcp", private1+":0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
					return
				}
				if !write(conn) {
					return
				}
				gone := make(chan struct{})
				wg.Go(func() {
					io.Copy(io.Discard, conn)
					close(gone)
				})
				select {
				case <-done:
				case <-gone:
				}
				conn.Close()
			})
		}
	})
	return "http://" + l.Addr().String() + "/"
}

// say is a serveRaw answer of fixed text.
func say(hold bool, text string) func(net.Conn) bool {
	return func(conn net.Conn) bool {
		io.WriteString(conn, text)
		return hold
	}
}

func portOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// get asks and reads to the end.
func get(t *testing.T, c *Client, o Origin, r Request) (*Response, string, error) {
	t.Helper()
	resp, err := c.Do(t.Context(), o, r)
	if err != nil {
		if resp != nil {
			t.Error("both an answer and an error")
		}
		return nil, "", err
	}
	text, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); cerr != nil {
		t.Error("closing:", cerr)
	}
	return resp, string(text), err
}

// mustGet asks and expects 200 with the text.
func mustGet(t *testing.T, c *Client, o Origin, r Request, want string) *Response {
	t.Helper()
	resp, text, err := get(t, c, o, r)
	if err != nil {
		t.Fatalf("asking: %v", err)
	}
	if resp.Status != 200 || text != want {
		t.Fatalf("status %d, body %q; want 200, %q", resp.Status, clip(text, 100), clip(want, 100))
	}
	return resp
}

// wantError expects an error of the kind whose public message has the words.
func wantError(t *testing.T, err error, kind assay.Kind, words ...string) *assay.Error {
	t.Helper()
	var e *assay.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *assay.Error; want kind %v", err, kind)
	}
	if e.Kind != kind {
		t.Fatalf("error %v is of kind %v; want %v", err, e.Kind, kind)
	}
	for _, w := range words {
		if !strings.Contains(e.Message, w) {
			t.Errorf("message %q lacks %q", e.Message, w)
		}
	}
	if e.Message != printable(e.Message) {
		t.Errorf("message %q is not printable", e.Message)
	}
	return e
}

// idle checks that every slot of the origin has been freed.
func idle(t *testing.T, c *Client, address string) {
	t.Helper()
	p, err := placeOf(address)
	if err != nil {
		t.Fatal(err)
	}
	g := c.gate(p.address)
	if len(g.slots) != 0 || g.waiting.Load() != 0 {
		t.Errorf("%d slots taken and %d waiting after the end", len(g.slots), g.waiting.Load())
	}
}

// names is a name service on loopback. Each look-up of a name takes the next
// of its answers; the last one stays.
type names struct {
	mu      sync.Mutex
	answers map[string][][]string
}

func (n *names) next(name string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	answers := n.answers[name]
	if len(answers) == 0 {
		return nil
	}
	if len(answers) > 1 {
		n.answers[name] = answers[1:]
	}
	return answers[0]
}

// resolverFor runs a name service that knows the names.
func resolverFor(t *testing.T, answers map[string][][]string) *net.Resolver {
	t.Helper()
	n := &names{answers: answers}
	conn, err := net.ListenPacket("udp", private1+":0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { conn.Close(); wg.Wait() })
	wg.Go(func() {
		buf := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := n.reply(buf[:size]); reply != nil {
				conn.WriteTo(reply, from)
			}
		}
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *names) reply(query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Header.Response, m.Header.RecursionAvailable = true, true
	m.Additionals = nil
	if q.Type == dnsmessage.TypeA {
		addrs := n.next(strings.TrimSuffix(q.Name.String(), "."))
		if len(addrs) == 0 {
			m.Header.RCode = dnsmessage.RCodeNameError
		}
		for _, a := range addrs {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
			})
		}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}
