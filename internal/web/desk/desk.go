// Package desk is the page of what waits for an administrator: publications
// that are held because their names look like others, and reports about
// versions. Whoever holds a token without being an administrator sees what is
// theirs. It only shows: each entry stands beside the commands that answer it.
package desk

import (
	_ "embed" // the template
	"io"
	"time"

	"assay.invalid/internal/web"
)

//go:embed desk.html
var source string

var page = web.Parse(source)

// Page is what the page shows.
type Page struct {
	// Admin tells whether the reader sees everything and may answer it.
	Admin   bool
	All     bool // what was answered is shown too
	Held    []Held
	Reports []Report
}

// Held is a publication that waits, or waited.
type Held struct {
	ID           string
	What         web.PURL
	LooksLike    string // the better known name
	How          string // the class of the finding: "transposition"
	By           string
	At           time.Time
	State        string
	Appeal       string // "" if nothing was said to it
	Answer, From string // "" while it is open
}

// Report is what somebody said against a version.
type Report struct {
	ID           string
	What         web.PURL
	Reason       string
	By           string
	At           time.Time
	Open         bool
	Answer, From string // "" while it is open
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, page, frame, web.Head{
		Title: "Desk", Description: "Publications that are held, and reports about versions.", Section: web.NoSection,
	}, p)
}
