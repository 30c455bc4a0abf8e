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
	"unicode"
	"unicode/utf8"

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
	switch {
	case e.Coordinate.Version == "":
		// A package has no decision of its own: its versions have.
		p.Title = packageTitle(&e)
		p.Effect, p.EffectWord = assay.Nothing.String(), "decided version by version"
	case e.Decision.Effect == assay.Deny:
		p.Title = short + " is refused"
	case e.Decision.Effect == assay.Warn:
		p.Title = short + " is allowed, with a warning"
	case e.Decision.Effect == assay.Allow:
		p.Title = short + " is allowed"
	default:
		p.Title = short
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
		p.Advice[i] = capital(line)
	}
	p.Left = web.Left(p.Until, now)
	if e.Nearest != "" && e.Coordinate.Version != "" {
		p.Nearest = e.Coordinate.At(e.Nearest).String()
	}
	if e.Stale > 0 {
		p.Stale = web.Left(now.Add(time.Duration(e.Stale)*time.Second), now)
	}
	for _, o := range e.Decision.Opinions {
		if slices.Contains(p.Advice, capital(o.Remedy)) {
			o.Remedy = "" // it stands above
		}
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

// capital makes a clause of a rule the beginning of a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
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
