package assess

import (
	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/catalogue"
)

// State is what is said of a capability.
type State string

// The states.
const (
	Met           State = "met"
	Partial       State = "partial"
	Planned       State = "planned"
	NotMet        State = "not_met"
	NotApplicable State = "not_applicable"
	Unknown       State = "unknown"
)

// States are all of them, in the order in which legends show them.
var States = []State{Met, Partial, Planned, NotMet, NotApplicable, Unknown}

// Knowledge is how well a state is known. The zero value is for states of
// which nothing is known: unknown and not applicable ones.
type Knowledge string

// The degrees of knowledge, weakest first.
const (
	Nothing    Knowledge = ""
	Stated     Knowledge = "stated"     // somebody says so
	Documented Knowledge = "documented" // a public document, cited, says so
	Probed     Knowledge = "probed"     // a probe or a trial found it
	Witnessed  Knowledge = "witnessed"  // another party found the same, and signed
)

// Standing is one row of a card: a capability, its state, and why.
type Standing struct {
	Capability string    `json:"capability"`
	State      State     `json:"state"`
	Knowledge  Knowledge `json:"knowledge,omitempty"`
	// Reasons say what decided it, in the order of Checks.
	Reasons []string `json:"reasons,omitempty"`
	// Open says what was asked and could not be told.
	Open []string `json:"open,omitempty"`
	// Checks are the ids of the checks that spoke, sorted.
	Checks []string `json:"checks,omitempty"`
	// Protocols are the states through each protocol, where a protocol was
	// asked and they differ.
	Protocols map[assay.Ecosystem]State `json:"protocols,omitempty"`
	// Contradicts is set when checks found less, or more, than the
	// assessment says: what it says.
	Contradicts State `json:"contradicts,omitempty"`

	// From here on, what the assessment says.
	Since    string `json:"since,omitempty"`
	Evidence []Link `json:"links,omitempty"`
	Note     string `json:"note,omitempty"`
	Plan     *Plan  `json:"plan,omitempty"`
}

// Link is a public document, and when it was read or written.
type Link struct {
	URL   string `json:"url,omitempty" yaml:"url,omitempty"`
	Where string `json:"where,omitempty" yaml:"where,omitempty"`
	Title string `json:"title,omitempty" yaml:"title,omitempty"`
	// Publisher is who answers for the document.
	Publisher string `json:"publisher,omitempty" yaml:"publisher,omitempty"`
	// Date is a day, a month or a year (see Span).
	Date string `json:"date" yaml:"date"`
	// Undated says that the document itself bears no date: Date is then when
	// it was read, and what it says may be much older.
	Undated bool `json:"undated,omitempty" yaml:"undated,omitempty"`
	// Basis is how strong it is, one of Bases; "" where nobody said.
	Basis Basis `json:"basis,omitempty" yaml:"basis,omitempty"`
	// Says is what the document says, in a sentence of the assessment's own.
	Says string `json:"says,omitempty" yaml:"says,omitempty"`
	// Against says that the document speaks against the state. It is shown
	// beside the others, so that a reader sees that sources differ.
	Against bool `json:"against,omitempty" yaml:"against,omitempty"`
}

// Basis says how strong a document is, in the words of the catalogue's
// citations.
type Basis string

// The bases, strongest first.
const (
	SourceCode    Basis = "source code"    // of the repository or its client; not that it runs
	Documentation Basis = "documentation"  // of those who run it, or a specification
	BlogPost      Basis = "blog post"      // or an announcement
	SearchExcerpt Basis = "search excerpt" // only an excerpt was seen
	Survey        Basis = "survey"         // what was answered when somebody asked
)

// Bases are all of them.
var Bases = []Basis{SourceCode, Documentation, BlogPost, SearchExcerpt, Survey}

// Plan is what is to be done about it.
type Plan struct {
	// By is the day by which it is to be done: 2027-06-30.
	By string `json:"by" yaml:"by"`
	// Weeks is the effort in person-weeks.
	Weeks float64 `json:"weeks,omitempty" yaml:"weeks,omitempty"`
	// WaitsFor is money, people or decision; empty when it waits for
	// nothing.
	WaitsFor string `json:"waits_for,omitempty" yaml:"waits_for,omitempty"`
	Note     string `json:"note,omitempty" yaml:"note,omitempty"`
}

// Taxonomy says which traits a repository has. A trait that is not in it is
// not known.
type Taxonomy map[catalogue.Trait]bool

// Entry is what an assessment says of one capability.
type Entry struct {
	State State
	// Since is the day, month or year from which on the state holds, where
	// evidence dates it; "" means that this is not known, not that it is new.
	Since    string `json:",omitempty"`
	Evidence []Link
	Note     string
	Plan     *Plan
}
