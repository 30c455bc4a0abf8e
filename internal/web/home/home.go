// Package home is the first page: the search over what this place knows, what
// passed and what was refused in the last hour, which registries are served,
// and the lines that point package managers at them.
package home

import (
	_ "embed" // the templates
	"io"
	"net/url"
	"time"

	"assay.invalid/internal/web"
)

//go:embed home.html
var source string

//go:embed found.html
var foundSource string

var (
	page  = web.Parse(source)
	found = web.Parse(foundSource)
)

// Page is what the page shows.
type Page struct {
	// Notes are sentences on how the policy stands, such as the length of
	// the cooldown.
	Notes  []string
	Places []Place
	// Hour is what happened in the last hour; nil for who may not know.
	Hour *Hour
	// Latest are the newest refusals and warnings, of whatever age.
	Latest []web.Decided
}

// Hour counts what was asked for in the last hour, or since the server has
// started.
type Hour struct {
	From, To    time.Time
	Passed      int64
	Warned      int64
	Refused     int64
	WouldRefuse int64
}

// Place is one registry.
type Place struct {
	Name     string // "npm"
	Base     string // its address
	Upstream string // host it pulls from, without credentials; "" if none
	Lines    []Line
}

// Line points one package manager at the registry.
type Line struct {
	Client string // "npm"
	Line   string // a shell line, complete
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	head := web.Head{
		Title: "Packages", Description: "Find a package, see what was handed out and what was refused in the last hour, and set up a client.",
		Section: web.Home, OwnSearch: true,
	}
	return web.Write(w, page, frame, head, p)
}

// Results is the answer to a search.
type Results struct {
	Query    string
	Registry string   // "" for all
	Places   []string // that can be chosen
	After    string   // the cursor of this page; "" on the first
	Next     string   // of the next; "" on the last
	Found    []Found
}

// Found is one package.
type Found struct {
	What        web.PURL
	Registry    string
	Hosted      bool
	Description string
}

// First is the address of the first page of results.
func (r *Results) First() string { return r.address("") }

// Older is the address of the next page of results; "" on the last.
func (r *Results) Older() string {
	if r.Next == "" {
		return ""
	}
	return r.address(r.Next)
}

func (r *Results) address(after string) string {
	query := url.Values{"q": {r.Query}}
	if r.Registry != "" {
		query.Set("registry", r.Registry)
	}
	if after != "" {
		query.Set("after", after)
	}
	return "/?" + query.Encode()
}

// Write writes the page as HTML.
func (r *Results) Write(w io.Writer, frame web.Frame) error {
	head := web.Head{Title: "Packages", Description: "The packages that this place knows.", Section: web.Home, OwnSearch: true}
	if r.Query != "" {
		head.Title = "Packages named " + r.Query
	}
	return web.Write(w, found, frame, head, r)
}
