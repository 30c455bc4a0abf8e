package upstream

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// Client asks origins. It is safe for concurrent use.
type Client struct {
	cfg     Config
	carry   *carriage
	extra   map[string]bool // hosts of Config.ExtraHosts, in lower case
	life    context.Context // ends with Close
	endLife context.CancelCauseFunc

	mu       sync.Mutex // guards what follows
	gates    map[string]*gate
	breakers map[string]*breaker
}

// New returns a client that is ready; zero fields of the configuration mean
// the defaults. Close must be called.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg.withDefaults(), extra: map[string]bool{},
		gates: map[string]*gate{}, breakers: map[string]*breaker{}}
	c.carry = newCarriage(&c.cfg)
	for _, host := range c.cfg.ExtraHosts {
		c.extra[strings.ToLower(host)] = true
	}
	c.life, c.endLife = context.WithCancelCause(context.Background())
	return c
}

// Close cuts the requests under way and closes all connections. Later
// requests fail with Unavailable.
func (c *Client) Close() error {
	c.endLife(errClosing)
	c.carry.close()
	return nil
}

// MirrorHealth is the circuit breaker of one configured address.
type MirrorHealth struct {
	Address  string // ending in a slash
	State    State
	Failures int // in a row
}

// Health tells about every address that has been asked so far, by address.
func (c *Client) Health() []MirrorHealth {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]MirrorHealth, 0, len(c.breakers))
	for address, b := range c.breakers {
		state, failures := b.health()
		out = append(out, MirrorHealth{Address: address, State: state, Failures: failures})
	}
	slices.SortFunc(out, func(a, b MirrorHealth) int { return strings.Compare(a.Address, b.Address) })
	return out
}

// gate returns the gate of an origin, by its main address.
func (c *Client) gate(address string) *gate {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.gates[address]
	if g == nil {
		g = newGate(c.cfg.MaxConcurrent, c.cfg.MaxWaiting)
		c.gates[address] = g
	}
	return g
}

// breaker returns the breaker of a configured address. Hosts that documents
// and redirects name have none: their number has no bound.
func (c *Client) breaker(address string) *breaker {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.breakers[address]
	if b == nil {
		b = newBreaker(c.cfg.Breaker)
		c.breakers[address] = b
	}
	return b
}

// Do asks an origin. It returns a Response for the statuses 200, 304 (to a
// request with validators), 404 and 410, and with AnyStatus for every one
// below 500 that is no redirect. Its Body must be closed.
//
// Everything else is an *assay.Error, with Status set if one was received:
// Unavailable (the origin cannot be reached, fails, refuses us or is being
// left in peace; RetryAfter where known), Unsound (its answer is not what it
// must be, or leads where it must not), TooLarge, Exhausted (too many
// requests wait already), Canceled (the context was), Invalid (the origin or
// request makes no sense).
func (c *Client) Do(ctx context.Context, o Origin, r Request) (*Response, error) {
	x, err := c.prepare(o, r)
	if err != nil {
		return nil, err
	}
	host := x.places[0].base.Host

	ctx, cancel := context.WithCancelCause(ctx)
	ctx, cancelTotal := context.WithTimeoutCause(ctx, c.cfg.Total, errTotal)
	if c.life.Err() != nil {
		cancel(errClosing)
	}
	unhook := context.AfterFunc(c.life, func() { cancel(errClosing) })
	gate := c.gate(x.places[0].address)
	release := func() {
		unhook()
		cancelTotal()
		cancel(errDone)
	}
	if err := gate.enter(ctx, host); err != nil {
		if stopped, _ := x.stopped(ctx, host); stopped != nil {
			err = stopped
		}
		release()
		return nil, err
	}
	x.release = func() {
		gate.leave()
		release()
	}
	resp, failed := x.run(ctx)
	if failed != nil {
		x.release()
		return nil, failed
	}
	return resp, nil
}

// prepare judges the request before anything is asked.
func (c *Client) prepare(o Origin, r Request) (*exchange, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	places, err := placesOf(o)
	if err != nil {
		return nil, err
	}
	x := &exchange{c: c, req: r, places: places, authorization: o.authorization(),
		secrets: o.secrets(), limit: r.limit(&c.cfg), beside: map[string]bool{}}
	for _, address := range o.Beside {
		p, err := placeOf(address)
		if err != nil {
			return nil, err
		}
		x.beside[p.site] = true
	}
	if err := x.aim(); err != nil {
		return nil, err
	}
	return x, nil
}
