package ssdf

import (
	"crypto/sha256"
	_ "embed" // the template
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"assay.invalid/internal/scorecard/render"
)

//go:embed page.html
var markup string

// page is what the template shows: text that was made fit for it, and
// nothing that it would have to decide.
type page struct {
	Policy                                string
	Style                                 template.CSS
	Framework, Subject, Catalogue, Source string
	Explained, Unspoken                   string
	Rows                                  []pageRow
	Tasks                                 []Task
	LeftOut                               []string
}

type pageRow struct {
	Task
	Groups []pageGroup
}

type pageGroup struct {
	Heading string
	Parts   []pagePart
}

type pagePart struct{ Title, Capability, Standing, Note string }

// HTML writes a projection as a page that needs nothing but itself.
func HTML(w io.Writer, p Projection) error {
	t, err := template.New("page").Parse(markup)
	if err != nil {
		return err
	}
	style := render.Stylesheet()
	// The page's own stylesheet may be used, and nothing else: should a text
	// from outside ever become markup, it could neither run nor ask for
	// anything.
	sum := sha256.Sum256([]byte(style))
	shown := page{
		Policy:    fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'", base64.StdEncoding.EncodeToString(sum[:])),
		Style:     template.CSS(style), // our own file
		Framework: plain(p.Framework), Subject: plain(p.Subject), Catalogue: plain(p.Catalogue), Source: plain(p.Source),
		Explained: explained, Unspoken: unspoken, Tasks: p.Unspoken,
	}
	for _, id := range p.LeftOut {
		shown.LeftOut = append(shown.LeftOut, plain(id))
	}
	for _, r := range p.Rows {
		row := pageRow{Task: Task{ID: plain(r.ID), Name: r.Name}}
		for _, g := range r.groups() {
			of := pageGroup{Heading: g.Heading}
			for _, part := range g.Parts {
				of.Parts = append(of.Parts, pagePart{Title: plain(part.Title), Capability: plain(part.Capability), Standing: part.standing(), Note: plain(part.Note)})
			}
			row.Groups = append(row.Groups, of)
		}
		shown.Rows = append(shown.Rows, row)
	}
	return t.Execute(w, shown)
}
