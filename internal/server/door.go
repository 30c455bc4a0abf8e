package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"assay.invalid/internal/ecosystem"
)

// door accepts connections, at most so many at a time, and puts the bounds
// of this package around each.
type door struct {
	net.Listener
	room    chan struct{} // holds one for each open connection
	stall   time.Duration
	sources *sources // nil on the socket, whose one source is not counted

	beginnings sync.Pool // of *beginning, for the connections

	closing sync.Once
	closed  chan struct{}
	failed  error
}

func newDoor(ln net.Listener, limits Limits, sources *sources) *door {
	return &door{
		Listener: ln,
		room:     make(chan struct{}, limits.MaxConnections),
		stall:    limits.WriteStall,
		sources:  sources,
		closed:   make(chan struct{}),

		beginnings: sync.Pool{New: func() any { return new(beginning) }},
	}
}

// Accept waits for room, then for a connection. Without the bound, idle
// connections from one machine could use up the file descriptors of all.
func (d *door) Accept() (net.Conn, error) {
	c, err := d.accept()
	if err != nil {
		return nil, err
	}
	return &phrasedConn{Conn: c, spare: &d.beginnings}, nil
}

func (d *door) accept() (*pacedConn, error) {
	select {
	case d.room <- struct{}{}:
	case <-d.closed:
		return nil, net.ErrClosed
	}
	inner, err := d.Listener.Accept()
	if err != nil {
		<-d.room
		return nil, err
	}
	c := &pacedConn{Conn: inner, stall: d.stall, queued: queued, remote: remoteOf(inner)}
	c.closed = func() { <-d.room }
	if d.sources != nil {
		c.source = d.sources.enter(c.remote)
		c.closed = func() {
			d.sources.leave(c.source)
			<-d.room
		}
	}
	return c, nil
}

// Close stops accepting; connections stay.
func (d *door) Close() error {
	d.closing.Do(func() {
		close(d.closed)
		d.failed = d.Listener.Close()
	})
	return d.failed
}

// tlsDoor makes the TLS handshake before net/http sees a connection. Only
// afterwards is it known which protocol the client chose: one that chose
// HTTP/1.1 gets a connection with reason phrases, which net/http would not
// take for TLS, and one that chose HTTP/2 gets net/http's own.
type tlsDoor struct {
	*door
	config  *tls.Config
	timeout time.Duration
	log     *slog.Logger

	ctx     context.Context // ends handshakes under way
	cancel  context.CancelFunc
	ready   chan accepted
	running sync.WaitGroup // the accepting goroutine and each handshake
}

type accepted struct {
	conn net.Conn
	err  error
}

// newTLSDoor starts accepting; Close ends it and waits.
func newTLSDoor(d *door, config *tls.Config, timeout time.Duration, log *slog.Logger) *tlsDoor {
	t := &tlsDoor{door: d, config: config, timeout: timeout, log: log, ready: make(chan accepted)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.running.Go(t.acceptAll)
	return t
}

func (t *tlsDoor) acceptAll() {
	for {
		c, err := t.door.accept()
		if err != nil {
			// The server decides whether to go on: while it does not ask
			// again, neither does this loop.
			if !t.hand(accepted{err: err}) || errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		t.running.Go(func() { t.shake(c) })
	}
}

func (t *tlsDoor) shake(c *pacedConn) {
	ctx, cancel := context.WithTimeout(t.ctx, t.timeout)
	defer cancel()
	secured := tls.Server(c, t.config)
	if err := secured.HandshakeContext(ctx); err != nil {
		t.log.DebugContext(ctx, "tls handshake failed", "error", err)
		c.Close()
		return
	}
	out := accepted{conn: secured}
	if secured.ConnectionState().NegotiatedProtocol != "h2" {
		out.conn = phrasedTLS{phrasedConn: &phrasedConn{Conn: secured}, tls: secured}
	}
	if !t.hand(out) {
		c.Close()
	}
}

// hand gives a connection to Accept, or tells that nobody will take it.
func (t *tlsDoor) hand(a accepted) bool {
	select {
	case t.ready <- a:
		return true
	case <-t.ctx.Done():
		return false
	}
}

// Accept returns the next connection whose handshake is done.
func (t *tlsDoor) Accept() (net.Conn, error) {
	select {
	case a := <-t.ready:
		return a.conn, a.err
	case <-t.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close ends handshakes under way and waits for their goroutines.
func (t *tlsDoor) Close() error {
	t.cancel()
	err := t.door.Close()
	t.running.Wait()
	return err
}

// visit is what is known of a request's connection.
type visit struct {
	phrased *phrasedConn // nil over HTTP/2
	source  *source      // nil on the socket
	remote  netip.Addr
}

type visitKey struct{}

// welcome puts the visit, and the way to set reason phrases, into the
// context of a connection's requests: once a connection, not once a request.
func welcome(ctx context.Context, c net.Conn) context.Context {
	v := &visit{}
	inner := c
	switch known := c.(type) {
	case *phrasedConn:
		v.phrased, inner = known, known.Conn
	case phrasedTLS:
		v.phrased, inner = known.phrasedConn, known.tls
	}
	if secured, ok := inner.(*tls.Conn); ok {
		inner = secured.NetConn()
	}
	if paced, ok := inner.(*pacedConn); ok {
		v.source, v.remote = paced.source, paced.remote
	}
	if v.phrased != nil {
		ctx = ecosystem.WithPhraser(ctx, v.phrased.set)
	}
	return context.WithValue(ctx, visitKey{}, v)
}

// visitOf never returns nil: without a connection of ours, as under a test
// recorder, a visit is one of which nothing is known.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}
