package api

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
)

// Browsing is what the pages show, and what programs may ask for the same.
// Every answer holds only what the context's principal may read: a hosted
// package that the asker may not read is not found, in the same words as one
// that is not there, and its rows are left out of lists and counts.
type Browsing interface {
	// Search finds packages that this place knows, hosted and pulled through.
	Search(ctx context.Context, q SearchQuery) (Found, error)
	// Package tells all about a package, or one version of it.
	Package(ctx context.Context, purl string) (PackageView, error)
	// Decisions lists refusals and warnings, the latest first.
	Decisions(ctx context.Context, q DecisionQuery) (Decisions, error)
	// Traffic counts what passed and what was refused in the last hour.
	Traffic(ctx context.Context) (Traffic, error)
	// Rules are the rules in force, each observed one with what it would have
	// done to the traffic of the last days.
	Rules(ctx context.Context) (Rules, error)
	// Preview says what a policy file that is not in force would have done to
	// the recorded traffic. Nothing is changed. Errors name lines.
	Preview(ctx context.Context, text string) (Preview, error)
}

// MaxPage bounds the items of one page of a list.
const MaxPage = 200

// SearchQuery asks for packages.
type SearchQuery struct {
	Text     string // words or parts of a name; empty lists all
	Registry string // "" for all
	After    string // the cursor of the page before; "" for the first
	Limit    int    // 0 is 50; at most MaxPage
}

// Found is one page of packages, those whose name is the text first.
type Found struct {
	Packages []FoundPackage `json:"packages"`
	Next     string         `json:"next,omitempty"` // "" on the last page
}

// FoundPackage is a package that this place knows.
type FoundPackage struct {
	Package     assay.Coordinate `json:"package"` // without a version
	Registry    string           `json:"registry"`
	Hosted      bool             `json:"hosted"`
	Description string           `json:"description,omitempty"`
}

// PackageView is a package or a version.
type PackageView struct {
	assay.Explanation
	Hosted  bool   `json:"hosted"`
	Claimed string `json:"claimed,omitempty"` // the pattern of the claim
	// Install are lines that install it with each package manager, ready to
	// paste; of a package, of its newest allowed version.
	Install []InstallLine `json:"install,omitempty"`
	// Events are what the journal says of it, newest first, at most 100.
	Events []PackageEvent `json:"events,omitempty"`
	// Statuses are versions whose status is not active.
	Statuses []VersionStatus `json:"statuses,omitempty"`
	// Exceptions in force for it.
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Downloads are those of the last 30 days, per version.
	Downloads map[string]int64 `json:"downloads,omitempty"`
}

// InstallLine is what one package manager is told.
type InstallLine struct {
	Client string `json:"client"`
	Line   string `json:"line"`
}

// PackageEvent is a line of a package's history.
type PackageEvent struct {
	Index   int64     `json:"index"` // in the log; -1 where it is not there yet
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Version string    `json:"version,omitempty"`
	By      string    `json:"by,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// VersionStatus is what was said of a version here.
type VersionStatus struct {
	Version string       `json:"version"`
	Status  assay.Status `json:"status"`
	Reason  string       `json:"reason,omitempty"`
}

// DecisionQuery filters decisions; empty fields do not.
type DecisionQuery struct {
	Rule     string
	Registry string
	Effect   string // "deny", "warn", "would deny", "would warn"
	After    string
	Limit    int
}

// Decisions is one page of refusals and warnings.
type Decisions struct {
	Decisions []DecisionRow `json:"decisions"`
	Next      string        `json:"next,omitempty"`
}

// DecisionRow is one rule's word on a version to one principal on one day.
type DecisionRow struct {
	Last       time.Time        `json:"last"`
	Day        string           `json:"day"`
	Registry   string           `json:"registry"`
	Coordinate assay.Coordinate `json:"coordinate"`
	Rule       string           `json:"rule"`
	Effect     string           `json:"effect"`
	Reason     string           `json:"reason"`
	// Principal is told to administrators alone.
	Principal string `json:"principal,omitempty"`
	Why       string `json:"why"` // the id of /why/<id>
	Count     int64  `json:"count"`
}

// Traffic counts requests for files and versions of the last hour, since the
// start of the server at the most.
type Traffic struct {
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Passed      int64     `json:"passed"`
	Warned      int64     `json:"warned"`
	Refused     int64     `json:"refused"`
	WouldRefuse int64     `json:"would_refuse"` // by observed rules alone
}

// Rules are the rules in force.
type Rules struct {
	Epoch uint64        `json:"epoch"`
	Days  int           `json:"days"` // over how many days Observed counts
	Rules []RuleInForce `json:"rules"`
}

// RuleInForce is one rule.
type RuleInForce struct {
	Rule    string     `json:"rule"`
	Mode    assay.Mode `json:"mode"`
	Summary string     `json:"summary"`
	// Observed is what the rule would have refused or warned of; nil for an
	// enforced rule.
	Observed *Breadth `json:"observed,omitempty"`
	// Enforced is what it did refuse or warn of.
	Enforced *Breadth `json:"enforced,omitempty"`
}

// Breadth says how far something reaches, over the days of its frame.
type Breadth struct {
	Downloads  int64 `json:"downloads"`
	Versions   int64 `json:"versions"`
	Packages   int64 `json:"packages"`
	Principals int64 `json:"principals"` // who said who they are
	// Anonymous is how many of the downloads nobody is known for.
	Anonymous int64 `json:"anonymous"`
}

// Preview says what a policy would have done.
type Preview struct {
	Days int `json:"days"`
	// Seen is the recorded traffic that was judged again.
	Seen Breadth `json:"seen"`
	// Changes are what would come out otherwise, per rule, the widest first.
	Changes []PreviewChange `json:"changes"`
	// Unjudged counts versions of which too little is known now to judge them
	// again.
	Unjudged int64 `json:"unjudged,omitempty"`
}

// PreviewChange is one rule's difference.
type PreviewChange struct {
	Rule string `json:"rule"`
	// Change is "newly refused", "no longer refused", "newly warned" or "no
	// longer warned".
	Change   string           `json:"change"`
	Reach    Breadth          `json:"reach"`
	Examples []PreviewExample `json:"examples,omitempty"` // at most 10, the most downloaded first
}

// PreviewExample is one version that would be treated otherwise.
type PreviewExample struct {
	Coordinate assay.Coordinate `json:"coordinate"`
	Downloads  int64            `json:"downloads"`
	Reason     string           `json:"reason"`
}
