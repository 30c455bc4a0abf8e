package upstream

import (
	"context"
	"net/url"
	"time"

	"assay.invalid/internal/assay"
)

// exchange is one request of an asker: all its tries, on all the addresses.
type exchange struct {
	c             *Client
	req           Request
	places        []place         // the main address first
	beside        map[string]bool // sites at which the origin's files are known to lie
	authorization string          // for the main address's site
	secrets       []string
	limit         int64
	targets       []target
	release       func() // frees the slot; called once, at the very end
}

// target is one URL that may answer.
type target struct {
	url     *url.URL
	address string       // the configured address it lies on, "" if none
	breaker *breaker     // nil if it lies on none
	standIn bool         // a mirror asked for a path: only its yes counts
	rest    time.Time    // its own Retry-After: not to be asked before
	spent   bool         // asking it again is of no use
	last    *assay.Error // why it has not answered
}

// aim finds the targets. Errors are of kind Invalid for a path and of kind
// Unsound for a URL.
func (x *exchange) aim() error {
	if x.req.URL != "" {
		u, err := named(x.places[0].base, x.req.URL)
		if err != nil {
			return err
		}
		addQuery(u, x.req.Query)
		t := target{url: u}
		for _, p := range x.places {
			if p.site == siteOf(u) {
				t.address, t.breaker = p.address, x.c.breaker(p.address)
				break
			}
		}
		x.targets = []target{t}
		return nil
	}
	for i, p := range x.places {
		u, err := join(p.base, x.req.Path)
		if err != nil {
			return err
		}
		addQuery(u, x.req.Query)
		x.targets = append(x.targets, target{url: u, address: p.address, breaker: x.c.breaker(p.address), standIn: i > 0})
	}
	return nil
}

func addQuery(u *url.URL, query url.Values) {
	if len(query) == 0 {
		return
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += query.Encode()
}

// run asks the targets in order, in rounds, until one answers. The error is
// that of the first target that has one: the main address's, mostly.
func (x *exchange) run(ctx context.Context) (*Response, *assay.Error) {
	cfg := &x.c.cfg
	for round := 0; ; round++ {
		resp, again := x.round(ctx)
		if resp != nil {
			return resp, nil
		}
		wait := max(cfg.Backoff.delay(round+1), x.rest())
		if !again || round >= cfg.Retries || x.rest() > cfg.MaxRetryAfter {
			return nil, x.last()
		}
		cfg.Log.DebugContext(ctx, "asking upstream again", "host", x.targets[0].url.Host, "round", round+1, "wait", wait, "error", x.last())
		if !sleep(ctx, wait) {
			if stopped, _ := x.stopped(ctx, x.targets[0].url.Host); stopped != nil && stopped.Kind == assay.Canceled {
				return nil, stopped
			}
			return nil, x.last()
		}
	}
}

func (x *exchange) last() *assay.Error {
	for _, t := range x.targets {
		if t.last != nil {
			return t.last
		}
	}
	return assay.Errorf(assay.Internal, "no address of %s was asked", x.targets[0].url.Host)
}

// rest is how long until one of the targets may be asked again, by what they
// said themselves.
func (x *exchange) rest() time.Duration {
	least := longestRetryAfter
	for _, t := range x.targets {
		if !t.spent {
			least = min(least, max(time.Until(t.rest), 0))
		}
	}
	return least
}

// round asks every target once. again says that another round may bring an
// answer.
func (x *exchange) round(ctx context.Context) (resp *Response, again bool) {
	cfg := &x.c.cfg
	for i := range x.targets {
		t := &x.targets[i]
		if t.spent || time.Until(t.rest) > 0 {
			continue
		}
		if t.breaker != nil {
			if ok, wait, failures, cause := t.breaker.allow(cfg.Now()); !ok {
				t.last = assay.Errorf(assay.Unavailable, "%s has failed %d times in a row and is left in peace for a moment; try again in %s (the last time: %s)",
					t.url.Host, failures, brief(max(wait, time.Second)), cause)
				t.last.RetryAfter = wait
				continue
			}
		}
		resp, failed := x.try(ctx, t)
		if failed == nil {
			return resp, false
		}
		x.settle(t, failed.verdict, failed.err.Message)
		t.last = failed.err
		if d := failed.err.RetryAfter; d > 0 {
			t.rest = time.Now().Add(d)
		}
		switch {
		case ctx.Err() != nil || !x.req.idempotent():
			return nil, false
		case failed.again:
			again = true
		case !t.standIn:
			return nil, false
		default:
			t.spent = true
		}
	}
	return nil, again
}

// settle tells the target's breaker how a try ended; cause says what failed.
func (x *exchange) settle(t *target, v verdict, cause string) {
	if t.breaker == nil {
		return
	}
	switch v {
	case sound:
		t.breaker.succeeded()
	case faulty:
		if t.breaker.failed(x.c.cfg.Now(), cause) {
			x.c.cfg.Log.Warn("upstream address is left in peace after failures in a row", "address", t.address, "cooldown", x.c.cfg.Breaker.Cooldown, "error", cause)
		}
	case alive:
		t.breaker.answered()
	case unclear:
		t.breaker.abandoned()
	}
}

// try asks one target and follows its redirects.
func (x *exchange) try(ctx context.Context, t *target) (*Response, *failure) {
	u := t.url
	own := x.owns(u)
	// Once a redirect has led to another site, nothing that was meant for
	// the origin is sent any more, even if a later one leads back: whoever
	// stands between could steer what we ask with our credentials.
	left := false
	for hops := 0; ; hops++ {
		authorization := ""
		if own && !left && siteOf(u) == x.places[0].site {
			authorization = x.authorization
		}
		var resp *Response
		hop, failed := x.ask(ctx, u, x.req.header(&x.c.cfg, own && !left, authorization))
		if failed == nil && !redirects(hop.resp.StatusCode) {
			resp, failed = x.answer(t, hop, left)
		}
		if failed != nil && left && failed.verdict == faulty {
			failed.verdict = alive // somebody else's failure
		}
		if resp != nil || failed != nil {
			return resp, failed
		}
		location := hop.resp.Header.Get("Location")
		x.drain(hop)
		next, err := redirected(u, location)
		switch {
		case err == nil && hops >= max(x.c.cfg.MaxRedirects, 0):
			err = assay.Errorf(assay.Unsound, "%s was redirected more than %d times; check the upstream's address", t.url.Host, max(x.c.cfg.MaxRedirects, 0))
		case err == nil && !x.req.idempotent():
			err = assay.Errorf(assay.Unsound, "%s redirected a %s, which is not followed; set the address it leads to as the upstream's", u.Host, x.req.Method)
		}
		if err != nil {
			err.Status = hop.resp.StatusCode
			return nil, &failure{err: err, verdict: sound}
		}
		if siteOf(next) != siteOf(u) {
			left = true
		}
		u = next
	}
}

// near tells whether a URL lies where the origin's files are known to be.
func (x *exchange) near(u *url.URL) bool { return x.beside[siteOf(u)] }

// owns tells whether a URL lies on the origin or one of its mirrors.
func (x *exchange) owns(u *url.URL) bool {
	site := siteOf(u)
	for _, p := range x.places {
		if p.site == site {
			return true
		}
	}
	return false
}
