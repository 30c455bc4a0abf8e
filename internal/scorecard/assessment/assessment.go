package assessment

import (
	"maps"
	"slices"
	"time"

	"assay.invalid/internal/assay"
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
	by         string
	governance string
	correction string
	ecosystems []assay.Ecosystem
	evidence   []assess.Link
	reach      []Reach
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

// By says who made it; "" is the repository itself.
func (a *Assessment) By() string { return a.by }

// Ecosystems are the package-URL types of the packages that it holds, as the
// file lists them, and else those of its addresses, sorted.
func (a *Assessment) Ecosystems() []assay.Ecosystem {
	if len(a.ecosystems) > 0 {
		return slices.Clone(a.ecosystems)
	}
	return slices.Sorted(maps.Keys(a.subject.Addresses))
}

// Reach is how far the repository reaches, by what documents say of it.
func (a *Assessment) Reach() []Reach { return slices.Clone(a.reach) }

// Evidence is what shows governance and taxonomy.
func (a *Assessment) Evidence() []assess.Link { return slices.Clone(a.evidence) }

// Correction says how a reader has a mistake in it corrected, "" if the file
// does not.
func (a *Assessment) Correction() string { return a.correction }

// Governance says who runs the repository, "" if the file does not.
func (a *Assessment) Governance() string { return a.governance }
