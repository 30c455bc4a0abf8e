// Package packages is the page about a package, and the page about one of
// its versions: what is decided and why, what is known and from where, what
// happened, and the line that installs it.
package packages

import (
	_ "embed" // the templates
	"io"
	"net/url"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
)

//go:embed package.html
var packageSource string

//go:embed version.html
var versionSource string

var (
	packagePage = web.Parse(packageSource)
	versionPage = web.Parse(versionSource)
)

// versionsAPage is how many versions one page lists.
const versionsAPage = 100

// About is what is shown of a package and of a version alike.
type About struct {
	What     web.PURL
	Name     string // as the package manager's users write it
	Registry string
	Hosted   bool
	Claimed  string // the pattern of the claim; "" if none
	Install  []Install
	Facts    []assay.Fact
	// Exceptions are those in force for it.
	Exceptions []web.Exception
	Events     []web.Event
	Advice     []string
	Stale      string // how old the upstream's answer is, in words; "" if fresh
	Epoch      uint64
}

// Install is a line that installs it.
type Install struct {
	Client, Line string
}

// Package is what the page about a package shows.
type Package struct {
	About
	Versions []Version // newest first, all of them
	After    string    // the last version of the page before; "" on the first
}

// Version is one line of a package's versions.
type Version struct {
	Version   string
	What      web.PURL
	Badges    []web.Badge
	Rule      string // that decided; "" if none did
	Reason    string
	Lifted    string // the rule whose deny an exception lifts; "" if none does
	Until     time.Time
	Status    string // "" for an active one
	Listed    bool   // in the upstream's listing now
	Downloads int64  // in 30 days
}

// Denied tells whether the version is refused.
func (v *Version) Denied() bool { return len(v.Badges) > 0 && v.Badges[0].Shape == "deny" }

// begin is the index of the first version that is shown.
func (p *Package) begin() int {
	if p.After == "" {
		return 0
	}
	// A version that has gone since leads back to the first page.
	return slices.IndexFunc(p.Versions, func(v Version) bool { return v.Version == p.After }) + 1
}

// Shown are the versions of this page.
func (p *Package) Shown() []Version {
	begin := p.begin()
	return p.Versions[begin:min(begin+versionsAPage, len(p.Versions))]
}

// Older is the address of the next page of versions; "" on the last.
func (p *Package) Older() string {
	end := p.begin() + versionsAPage
	if end >= len(p.Versions) {
		return ""
	}
	return p.What.Href + "?" + url.Values{"after": {p.Versions[end-1].Version}}.Encode() + "#versions"
}

// refusedNamed is how many refused versions are named above the others.
const refusedNamed = 5

// Refused are the newest versions that are refused.
func (p *Package) Refused() []Version {
	var refused []Version
	for i := range p.Versions {
		if p.Versions[i].Denied() && len(refused) < refusedNamed {
			refused = append(refused, p.Versions[i])
		}
	}
	return refused
}

// MoreRefused tells whether there are refused versions beyond those named.
func (p *Package) MoreRefused() bool {
	named := 0
	for i := range p.Versions {
		if p.Versions[i].Denied() {
			named++
		}
	}
	return named > refusedNamed
}

// Write writes the page as HTML.
func (p *Package) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, packagePage, frame, web.Head{
		Title: p.Name, Description: "Versions of " + p.What.String() + ", each with its decision, and what happened to them.", Section: web.Home,
	}, p)
}

// VersionPage is what the page about a version shows.
type VersionPage struct {
	About
	Package  web.PURL
	Version  string
	Badge    web.Badge
	Sentence string // the decision, in a sentence
	Rule     string // that decided; "" if none did
	Reason   string
	Until    time.Time // zero: without end
	Left     string    // until then, in words
	Nearest  *web.PURL // the nearest allowed version; nil if there is none
	Status   string    // "" for an active one
	// StatusReason says why it has the status.
	StatusReason string
	Opinions     []web.Opinion
	Downloads    int64  // in 30 days
	Why          string // address of the page that explains the decision; ""
}

// Denied tells whether the version is refused: then no line installs it.
func (p *VersionPage) Denied() bool { return p.Badge.Shape == "deny" }

// Write writes the page as HTML.
func (p *VersionPage) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, versionPage, frame, web.Head{
		Title: p.Name + " " + p.Version, Description: "What Assay decided about " + p.What.String() + ", what it knows of it, and what happened to it.", Section: web.Home,
	}, p)
}
