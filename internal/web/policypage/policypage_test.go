package policypage

import (
	"slices"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web/webtest"
)

func TestRules(t *testing.T) {
	p := Page{Epoch: 231, Days: 30, Rules: []Rule{
		{Name: "block", Summary: "refuses what 2 blocks name", Reach: &Reach{}},
		{Name: "cooldown", Summary: "holds new versions back for 3 days", Reach: &Reach{Downloads: 1940, Versions: 212, Packages: 97, Principals: 14, Anonymous: 1200}},
		{Name: "install-scripts", Mode: assay.Observe, Summary: "refuses versions that run code", Reach: &Reach{Downloads: 61, Versions: 1, Packages: 1, Anonymous: 61}},
		{Name: "no scripts & <b>", Mode: assay.Observe, Summary: "warns", Reach: &Reach{}},
		{Name: "new", Summary: "refuses nothing"},
	}}
	page := webtest.Check(t, p.Write)
	page.Has("Policy epoch 231",
		"block enforce Refuses what 2 blocks name. In 30 days it refused nothing and warned of nothing.",
		"cooldown enforce Holds new versions back for 3 days. In 30 days it refused or warned of 1,940 downloads of 212 versions of 97 packages. 14 principals asked for them. Nobody is known for 1,200 of them.",
		"install-scripts observe Only observed: it refuses nothing. Enforced, it refuses versions that run code. In 30 days it would have refused or warned of 61 downloads of 1 version of 1 package. Nobody is known for any of them.",
		"no scripts & <b> observe", "In 30 days it would have refused nothing and warned of nothing.",
		"What it did to the traffic of the last days is not known.",
		"install-scripts 61 1 1 0 61", "no scripts & <b> 0 0 0 0 0",
		"assay policy preview policy.yaml", "assay policy apply policy.yaml", "assay policy observe RULE")
	page.Lacks("No rule is on trial")
	if !slices.Contains(page.Links(), "/decisions?rule=no%20scripts%20%26%20%3cb%3e") {
		t.Errorf("the page links to %q", page.Links())
	}
}

func TestNothingOnTrial(t *testing.T) {
	p := Page{Rules: []Rule{{Name: "block", Summary: "refuses nothing"}}}
	webtest.Check(t, p.Write).Has("No rule is on trial.")
	webtest.Check(t, new(Page).Write).Has("No rule is in force.", "No rule is on trial.")
}
