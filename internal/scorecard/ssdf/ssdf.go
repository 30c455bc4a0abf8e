package ssdf

import (
	"slices"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// Framework is what the tasks are of.
const Framework = "NIST SP 800-218, Secure Software Development Framework (SSDF), version 1.1"

// Part is a capability that speaks of a task, with what is known of it.
type Part struct {
	Capability string           `json:"capability"`
	Title      string           `json:"title"`
	State      assess.State     `json:"state"`
	Knowledge  assess.Knowledge `json:"knowledge,omitempty"`
	Note       string           `json:"note,omitempty"`
}

// Row is a task and what speaks of it, each in the order of the catalogue.
type Row struct {
	Task
	// Supports are the capabilities that are met, or in part.
	Supports []Part `json:"supports"`
	// Missing are those that are planned or not met.
	Missing []Part `json:"missing"`
	// Unknown are those of which nobody can tell.
	Unknown []Part `json:"unknown"`
	// NotApplicable are those that the repository is not asked for.
	NotApplicable []Part `json:"not_applicable"`
}

// Projection is an assessment in the order of the framework.
type Projection struct {
	Framework string `json:"framework"`
	// Subject, Catalogue and Source are for the head of the page, and set by
	// whoever has them: what is spoken of, against which catalogue, and what
	// says so ("a card, signer unknown").
	Subject   string `json:"subject"`
	Catalogue string `json:"catalogue"`
	Source    string `json:"source"`
	Rows      []Row  `json:"tasks"`
	// Unspoken are tasks of which no capability speaks. They are not
	// missing: the catalogue does not ask for them.
	Unspoken []Task `json:"unspoken"`
	// LeftOut are capabilities of the standings that the catalogue does not
	// know, as in a card made against another one.
	LeftOut []string `json:"left_out,omitempty"`
}

// Project puts standings in the order of the tasks. A capability that has no
// standing is unknown.
func Project(cat *catalogue.Catalogue, standings []assess.Standing) Projection {
	p := Projection{Framework: Framework, Catalogue: cat.Version}
	known := map[string]assess.Standing{}
	for _, s := range standings {
		if _, ok := cat.Capability(s.Capability); !ok {
			p.LeftOut = append(p.LeftOut, s.Capability)
			continue
		}
		known[s.Capability] = s
	}
	rows := map[string]*Row{}
	for _, c := range cat.All() {
		part := Part{Capability: c.ID, Title: c.Title, State: assess.Unknown}
		if s, ok := known[c.ID]; ok {
			part.State, part.Knowledge, part.Note = s.State, s.Knowledge, s.Note
		}
		for _, id := range c.MapsTo.SSDF {
			if rows[id] == nil {
				rows[id] = &Row{Task: Task{ID: id}, Supports: []Part{}, Missing: []Part{}, Unknown: []Part{}, NotApplicable: []Part{}}
			}
			rows[id].add(part)
		}
	}
	for _, t := range Tasks() {
		if r := rows[t.ID]; r != nil {
			r.Task = t
			p.Rows = append(p.Rows, *r)
			delete(rows, t.ID)
		} else {
			p.Unspoken = append(p.Unspoken, t)
		}
	}
	// A catalogue of another day may name a task that this list lacks. It is
	// shown at the end, without a name, and not lost.
	var strange []string
	for id := range rows {
		strange = append(strange, id)
	}
	slices.Sort(strange)
	for _, id := range strange {
		p.Rows = append(p.Rows, *rows[id])
	}
	return p
}

func (r *Row) add(p Part) {
	switch p.State {
	case assess.Met, assess.Partial:
		r.Supports = append(r.Supports, p)
	case assess.Planned, assess.NotMet:
		r.Missing = append(r.Missing, p)
	case assess.NotApplicable:
		r.NotApplicable = append(r.NotApplicable, p)
	default: // what nobody knows, and what is no state of ours
		p.State = assess.Unknown
		r.Unknown = append(r.Unknown, p)
	}
}

// groups are the parts of a row under the words that head them.
func (r Row) groups() []group {
	var out []group
	for _, g := range []group{
		{"Supports it", r.Supports}, {"Missing", r.Missing}, {"Not known", r.Unknown}, {"Not asked for", r.NotApplicable},
	} {
		if len(g.Parts) > 0 {
			out = append(out, g)
		}
	}
	return out
}

type group struct {
	Heading string
	Parts   []Part
}
