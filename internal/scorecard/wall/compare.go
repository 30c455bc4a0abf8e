package wall

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/render"
)

// ChangeKind is what happened.
type ChangeKind string

// The kinds of changes.
const (
	Appeared ChangeKind = "appeared" // an entry came onto the wall
	Gone     ChangeKind = "gone"     // an entry is not on it any more
	Changed  ChangeKind = "changed"  // a state, or what is known of it
	Sourced  ChangeKind = "sourced"  // a source bears a date in the time asked for
)

// Change is one thing that is new on the wall.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// Date is the day from which on it is known: of the file that says so,
	// or of the source.
	Date string `json:"date"`
	Part Part   `json:"part"`
	// Entry is the entry's id, and Name its name.
	Entry      string       `json:"entry"`
	Name       string       `json:"name"`
	Capability string       `json:"capability,omitempty"`
	From       assess.State `json:"from,omitempty"`
	To         assess.State `json:"to,omitempty"`
	// Says are sentences on what changed.
	Says []string `json:"says"`
}

// Compare says what changed between two walls, the newest first.
func Compare(older, newer *Wall) []Change {
	var out []Change
	before := map[string]*Entry{}
	for _, e := range older.All() {
		before[string(e.Part)+" "+e.ID] = e
	}
	for _, e := range newer.All() {
		key := string(e.Part) + " " + e.ID
		old, was := before[key]
		if !was {
			out = append(out, Change{Kind: Appeared, Date: e.Made.UTC().Format(time.DateOnly), Part: e.Part, Entry: e.ID, Name: e.Name,
				Says: []string{"Came onto the wall, with " + e.knownOf() + "."}})
			continue
		}
		delete(before, key)
		then := old.byCapability()
		for _, s := range e.Standings {
			o := lookUp(then, s.Capability)
			if what := differences(o, s); len(what) > 0 {
				c := Change{Kind: Changed, Date: e.Made.UTC().Format(time.DateOnly), Part: e.Part, Entry: e.ID, Name: e.Name, Capability: s.Capability, Says: what}
				if o.State != s.State {
					c.From, c.To = known(o.State), known(s.State)
				}
				out = append(out, c)
			}
		}
	}
	for _, e := range before {
		out = append(out, Change{Kind: Gone, Date: newer.Date.Format(time.DateOnly), Part: e.Part, Entry: e.ID, Name: e.Name,
			Says: []string{"Is not on the wall any more."}})
	}
	return newestFirst(out)
}

// differences are sentences on what is not as it was.
func differences(o, n assess.Standing) []string {
	var out []string
	if o.State != n.State {
		out = append(out, fmt.Sprintf("Was %s, and is %s.", render.StateWord(known(o.State)), render.StateWord(known(n.State))))
	}
	if o.Knowledge != n.Knowledge {
		words := func(k assess.Knowledge) string { return cmp.Or(render.Plain(string(k)), "not known") }
		out = append(out, fmt.Sprintf("It was %s, and is now %s.", words(o.Knowledge), words(n.Knowledge)))
	}
	if o.Contradicts == "" && n.Contradicts != "" {
		out = append(out, fmt.Sprintf("Checks now contradict what is said, %s.", render.StateWord(n.Contradicts)))
	} else if o.Contradicts != "" && n.Contradicts == "" {
		out = append(out, "Checks no longer contradict what is said.")
	}
	for _, l := range n.Evidence {
		if !slices.Contains(o.Evidence, l) {
			out = append(out, "New source: "+source(l)+".")
		}
	}
	for _, l := range o.Evidence {
		if !slices.Contains(n.Evidence, l) {
			out = append(out, "No longer a source: "+source(l)+".")
		}
	}
	return append(out, planDifferences(o.Plan, n.Plan)...)
}

func planDifferences(o, n *assess.Plan) []string {
	switch {
	case o == nil && n == nil:
		return nil
	case o == nil:
		return []string{"New plan: " + planOf(*n).Words}
	case n == nil:
		return []string{"The plan is gone; it was: " + planOf(*o).Words}
	}
	var out []string
	if o.By != n.By {
		switch {
		case o.By == "" || n.By == "":
			out = append(out, fmt.Sprintf("The plan’s day was %s, and is %s.", cmp.Or(o.By, "not said"), cmp.Or(n.By, "not said")))
		case o.By < n.By:
			out = append(out, fmt.Sprintf("The plan has moved to a later day, from %s to %s.", o.By, n.By))
		default:
			out = append(out, fmt.Sprintf("The plan has moved to an earlier day, from %s to %s.", o.By, n.By))
		}
	}
	if o.WaitsFor != n.WaitsFor {
		words := func(what string) string { return cmp.Or(waitsFor(what), "nothing that is said") }
		out = append(out, fmt.Sprintf("The plan waited for %s, and waits for %s.", words(o.WaitsFor), words(n.WaitsFor)))
	}
	if o.Weeks != n.Weeks {
		out = append(out, fmt.Sprintf("The plan’s estimate was %s, and is %s.", weeks(o.Weeks), weeks(n.Weeks)))
	}
	return out
}

// source is a citation in words.
func source(l assess.Link) string {
	s := cmp.Or(render.Plain(l.Title), render.Plain(l.Where), render.Plain(l.URL))
	if l.Publisher != "" {
		s += ", " + render.Plain(l.Publisher)
	}
	s += ", " + sourced(l.Date, l.Undated)
	if l.Against {
		s += ", which speaks against the state"
	}
	return s
}

// Dated are the sources that bear a date from since up to the wall's day, the
// newest first: what was said in that time. What bears no date may be older
// than the day on which it was read, and is not among them.
func Dated(w *Wall, since time.Time) []Change {
	var out []Change
	for _, e := range w.All() {
		for _, s := range e.Standings {
			for _, l := range s.Evidence {
				first, _, ok := assess.Span(l.Date)
				if !ok || l.Undated || first.Before(since) {
					continue
				}
				out = append(out, Change{Kind: Sourced, Date: l.Date, Part: e.Part, Entry: e.ID, Name: e.Name, Capability: s.Capability,
					To: known(s.State), Says: []string{sentence(render.StateWord(known(s.State))) + ": " + source(l) + "."}})
			}
		}
	}
	return newestFirst(out)
}

func newestFirst(changes []Change) []Change {
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(strings.Compare(b.Date, a.Date), strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)),
			strings.Compare(string(a.Part), string(b.Part)), strings.Compare(a.Entry, b.Entry), strings.Compare(a.Capability, b.Capability),
			slices.Compare(a.Says, b.Says))
	})
	return changes
}
