package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web/home"
)

// DefaultListen is where a server listens unless told otherwise: only this
// machine can reach it.
const DefaultListen = "127.0.0.1:8417"

// Config is everything a server is made from. The zero value of a field is
// its safe default; only InstanceID and Control have none.
type Config struct {
	// PublicURL is the address that clients use, when it is not the listen
	// address: "https://packages.example". It has no path. Behind a proxy, or
	// on all interfaces, it must be set, because it is never taken from a
	// request.
	PublicURL string
	// Places are the registries: first path segment to the handler of the
	// ecosystem's adapter, which sees the path without that segment.
	Places map[string]http.Handler
	// Control answers the interface, and what the pages ask.
	Control api.Control
	// Journal answers /log/, and sees the path without that segment. It knows
	// itself who may read what; nil leaves the address empty. The page /log
	// reads it as any program does, in the name of whoever asks for the page.
	Journal http.Handler
	// Scorecard is this Assay's own card; nil has none.
	Scorecard Scorecard
	// Wall are many cards side by side; nil has none.
	Wall Wall
	// SecurityContact is where to report a vulnerability of this place:
	// mailto:, https: or tel: and the rest. "" leaves
	// /.well-known/security.txt empty.
	SecurityContact string
	// Version of the program, for the foot of each page; "" says nothing.
	Version string
	// Home answers what the first page shows; nil shows only its frame.
	Home HomeSource
	// Auth knows the tokens of clients on the network; nil knows none, and a
	// request with a token is refused.
	Auth Authenticator
	// AnonymousNetworkReads lets anyone who can reach a listen address that
	// is not loopback read packages. Without it, whoever has no token is
	// answered 401.
	AnonymousNetworkReads bool
	// AnonymousHostedReads lets any user and program of this machine read
	// every hosted package on a loopback address without a token. The go
	// command needs it there: it sends credentials over https only.
	AnonymousHostedReads bool
	// TLSCert and TLSKey are files in PEM form; both or none.
	TLSCert, TLSKey string
	// HTTP2 offers HTTP/2 to clients that choose it, over TLS. It has no
	// reason phrases, which for some package managers is the only channel to
	// the person.
	HTTP2 bool
	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// InstanceID names the data directory. A request that carries it comes
	// from this very server and is answered 508.
	InstanceID string
	// Limits bound what clients may cost; each zero is its default.
	Limits Limits
	// Log gets requests and faults; nil discards them.
	Log *slog.Logger
	// Ready says why the server cannot do its work; nil is always ready.
	Ready func(ctx context.Context) error
	// Registerer and Gatherer are the metrics; both or none. Without them
	// the server keeps its own.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer
}

// HomeSource says what stands on the first page.
type HomeSource interface {
	Home(ctx context.Context) (home.Page, error)
}

// Scorecard shows how this Assay itself was assessed.
type Scorecard interface {
	// Page is the card as the part of a page that stands inside its main
	// element, with a heading of the first level; ok is false while there is
	// no card. It is read often, and so made once.
	Page(ctx context.Context) (card template.HTML, ok bool, err error)
	// File is a file below /scorecard/: card.json, assessment.yaml; ok is
	// false where there is none.
	File(name string) (body []byte, contentType string, ok bool)
}

// Limits bound what one client, and all together, may cost.
type Limits struct {
	ReadHeader     time.Duration // for a whole request header, and a TLS handshake; 10 s
	ReadStall      time.Duration // a client that sends no byte of a body for so long is cut; 30 s
	WriteStall     time.Duration // one that takes no byte for so long is cut; 60 s
	Idle           time.Duration // between two requests of a connection; 2 min
	MaxHeaderBytes int           // of a request; 64 KiB
	MaxBody        int64         // bytes of a request's body; 72 MiB, which holds an npm tarball of 48 MiB in base64
	MaxUpload      int64         // bytes of an upload's body, also by PUT to a place, whose adapter bounds it further; 512 MiB
	MaxConnections int           // at once; more wait to be accepted; 4096
	// ColdPerSource is how many requests of one source may wait for the
	// first byte of their answer at a time. A warm answer begins at once, so
	// this bounds what a source makes upstreams do. A source is an IPv4
	// address or an IPv6 /64. 512.
	ColdPerSource int
	// WrongTokens is how many wrong tokens one source may send at once, and
	// WrongTokenEvery the time in which it may send one more: 30, and 2 s.
	WrongTokens     int
	WrongTokenEvery time.Duration
	// WrongTokenSources is how many sources are told apart in this; 10,000.
	WrongTokenSources int
	// DrainDelay is how long the server goes on as before, but not ready,
	// after it was told to stop: load balancers notice. 0.
	DrainDelay time.Duration
	// Grace is how long requests under way may then take; 30 s.
	Grace time.Duration
}

func (l Limits) withDefaults() Limits {
	l.ReadHeader = cmp.Or(l.ReadHeader, 10*time.Second)
	l.ReadStall = cmp.Or(l.ReadStall, 30*time.Second)
	l.WriteStall = cmp.Or(l.WriteStall, time.Minute)
	l.Idle = cmp.Or(l.Idle, 2*time.Minute)
	l.MaxHeaderBytes = cmp.Or(l.MaxHeaderBytes, 64<<10)
	l.MaxBody = cmp.Or(l.MaxBody, 72<<20)
	l.MaxUpload = cmp.Or(l.MaxUpload, api.MaxUpload)
	l.MaxConnections = cmp.Or(l.MaxConnections, 4096)
	l.ColdPerSource = cmp.Or(l.ColdPerSource, 512)
	l.WrongTokens = cmp.Or(l.WrongTokens, 30)
	l.WrongTokenEvery = cmp.Or(l.WrongTokenEvery, 2*time.Second)
	l.WrongTokenSources = cmp.Or(l.WrongTokenSources, 10000)
	l.Grace = cmp.Or(l.Grace, 30*time.Second)
	return l
}

func (l Limits) check() error {
	if l.ReadHeader < 0 || l.ReadStall < 0 || l.WriteStall < 0 || l.Idle < 0 || l.MaxHeaderBytes < 0 ||
		l.MaxBody < 0 || l.MaxUpload < 0 || l.MaxConnections < 0 || l.ColdPerSource < 0 ||
		l.WrongTokens < 0 || l.WrongTokenEvery < 0 || l.WrongTokenSources < 0 || l.DrainDelay < 0 || l.Grace < 0 {
		return assay.Errorf(assay.Invalid, "a limit of the server is negative: leave it out for its default")
	}
	return nil
}

// check refuses what cannot work, in words.
func (c *Config) check() error {
	if c.InstanceID == "" || c.Control == nil {
		return assay.Errorf(assay.Internal, "a server needs an instance id and a control")
	}
	if (c.Registerer == nil) != (c.Gatherer == nil) {
		return assay.Errorf(assay.Internal, "a server needs a registerer and a gatherer of metrics, or neither")
	}
	if c.PublicURL != "" {
		if _, err := readPublicURL(c.PublicURL); err != nil {
			return err
		}
	}
	if c.SecurityContact != "" {
		if err := checkContact(c.SecurityContact); err != nil {
			return err
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return assay.Errorf(assay.Invalid, "TLS needs a certificate and its key: only one of the two is given")
	}
	if c.HTTP2 && c.TLSCert == "" {
		return assay.Errorf(assay.Invalid, "HTTP/2 is spoken over TLS only: give a certificate and its key, or leave it off")
	}
	for place, handler := range c.Places {
		switch {
		case handler == nil:
			return assay.Errorf(assay.Internal, "the place %q has no handler", place)
		case isReserved(place):
			return assay.Errorf(assay.Invalid, "%q cannot be the name of a registry: the address /%s is Assay's own", place, place)
		case !isPlaceName(place):
			return assay.Errorf(assay.Invalid, "%q cannot be the name of a registry: it takes small letters, digits and hyphens, and begins with a letter", place)
		}
	}
	return c.Limits.check()
}

// isReserved knows the first path segments that are, or will be, pages and
// interfaces, so that no registry has to move later.
func isReserved(segment string) bool {
	switch segment {
	case "account", "admin", "api", "assets", "decisions", "healthz", "log", "metrics",
		"org", "packages", "policy", "readyz", "scorecard", "wall", "why":
		return true
	}
	return false
}

// isPlaceName allows only what needs no escaping in a path, so that a
// segment has one spelling.
func isPlaceName(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && len(s) <= 64
}

// tlsConfig loads the certificate; nil without one.
func (c *Config) tlsConfig() (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the TLS certificate %s and key %s cannot be used", c.TLSCert, c.TLSKey)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{cert},
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
	}
	if c.HTTP2 {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	return config, nil
}
