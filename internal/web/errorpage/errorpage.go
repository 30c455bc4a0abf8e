// Package errorpage is the page a browser gets when there is nothing else to
// show: what is wrong, why, and where to go on.
package errorpage

import (
	_ "embed" // the template
	"io"

	"assay.invalid/internal/web"
)

//go:embed errorpage.html
var source string

var page = web.Parse(source)

// Page is what the page shows.
type Page struct {
	Status  int    // HTTP status code
	Title   string // what happened, a few words
	Message string // why, and what to do
	Section web.Section
}

// Sentence is the message as a sentence.
func (p *Page) Sentence() string { return web.Capital(p.Message) }

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, page, frame, web.Head{Title: p.Title, Description: p.Title + ".", Section: p.Section}, p)
}
