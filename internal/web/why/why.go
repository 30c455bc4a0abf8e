// Package why is the page behind /why/<id>: what was decided about a
// package, a version or a file, by which rule, for what reason, until when,
// and what the person can do.
package why

import (
	_ "embed" // the template
	"fmt"
	"io"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
)

//go:embed why.html
var source string

var page = web.Parse(source)

// maxVersions is how many versions of a package the page lists.
const maxVersions = 200

// Page is what the page shows.
type Page struct {
	Title      string
	What       string // package URL
	Registry   string
	Effect     string // the word, also the badge's class
	EffectWord string
	Rule       string // "" when no rule decided
	Reason     string
	Until      time.Time // zero: without end
	Left       string    // until then, in words
	Nearest    string    // package URL of the nearest allowed version
	Stale      string    // how old the upstream's answer is, in words
	Advice     []string
	Opinions   []Opinion
	Facts      []assay.Fact
	Versions   []Version
	More       int // versions that are not listed
	Epoch      uint64
}

// Opinion is what one rule said.
type Opinion struct {
	assay.Opinion
	Aside string // why it does not count, if so
}

// Version is one line of a package's versions.
type Version struct {
	Version    string
	Effect     string
	EffectWord string
	Reason     string
	Listed     bool
}

// New makes the page from an explanation, as of now.
func New(e assay.Explanation, now time.Time) Page {
	p := Page{
		What:       e.Coordinate.String(),
		Registry:   e.Registry,
		Effect:     e.Decision.Effect.String(),
		EffectWord: web.EffectWord(e.Decision.Effect),
		Until:      e.Decision.Until,
		Advice:     slices.Clone(e.Advice),
		Facts:      e.Facts,
		Epoch:      e.Epoch,
	}
	short := e.Coordinate.Short()
	switch e.Decision.Effect {
	case assay.Deny:
		p.Title = short + " is refused"
	case assay.Warn:
		p.Title = short + " is allowed, with a warning"
	case assay.Allow:
		p.Title = short + " is allowed"
	default:
		// A package has no decision of its own: its versions have.
		p.Title = short
		p.Effect, p.EffectWord = assay.Nothing.String(), "decided version by version"
	}
	if lead := e.Decision.Lead(); lead != nil {
		p.Rule, p.Reason = lead.Rule, lead.Reason
		if !lead.Until.IsZero() {
			p.Until = lead.Until
		}
		if lead.Remedy != "" && !slices.Contains(p.Advice, lead.Remedy) {
			p.Advice = append(p.Advice, lead.Remedy)
		}
	}
	p.Left = web.Left(p.Until, now)
	if e.Nearest != "" && e.Coordinate.Version != "" {
		p.Nearest = e.Coordinate.At(e.Nearest).String()
	}
	if e.Stale > 0 {
		p.Stale = web.Left(now.Add(time.Duration(e.Stale)*time.Second), now)
	}
	for _, o := range e.Decision.Opinions {
		p.Opinions = append(p.Opinions, Opinion{Opinion: o, Aside: aside(&o)})
	}
	for i := range e.Versions {
		if i == maxVersions {
			p.More = len(e.Versions) - maxVersions
			break
		}
		p.Versions = append(p.Versions, version(&e.Versions[i]))
	}
	return p
}

func aside(o *assay.Opinion) string {
	switch {
	case o.LiftedBy != "":
		return fmt.Sprintf("lifted by exception %s", o.LiftedBy)
	case o.Mode == assay.Observe:
		return "only observed: it does not count"
	}
	return ""
}

func version(v *assay.VersionDecision) Version {
	out := Version{
		Version:    v.Version,
		Effect:     v.Decision.Effect.String(),
		EffectWord: web.EffectWord(v.Decision.Effect),
		Listed:     v.Listed,
	}
	if lead := v.Decision.Lead(); lead != nil && v.Decision.Effect != assay.Allow {
		out.Reason = lead.Rule + ": " + lead.Reason
	}
	return out
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer) error {
	description := "What Assay decided about " + p.What + ", and why."
	return web.Write(w, page, web.Head{Title: p.Title, Description: description}, p)
}
