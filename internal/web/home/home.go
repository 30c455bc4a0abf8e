// Package home is the first page: which registries are served, and the lines
// that point package managers at them.
package home

import (
	_ "embed" // the template
	"io"

	"assay.invalid/internal/web"
)

//go:embed home.html
var source string

var page = web.Parse(source)

// Page is what the page shows.
type Page struct {
	// Notes are sentences on how the policy stands, such as the length of
	// the cooldown.
	Notes  []string
	Places []Place
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
func (p *Page) Write(w io.Writer) error {
	head := web.Head{Title: "Packages", Description: "A package repository that gives a reason for every decision."}
	return web.Write(w, page, head, p)
}
