package wall

import (
	"time"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/triage"
)

// Part is where on the wall something stands.
type Part string

// The parts. A public repository is one running instance that everybody can
// use; software is what somebody may run. They do different jobs, and nothing
// on the wall holds one against the other.
const (
	Public   Part = "public"
	Software Part = "software"
)

// Wall is what was read, ready to be shown.
type Wall struct {
	// Date is the day that the wall is of: the newest of the input, unless
	// one was given. Ages are counted from it.
	Date      time.Time
	Catalogue *catalogue.Catalogue
	// Public and Software are alphabetical.
	Public, Software []*Entry
	// LeftOut is what could not be shown, in the order of the files.
	LeftOut []Problem
	// Warnings are what a reader of the files should know. Nothing was left
	// out for them.
	Warnings []Problem
}

// All are the entries of both parts.
func (w *Wall) All() []*Entry {
	out := make([]*Entry, 0, len(w.Public)+len(w.Software))
	return append(append(out, w.Public...), w.Software...)
}

// Problem is one thing that is wrong with a file, or doubtful.
type Problem struct {
	File string `json:"file"`
	// Line and Column are counted from 1; 0 where the whole file is meant.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Message says what is wrong, and what to do.
	Message string `json:"message"`
}

// Entry is one repository or one piece of software on the wall.
type Entry struct {
	Part Part
	// ID names its pages: the file's name without its end, in small letters.
	ID   string
	Name string
	// Assessment is what is said of it, with the bytes that were read; nil
	// where there is only a card.
	Assessment     *assessment.Assessment
	AssessmentFile File
	// Card is what checks found; nil where there is only an assessment.
	Card     *card.Opened
	CardFile File

	Governance string
	Taxonomy   assess.Taxonomy
	Standings  []assess.Standing
	Reach      []triage.Measure
	// Made is the day of the newest of the files.
	Made time.Time
}

// File is a file as it was read.
type File struct {
	Name string
	Raw  []byte
}

// counts are the entry's states: how many of the capabilities that apply are
// known.
func (e *Entry) counts() (known, asked int) {
	for _, s := range e.Standings {
		switch s.State {
		case assess.NotApplicable:
		case assess.Unknown:
			asked++
		default:
			known, asked = known+1, asked+1
		}
	}
	return known, asked
}

// Subjects are the public repositories as triage takes them. Software is not
// among them: it has no reach of its own.
func (w *Wall) Subjects() []triage.Subject {
	var out []triage.Subject
	for _, e := range w.Public {
		out = append(out, triage.Subject{ID: e.ID, Name: e.Name, Reach: e.Reach, Standings: e.Standings})
	}
	return out
}
