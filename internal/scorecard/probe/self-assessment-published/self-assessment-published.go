// Package selfassessmentpublished asks whether the repository publishes how
// it stands, in a form that machines read.
//
// Whoever depends on a repository, funds it or compares it should not have to
// gather from many pages what it does and what it does not. A self-assessment
// names the version of its form and of the catalogue it was made against, and
// gives a state for capabilities. Enough is half of the catalogue's: an
// assessment of three things done well says little. Whether its claims are
// true is for the other checks.
package selfassessmentpublished

import (
	"context"
	"fmt"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Address string `json:"address"`
	Stated  bool   `json:"stated"`
	Status  int    `json:"status"`
	// Instead says what stands there if it is no assessment.
	Instead string `json:"instead,omitempty"`
	// Form and Catalogue are the versions that it names.
	Form      string `json:"form,omitempty"`
	Catalogue string `json:"catalogue,omitempty"`
	// Entries is how many capabilities of the catalogue have a state, Of how
	// many it has; Unknown is how many of those states are "unknown", and
	// Foreign how many entries are of no capability or have no known state.
	Entries int `json:"entries"`
	Of      int `json:"of"`
	Unknown int `json:"unknown"`
	Foreign int `json:"foreign,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "self-assessment-published", Kind: scorecard.Probe, Version: 1, Capability: "self-assessment-published",
		Question: "Is there a machine-readable assessment with a state for at least half of the catalogue?",
		Decisive: true, Whole: true,
	}, probe.Within(collect), judge)
}

// states are those that an assessment may give.
var states = map[string]bool{"met": true, "partial": true, "planned": true, "not_met": true, "not_applicable": true, "unknown": true}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	places, stated, err := probe.Places(b, "assessment", "/scorecard/assessment.yaml", "/scorecard/assessment.json")
	if err != nil {
		return Seen{}, err
	}
	p, err := probe.First(ctx, b, places, "application/yaml, application/json;q=0.9, text/plain;q=0.5")
	if err != nil {
		return Seen{}, err
	}
	all, err := catalogue.Current()
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Address: p.URL, Stated: stated, Status: p.Status, Of: len(all.All())}
	if !p.There() && !stated {
		// The place is one of our own choosing: whoever has one elsewhere is
		// not to be told that there is none.
		return Seen{}, scorecard.Unsupported("no address of an assessment is stated, and at the usual place, %s, is none: it answers %d", p.URL, p.Status)
	}
	if !p.There() {
		return seen, nil
	}
	if p.Web() {
		seen.Instead = "is a web page"
		return seen, nil
	}
	f, err := readForm(p.Body)
	if err != nil {
		seen.Instead = scorecard.Words(err.Error())
		return seen, nil
	}
	seen.Form, seen.Catalogue = scorecard.Words(f.version), scorecard.Words(f.catalogue)
	for id, state := range f.states {
		if _, known := all.Capability(id); !known || !states[state] {
			seen.Foreign++
			continue
		}
		seen.Entries++
		if state == "unknown" {
			seen.Unknown++
		}
	}
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	fails := func(format string, args ...any) scorecard.Finding {
		return scorecard.Found(scorecard.Fails, fmt.Sprintf(format, args...))
	}
	switch {
	case s.Status < 200 || s.Status > 299:
		return fails("there is no self-assessment: nothing at %s, which answers %d", s.Address, s.Status)
	case s.Instead != "":
		return fails("there is no self-assessment: what stands at %s %s", s.Address, s.Instead)
	case s.Catalogue == "":
		return fails("the assessment at %s does not say against which version of the catalogue it was made", s.Address)
	case 2*s.Entries < s.Of:
		return fails("the assessment at %s gives a state to %d of %d capabilities, less than half", s.Address, s.Entries, s.Of)
	case 2*(s.Entries-s.Unknown) < s.Of:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the assessment at %s names %d of %d capabilities, but calls %d of them unknown", s.Address, s.Entries, s.Of, s.Unknown))
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("the assessment at %s, made against catalogue %s, gives a state to %d of %d capabilities (%d unknown)", s.Address, s.Catalogue, s.Entries, s.Of, s.Unknown))
}
