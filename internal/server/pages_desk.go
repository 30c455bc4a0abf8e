package server

import (
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web/desk"
)

// deskPath is the page of what waits for an administrator.
const deskPath = "/admin/desk"

// deskPage shows what is held and what was reported: everything to an
// administrator, to others what they sent themselves.
func (f *front) deskPage(w http.ResponseWriter, r *http.Request) {
	if !f.alone(w, r, deskPath) {
		return
	}
	ctx := r.Context()
	asker := assay.PrincipalOf(ctx)
	if asker.ID == "" {
		f.refuse(w, r, http.StatusUnauthorized, assay.Errorf(assay.Unauthenticated,
			"the desk shows what is held and reported, to administrators and to those who sent it, and this request carries no token: "+
				"send one as the password of Basic, or ask at a terminal with assay held and assay reports"))
		return
	}
	all := r.URL.Query().Get("all") == "yes"
	held, err := f.server.config.Control.Held(ctx, all)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	reports, err := f.server.config.Control.Reports(ctx, all)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	if answerJSON(w, r, map[string]any{"held": held, "reports": reports}) {
		return
	}
	p := desk.Page{Admin: asker.Admin, All: all}
	for _, h := range held {
		p.Held = append(p.Held, desk.Held{
			ID: h.ID, What: purlOf(h.Version), LooksLike: h.Finding.Target, How: h.Finding.Class, By: h.By, At: h.At,
			State: h.State, Appeal: h.Appeal, Answer: h.Answer, From: h.AnsweredBy,
		})
	}
	for _, one := range reports {
		p.Reports = append(p.Reports, desk.Report{
			ID: one.ID, What: purlOf(one.Version), Reason: one.Reason, By: one.By, At: one.At,
			Open: one.Closed.IsZero(), Answer: one.Answer, From: one.AnsweredBy,
		})
	}
	f.answerPage(w, r, &p)
}
