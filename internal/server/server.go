package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// Server answers requests on any number of listeners. It is made by New, and
// its methods may be called at the same time.
type Server struct {
	config  Config
	limits  Limits
	log     *slog.Logger
	tls     *tls.Config // nil: plain
	metrics *metrics
	sources *sources
	guesses *guesses
	started time.Time

	requests atomic.Uint64 // the number of the last request
	draining atomic.Bool
	base     atomic.Pointer[string] // of the network listener, for the socket's status
}

// New checks the configuration and makes a server that is ready to Serve.
func New(config Config) (*Server, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	secured, err := config.tlsConfig()
	if err != nil {
		return nil, err
	}
	log := config.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	names := []string{"home", "packages", "why", "decisions", "policy", "log", "scorecard", "wall", "admin", wellKnown, "api", "assets", "healthz", "readyz", "metrics", "unknown"}
	for place := range config.Places {
		names = append(names, place)
	}
	counted, err := newMetrics(config.Registerer, config.Gatherer, names)
	if err != nil {
		return nil, err
	}
	limits := config.Limits.withDefaults()
	return &Server{
		config:  config,
		limits:  limits,
		log:     log,
		tls:     secured,
		metrics: counted,
		sources: newSources(limits.ColdPerSource, config.TrustedProxies),
		guesses: newGuesses(limits),
		started: time.Now().UTC(),
	}, nil
}

// Serve answers on a network listener until ctx ends, and closes it. Then it
// goes on for Limits.DrainDelay without being ready, takes nothing new, and
// gives what is under way Limits.Grace to finish. What is left is cut. It
// returns nil when it was told to stop, and only after every handler has
// returned; an error is a listener that failed or a handler that would not
// end.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	base, err := BaseURL(s.config.PublicURL, ln.Addr(), s.tls != nil)
	if err != nil {
		ln.Close()
		return err
	}
	s.base.Store(&base)
	f := s.newFront(base, api.FromNetwork)
	f.hosts = newHostTable(base, ln.Addr())
	f.anonymous = s.config.AnonymousNetworkReads || isLoopback(ln.Addr())
	f.hostedReads = s.config.AnonymousHostedReads && isLoopback(ln.Addr())
	d := newDoor(ln, s.limits, s.sources)
	if s.tls == nil {
		return s.serve(ctx, d, f)
	}
	return s.serve(ctx, newTLSDoor(d, s.tls, s.limits.ReadHeader, s.log), f)
}

// ServeSocket answers on the socket in the data directory, in the same way.
// Whoever can open it is administrator: the whole interface is served to the
// operator, and neither Host nor token is asked for.
func (s *Server) ServeSocket(ctx context.Context, ln net.Listener) error {
	f := s.newFront("", api.FromSocket)
	f.anonymous, f.operator = true, true
	return s.serve(ctx, newDoor(ln, s.limits, nil), f)
}

// newFront mounts everything for one listener.
func (s *Server) newFront(base string, reach api.Reach) *front {
	f := &front{server: s, base: base, routes: map[string]*route{}}
	mount := func(segment, name string, rt route) {
		rt.name, rt.metrics = name, s.metrics.routes[name]
		f.routes[segment] = &rt
	}
	control := &api.Handler{Control: s.config.Control, Status: f.status, Reach: reach, Log: s.log}
	mount("", "home", route{handler: f.page(f.homePage)})
	mount("packages", "packages", route{handler: f.page(f.packagePage), reads: true})
	mount("why", "why", route{handler: f.page(f.whyPage), reads: true})
	mount("decisions", "decisions", route{handler: f.page(f.decisionsPage), reads: true})
	mount("policy", "policy", route{handler: f.page(f.policyPage), reads: true})
	mount("scorecard", "scorecard", route{handler: f.page(f.scorecardPage)})
	if s.config.Wall != nil {
		mount("wall", "wall", route{handler: f.page(f.wallPage)})
	}
	mount("admin", "admin", route{handler: f.page(f.deskPage)})
	mount(wellKnown, wellKnown, route{handler: f.page(f.securityText)})
	mount("api", "api", route{handler: control, reads: true})
	mount("assets", "assets", route{handler: f.page(f.assets)})
	mount("healthz", "healthz", route{handler: f.page(f.health), probe: true})
	mount("readyz", "readyz", route{handler: f.page(f.readiness), probe: true})
	mount("metrics", "metrics", route{handler: f.page(s.metrics.handle.ServeHTTP), reads: true})
	if s.config.Journal != nil {
		mount("log", "log", route{handler: f.logHandler()})
	}
	for place, handler := range s.config.Places {
		mount(place, place, route{handler: handler, place: true, reads: true})
	}
	f.unknown = &route{handler: http.HandlerFunc(f.notFound), name: "unknown", metrics: s.metrics.routes["unknown"]}
	return f
}

// serve runs one listener to its end.
func (s *Server) serve(ctx context.Context, ln net.Listener, f *front) error {
	// Requests under way outlive ctx until the grace is over.
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	if f.operator {
		requests = assay.WithPrincipal(requests, assay.Operator)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(s.config.HTTP2)
	hs := &http.Server{
		Handler:           f,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ConnContext:       welcome,
		ReadHeaderTimeout: s.limits.ReadHeader,
		IdleTimeout:       s.limits.Idle,
		MaxHeaderBytes:    s.limits.MaxHeaderBytes,
		Protocols:         protocols,
		TLSConfig:         s.tls.Clone(),
		// Broken handshakes and the like: the clients' doing.
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		HTTP2:    &http.HTTP2Config{WriteByteTimeout: s.limits.WriteStall, SendPingTimeout: s.limits.Idle},
	}
	served := make(chan error, 1)
	go func() { served <- hs.Serve(ln) }()
	var failed error
	select {
	case failed = <-served:
		served <- failed // for the wait below
	case <-ctx.Done():
		s.draining.Store(true)
		s.lingerWhileNoticed(served)
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Grace)
	defer stop()
	if err := hs.Shutdown(grace); err != nil {
		s.log.Warn("requests were cut: they were not finished in time", "grace", s.limits.Grace, "requests", f.active.Load())
	}
	cut()
	hs.Close()
	<-served
	if err := f.waitForHandlers(); err != nil {
		return err
	}
	if failed != nil && !errors.Is(failed, http.ErrServerClosed) {
		return assay.Wrap(assay.Internal, failed, "the listener failed")
	}
	return nil
}

// lingerWhileNoticed goes on serving, not ready, so that load balancers turn
// away before connections are refused.
func (s *Server) lingerWhileNoticed(served chan error) {
	if s.limits.DrainDelay <= 0 {
		return
	}
	timer := time.NewTimer(s.limits.DrainDelay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case err := <-served:
		served <- err
	}
}

// handlerEnd is how long a handler whose connection is gone may take to
// notice.
const handlerEnd = 5 * time.Second

// waitForHandlers waits until nothing runs any more that might use what the
// caller is about to close.
func (f *front) waitForHandlers() error {
	deadline := time.Now().Add(handlerEnd)
	for f.active.Load() > 0 {
		if time.Now().After(deadline) {
			return assay.Errorf(assay.Internal, "%d requests did not end after their connections were cut", f.active.Load())
		}
		time.Sleep(2 * time.Millisecond)
	}
	return nil
}
