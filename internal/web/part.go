package web

import (
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Badge is a decision's shape and word.
type Badge struct {
	Shape string // "allow", "warn", "deny", "observe"
	Word  string
}

// BadgeOf is the badge of an effect that counts.
func BadgeOf(e assay.Effect) Badge {
	if e == assay.Nothing {
		return Badge{Word: "no opinion"}
	}
	return Badge{Shape: e.String(), Word: e.String()}
}

// BadgeOfOpinion is the badge of one rule's opinion: an observed one is only
// what would have been.
func BadgeOfOpinion(o *assay.Opinion) Badge {
	if o.Mode == assay.Observe && (o.Effect == assay.Deny || o.Effect == assay.Warn) {
		return Badge{Shape: "observe", Word: "would " + o.Effect.String()}
	}
	return BadgeOf(o.Effect)
}

// BadgeNamed is the badge of an effect by its word: "deny", "warn",
// "would deny" and "would warn"; any other word has no shape.
func BadgeNamed(word string) Badge {
	switch word {
	case "allow", "warn", "deny":
		return Badge{Shape: word, Word: word}
	case "would deny", "would warn":
		return Badge{Shape: "observe", Word: word}
	}
	return Badge{Word: word}
}

// PURL is a package URL in its three parts, and the page about it.
type PURL struct {
	Kind    string // "pkg:npm/"
	Name    string // "%40acme/left"
	Version string // "@1.2.0", or ""
	Href    string // "" where there is no page
}

// PURLOf takes a coordinate apart.
func PURLOf(c assay.Coordinate) PURL {
	if c.Name == "" {
		return PURL{}
	}
	p := PURL{Kind: "pkg:" + string(c.Ecosystem) + "/", Href: PackagePath(c)}
	whole := c.Package().String()
	p.Name = strings.TrimPrefix(whole, p.Kind)
	c.File = ""
	p.Version = strings.TrimPrefix(c.String(), whole)
	return p
}

// String is the package URL.
func (p PURL) String() string { return p.Kind + p.Name + p.Version }

// PackagesPrefix is below which the pages of packages and versions lie.
const PackagesPrefix = "/packages/"

// PackagePath is the address of the page about a package or a version.
func PackagePath(c assay.Coordinate) string {
	c.File = "" // a file is told of on the page of its version
	return PackagesPrefix + c.String()
}

// WhyPath is the address of the page that explains a decision; "" without
// an id.
func WhyPath(id string) string {
	if id == "" || strings.ContainsAny(id, "/?#") {
		return ""
	}
	return "/why/" + id
}

// Decided is one line of a list of decisions.
type Decided struct {
	Key       string // the same for the same line, whatever its numbers
	What      PURL
	Badge     Badge
	Rule      string
	Registry  string
	Reason    string
	Last      time.Time
	Count     int64
	Principal string // "" where it is not told
	Why       string // address; "" if none
}

// Event is one line of a history.
type Event struct {
	Index   int64 // in the log; -1 where it has no place yet
	Time    time.Time
	Kind    string
	What    PURL // zero where it is about no package
	Version string
	By      string
	Reason  string
	// Sealed is set where only the entry's public half may be read.
	Sealed bool
}

// Words say what happened.
func (e Event) Words() string { return strings.ReplaceAll(e.Kind, "-", " ") }

// Tone is the class of the line: what let somebody in, what kept somebody
// out, what changed the rules, and the rest.
func (e Event) Tone() string {
	switch assay.EventKind(e.Kind) {
	case assay.EventPublished, assay.EventReturned:
		return "ev-good"
	case assay.EventBlocked, assay.EventRemoved, assay.EventErased, assay.EventDigestChanged, assay.EventVanished:
		return "ev-bad"
	case assay.EventExcepted, assay.EventExceptionRevoked, assay.EventPolicyChanged, assay.EventUnblocked, assay.EventClaimed, assay.EventUnclaimed, assay.EventStatusChanged:
		return "ev-plan"
	}
	return "ev-plain"
}

// Exception is one that stands.
type Exception struct {
	ID      string
	What    PURL
	Rule    string
	Reason  string
	By      string
	Created time.Time
	Until   time.Time // zero: without end
}

// Opinion is what one rule said of a version.
type Opinion struct {
	Rule   string
	Badge  Badge
	Reason string
	Aside  string // why it does not count, if so
	Until  time.Time
	Remedy string
}

// OpinionOf writes an opinion for people.
func OpinionOf(o *assay.Opinion) Opinion {
	out := Opinion{Rule: o.Rule, Badge: BadgeOfOpinion(o), Reason: o.Reason, Until: o.Until, Remedy: o.Remedy}
	switch {
	case o.LiftedBy != "":
		out.Aside = "lifted by exception " + o.LiftedBy
	case o.Mode == assay.Observe:
		out.Aside = "only observed: it does not count"
	}
	return out
}
