// Package policypage is the page of the rules as they are in force: what each
// does, what it did, and what an observed one would have done.
package policypage

import (
	_ "embed" // the template
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
)

//go:embed policypage.html
var source string

var page = web.Parse(source)

// Page is what the page shows.
type Page struct {
	Epoch uint64
	Days  int // over which is counted
	Rules []Rule
}

// Rule is one rule in force.
type Rule struct {
	Name    string
	Mode    assay.Mode
	Summary string // a clause: "holds new versions back for 3 days"
	// Reach is what the rule did, or for an observed one what it would have
	// done; nil where that is not known.
	Reach *Reach
}

// Reach says how far a rule reaches.
type Reach struct {
	Downloads, Versions, Packages, Principals int64
	Anonymous                                 int64 // downloads that nobody is known for
}

// Observed tells whether the rule's word is only recorded.
func (r *Rule) Observed() bool { return r.Mode == assay.Observe }

// ID is where on the page the rule stands.
func (r *Rule) ID() string { return "rule-" + web.Text(strings.Join(strings.Fields(r.Name), "-")) }

// Sentence says what the rule does.
func (r *Rule) Sentence() string {
	if r.Observed() {
		return "Only observed: it refuses nothing. Enforced, it " + r.Summary + "."
	}
	return web.Capital(r.Summary) + "."
}

// Effect says what the rule did, or would have done, in so many days.
func (r *Rule) Effect(days int) string {
	span := "In " + web.Plural(int64(days), "day") + " it "
	switch {
	case r.Reach == nil:
		return "What it did to the traffic of the last days is not known."
	case r.Reach.Downloads == 0 && r.Observed():
		return span + "would have refused nothing and warned of nothing."
	case r.Reach.Downloads == 0:
		return span + "refused nothing and warned of nothing."
	case r.Observed():
		return span + "would have refused or warned of " + r.Reach.words()
	}
	return span + "refused or warned of " + r.Reach.words()
}

func (r *Reach) words() string {
	s := web.Plural(r.Downloads, "download") + " of " + web.Plural(r.Versions, "version") + " of " + web.Plural(r.Packages, "package") + "."
	if r.Principals > 0 {
		s += " " + web.Plural(r.Principals, "principal") + " asked for them."
	}
	switch {
	case r.Anonymous >= r.Downloads:
		s += " Nobody is known for any of them."
	case r.Anonymous > 0:
		s += " Nobody is known for " + web.Number(r.Anonymous) + " of them."
	}
	return s
}

// OnTrial are the observed rules of which it is known what they would have
// done.
func (p *Page) OnTrial() []Rule {
	var trial []Rule
	for _, r := range p.Rules {
		if r.Observed() && r.Reach != nil {
			trial = append(trial, r)
		}
	}
	return trial
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, page, frame, web.Head{
		Title: "What is refused, and why", Description: "The rules in force, what each did, and what the observed ones would have done.", Section: web.Policy,
	}, p)
}
