package server

import (
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web/policypage"
)

// policyPage shows the rules in force.
func (f *front) policyPage(w http.ResponseWriter, r *http.Request) {
	if !f.alone(w, r, "/policy") {
		return
	}
	rules, err := f.server.config.Control.Rules(r.Context())
	if err != nil {
		f.fail(w, r, err)
		return
	}
	if answerJSON(w, r, rules) {
		return
	}
	p := policypage.Page{Epoch: rules.Epoch, Days: rules.Days}
	for _, rule := range rules.Rules {
		reach := rule.Enforced
		if rule.Mode == assay.Observe {
			reach = rule.Observed
		}
		p.Rules = append(p.Rules, policypage.Rule{Name: rule.Rule, Mode: rule.Mode, Summary: rule.Summary, Reach: reachOf(reach)})
	}
	f.answerPage(w, r, &p)
}

func reachOf(b *api.Breadth) *policypage.Reach {
	if b == nil {
		return nil
	}
	return &policypage.Reach{Downloads: b.Downloads, Versions: b.Versions, Packages: b.Packages, Principals: b.Principals, Anonymous: b.Anonymous}
}
