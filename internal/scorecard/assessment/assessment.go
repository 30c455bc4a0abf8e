package assessment

import (
	"maps"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
)

// Form is the version of the form that this package reads and writes.
const Form = 1

// Assessment is a self-assessment that was read without a mistake.
type Assessment struct {
	file       string
	catalogue  string
	made       time.Time
	governance string
	subject    scorecard.Subject
	taxonomy   assess.Taxonomy
	entries    map[string]assess.Entry
	// places are where things stand in the file, by path:
	// "capabilities.yank.evidence[0].date".
	places map[string]place
}

// place is a position in the file, both counted from 1.
type place struct{ line, column int }

// Entries are what it says, by capability.
func (a *Assessment) Entries() map[string]assess.Entry { return maps.Clone(a.entries) }

// Taxonomy is what kind of repository it says this is.
func (a *Assessment) Taxonomy() assess.Taxonomy { return maps.Clone(a.taxonomy) }

// Subject is the repository that it is about. Its addresses end in a slash
// and hold no credentials.
func (a *Assessment) Subject() scorecard.Subject {
	s := a.subject
	s.Addresses, s.Pages = maps.Clone(s.Addresses), maps.Clone(s.Pages)
	return s
}

// Catalogue is the version of the catalogue that it was made against.
func (a *Assessment) Catalogue() string { return a.catalogue }

// Made is the day on which it was made.
func (a *Assessment) Made() time.Time { return a.made }

// Governance says who runs the repository, "" if the file does not.
func (a *Assessment) Governance() string { return a.governance }
