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
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer) error {
	return web.Write(w, page, web.Head{Title: p.Title, Description: p.Title + "."}, p)
}
