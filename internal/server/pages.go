package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/home"
	"assay.invalid/internal/web/why"
)

// page lets GET and HEAD through to a page.
func (f *front) page(show http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			f.refuse(w, r, http.StatusMethodNotAllowed, assay.Errorf(assay.Invalid, "this page can only be read"))
			return
		}
		show(w, r)
	})
}

func (f *front) notFound(w http.ResponseWriter, r *http.Request) {
	f.refuse(w, r, http.StatusNotFound, assay.Errorf(assay.NotFound,
		"nothing is served at %s: %s lists the registries of this Assay", clip(ecosystem.Printable(r.URL.Path), 200), f.address()))
}

// homePage shows the setup lines.
func (f *front) homePage(w http.ResponseWriter, r *http.Request) {
	var p home.Page
	if source := f.server.config.Home; source != nil {
		var err error
		if p, err = source.Home(r.Context()); err != nil {
			f.fail(w, r, err)
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	f.writePage(w, r, http.StatusOK, p.Write)
}

// whyPage explains a decision: as a page, or as JSON to a program.
func (f *front) whyPage(w http.ResponseWriter, r *http.Request) {
	id, _ := strings.CutPrefix(r.URL.Path, "/why/")
	if id == "" || strings.Contains(id, "/") || id == r.URL.Path {
		f.refuse(w, r, http.StatusNotFound, assay.Errorf(assay.NotFound,
			"a decision's page is /why/ and its id, as it stands in the refusal"))
		return
	}
	explanation, err := f.server.config.Control.Why(r.Context(), id)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	// It speaks of now: an exception or the end of a cooldown changes it.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Accept")
	if formFor(r) == asJSON && !wildcard(r) {
		api.WriteJSON(w, http.StatusOK, explanation)
		return
	}
	p := why.New(explanation, time.Now())
	f.writePage(w, r, http.StatusOK, p.Write)
}

// wildcard tells whether the asker would take anything: it then gets the
// page, which is what the address names.
func wildcard(r *http.Request) bool {
	return !strings.Contains(strings.Join(r.Header["Accept"], ","), "json")
}

func (f *front) assets(w http.ResponseWriter, r *http.Request) {
	if !web.Assets(w, r) {
		f.notFound(w, r)
	}
}

// fail answers with an error from behind the server, whose private cause
// goes to the log.
func (f *front) fail(w http.ResponseWriter, r *http.Request, err error) {
	if assay.Is(err, assay.Internal) {
		f.server.log.ErrorContext(r.Context(), "request failed", "path", clip(r.URL.Path, 500), "error", err)
	}
	problem := &assay.Error{Kind: assay.KindOf(err), Message: assay.PublicMessage(err)}
	f.refuse(w, r, ecosystem.StatusOf(err), problem)
}

// health says that the process answers, and no more.
func (f *front) health(w http.ResponseWriter, _ *http.Request) {
	writeProbe(w, http.StatusOK, "ok")
}

// readiness says whether to send requests here.
func (f *front) readiness(w http.ResponseWriter, r *http.Request) {
	if why := f.server.notReady(r.Context()); why != "" {
		writeProbe(w, http.StatusServiceUnavailable, why)
		return
	}
	writeProbe(w, http.StatusOK, "ready")
}

func writeProbe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a probe that has gone asks again
}

// notReady says why requests should go elsewhere; "" when they need not.
func (s *Server) notReady(ctx context.Context) string {
	if s.draining.Load() {
		return "stopping"
	}
	if s.config.Ready == nil {
		return ""
	}
	if err := s.config.Ready(ctx); err != nil {
		s.log.WarnContext(ctx, "not ready", "error", err)
		return ecosystem.Printable(assay.PublicMessage(err))
	}
	return ""
}

// status is the answer of the interface's status.
func (f *front) status(ctx context.Context) api.Status {
	s := f.server
	places := make([]string, 0, len(s.config.Places))
	for place := range s.config.Places {
		places = append(places, place)
	}
	slices.Sort(places)
	why := s.notReady(ctx)
	return api.Status{
		Instance: s.config.InstanceID,
		Base:     f.address(),
		Started:  s.started,
		Ready:    why == "",
		NotReady: why,
		Places:   places,
	}
}
