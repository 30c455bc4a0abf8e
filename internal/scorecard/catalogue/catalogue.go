package catalogue

import "time"

// Catalogue is one version of the list of outcomes and capabilities.
type Catalogue struct {
	// Version is raised by every change of meaning; CHANGELOG.md says what
	// changed. An assessment names the version that it was made against.
	Version   string              `yaml:"version" json:"version"`
	Outcomes  []Outcome           `yaml:"-" json:"outcomes"`
	Incidents map[string]Incident `yaml:"-" json:"incidents"`
}

// Outcome is what a repository is asked to reach; its capabilities are ways
// to reach it.
type Outcome struct {
	Number int    `yaml:"outcome" json:"outcome"`
	ID     string `yaml:"id" json:"id"`
	Title  string `yaml:"title" json:"title"`
	// Short is the title in one to three words, for narrow columns.
	Short string `yaml:"short" json:"short"`
	// Why says in two or three sentences what goes wrong without it.
	Why          string       `yaml:"why" json:"why"`
	Capabilities []Capability `yaml:"capabilities" json:"capabilities"`
}

// Capability is one checkbox.
type Capability struct {
	ID    string `yaml:"id" json:"id"`
	Title string `yaml:"title" json:"title"`
	// Statement is the checkbox itself: one sentence that is true or not.
	Statement string `yaml:"statement" json:"statement"`
	Colour    Colour `yaml:"colour" json:"colour"`
	// From says who asked for it: P the Principles, B the brainstorm on
	// them, A this project.
	From []string `yaml:"from" json:"from"`
	// AppliesWhen is empty for capabilities that every repository is asked
	// for.
	AppliesWhen Condition `yaml:"applies_when,omitempty" json:"applies_when,omitzero"`
	Why         Why       `yaml:"why" json:"why"`
	How         How       `yaml:"how" json:"how"`
	Examples    []Example `yaml:"examples" json:"examples"`
	Verify      Verify    `yaml:"verify" json:"verify"`
	Effort      Effort    `yaml:"effort" json:"effort"`
	MapsTo      Mapping   `yaml:"maps_to" json:"maps_to"`
}

// Colour says how common a capability is among careful repositories. It is
// no rank: colours do not build on each other and are never added up.
type Colour string

// The colours.
const (
	Foundation  Colour = "foundation"
	Established Colour = "established"
	Leading     Colour = "leading"
)

// Trait is a word of the taxonomy.
type Trait string

// The traits of a repository.
const (
	Accounts Trait = "accounts" // who publishes has an account or credential there
	Built    Trait = "built"    // accepts built packages
	Builds   Trait = "builds"   // builds packages for its users
	Source   Trait = "source"   // hosts source only
	Client   Trait = "client"   // has a client of its own
	Mirrors  Trait = "mirrors"  // is copied by mirrors, or pulls through from others
)

// Condition holds for a taxonomy that has every trait of All and, if Any is
// not empty, one of Any. The empty condition always holds.
type Condition struct {
	All []Trait `yaml:"all,omitempty" json:"all,omitempty"`
	Any []Trait `yaml:"any,omitempty" json:"any,omitempty"`
}

// Why is the threat, and the incidents that the capability would have
// prevented or shortened, by their ids in incidents.yaml.
type Why struct {
	Threat    string   `yaml:"threat" json:"threat"`
	Incidents []string `yaml:"incidents,omitempty" json:"incidents,omitempty"`
}

// How is what exactly must hold.
type How struct {
	Requires     []string `yaml:"requires" json:"requires"`
	DoesNotCount []string `yaml:"does_not_count" json:"does_not_count"`
	Mistakes     []string `yaml:"mistakes" json:"mistakes"`
}

// Example is a repository known to do it, with what says so.
type Example struct {
	Repository string   `yaml:"repository" json:"repository"`
	Note       string   `yaml:"note" json:"note"`
	Citation   Citation `yaml:"citation" json:"citation"`
}

// Citation is a public document. Exactly one of URL and Where is set: Where
// describes a place whose address is not written down here.
type Citation struct {
	Title     string `yaml:"title" json:"title"`
	Publisher string `yaml:"publisher" json:"publisher"`
	// Date is when it was published or read: a year, a month or a day.
	Date  string `yaml:"date" json:"date"`
	URL   string `yaml:"url,omitempty" json:"url,omitempty"`
	Where string `yaml:"where,omitempty" json:"where,omitempty"`
	// Basis says how strong it is: documentation, blog post, source code,
	// search excerpt, survey.
	Basis string `yaml:"basis" json:"basis"`
}

// Method is a way in which a third party can check a capability.
type Method string

// The methods.
const (
	Probe    Method = "probe"    // reads only
	Trial    Method = "trial"    // acts, on an instance one may test
	Document Method = "document" // a public document says so
	Review   Method = "review"   // a person must look
)

// Verify says how a third party can check.
type Verify struct {
	Method Method `yaml:"method" json:"method"`
	Text   string `yaml:"text" json:"text"`
}

// Effort is rough, and meant to be argued with.
type Effort struct {
	VolunteerWeeks Weeks  `yaml:"volunteer_weeks" json:"volunteer_weeks"`
	StaffedWeeks   Weeks  `yaml:"staffed_weeks" json:"staffed_weeks"`
	Publishers     string `yaml:"publishers" json:"publishers"`
	Consumers      string `yaml:"consumers" json:"consumers"`
	Keep           string `yaml:"keep" json:"keep"`
}

// Weeks is a range of person-weeks.
type Weeks struct {
	From float64 `yaml:"from" json:"from"`
	To   float64 `yaml:"to" json:"to"`
}

// Mapping says which other lists ask for the same.
type Mapping struct {
	// SSDF are tasks of NIST SP 800-218 version 1.1.
	SSDF []string `yaml:"ssdf" json:"ssdf"`
	// SLSA are threats of SLSA version 1.1, by letter.
	SLSA []string `yaml:"slsa,omitempty" json:"slsa,omitempty"`
	// Principles is set where the capability stands in the Principles for
	// Package Repository Security v0.1.
	Principles *Principle `yaml:"principles,omitempty" json:"principles,omitempty"`
}

// Principle is a place in the Principles v0.1.
type Principle struct {
	Track string `yaml:"track" json:"track"`
	Level int    `yaml:"level" json:"level"`
}

// Incident is something that happened, and where to read about it.
type Incident struct {
	ID         string `yaml:"id" json:"id"`
	Date       string `yaml:"date" json:"date"`
	Repository string `yaml:"repository" json:"repository"`
	Packages   string `yaml:"packages" json:"packages"`
	Vector     string `yaml:"vector" json:"vector"`
	Detected   string `yaml:"detected" json:"detected"`
	Removed    string `yaml:"removed" json:"removed"`
	Affected   string `yaml:"affected" json:"affected"`
	Source     string `yaml:"source" json:"source"`
	Basis      string `yaml:"basis" json:"basis"`
}

// dateLayouts are the forms a date may have.
var dateLayouts = []string{time.DateOnly, "2006-01", "2006"}
