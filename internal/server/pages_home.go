package server

import (
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/home"
)

// maxQuery is how many bytes of a search are looked at.
const maxQuery = 500

// latestAtHome is how many refusals and warnings the first page lists.
const latestAtHome = 6

// homePage shows the first page, or the answer to a search.
func (f *front) homePage(w http.ResponseWriter, r *http.Request) {
	if query := r.URL.Query(); query.Has("q") {
		f.found(w, r, api.SearchQuery{
			Text: clipped(strings.TrimSpace(query.Get("q"))), Registry: clipped(query.Get("registry")), After: clipped(query.Get("after")),
		})
		return
	}
	var p home.Page
	if source := f.server.config.Home; source != nil {
		var err error
		if p, err = source.Home(r.Context()); err != nil {
			f.fail(w, r, err)
			return
		}
	}
	// Everybody may see how to set up a client; what others asked for is for
	// readers.
	if b := f.server.config.Control; f.mayRead(r.Context()) {
		traffic, err := b.Traffic(r.Context())
		if err != nil {
			f.fail(w, r, err)
			return
		}
		p.Hour = &home.Hour{From: traffic.From, To: traffic.To, Passed: traffic.Passed, Warned: traffic.Warned, Refused: traffic.Refused, WouldRefuse: traffic.WouldRefuse}
		latest, err := b.Decisions(r.Context(), api.DecisionQuery{Limit: latestAtHome})
		if err != nil {
			f.fail(w, r, err)
			return
		}
		p.Latest = decidedOf(latest.Decisions)
	}
	f.answerPage(w, r, &p)
}

// found answers a search.
func (f *front) found(w http.ResponseWriter, r *http.Request, q api.SearchQuery) {
	if !f.mayRead(r.Context()) {
		f.refuse(w, r, http.StatusUnauthorized, errWhoReads())
		return
	}
	if c, err := assay.ParseCoordinate(q.Text); err == nil && formFor(r) == asHTML {
		// A whole package URL is looked up, whether it is known or not. The
		// path is made anew from its parts, so it leads nowhere else.
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, web.PackagePath(c), http.StatusSeeOther)
		return
	}
	found, err := f.server.config.Control.Search(r.Context(), q)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	if answerJSON(w, r, found) {
		return
	}
	p := home.Results{Query: q.Text, Registry: q.Registry, Places: f.server.places(), After: q.After, Next: found.Next}
	for _, known := range found.Packages {
		p.Found = append(p.Found, home.Found{
			What: web.PURLOf(known.Package), Registry: known.Registry, Hosted: known.Hosted, Description: known.Description,
		})
	}
	f.answerPage(w, r, &p)
}

// clipped bounds a value of a query.
func clipped(s string) string { return s[:min(len(s), maxQuery)] }
