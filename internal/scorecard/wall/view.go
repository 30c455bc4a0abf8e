package wall

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/render"
)

// dated is a date of a source, and how old it is on the day of the wall.
type dated struct {
	Date, Age string
	// Undated says that the source bears no date: it was read on this one,
	// and what it says may be much older.
	Undated bool
}

// cite is a source as pages show it.
type cite struct {
	dated
	Title, Address, Publisher, Basis, Says string
	Against                                bool
}

// plan is a plan in words.
type plan struct{ Words, Note string }

// row is one capability of one entry as pages show it.
type row struct {
	ID, Title, Colour string
	// Linked says that the catalogue of this build has a page of it.
	Linked        bool
	State         assess.State
	Known         assess.Knowledge
	Since         string
	Contradiction string
	Says, Open    []string
	Plan          *plan
	Cites         []cite
	// Disputed says that one of the sources speaks against the state.
	Disputed bool
	Newest   dated
}

// planned says that there is something still to be done about it, and that
// somebody means to. A plan that is left over where all is done is none.
func (r row) planned() bool {
	return r.State == assess.Planned || r.Plan != nil && r.State != assess.Met && r.State != assess.NotApplicable
}

// degrees are the degrees of knowledge, weakest first.
var degrees = [...]assess.Knowledge{assess.Stated, assess.Documented, assess.Probed, assess.Witnessed}

func (w *Wall) row(c catalogue.Capability, s assess.Standing, linked bool) row {
	out := row{ID: c.ID, Title: render.Plain(c.Title), Colour: string(c.Colour), Linked: linked, State: known(s.State), Since: render.Plain(s.Since)}
	for _, k := range degrees {
		if s.Knowledge == k {
			out.Known = k
		}
	}
	if s.Contradicts != "" {
		out.Contradiction = fmt.Sprintf("It is said to be %s, and the checks found otherwise.", render.StateWord(s.Contradicts))
	}
	out.Says = says(s)
	for _, o := range s.Open {
		out.Open = append(out.Open, render.Plain(o))
	}
	if s.Plan != nil {
		out.Plan = planOf(*s.Plan)
	}
	var newest time.Time
	for _, l := range s.Evidence {
		shown := w.cite(l)
		out.Disputed = out.Disputed || shown.Against
		out.Cites = append(out.Cites, shown)
		if begins, _, ok := assess.Span(l.Date); ok && (newest.IsZero() || begins.After(newest)) {
			// By its first day: a year may have been written in January, and
			// must not hide that a source of July is the newer one.
			newest, out.Newest = begins, shown.dated
		}
	}
	return out
}

// known makes a state that this build does not know an unknown one: a card is
// made by others, and a class name is no place for their words.
func known(s assess.State) assess.State {
	for _, k := range assess.States {
		if s == k {
			return s
		}
	}
	return assess.Unknown
}

// says is what decided a state, and what a reader should know of it.
func says(s assess.Standing) []string {
	var out []string
	if len(s.Protocols) > 0 {
		var parts []string
		for _, e := range slices.Sorted(maps.Keys(s.Protocols)) {
			parts = append(parts, fmt.Sprintf("%s: %s", render.Plain(string(e)), render.StateWord(s.Protocols[e])))
		}
		out = append(out, "Through "+strings.Join(parts, ", ")+".")
	}
	for _, r := range s.Reasons {
		out = append(out, render.Plain(r))
	}
	if s.Note != "" {
		out = append(out, render.Plain(s.Note))
	}
	return out
}

func (w *Wall) cite(l assess.Link) cite {
	out := cite{dated: w.dated(l.Date, l.Undated), Title: render.Plain(l.Title), Publisher: render.Plain(l.Publisher), Basis: render.Plain(string(l.Basis)),
		Says: render.Plain(l.Says), Against: l.Against}
	where := render.Plain(l.Where)
	if webAddress(l.URL) {
		out.Address = l.URL
	} else if l.URL != "" {
		where = render.Plain(l.URL)
	}
	switch {
	case out.Title == "" && out.Address != "":
		out.Title = render.Plain(l.URL)
	case out.Title == "":
		out.Title = where
	case where != "":
		out.Title += ", " + where
	}
	return out
}

// webAddress reports whether an address may become a link: one of another
// scheme could run in the reader's browser.
func webAddress(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// dated says how old a source is on the day of the wall, or how long ago it
// was read.
func (w *Wall) dated(date string, undated bool) dated {
	begins, last, ok := assess.Span(date)
	if !ok {
		return dated{}
	}
	d := dated{Date: date, Age: age(last, w.Date), Undated: undated}
	// A month or a year counts from its last day, which says the least: that it
	// does must be told, or a page of January is new in November.
	switch whole := !begins.Equal(last); {
	case whole && d.Age == fresh && len(date) == len("2026"):
		d.Age = "this year"
		return d
	case whole && d.Age == fresh:
		d.Age = "this month"
		return d
	case whole:
		d.Age = "at least " + d.Age
	}
	if undated {
		if then, old := strings.CutSuffix(d.Age, " old"); old {
			d.Age = then + " ago"
		} else {
			d.Age = ""
		}
	}
	return d
}

// fresh is the age of what is not a day old.
const fresh = "new"

// age is the time between two days as people say it. A month or a year
// counts from its last day, so nothing is called older than it is.
func age(then, now time.Time) string {
	if !then.Before(now) {
		return fresh
	}
	months := (now.Year()-then.Year())*12 + int(now.Month()) - int(then.Month())
	if now.Day() < then.Day() {
		months--
	}
	switch years := months / 12; {
	case months < 1:
		return plural(int(now.Sub(then).Hours()/24), "day", "days") + " old"
	case years < 1:
		return plural(months, "month", "months") + " old"
	case months%12 == 0 || years >= 3:
		return plural(years, "year", "years") + " old"
	default:
		return fmt.Sprintf("%s %s old", plural(years, "year", "years"), plural(months%12, "month", "months"))
	}
}

func planOf(p assess.Plan) *plan {
	parts := []string{"No date is given"}
	if p.By != "" {
		parts[0] = "By " + render.Plain(p.By)
	}
	if p.Weeks > 0 {
		parts = append(parts, weeks(p.Weeks))
	}
	if p.WaitsFor != "" {
		parts = append(parts, "waits for "+waitsFor(p.WaitsFor))
	}
	return &plan{Words: strings.Join(parts, ", ") + ".", Note: render.Plain(p.Note)}
}

// weeks are person-weeks in words.
func weeks(n float64) string {
	if n == 1 {
		return "1 person-week"
	}
	return fmt.Sprintf("%g person-weeks", n)
}

func waitsFor(what string) string {
	if what == "decision" {
		return "a decision"
	}
	return render.Plain(what)
}

// shown is a capability's mark in a strip. Said says that it is only stated.
type shown struct {
	State assess.State
	Said  bool
}

func shownOf(s assess.Standing) shown {
	return shown{known(s.State), s.Knowledge == assess.Stated}
}

// counted counts states in words: "10 met (2 only stated), 1 partial".
func counted(marks []shown) string {
	var parts []string
	for _, s := range assess.States {
		n, said := 0, 0
		for _, have := range marks {
			if have.State != s {
				continue
			}
			if n++; have.Said {
				said++
			}
		}
		switch {
		case said > 0:
			parts = append(parts, fmt.Sprintf("%d %s (%d only stated)", n, render.StateWord(s), said))
		case n > 0:
			parts = append(parts, fmt.Sprintf("%d %s", n, render.StateWord(s)))
		}
	}
	return strings.Join(parts, ", ")
}

// degreesCounted counts how well things are known: "3 probed, 1 stated".
func degreesCounted(rows []row) string {
	var parts []string
	for i := len(degrees) - 1; i >= 0; i-- {
		n := 0
		for _, r := range rows {
			if r.Known == degrees[i] {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, degrees[i]))
		}
	}
	if len(parts) == 0 {
		return "nothing known"
	}
	return strings.Join(parts, ", ")
}

// plural counts: "1 source", "2 sources".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// knownOf is what a badge says: "12 of 87 known".
func (e *Entry) knownOf() string {
	n, m := e.counts()
	return fmt.Sprintf("%d of %d known", n, m)
}

// address is an entry's page, from the root of the site.
func (e *Entry) address() string { return e.stem() + ".html" }

// stem is the address of an entry's files without their end.
func (e *Entry) stem() string {
	if e.Part == Software {
		return "software/" + e.ID
	}
	return "repositories/" + e.ID
}
