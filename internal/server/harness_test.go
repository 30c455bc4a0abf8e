package server

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// running is a server under test on a real listener.
type running struct {
	server *Server
	addr   string
	logs   *logBuffer
	stop   func() error // ends Serve's context and waits for it
}

// start serves config on a free loopback port until the test ends.
func start(t *testing.T, config Config) *running {
	t.Helper()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, config, ln)
}

func startOn(t *testing.T, config Config, ln net.Listener) *running {
	t.Helper()
	run := &running{addr: ln.Addr().String(), logs: &logBuffer{}}
	run.server = newServer(t, config, run.logs)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run.server.Serve(ctx, ln) }()
	run.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := run.stop(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return run
}

func newServer(t *testing.T, config Config, logs io.Writer) *Server {
	t.Helper()
	if config.InstanceID == "" {
		config.InstanceID = "this-instance"
	}
	if config.Control == nil {
		config.Control = &house{}
	}
	if config.Limits.Grace == 0 {
		config.Limits.Grace = 50 * time.Millisecond
	}
	config.Log = slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// logBuffer collects the log of handlers that run at the same time.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// fakeControl knows one decision.
type fakeControl struct{ api.Control }

const knownWhy = "7f3k-91qd"

func (*fakeControl) Why(_ context.Context, id string) (assay.Explanation, error) {
	if id != knownWhy {
		return assay.Explanation{}, assay.Errorf(assay.NotFound, "no decision has the id %q", id)
	}
	return assay.Explanation{
		Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: "left", Version: "1.2.3"},
		Registry:   "npm",
		Decision: assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{
			{Rule: "block", Effect: assay.Deny, Reason: "prototype pollution"},
		}},
	}, nil
}

func (*fakeControl) Explain(context.Context, string) (assay.Explanation, error) {
	return assay.Explanation{}, assay.Errorf(assay.NotFound, "nothing is known")
}

func (*fakeControl) Blocks(context.Context) ([]api.Block, error) { return []api.Block{}, nil }

// client is a raw connection, for what net/http's client would not send.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return wrapClient(t, c)
}

func wrapClient(t *testing.T, c net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &client{t: t, Conn: c, r: bufio.NewReader(c)}
}

// send writes a request as it stands; $HOST is the address dialled.
func (c *client) send(text string) {
	c.t.Helper()
	text = strings.ReplaceAll(text, "\n", "\r\n")
	text = strings.ReplaceAll(text, "$HOST", c.RemoteAddr().String())
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// read reads one answer to a request of that method, body and all.
func (c *client) read(method string) (*http.Response, string) {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		c.t.Fatalf("reading an answer: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatalf("reading a body: %v", err)
	}
	resp.Body.Close()
	return resp, string(body)
}

// ask sends one request on a connection of its own.
func ask(t *testing.T, addr, request string) (*http.Response, string) {
	t.Helper()
	c := dial(t, addr)
	c.send(request)
	method, _, _ := strings.Cut(request, " ")
	return c.read(method)
}

func get(t *testing.T, addr, path string, header ...string) (*http.Response, string) {
	t.Helper()
	request := "GET " + path + " HTTP/1.1\nHost: $HOST\nConnection: close\n"
	for _, h := range header {
		request += h + "\n"
	}
	return ask(t, addr, request+"\n")
}

func handle(fn http.HandlerFunc) map[string]http.Handler {
	return map[string]http.Handler{"npm": fn}
}
