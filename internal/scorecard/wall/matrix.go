package wall

import (
	"context"
	"fmt"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/render"
)

// column is an outcome in the head of a matrix.
type column struct {
	Number int
	Short  string
}

// matrixRow is one entry of a matrix.
type matrixRow struct {
	ID, Name, Page, Known string
	Cells                 []cell
}

// cell is the capabilities of one outcome at one entry.
type cell struct {
	column
	Marks []shown
	Words string
}

// named is an entry in a list; Said is a word on how little is known.
type named struct{ Name, Page, Said string }

// whoRow is the entries of one state.
type whoRow struct {
	State        assess.State
	Repositories []named
}

type drill struct {
	Number       int
	Title, Why   string
	Capabilities []drillCapability
}

type drillCapability struct {
	ID, Title, Colour string
	Who               []whoRow
}

// placed is a problem as pages show it.
type placed struct{ Place, Message string }

func placedOf(problems []Problem) []placed {
	var out []placed
	for _, p := range problems {
		at := render.Plain(p.File)
		if p.Line > 0 {
			at += fmt.Sprintf(":%d", p.Line)
		}
		out = append(out, placed{at, render.Plain(p.Message)})
	}
	return out
}

func (b *builder) columns() []column {
	var out []column
	for _, o := range b.Catalogue.Outcomes {
		out = append(out, column{o.Number, render.Plain(o.Short)})
	}
	return out
}

func (b *builder) matrix(entries []*Entry) []matrixRow {
	var out []matrixRow
	for _, e := range entries {
		standings := e.byCapability()
		r := matrixRow{ID: e.ID, Name: e.Name, Page: e.address(), Known: e.knownOf()}
		for i, o := range b.Catalogue.Outcomes {
			c := cell{column: b.columns()[i]}
			for _, k := range o.Capabilities {
				c.Marks = append(c.Marks, shownOf(lookUp(standings, k.ID)))
			}
			c.Words = counted(c.Marks)
			r.Cells = append(r.Cells, c)
		}
		out = append(out, r)
	}
	return out
}

// index is the first page: the matrix, and who does what by capability.
func (b *builder) index(context.Context) error {
	page := struct {
		frame
		Columns  []column
		Rows     []matrixRow
		Outcomes []drill
		Software int
		LeftOut  []placed
	}{
		frame: b.frame("The wall", fmt.Sprintf("%s and %s side by side, without totals or ranking.",
			plural(len(b.Public), "public repository", "public repositories"), plural(len(b.Catalogue.Outcomes), "outcome", "outcomes")), "", first),
		Columns: b.columns(), Rows: b.matrix(b.Public), Software: len(b.Wall.Software), LeftOut: placedOf(b.LeftOut),
	}
	standings := make([]map[string]assess.Standing, len(b.Public))
	for i, e := range b.Public {
		standings[i] = e.byCapability()
	}
	for _, o := range b.Catalogue.Outcomes {
		d := drill{Number: o.Number, Title: render.Plain(o.Title), Why: render.Plain(o.Why)}
		for _, c := range o.Capabilities {
			shown := drillCapability{ID: c.ID, Title: render.Plain(c.Title), Colour: string(c.Colour)}
			for _, state := range assess.States {
				var who whoRow
				for i, e := range b.Public {
					if s := lookUp(standings[i], c.ID); known(s.State) == state {
						who.State = state
						who.Repositories = append(who.Repositories, e.named(s))
					}
				}
				if len(who.Repositories) > 0 {
					shown.Who = append(shown.Who, who)
				}
			}
			d.Capabilities = append(d.Capabilities, shown)
		}
		page.Outcomes = append(page.Outcomes, d)
	}
	return b.page(first, "index.html", page)
}

// named is the entry in a list of those with a state. What is only stated is
// plainly so.
func (e *Entry) named(s assess.Standing) named {
	n := named{Name: e.Name, Page: e.address() + "#cap-" + s.Capability}
	if s.Knowledge == assess.Stated {
		n.Said = string(assess.Stated)
	}
	return n
}

// byCapability are the entry's standings, found by their capability.
func (e *Entry) byCapability() map[string]assess.Standing {
	out := make(map[string]assess.Standing, len(e.Standings))
	for _, s := range e.Standings {
		out[s.Capability] = s
	}
	return out
}

// lookUp is one of standings; what nobody speaks of is unknown.
func lookUp(standings map[string]assess.Standing, id string) assess.Standing {
	if s, ok := standings[id]; ok {
		return s
	}
	return assess.Standing{Capability: id, State: assess.Unknown}
}

// software is the part of the wall for what anyone may run.
func (b *builder) software(context.Context) error {
	return b.page("software.html", "software.html", struct {
		frame
		Columns []column
		Rows    []matrixRow
	}{b.frame("Software", "What trials found on servers that anyone may run.", "", "software.html"), b.columns(), b.matrix(b.Wall.Software)})
}
