package upstream

import (
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Config holds every limit of a Client. A zero field means the value that
// DefaultConfig gives it.
type Config struct {
	// InstanceID is sent as Assay-Instance with every request, and an answer
	// that carries it is refused: it comes from ourselves. Empty sends none.
	InstanceID string
	// UserAgent is sent with every request.
	UserAgent string

	Dial           time.Duration // name look-up and connection together
	TLS            time.Duration // handshake
	ResponseHeader time.Duration // from the request's last byte to the header's end
	Idle           time.Duration // longest silence within a body
	Total          time.Duration // waiting, retries and body together

	// MaxBody is the most bytes of one body, before and after decompression.
	MaxBody int64
	// MaxHeader is the most bytes of one answer's header.
	MaxHeader int64
	// MaxRedirects is how many redirects are followed; negative means none.
	MaxRedirects int
	// MaxConcurrent is how many requests one origin is asked at once,
	// counted until the body has been read or closed.
	MaxConcurrent int
	// MaxWaiting is how many more may wait for their turn, for each origin;
	// negative means none.
	MaxWaiting int

	// Retries is how many more rounds through the addresses a GET or HEAD
	// gets; negative means none.
	Retries int
	Backoff Backoff
	// MaxRetryAfter is the longest Retry-After that is waited for; a longer
	// one is handed to the asker in the error.
	MaxRetryAfter time.Duration
	Breaker       Breaker

	// Proxy tells the proxy for a request, nil for none; by default the one
	// that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY).
	Proxy func(*http.Request) (*url.URL, error)
	// ExtraHosts are further hosts ("cdn.example" or "cdn.example:8443") that
	// may be asked through a proxy. They are trusted in nothing else.
	ExtraHosts []string
	// Roots are the certificate authorities believed; nil means the system's.
	Roots *x509.CertPool

	// Resolver looks names up; nil means the system's.
	Resolver *net.Resolver
	// PublicAddr replaces the guard's judgement of what is a public address.
	// It exists for tests, which have only loopback addresses to play with.
	PublicAddr func(netip.Addr) bool
	// Now is the clock of the circuit breakers and of Retry-After dates.
	Now func() time.Time
	// Log hears of retries and of breakers that open; nil discards.
	Log *slog.Logger
}

// Backoff is the wait between two rounds: Base, doubled each time up to Max,
// less a random share of at most Jitter (0 to 1), so that many who failed
// together do not come back together.
type Backoff struct {
	Base   time.Duration
	Max    time.Duration
	Jitter float64
}

// Breaker says when an address is left in peace: after so many Failures in
// a row, for the time of Cooldown; then one request tries it.
type Breaker struct {
	Failures int
	Cooldown time.Duration
}

// DefaultConfig returns the safe defaults.
func DefaultConfig() Config {
	return Config{
		UserAgent:      "assay",
		Dial:           10 * time.Second,
		TLS:            10 * time.Second,
		ResponseHeader: 20 * time.Second,
		Idle:           30 * time.Second,
		Total:          30 * time.Minute,
		MaxBody:        2 << 30,
		MaxHeader:      64 << 10,
		MaxRedirects:   5,
		MaxConcurrent:  64,
		MaxWaiting:     1024,
		Retries:        2,
		Backoff:        Backoff{Base: 200 * time.Millisecond, Max: 5 * time.Second, Jitter: 0.5},
		MaxRetryAfter:  5 * time.Second,
		Breaker:        Breaker{Failures: 5, Cooldown: 15 * time.Second},
		Proxy:          http.ProxyFromEnvironment,
		Resolver:       net.DefaultResolver,
		PublicAddr:     isPublic,
		Now:            time.Now,
		Log:            slog.New(slog.DiscardHandler),
	}
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	fill(&c.UserAgent, d.UserAgent)
	fill(&c.Dial, d.Dial)
	fill(&c.TLS, d.TLS)
	fill(&c.ResponseHeader, d.ResponseHeader)
	fill(&c.Idle, d.Idle)
	fill(&c.Total, d.Total)
	fill(&c.MaxBody, d.MaxBody)
	fill(&c.MaxHeader, d.MaxHeader)
	fill(&c.MaxRedirects, d.MaxRedirects)
	fill(&c.MaxConcurrent, d.MaxConcurrent)
	fill(&c.MaxWaiting, d.MaxWaiting)
	fill(&c.Retries, d.Retries)
	fill(&c.Backoff, d.Backoff)
	fill(&c.MaxRetryAfter, d.MaxRetryAfter)
	fill(&c.Breaker.Failures, d.Breaker.Failures)
	fill(&c.Breaker.Cooldown, d.Breaker.Cooldown)
	fill(&c.Resolver, d.Resolver)
	fill(&c.Log, d.Log)
	c.MaxBody = min(max(c.MaxBody, 1), 1<<50) // room for arithmetic
	if c.Proxy == nil {
		c.Proxy = d.Proxy
	}
	if c.PublicAddr == nil {
		c.PublicAddr = d.PublicAddr
	}
	if c.Now == nil {
		c.Now = d.Now
	}
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
