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
	Title    string
	Asked    string // package URL of what the decision is on, a file's too
	What     web.PURL
	Registry string
	Badge    web.Badge
	Rule     string // "" when no rule decided
	Reason   string
	Until    time.Time // zero: without end
	Left     string    // until then, in words
	Nearest  *web.PURL // the nearest allowed version; nil if there is none
	Stale    string    // how old the upstream's answer is, in words
	Advice   []string
	Opinions []web.Opinion
	Facts    []assay.Fact
	// Exceptions are those in force for it; the page is given them.
	Exceptions []web.Exception
	Versions   []Version
	More       int // versions that are not listed
	Epoch      uint64
}

// Version is one line of a package's versions.
type Version struct {
	Version string
	What    web.PURL
	Badge   web.Badge
	Rule    string
	Reason  string
	Listed  bool
}

// New makes the page from an explanation, as of now.
func New(e assay.Explanation, now time.Time) Page {
	p := Page{
		Asked:    e.Coordinate.String(),
		What:     web.PURLOf(e.Coordinate),
		Registry: e.Registry,
		Badge:    web.BadgeOf(e.Decision.Effect),
		Until:    e.Decision.Until,
		Advice:   slices.Clone(e.Advice),
		Facts:    e.Facts,
		Epoch:    e.Epoch,
	}
	if e.Coordinate.Version == "" {
		// A package has no decision of its own: its versions have.
		p.Title, p.Badge = packageTitle(&e), web.Badge{Word: "decided version by version"}
	} else {
		p.Title = Sentence(e.Coordinate, e.Decision.Effect)
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
	for i, line := range p.Advice {
		p.Advice[i] = web.Capital(line)
	}
	p.Left = web.Left(p.Until, now)
	if e.Nearest != "" && e.Coordinate.Version != "" {
		nearest := web.PURLOf(e.Coordinate.At(e.Nearest))
		p.Nearest = &nearest
	}
	if e.Stale > 0 {
		p.Stale = web.Left(now.Add(time.Duration(e.Stale)*time.Second), now)
	}
	for i := range e.Decision.Opinions {
		o := web.OpinionOf(&e.Decision.Opinions[i])
		if slices.Contains(p.Advice, web.Capital(o.Remedy)) {
			o.Remedy = "" // it stands above
		}
		p.Opinions = append(p.Opinions, o)
	}
	for i := range e.Versions {
		if i == maxVersions {
			p.More = len(e.Versions) - maxVersions
			break
		}
		p.Versions = append(p.Versions, version(e.Coordinate, &e.Versions[i]))
	}
	return p
}

// Sentence says what was decided about a version.
func Sentence(c assay.Coordinate, e assay.Effect) string {
	switch e {
	case assay.Deny:
		return c.Short() + " is refused"
	case assay.Warn:
		return c.Short() + " is allowed, with a warning"
	case assay.Allow:
		return c.Short() + " is allowed"
	}
	return c.Short()
}

// packageTitle says how many of a package's versions are refused.
func packageTitle(e *assay.Explanation) string {
	name, denied := e.Coordinate.Short(), 0
	for i := range e.Versions {
		if e.Versions[i].Decision.Denied() {
			denied++
		}
	}
	switch {
	case denied == 0:
		return "No version of " + name + " is refused"
	case denied == len(e.Versions):
		return "Every version of " + name + " is refused"
	}
	verb := "are"
	if denied == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %d versions of %s %s refused", denied, len(e.Versions), name, verb)
}

func version(c assay.Coordinate, v *assay.VersionDecision) Version {
	out := Version{Version: v.Version, What: web.PURLOf(c.At(v.Version)), Badge: web.BadgeOf(v.Decision.Effect), Listed: v.Listed}
	if lead := v.Decision.Lead(); lead != nil && v.Decision.Effect != assay.Allow {
		out.Rule, out.Reason = lead.Rule, lead.Reason
	}
	return out
}

// Refused tells whether the page is the certificate of a no.
func (p *Page) Refused() bool { return p.Badge.Shape == "deny" }

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, page, frame, web.Head{
		Title: p.Title, Description: "What Assay decided about " + p.Asked + ", and why.", Section: web.Decisions,
	}, p)
}
