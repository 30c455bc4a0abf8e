// Package scorecard is the page that shows this Assay's own scorecard, as the
// scorecard rendered it. It judges nothing and counts nothing itself.
package scorecard

import (
	_ "embed" // the template
	"html/template"
	"io"

	"assay.invalid/internal/web"
)

//go:embed scorecard.html
var source string

var page = web.Parse(source)

// Page is what the page shows.
type Page struct {
	// Card is the card as HTML, with a heading of the first level of its own;
	// "" where there is none yet.
	Card template.HTML
	// Command is the one that makes a card of this Assay.
	Command string
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, page, frame, web.Head{
		Title: "Scorecard", Description: "How this package repository was assessed: each capability, how well it is known, and the evidence.", Section: web.Scorecard,
	}, p)
}
