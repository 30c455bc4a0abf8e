package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"assay.invalid/internal/assay"
)

// Prefix is where the interface lies.
const Prefix = "/api/v1/"

// Reach is from where a handler is reached, and so what it lets happen.
type Reach uint8

const (
	// FromNetwork answers the questions that anyone may ask who may read
	// packages: explain, why, and those of Browsing but the preview. Whoever
	// has said who they are may publish what the registry lets them, report
	// what they may read, and see what became of it. Everything else is an
	// administrator's.
	FromNetwork Reach = iota
	// FromSocket answers everything: whoever can open the socket inside the
	// data directory is administrator.
	FromSocket
)

// Handler serves the interface.
type Handler struct {
	// Control does what is asked.
	Control Control
	// Status tells the state of the server.
	Status func(ctx context.Context) Status
	// Reach is FromNetwork unless said otherwise.
	Reach Reach
	// MaxBody bounds a request's body, in bytes; 0 means 1 MiB.
	MaxBody int64
	// MaxUpload bounds what is uploaded, in bytes; 0 means MaxUpload.
	MaxUpload int64
	// Log gets the causes of internal errors; nil discards them.
	Log *slog.Logger
}

// routes are made of the table of operations when the first request comes.
var routes = sync.OnceValue(func() *routing { return newRouting(operations()) })

// ServeHTTP answers one request, whose path begins with Prefix.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, Prefix)
	methods, rest := routes().find(path)
	if !ok || methods == nil {
		writeFailure(w, assay.Errorf(assay.NotFound, "the interface has no %s", r.URL.Path))
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	chosen, ok := methods[method]
	if !ok {
		allowed := make([]string, 0, len(methods)+1)
		for m := range methods {
			allowed = append(allowed, m)
		}
		slices.Sort(allowed)
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		f := NewFailure(assay.Errorf(assay.Invalid, "%s is not answered here: ask with %s", r.Method, strings.Join(allowed, " or ")))
		WriteJSON(w, http.StatusMethodNotAllowed, f)
		return
	}
	if h.Reach == FromNetwork && !chosen.open {
		switch p := assay.PrincipalOf(r.Context()); {
		case p.Admin || chosen.known && p.ID != "":
		case chosen.known:
			writeFailure(w, assay.Errorf(assay.Unauthenticated, "this is answered to whoever says who they are: set ASSAY_TOKEN to a token; any will do"))
			return
		default:
			writeFailure(w, notAdministrator(p))
			return
		}
	}
	answer, err := chosen.do(h, r, rest)
	if err != nil {
		if assay.Is(err, assay.Internal) && h.Log != nil {
			h.Log.ErrorContext(r.Context(), "api request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		writeFailure(w, err)
		return
	}
	if run, ok := answer.(streamed); ok {
		h.stream(w, r, run)
		return
	}
	WriteJSON(w, http.StatusOK, answer)
}

func blocks(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Blocks(r.Context())
}

func block(h *Handler, r *http.Request, _ string) (any, error) {
	var b NewBlock
	if err := h.decode(r, &b); err != nil {
		return nil, err
	}
	return h.Control.Block(r.Context(), b)
}

func unblock(h *Handler, r *http.Request, _ string) (any, error) {
	which, err := parameter(r, "which", "the block's id or its pattern as written")
	if err != nil {
		return nil, err
	}
	return h.Control.Unblock(r.Context(), which)
}

func exceptions(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Exceptions(r.Context())
}

func except(h *Handler, r *http.Request, _ string) (any, error) {
	var e NewException
	if err := h.decode(r, &e); err != nil {
		return nil, err
	}
	return h.Control.Except(r.Context(), e)
}

func unexcept(h *Handler, r *http.Request, _ string) (any, error) {
	which, err := parameter(r, "which", "the exception's id or its package URL")
	if err != nil {
		return nil, err
	}
	return h.Control.Unexcept(r.Context(), which)
}

func explain(h *Handler, r *http.Request, _ string) (any, error) {
	purl, err := parameter(r, "purl", "a package URL such as pkg:npm/lodash@4.17.21")
	if err != nil {
		return nil, err
	}
	return h.Control.Explain(r.Context(), purl)
}

func why(h *Handler, r *http.Request, id string) (any, error) {
	return h.Control.Why(r.Context(), id)
}

func policy(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Policy(r.Context())
}

// policyText is the body of PUT /policy.
type policyText struct {
	Text string `json:"text"`
}

func applyPolicy(h *Handler, r *http.Request, _ string) (any, error) {
	var p policyText
	if err := h.decode(r, &p); err != nil {
		return nil, err
	}
	return h.Control.ApplyPolicy(r.Context(), p.Text)
}

// ruleMode is the body of PUT /policy/mode. Mode is a pointer so that a
// request that leaves it out does not switch a rule by accident.
type ruleMode struct {
	Rule string      `json:"rule"`
	Mode *assay.Mode `json:"mode"`
}

func setMode(h *Handler, r *http.Request, _ string) (any, error) {
	var m ruleMode
	if err := h.decode(r, &m); err != nil {
		return nil, err
	}
	if m.Rule == "" || m.Mode == nil {
		return nil, assay.Errorf(assay.Invalid, "say which rule, and enforce or observe")
	}
	return h.Control.SetMode(r.Context(), m.Rule, *m.Mode)
}

func upstreams(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Upstreams(r.Context())
}

// originList is the body of PUT /upstreams/{place}. An empty list makes the
// place hosted-only; a missing one is a mistake.
type originList struct {
	Origins []Origin `json:"origins"`
}

func setUpstream(h *Handler, r *http.Request, place string) (any, error) {
	var o originList
	if err := h.decode(r, &o); err != nil {
		return nil, err
	}
	if o.Origins == nil {
		return nil, assay.Errorf(assay.Invalid, "say the origins: an empty list means hosted packages only")
	}
	return h.Control.SetUpstream(r.Context(), place, o.Origins)
}

func status(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Status(r.Context()), nil
}

// parameter reads the one value of a query parameter.
func parameter(r *http.Request, name, meaning string) (string, error) {
	values := r.URL.Query()[name]
	if len(values) != 1 || values[0] == "" {
		return "", assay.Errorf(assay.Invalid, "the request must carry %s once: %s", name, meaning)
	}
	return values[0], nil
}

// decode reads a JSON body strictly: unknown, doubled and differently cased
// members are refused, so that a misspelt "until" cannot make a block last
// for ever.
func (h *Handler) decode(r *http.Request, into any) error {
	// A form on a hostile page can send a body, but not with this type,
	// unless the browser asks first; and nobody here says yes.
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || typ != "application/json" {
		return assay.Errorf(assay.Invalid, "the request must be application/json")
	}
	limit := h.MaxBody
	if limit <= 0 {
		limit = 1 << 20
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), err == nil && int64(len(body)) > limit:
		return assay.Errorf(assay.TooLarge, "the request is larger than %d bytes", limit)
	case err != nil:
		return assay.Wrap(assay.Canceled, err, "the request ended early")
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		var inner *assay.Error
		if errors.As(err, &inner) {
			return inner
		}
		return assay.Wrap(assay.Invalid, err, "the request is not understood: %s", plain(err))
	}
	return nil
}

// plain is the part of a decoding error that helps the caller: which member.
func plain(err error) string {
	var e *json.SemanticError
	if errors.As(err, &e) && e.JSONPointer != "" {
		return "see " + string(e.JSONPointer)
	}
	return "it is not the JSON that is expected here"
}
