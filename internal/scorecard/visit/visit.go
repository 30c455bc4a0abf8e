// Package visit makes the requests of a scorecard: bounded in time and size,
// only to hosts that the run may visit, each one written down as an exchange.
//
// A subject is not trusted. It may hang, redirect, lie about lengths, close
// early, send without end, or name an address of the network that it wants
// touched; whatever it does becomes a scorecard.Fault. Which host a
// connection goes to is judged when it is dialled, on the address that the
// name led to, because a name can be made to lead elsewhere a moment later.
package visit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"assay.invalid/internal/scorecard"
)

// Limits bound each request.
type Limits struct {
	Within    time.Duration // a request and its whole answer
	Body      int64         // bytes of an answer, after decompression
	Redirects int           // followed ones, within the hosts of the run
}

// Safe are the limits for subjects nobody knows.
func Safe() Limits { return Limits{Within: 5 * time.Second, Body: 16 << 20, Redirects: 3} }

// Config says where a run may go.
type Config struct {
	// Subject are the base addresses of the subject. Its hosts may be asked
	// anything.
	Subject []string
	// Acting says that the run holds trials: then no other host is visited,
	// redirects are not followed, and every address must be of this machine
	// or belong to a host of MayTest.
	Acting  bool
	MayTest []string
	// Roots are trusted for TLS; nil are those of the system.
	Roots *x509.CertPool
	// Proxy is asked which proxy to use; nil is none. It is not asked when
	// the run is acting: a proxy would dial where the guard cannot see.
	Proxy  func(*http.Request) (*url.URL, error)
	Agent  string
	Limits Limits
	Now    func() time.Time
}

// Visitor makes requests. Its records share connections.
type Visitor struct {
	cfg    Config
	hosts  map[string]bool // host:port of the subject
	client *http.Client

	mu  sync.Mutex
	old map[uint16]*http.Client // by newest version of TLS

	proxies proxySet
	first   sync.Map // whether a host of the subject was public at first
}

// New makes a visitor.
func New(cfg Config) *Visitor {
	if cfg.Limits == (Limits{}) {
		cfg.Limits = Safe()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	v := &Visitor{cfg: cfg, hosts: map[string]bool{}, old: map[uint16]*http.Client{}}
	for _, s := range cfg.Subject {
		if u, err := url.Parse(s); err == nil {
			v.hosts[hostPort(u)] = true
		}
	}
	v.client = v.newClient(0)
	return v
}

// Close ends idle connections.
func (v *Visitor) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.client.CloseIdleConnections()
	for _, c := range v.old {
		c.CloseIdleConnections()
	}
}

func (v *Visitor) newClient(maxTLS uint16) *http.Client {
	t := &http.Transport{
		DialContext:           v.dial,
		TLSClientConfig:       &tls.Config{RootCAs: v.cfg.Roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:     maxTLS == 0,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       10 * time.Second,
		ResponseHeaderTimeout: v.cfg.Limits.Within,
		// A header without end would be as good as a body without end.
		MaxResponseHeaderBytes: 256 << 10,
	}
	if maxTLS != 0 {
		// Only ever asked for to learn whether the subject still speaks it;
		// nothing secret goes over such a connection.
		t.TLSClientConfig.MinVersion = tls.VersionTLS10
		t.TLSClientConfig.MaxVersion = maxTLS
		t.DisableKeepAlives = true
	}
	if !v.cfg.Acting && v.cfg.Proxy != nil {
		t.Proxy = v.throughProxy
	}
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // followed one by one, each one judged
	}}
}

func (v *Visitor) clientFor(maxTLS uint16) *http.Client {
	if maxTLS == 0 {
		return v.client
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	c, ok := v.old[maxTLS]
	if !ok {
		c = v.newClient(maxTLS)
		v.old[maxTLS] = c
	}
	return c
}

// dial connects if the address that the name led to may be touched.
func (v *Visitor) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: v.cfg.Limits.Within, ControlContext: nil}
	d.Control = v.guard(host, address)
	return d.DialContext(ctx, network, address)
}

func (v *Visitor) mayTest(host string) bool {
	return slices.ContainsFunc(v.cfg.MayTest, func(h string) bool { return strings.EqualFold(h, host) })
}

// hostPort is an address's host with its port, also where the port goes
// without saying.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// public reports whether an address is one of the open internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLinkLocalUnicast() && !a.IsLoopback() &&
		!netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

func fault(kind scorecard.FaultKind, err error, text string) *scorecard.Fault {
	return &scorecard.Fault{Kind: kind, Text: text, Err: err}
}
