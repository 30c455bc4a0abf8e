package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/feed"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// Pages is what the handler of /log/ is made from.
type Pages struct {
	// Sequencer is the log that is served, Files its files.
	Sequencer *Sequencer
	Files     Files
	// Public shows the log to everybody: the times, kinds and ecosystems of
	// all events, private ones too, but no names. Without it only
	// administrators see it.
	Public bool
	// MayRead says whether an asker may read an event's body; nil means
	// MayReadSubject.
	MayRead func(p assay.Principal, r store.LogRecord) bool
	// Stopping is closed when the server begins to stop, and ends the live
	// feeds; nil never is.
	Stopping <-chan struct{}
	// MaxFeeds bounds the live feeds at a time; 0 means 256.
	MaxFeeds int
	// Alive is how often a live feed without news sends a sign of life; 0
	// means 15 s.
	Alive time.Duration
	// Log gets faults; nil discards them.
	Log *slog.Logger
}

// MayReadSubject is the rule for bodies: administrators read all, others
// those of the packages that they may read. An event about no package, such
// as a token's making, is for administrators.
func MayReadSubject(p assay.Principal, r store.LogRecord) bool {
	if p.Admin {
		return true
	}
	subject, _, err := readBody(&r)
	return err == nil && subject.Name != "" && p.MayRead(subject.Ecosystem, subject.Name)
}

// Handler serves the log. It is mounted with /log stripped:
//
//	checkpoint                           the newest, C2SP tlog-checkpoint
//	checkpoint.cosigned                  the newest that has a cosignature
//	tile/<L>/<N>, tile/entries/<N>       C2SP tlog-tiles
//	key                                  the verifier key
//	entry/<index>                        a proof that stands alone, as JSON
//	feed?from=<index>                    what there is from there on, as NDJSON
//	feed?from=<index>&follow=true        and what comes, until one of both ends
//	feed (Accept: text/event-stream)     the same as server-sent events
func Handler(pages Pages) http.Handler {
	pages.MaxFeeds = cmp.Or(pages.MaxFeeds, 256)
	if pages.MayRead == nil {
		pages.MayRead = MayReadSubject
	}
	if pages.Log == nil {
		pages.Log = slog.New(slog.DiscardHandler)
	}
	return &handler{Pages: pages, feeds: make(chan struct{}, pages.MaxFeeds)}
}

type handler struct {
	Pages
	feeds chan struct{} // one token for each live feed
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := h.serve(w, r); err != nil {
		h.refuse(w, r, err)
	}
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return assay.Errorf(assay.Invalid, "the log is only read: use GET")
	}
	if err := h.admit(w, r); err != nil {
		return err
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	index, isEntry := strings.CutPrefix(path, "entry/")
	switch {
	case path == fileCheckpoint:
		signed, err := h.Sequencer.Checkpoint()
		if err != nil {
			return err
		}
		h.mutable(w)
		return write(w, "text/plain; charset=utf-8", signed)
	case path == fileCosigned:
		signed, err := h.Files.Get(r.Context(), fileCosigned)
		if assay.Is(err, assay.NotFound) {
			return assay.Errorf(assay.NotFound, "no checkpoint of this log has a cosignature yet")
		}
		if err != nil {
			return err
		}
		h.mutable(w)
		return write(w, "text/plain; charset=utf-8", signed)
	case path == "key":
		h.mutable(w)
		return write(w, "text/plain; charset=utf-8", []byte(h.Sequencer.VerifierKey()+"\n"))
	case strings.HasPrefix(path, "tile/"):
		return h.tile(w, r, path)
	case isEntry:
		return h.entry(w, r, index)
	case path == "feed":
		return h.feed(w, r)
	}
	return assay.Errorf(assay.NotFound, "the log has checkpoint, tile/, entry/<index>, feed and key")
}

// admit lets in whom the log is for. Answers that depend on who asks are not
// for shared caches.
func (h *handler) admit(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Authorization")
	asker := assay.PrincipalOf(r.Context())
	switch {
	case h.Public || asker.Admin:
		return nil
	case asker.ID == "":
		return assay.Errorf(assay.Unauthenticated, "the log is for administrators: send an administrator's token, or have log.public switched on")
	}
	return assay.Errorf(assay.Forbidden, "the log is for administrators, and this token is not one's")
}

func (h *handler) mutable(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", h.audience()+", no-cache")
}

func (h *handler) audience() string {
	if h.Public {
		return "public"
	}
	return "private"
}

// tile serves a tile or bundle. A path never changes its bytes, so it may be
// kept for ever. A partial tile that has given way to the full one is cut
// from it, so that a client with a slightly older checkpoint goes on.
func (h *handler) tile(w http.ResponseWriter, r *http.Request, path string) error {
	tile, err := tlog.ParsePath(path)
	if err != nil {
		return err
	}
	data, err := h.Files.Get(r.Context(), tile.Path())
	if assay.Is(err, assay.NotFound) && tile.Width < tlog.Width {
		if data, err = h.Files.Get(r.Context(), tile.Full().Path()); err == nil {
			data, err = cut(data, tile)
		}
	}
	if assay.Is(err, assay.NotFound) {
		return assay.Errorf(assay.NotFound, "the log has no tile %s: it is not that large, or a larger partial tile is there", path)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", h.audience()+", max-age=31536000, immutable")
	return write(w, "application/octet-stream", data)
}

func (h *handler) entry(w http.ResponseWriter, r *http.Request, text string) error {
	index, err := strconv.ParseUint(text, 10, 62)
	if err != nil {
		return assay.Errorf(assay.Invalid, "%q is no index of the log: write the number of an entry, counted from 0", text)
	}
	proof, err := h.Sequencer.Prove(r.Context(), int64(index), h.mayRead(r.Context()))
	if err != nil {
		return err
	}
	body, err := json.Marshal(proof)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "writing the proof of entry %d", index)
	}
	// What is in it depends on who asks.
	w.Header().Set("Cache-Control", "private, no-cache")
	return write(w, "application/json", append(body, '\n'))
}

func (h *handler) mayRead(ctx context.Context) func(store.LogRecord) bool {
	asker := assay.PrincipalOf(ctx)
	return func(r store.LogRecord) bool { return h.MayRead(asker, r) }
}

func (h *handler) feed(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	from, err := feed.Start(query.Get("from"), r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	events := strings.Contains(r.Header.Get("Accept"), feed.SSE)
	follow := events || query.Get("follow") == "true"
	if follow {
		select {
		case h.feeds <- struct{}{}:
			defer func() { <-h.feeds }()
		default:
			return &assay.Error{Kind: assay.Exhausted, Message: "too many live feeds are open: read without follow, or try again later", RetryAfter: time.Minute}
		}
	}
	form, encode := feed.NDJSON, feed.WriteNDJSON
	if events {
		form, encode = feed.SSE, feed.WriteSSE
	}
	w.Header().Set("Content-Type", form)
	w.Header().Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	out := http.NewResponseController(w)
	send := func(items []feed.Item) error {
		if err := encode(w, items); err != nil {
			return err
		}
		return out.Flush()
	}
	reader := &feed.Reader{Source: h.Sequencer, MayRead: h.mayRead(r.Context()), Alive: h.Alive}
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	if follow {
		if err = out.Flush(); err == nil { // the client learns that it is connected
			unhook := stopWith(ctx, h.Stopping, stop)
			err = reader.Tail(ctx, from, send)
			stop()
			unhook()
		}
	} else {
		_, err = reader.Read(ctx, from, send)
	}
	if err != nil {
		if r.Context().Err() == nil {
			h.Log.Warn("a feed of the log was cut", "error", err)
		}
		// The status is sent; only a broken connection says that this is not
		// the end.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// stopWith calls stop when stopping is closed. The function it returns waits
// until it has let go; the context must have ended by then.
func stopWith(ctx context.Context, stopping <-chan struct{}, stop func()) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-stopping:
			stop()
		case <-ctx.Done():
		}
	}()
	return func() { <-done }
}

func write(w http.ResponseWriter, contentType string, body []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	// A client that has gone needs no answer.
	_, _ = w.Write(body)
	return nil
}

// refuse renders an error as text, and logs those that are our fault.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	switch assay.KindOf(err) {
	case assay.Invalid:
		status = http.StatusBadRequest
		if w.Header().Get("Allow") != "" {
			status = http.StatusMethodNotAllowed
		}
	case assay.NotFound:
		status = http.StatusNotFound
	case assay.Unauthenticated:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", "Bearer")
	case assay.Forbidden:
		status = http.StatusForbidden
	case assay.Exhausted:
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "60")
	case assay.Canceled:
		return // nobody reads it
	default:
		h.Log.Error("the log could not be served", "path", r.URL.Path, "error", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, assay.PublicMessage(err), status)
}
