package server

import (
	"crypto/rand"
	"net/http"

	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web/decisions"
)

// decisionsPage lists refusals and warnings.
func (f *front) decisionsPage(w http.ResponseWriter, r *http.Request) {
	if !f.alone(w, r, "/decisions") {
		return
	}
	query := r.URL.Query()
	q := api.DecisionQuery{
		Rule: clipped(query.Get("rule")), Registry: clipped(query.Get("registry")), Effect: clipped(query.Get("effect")), After: clipped(query.Get("after")),
	}
	found, err := f.server.config.Control.Decisions(r.Context(), q)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	if answerJSON(w, r, found) {
		return
	}
	rules, err := f.server.config.Control.Rules(r.Context())
	if err != nil {
		f.fail(w, r, err)
		return
	}
	p := decisions.Page{
		Filter: decisions.Filter{Rule: q.Rule, Registry: q.Registry, Effect: q.Effect},
		After:  q.After, Next: found.Next, Decisions: decidedOf(found.Decisions), Registries: f.server.places(),
	}
	for _, rule := range rules.Rules {
		p.Rules = append(p.Rules, rule.Rule)
	}
	w.Header().Set("Cache-Control", "no-store")
	frame := f.frame(r)
	if p.Live() {
		// A nonce is good for one answer: markup that somebody slips into the
		// page cannot know it.
		frame.Nonce = rand.Text()
	}
	f.writeFramed(w, r, http.StatusOK, frame, p.Write)
}
