package server

import (
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/server/api"
)

// HeaderInstance carries the instance id on every request that an Assay
// sends, so that it recognises itself.
const HeaderInstance = "Assay-Instance"

// front answers the requests of one listener: it is the middleware and the
// table of first path segments.
type front struct {
	server *Server
	base   string    // address that clients use, ending in a slash; "" on the socket
	hosts  hostTable // nil on the socket: whoever opens it names no host
	// anonymous tells whether packages may be read without saying who asks.
	anonymous bool
	// hostedReads tells whether that holds for hosted packages too.
	hostedReads bool
	// operator is set on the socket: whoever opened it is, and says nothing.
	operator bool
	routes   map[string]*route // first path segment to handler
	unknown  *route
	active   atomic.Int64 // handlers running
}

// address is the one that clients use. The socket's is the network
// listener's, where there is one.
func (f *front) address() string {
	if known := f.server.base.Load(); f.base == "" && known != nil {
		return *known
	}
	return f.base
}

// route is what a first path segment leads to.
type route struct {
	handler http.Handler
	metrics *routeMetrics
	name    string
	// place routes get the path without its first segment, their answers are
	// bytes from outside, and their sources are counted.
	place bool
	// reads routes tell of packages, and need a reader.
	reads bool
	// probe routes are asked by machines that know only an IP address.
	probe bool
}

// ServeHTTP answers one request.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := f.server
	began := time.Now()
	f.active.Add(1)
	v := visitOf(r.Context())
	if v.phrased != nil {
		v.phrased.begin()
	}
	// The first segment is taken from the path as it was written: decoded,
	// "/npm%2fx" would be a path below /npm, and it is not.
	path := r.URL.EscapedPath()
	rt := f.route(path)
	rt.metrics.inFlight.Inc()
	a := &answer{ResponseWriter: w, id: s.requests.Add(1)}
	switch {
	case r.ProtoMajor >= 2:
		a.stall = s.limits.WriteStall
	case v.phrased != nil && v.phrased.spare != nil && (r.Body == nil || r.Body == http.NoBody):
		// With a body, net/http may be asking for it (100 Continue) while the
		// answer is written.
		a.whole = v.phrased
	}
	defer func() { f.finish(a, r, rt, path, began, recover()) }()
	f.admit(a, r, rt, v)
}

func (f *front) route(path string) *route {
	segment := strings.TrimPrefix(path, "/")
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		segment = segment[:i]
		if segment == "" {
			return f.unknown // "//npm": an empty segment is not home
		}
	}
	if rt := f.routes[segment]; rt != nil && strings.HasPrefix(path, "/") {
		return rt
	}
	return f.unknown
}

// admit makes the checks that hold for every request, then lets it in.
func (f *front) admit(a *answer, r *http.Request, rt *route, v *visit) {
	s := f.server
	protect(a.Header(), rt)
	if ids := r.Header[HeaderInstance]; len(ids) > 0 && slices.Contains(ids, s.config.InstanceID) {
		// Adopted from a package manager that was pointed at us: going on
		// would ask ourselves without end.
		f.refuse(a, r, http.StatusLoopDetected, assay.Errorf(assay.Unavailable,
			"this Assay has been made its own upstream: set the upstream of this registry to another address with assay upstream set"))
		return
	}
	if f.hosts != nil && !rt.probe && !f.hosts.has(r.Host) {
		f.refuse(a, r, http.StatusMisdirectedRequest, assay.Errorf(assay.Invalid,
			"this Assay answers at %s and was asked for %q: use that address, or start it with --public-url set to the one that clients use",
			f.base, clip(ecosystem.Printable(r.Host), 100)))
		return
	}
	source := v.source
	if len(s.config.TrustedProxies) > 0 && s.sources.trusts(v.remote) {
		if _, said := r.Header["X-Forwarded-For"]; said && source != nil {
			source = s.sources.enter(s.sources.behind(v.remote, r.Header))
			defer s.sources.leave(source)
		}
	} else {
		stripForwarded(r.Header)
	}
	if !rt.probe && !f.operator {
		known, principal, err := f.identify(r, source)
		if err != nil {
			f.refuseIdentity(a, r, rt, err)
			return
		}
		// A token that is there and wrong was refused, never taken for none:
		// its owner would see packages vanish and not know why.
		if principal == nil && rt.reads && !f.anonymous {
			if refuser, ok := rt.handler.(ecosystem.Refuser); ok {
				refuser.Refuse(a, r, errWhoReads())
				return
			}
			// No WWW-Authenticate: npm would show that instead of this text.
			f.refuse(a, r, http.StatusUnauthorized, errWhoReads())
			return
		}
		r, a.reads, a.personal = known, rt.reads, principal != nil
	}
	// What comes after has no use for the secret: it must not pass it on to an
	// upstream or write it into a log.
	delete(r.Header, "Authorization")
	most := s.limits.MaxBody
	if isUpload(r, rt) {
		most = s.limits.MaxUpload
	}
	if r.ContentLength > most {
		f.refuse(a, r, http.StatusRequestEntityTooLarge, assay.Errorf(assay.TooLarge,
			"the request carries %d bytes; this Assay takes at most %d", r.ContentLength, most))
		return
	}
	r = boundBody(a.ResponseWriter, r, &s.limits, most)
	if !rt.place {
		rt.handler.ServeHTTP(a, r)
		return
	}
	if source != nil {
		if !s.sources.wait(source) {
			f.refuse(a, r, http.StatusTooManyRequests, &assay.Error{Kind: assay.Exhausted, RetryAfter: time.Second,
				Message: "too many requests from this address wait for an upstream: ask again in a moment, with fewer at a time"})
			return
		}
		a.waiting = source
	}
	a.outside, a.inside = r.URL, belowURL(*r.URL, rt.name)
	r.URL = &a.inside
	rt.handler.ServeHTTP(a, r)
}

// isUpload tells the requests that may carry a package. They are asked for
// with PUT, which no form on a page can send.
func isUpload(r *http.Request, rt *route) bool {
	return r.Method == http.MethodPut && (rt.place || strings.HasPrefix(r.URL.Path, api.UploadPrefix))
}

// mounted is the request as the place sees it: without the first segment, in
// the decoded path and in the path as written, so that an escaped slash in a
// package's name stays one.
func mounted(r *http.Request, place string) *http.Request {
	m := &struct {
		request http.Request
		url     url.URL
	}{request: *r, url: belowURL(*r.URL, place)}
	m.request.URL = &m.url
	return &m.request
}

func belowURL(u url.URL, place string) url.URL {
	// A place's name has one spelling, so both paths begin with it.
	u.Path = below(u.Path, place)
	if u.RawPath != "" {
		u.RawPath = below(u.RawPath, place)
	}
	return u
}

func below(path, place string) string {
	if rest := path[len("/")+len(place):]; rest != "" {
		return rest
	}
	return "/"
}

// The values are shared between all answers, and so never changed.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	inert      = []string{"default-src 'none'; frame-ancestors 'none'; sandbox"}
)

// protect sets the headers that hold unless a handler knows better: what
// comes from outside must not become a page of this origin when somebody
// opens it in a browser. Pages widen the policy to their own style.
func protect(h http.Header, rt *route) {
	h["X-Content-Type-Options"] = nosniff
	h["Content-Security-Policy"] = inert
	if !rt.place {
		h["Referrer-Policy"] = noReferrer
		h["Cross-Origin-Resource-Policy"] = sameOrigin
	}
}

// finish counts and logs the request, whatever became of it.
func (f *front) finish(a *answer, r *http.Request, rt *route, path string, began time.Time, fault any) {
	s := f.server
	if a.outside != nil {
		r.URL = a.outside // the server itself goes by the whole address
	}
	aborted := fault != nil
	if fault != nil && fault != http.ErrAbortHandler {
		s.log.ErrorContext(r.Context(), "request failed by a fault of the server",
			"method", r.Method, "path", path, "request", strconv.FormatUint(a.id, 16), "fault", fault, "stack", string(debug.Stack()))
		if a.status == 0 {
			for name := range a.Header() { // what the handler had meant to say
				delete(a.Header(), name)
			}
			protect(a.Header(), rt)
			f.refuse(a, r, http.StatusInternalServerError, assay.Errorf(assay.Internal,
				"Assay failed to answer; its log says why, under request %x", a.id))
			aborted = false
		}
	}
	a.end()
	took := time.Since(began)
	status := a.status
	if status == 0 {
		status = http.StatusOK // net/http writes it for a handler that wrote nothing
	}
	rt.metrics.inFlight.Dec()
	rt.metrics.count(r.Method, status, a.size, took.Seconds())
	f.logRequest(a, r, path, status, took, aborted)
	f.active.Add(-1)
	if aborted {
		// Cut, so that what was sent so far cannot pass for the whole.
		panic(http.ErrAbortHandler)
	}
}

func (f *front) logRequest(a *answer, r *http.Request, path string, status int, took time.Duration, aborted bool) {
	level := slog.LevelDebug
	switch {
	case status >= 500:
		level = slog.LevelWarn
	case status >= 400 || aborted:
		level = slog.LevelInfo
	}
	ctx := r.Context()
	if !f.server.log.Enabled(ctx, level) {
		return
	}
	f.server.log.LogAttrs(ctx, level, "request",
		slog.String("method", clip(r.Method, 20)),
		slog.String("path", clip(path, 500)),
		slog.Int("status", status),
		slog.Int64("size_bytes", a.size),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.Bool("aborted", aborted),
		slog.String("request", strconv.FormatUint(a.id, 16)),
	)
}

// clip keeps hostile text from filling logs and messages.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}
