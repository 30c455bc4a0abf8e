package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

func TestShutdownLosesNothing(t *testing.T) {
	begun, proceed := make(chan struct{}), make(chan struct{})
	run := start(t, Config{
		Limits: Limits{Grace: 5 * time.Second},
		Places: handle(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/idle" {
				return
			}
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "hello")
			http.NewResponseController(w).Flush()
			close(begun)
			<-proceed
			if r.Context().Err() != nil {
				t.Error("the request was given up although there was time")
			}
			io.WriteString(w, "world")
		}),
	})
	idle := dial(t, run.addr)
	idle.send("GET /npm/idle HTTP/1.1\nHost: $HOST\n\n")
	idle.read("GET")
	busy := dial(t, run.addr)
	busy.send("GET /npm/file HTTP/1.1\nHost: $HOST\n\n")
	<-begun
	ended := make(chan error, 1)
	go func() { ended <- run.stop() }()
	// Connections that wait for nothing are closed at once.
	if _, err := io.ReadAll(idle.r); err != nil {
		t.Errorf("an idle connection: %v", err)
	}
	if why := run.server.notReady(t.Context()); why != "stopping" {
		t.Errorf("while it stops it is ready: %q", why)
	}
	if c, err := net.Dial("tcp", run.addr); err == nil {
		c.Close()
		t.Error("it still accepts connections")
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended before the download did: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(proceed)
	if _, body := busy.read("GET"); body != "helloworld" {
		t.Errorf("the download under way got %q", body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsWhatDoesNotEnd(t *testing.T) {
	begun, gone := make(chan struct{}), make(chan error, 1)
	run := start(t, Config{
		Limits: Limits{Grace: 50 * time.Millisecond},
		Places: handle(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "hello")
			http.NewResponseController(w).Flush()
			close(begun)
			<-r.Context().Done()
			time.Sleep(50 * time.Millisecond) // what it was doing is put in order
			gone <- r.Context().Err()
		}),
	})
	c := dial(t, run.addr)
	c.send("GET /npm/file HTTP/1.1\nHost: $HOST\n\n")
	<-begun
	if err := run.stop(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-gone:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	default:
		t.Error("Serve returned before the handler had")
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("half a file looks whole: %q", body)
	}
	if !strings.Contains(run.logs.String(), "requests were cut") {
		t.Error("the log does not say that requests were cut")
	}
}

func TestDrainDelayServesButIsNotReady(t *testing.T) {
	run := start(t, Config{Places: handle(echo), Limits: Limits{DrainDelay: 300 * time.Millisecond}})
	if resp, body := get(t, run.addr, "/readyz"); resp.StatusCode != 200 || body != "ready\n" {
		t.Fatalf("before: %s %q", resp.Status, body)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.stop() }()
	for run.server.notReady(t.Context()) == "" {
		time.Sleep(time.Millisecond)
	}
	if resp, body := get(t, run.addr, "/readyz"); resp.StatusCode != 503 || body != "stopping\n" {
		t.Errorf("while draining: %s %q", resp.Status, body)
	}
	if resp, _ := get(t, run.addr, "/npm/x"); resp.StatusCode != 200 {
		t.Errorf("a request while draining: %s", resp.Status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestReadyAsksTheHouse(t *testing.T) {
	addr := start(t, Config{Ready: func(context.Context) error {
		return assay.Wrap(assay.Unavailable, errors.New("secret path"), "the data directory cannot be written")
	}}).addr
	if resp, body := get(t, addr, "/readyz"); resp.StatusCode != 503 || body != "the data directory cannot be written\n" {
		t.Errorf("got %s %q", resp.Status, body)
	}
	if resp, _ := get(t, addr, "/healthz"); resp.StatusCode != 200 {
		t.Errorf("healthz: %s", resp.Status)
	}
}

// failingListener ends by itself.
type failingListener struct{ net.Listener }

func (failingListener) Accept() (net.Conn, error) { return nil, errors.New("the network is gone") }

func TestAListenerThatFailsIsAnError(t *testing.T) {
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, Config{}, io.Discard)
	if err := s.Serve(t.Context(), failingListener{ln}); !assay.Is(err, assay.Internal) || !strings.Contains(err.Error(), "the network is gone") {
		t.Errorf("got %v", err)
	}
}

func TestTheSocketGivesTheWholeInterface(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, Config{Places: handle(echo), PublicURL: "https://packages.example"}, io.Discard)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.ServeSocket(ctx, ln) }()
	c := api.NewSocketClient(path)
	if blocks, err := c.Blocks(ctx); err != nil || len(blocks) != 0 {
		t.Errorf("blocks: %v, %v", blocks, err)
	}
	if _, err := c.Explain(ctx, "pkg:npm/x"); !assay.Is(err, assay.NotFound) || err.Error() != "nothing is known" {
		t.Errorf("explain: %v", err)
	}
	status, err := c.Status(ctx)
	if err != nil || !status.Ready || status.Instance != "this-instance" || len(status.Places) != 1 {
		t.Errorf("status: %+v, %v", status, err)
	}
	c.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := c.Blocks(t.Context()); !assay.Is(err, assay.Unavailable) {
		t.Errorf("after the end: %v", err)
	}
}

func TestListenSaysWhatIsWrong(t *testing.T) {
	taken, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, tt := range []struct {
		name, address string
		kind          assay.Kind
		says          string
	}{
		{"a port in use", taken.Addr().String(), assay.Conflict, "port " + port + " is already in use"},
		{"no port", "127.0.0.1", assay.Invalid, "host and port"},
		{"a port in letters", "127.0.0.1:http", assay.Invalid, "not a port"},
		{"a port too high", "127.0.0.1:70000", assay.Invalid, "not a port"},
		{"an address of another machine", "192.0.2.1:0", assay.Invalid, "not an address of this machine"},
	} {
		_, err := Listen(t.Context(), tt.address)
		if assay.KindOf(err) != tt.kind || err == nil || !strings.Contains(assay.PublicMessage(err), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestBaseURL(t *testing.T) {
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8417}
	for _, tt := range []struct {
		name, public string
		listen       net.Addr
		tls          bool
		want         string // "" for an error
	}{
		{"the listen address", "", loopback, false, "http://127.0.0.1:8417/"},
		{"with TLS", "", loopback, true, "https://127.0.0.1:8417/"},
		{"IPv6", "", &net.TCPAddr{IP: net.IPv6loopback, Port: 1}, false, "http://[::1]:1/"},
		{"a public URL wins", "https://Packages.example", loopback, false, "https://packages.example/"},
		{"with a slash", "https://packages.example/", loopback, false, "https://packages.example/"},
		{"all interfaces need one", "", &net.TCPAddr{IP: net.IPv6unspecified, Port: 1}, false, ""},
		{"and may have one", "http://packages.example:1", &net.TCPAddr{IP: net.IPv6unspecified, Port: 1}, false, "http://packages.example:1/"},
		{"a path", "https://packages.example/assay", loopback, false, ""},
		{"credentials", "https://me:secret@packages.example", loopback, false, ""},
		{"no scheme", "packages.example", loopback, false, ""},
		{"another scheme", "ftp://packages.example", loopback, false, ""},
		{"no host", "https://:443", loopback, false, ""},
	} {
		got, err := BaseURL(tt.public, tt.listen, tt.tls)
		if got != tt.want || (tt.want == "") != assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", tt.name, err)
		}
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	good := func() Config { return Config{InstanceID: "i", Control: &fakeControl{}} }
	for _, tt := range []struct {
		name string
		bend func(*Config)
		says string
	}{
		{"no instance", func(c *Config) { c.InstanceID = "" }, "instance id"},
		{"a certificate without key", func(c *Config) { c.TLSCert = "cert.pem" }, "its key"},
		{"a certificate that is not there", func(c *Config) { c.TLSCert, c.TLSKey = "no.pem", "no.pem" }, "no.pem"},
		{"HTTP/2 without TLS", func(c *Config) { c.HTTP2 = true }, "over TLS only"},
		{"a public URL with a path", func(c *Config) { c.PublicURL = "https://packages.example/x" }, "at the root"},
		{"a place with a page's name", func(c *Config) { c.Places = map[string]http.Handler{"why": http.NotFoundHandler()} }, "Assay's own"},
		{"a place that needs escaping", func(c *Config) { c.Places = map[string]http.Handler{"n pm": http.NotFoundHandler()} }, "small letters"},
		{"a negative limit", func(c *Config) { c.Limits.Idle = -1 }, "negative"},
	} {
		config := good()
		tt.bend(&config)
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := New(good()); err != nil {
		t.Error(err)
	}
}

func TestTLSHandshakesAreBounded(t *testing.T) {
	cert, key, _ := selfSigned(t)
	run := start(t, Config{TLSCert: cert, TLSKey: key, Places: handle(echo), Limits: Limits{ReadHeader: 100 * time.Millisecond}})
	silent := dial(t, run.addr)
	if _, err := io.ReadAll(silent); err != nil {
		t.Errorf("a client that never begins: %v", err)
	}
	dial(t, run.addr) // one more, under way when the server stops
	began := time.Now()
	if err := run.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("a handshake held the server up for %v", took)
	}
}
