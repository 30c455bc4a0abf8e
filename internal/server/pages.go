package server

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web"
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

// frame is what stands around every page, for whoever asks.
func (f *front) frame(r *http.Request) web.Frame {
	frame := web.Frame{Version: f.server.config.Version, Security: f.server.config.SecurityContact != ""}
	if u, err := url.Parse(f.address()); err == nil {
		frame.Host = u.Host
	}
	if head, err := f.logHead(r.Context()); err == nil {
		frame.Log = &web.LogHead{Size: head.size, Root: head.root}
	}
	return frame
}

// answerPage writes a page that speaks of now, and of what its reader may
// read: no cache keeps it.
func (f *front) answerPage(w http.ResponseWriter, r *http.Request, p framedPage) {
	w.Header().Set("Cache-Control", "no-store")
	f.writePage(w, r, http.StatusOK, p.Write)
}

// answerJSON gives a program what the page would show. It says whether it
// has.
func answerJSON(w http.ResponseWriter, r *http.Request, value any) bool {
	if formFor(r) != asJSON || wildcard(r) {
		return false
	}
	w.Header().Set("Vary", "Accept, Authorization")
	api.WriteJSON(w, http.StatusOK, value)
	return true
}

// wildcard tells whether the asker would take anything: it then gets the
// page, which is what the address names.
func wildcard(r *http.Request) bool {
	return !strings.Contains(strings.Join(r.Header["Accept"], ","), "json")
}

// mayRead tells whether the asker may read packages at all.
func (f *front) mayRead(ctx context.Context) bool {
	return f.anonymous || f.operator || assay.PrincipalOf(ctx).ID != ""
}

// errWhoReads is for who has not said who they are where that is asked.
func errWhoReads() *assay.Error {
	return assay.Errorf(assay.Unauthenticated,
		"this Assay asks who reads it, and this request carries no token: an administrator makes one with assay token create; "+
			"anonymous reading from the network is off, and the operator can allow it with --allow-anonymous-network-reads")
}

// sectionOf is the section that an address lies in.
func sectionOf(path string) web.Section {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "packages":
		return web.Home
	case "why", "decisions":
		return web.Decisions
	case "policy":
		return web.Policy
	case "log":
		return web.Log
	case "scorecard":
		return web.Scorecard
	case "wall":
		return web.Wall
	}
	return web.NoSection
}

// alone refuses what lies below a page that has nothing below it.
func (f *front) alone(w http.ResponseWriter, r *http.Request, path string) bool {
	if r.URL.EscapedPath() == path {
		return true
	}
	f.notFound(w, r)
	return false
}

func (f *front) notFound(w http.ResponseWriter, r *http.Request) {
	f.refuse(w, r, http.StatusNotFound, assay.Errorf(assay.NotFound,
		"nothing is served at %s: %s lists the registries of this Assay", clip(ecosystem.Printable(r.URL.Path), 200), f.address()))
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
	if answerJSON(w, r, explanation) {
		return
	}
	p := why.New(explanation, time.Now())
	about := explanation.Coordinate
	about.File = "" // exceptions are given for versions
	// The decision is explained without this too, so a fault here is no reason
	// to say nothing.
	if view, err := f.server.config.Control.Package(r.Context(), about.String()); err == nil {
		p.Exceptions = exceptionsOf(view.Exceptions)
	} else {
		f.server.log.WarnContext(r.Context(), "the exceptions of a decision are not known", "error", err)
	}
	f.answerPage(w, r, &p)
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

// places lists the registries served, sorted.
func (s *Server) places() []string {
	places := make([]string, 0, len(s.config.Places))
	for place := range s.config.Places {
		places = append(places, place)
	}
	slices.Sort(places)
	return places
}

// status is the answer of the interface's status.
func (f *front) status(ctx context.Context) api.Status {
	s := f.server
	why := s.notReady(ctx)
	return api.Status{
		Instance: s.config.InstanceID,
		Base:     f.address(),
		Started:  s.started,
		Ready:    why == "",
		NotReady: why,
		Places:   s.places(),
	}
}
