package assessment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// Check says what a reader of an assessment would ask about: claims without
// evidence, evidence that is old, plans that have run out, capabilities that
// are left out, another catalogue.
//
// The card is what assess.Derive made of a card's findings and this
// assessment's entries; nil without a card. Where its checks found other than
// what is said, that is a Contradiction; where they found the same, nothing
// more is asked for as evidence. Evidence dated after now is a Mistake.
func Check(a *Assessment, cat *catalogue.Catalogue, now time.Time, card []assess.Standing) []Problem {
	if a == nil {
		return nil
	}
	c := &checker{a: a, now: now, standings: map[string]assess.Standing{}}
	for _, s := range card {
		c.standings[s.Capability] = s
	}
	if a.catalogue != cat.Version {
		c.note(Finding, "catalogue", "made against catalogue %s, and this build's is %s: what changed since stands in the catalogue's list of changes", a.catalogue, cat.Version)
	}
	if c.future(a.made) {
		c.note(Mistake, "made", "%s lies in the future", a.made.Format(time.DateOnly))
	}
	for i, l := range a.evidence {
		c.link(fmt.Sprintf("repository.evidence[%d].date", i), l)
	}
	for i, r := range a.reach {
		c.link(fmt.Sprintf("repository.reach[%d].evidence.date", i), r.Evidence)
	}
	for _, k := range cat.All() {
		c.capability = k.ID
		c.entry(k)
	}
	return inOrder(c.problems)
}

type checker struct {
	a          *Assessment
	now        time.Time
	standings  map[string]assess.Standing
	problems   []Problem
	capability string
}

func (c *checker) entry(k catalogue.Capability) {
	path := "capabilities." + k.ID
	e, there := c.a.entries[k.ID]
	applies, _ := c.a.taxonomy.Applies(k.AppliesWhen)
	switch {
	case !there && applies:
		c.note(Finding, path, "is missing: by the taxonomy it applies. If nobody knows, say so with state: unknown")
	case !there:
	case !applies && e.State != assess.NotApplicable && e.State != assess.Unknown:
		c.note(Finding, path+".state", "says %s, and by the taxonomy this does not apply (it is asked of those with %s): take the entry out, or correct the taxonomy", e.State, condition(k.AppliesWhen))
	}
	if !there {
		return
	}
	standing, probed := c.standings[k.ID]
	if probed && standing.Contradicts != "" {
		c.note(Contradiction, path+".state", "says %s, and the checks found %s%s", e.State, standing.State, reasons(standing))
	}
	claims := e.State == assess.Met || e.State == assess.Partial
	found := probed && standing.State == e.State && (standing.Knowledge == assess.Probed || standing.Knowledge == assess.Witnessed)
	switch {
	case !claims || !applies || found || slices.ContainsFunc(e.Evidence, shows):
	case len(e.Evidence) == 0:
		c.note(Finding, path+".evidence", "says %s, and nothing shows it: link a public document, or say where it is", e.State)
	default:
		c.note(Finding, path+".evidence", "says %s, and all that is linked speaks against it: link what shows it, or write another state", e.State)
	}
	if first, _, ok := assess.Span(e.Since); ok && c.future(first) {
		c.note(Mistake, path+".since", "%s lies in the future", e.Since)
	}
	for i, l := range e.Evidence {
		c.link(fmt.Sprintf("%s.evidence[%d].date", path, i), l)
	}
	c.plan(path+".plan", e)
}

// shows says that a document is for the state.
func shows(l assess.Link) bool { return !l.Against }

func (c *checker) link(path string, l assess.Link) {
	first, last, ok := assess.Span(l.Date)
	switch {
	case !ok: // Read lets no such thing through
	case c.future(first):
		c.note(Mistake, path, "%s lies in the future", l.Date)
	case last.AddDate(1, 0, 0).Before(today(c.now)):
		c.note(Finding, path, "%s is more than a year ago: read the document again, and date it anew if it still says so", l.Date)
	}
}

func (c *checker) plan(path string, e assess.Entry) {
	if e.State != assess.Planned {
		return
	}
	if e.Plan == nil {
		c.note(Finding, path, "the state is planned, and there is no plan: by which day, and what it waits for")
		return
	}
	if e.Plan.By == "" {
		c.note(Finding, path, "has no day by which it is to be done: say by: with a date")
		return
	}
	if by, err := time.Parse(time.DateOnly, e.Plan.By); err == nil && by.Before(today(c.now)) {
		c.note(Finding, path+".by", "%s is past: give a new day, or another state", e.Plan.By)
	}
}

// note adds a problem at the path, or where the nearest thing above it
// stands.
func (c *checker) note(s Severity, path, format string, args ...any) {
	at := place{1, 1}
	for p := path; p != ""; {
		if found, ok := c.a.places[p]; ok {
			at = found
			break
		}
		p = p[:max(strings.LastIndexAny(p, ".["), 0)]
	}
	c.problems = append(c.problems, Problem{File: c.a.file, Line: at.line, Column: at.column, Capability: c.capability,
		Severity: s, Message: printable(path + ": " + fmt.Sprintf(format, args...))})
}

// future says that a day has begun nowhere on Earth yet. People write the date
// of their own calendar, and the machine that checks may keep another.
func (c *checker) future(day time.Time) bool { return day.After(c.now.UTC().Add(14 * time.Hour)) }

// today is the beginning of the day that it is.
func today(now time.Time) time.Time {
	y, m, d := now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// reasons are what the checks saw, fit for a terminal: a card is made by
// others.
func reasons(s assess.Standing) string {
	var out []string
	for _, r := range s.Reasons {
		if r = scorecard.Words(r); r != "" {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return ": " + strings.Join(out, "; ")
}
