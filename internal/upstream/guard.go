package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"assay.invalid/internal/assay"
)

// refused is the guard's refusal to connect. Its text is private: an attacker
// who names internal hosts must not learn what they resolve to.
type refused struct {
	host string
	addr string
}

func (r *refused) Error() string {
	return "the address guard refuses " + r.addr + " for " + r.host
}

// carriage is the three ways out of the house, each with its own pool of
// connections: a pooled connection to a private address can then never carry
// a request that is only allowed to reach public ones.
type carriage struct {
	trusted *http.Transport // the origin and its mirrors, dialled directly
	guarded *http.Transport // every other host, public addresses only
	proxied *http.Transport // whatever goes through a proxy, which is dialled
}

type proxyKey struct{}

// errNoProxy stops a request that lost its proxy on the way: going direct
// instead would go round the guard.
var errNoProxy = errors.New("no proxy was chosen for this request")

func newCarriage(cfg *Config) *carriage {
	c := &carriage{
		trusted: newTransport(cfg, admitTrusted),
		guarded: newTransport(cfg, func(host string, addr netip.Addr) bool { return cfg.PublicAddr(addr) }),
		proxied: newTransport(cfg, func(string, netip.Addr) bool { return true }),
	}
	// Whether there is a proxy was decided before, with the list of hosts in
	// hand; the transport is only told.
	c.proxied.Proxy = func(r *http.Request) (*url.URL, error) {
		if proxy, ok := r.Context().Value(proxyKey{}).(*url.URL); ok {
			return proxy, nil
		}
		return nil, errNoProxy
	}
	c.proxied.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, asked *http.Request, resp *http.Response) error {
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		err := assay.Errorf(assay.Unavailable, "the proxy between Assay and %s answered %d %s; ask whoever runs it to let Assay through",
			clip(printable(asked.Host), 200), resp.StatusCode, http.StatusText(resp.StatusCode))
		err.Status = resp.StatusCode
		return err
	}
	c.guarded.MaxIdleConnsPerHost = 8
	return c
}

func withProxy(ctx context.Context, proxy *url.URL) context.Context {
	return context.WithValue(ctx, proxyKey{}, proxy)
}

func (c *carriage) close() {
	c.trusted.CloseIdleConnections()
	c.guarded.CloseIdleConnections()
	c.proxied.CloseIdleConnections()
}

// admitTrusted lets the origin be private. A name that resolves to a
// forbidden address is an attack on the origin's name (or a mistake); whoever
// means such an address writes it out.
func admitTrusted(host string, addr netip.Addr) bool {
	if reachOf(addr) != forbidden {
		return true
	}
	literal, err := netip.ParseAddr(host)
	return err == nil && literal.Unmap().WithZone("") == addr.Unmap().WithZone("")
}

// newTransport makes a transport that asks admit about every address, after
// the name was resolved and before the connection is made, each time.
func newTransport(cfg *Config, admit func(host string, addr netip.Addr) bool) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			dialer := net.Dialer{
				Timeout:  cfg.Dial,
				Resolver: cfg.Resolver,
				// Judging here and not before the look-up is what defeats
				// DNS rebinding: this is the address that is connected to.
				ControlContext: func(_ context.Context, _, target string, _ syscall.RawConn) error {
					ap, err := netip.ParseAddrPort(target)
					if err != nil || !admit(host, ap.Addr()) {
						return &refused{host: host, addr: target}
					}
					return nil
				},
			}
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots},
		TLSHandshakeTimeout:    cfg.TLS,
		ResponseHeaderTimeout:  cfg.ResponseHeader,
		MaxResponseHeaderBytes: cfg.MaxHeader,
		// Decompression without a bound is a bomb's fuse; see body.go.
		DisableCompression:  true,
		Protocols:           protocols,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: cfg.MaxConcurrent,
		IdleConnTimeout:     90 * time.Second,
	}
}
