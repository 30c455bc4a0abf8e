package wall

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
)

// Form is the version of the form of wall.json and changes.json. What an older
// reader would misread gets a new number.
const Form = 1

// wallDocument is wall.json: all that the pages show.
type wallDocument struct {
	Form      int               `json:"wall"`
	Date      string            `json:"date"`
	Catalogue catalogueDocument `json:"catalogue"`
	Public    []entryDocument   `json:"public"`
	Software  []entryDocument   `json:"software"`
	LeftOut   []Problem         `json:"left_out"`
	Warnings  []Problem         `json:"warnings"`
}

type catalogueDocument struct {
	Version  string            `json:"version"`
	SHA256   string            `json:"sha256"`
	Outcomes []outcomeDocument `json:"outcomes"`
}

type outcomeDocument struct {
	Number       int      `json:"number"`
	ID           string   `json:"id"`
	Title        string   `json:"title"`
	Capabilities []string `json:"capabilities"`
}

// entryDocument is one entry. Addresses are from the root of the site.
type entryDocument struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	Part       Part               `json:"part"`
	Page       string             `json:"page"`
	Badge      string             `json:"badge"`
	Made       string             `json:"made"`
	By         string             `json:"by,omitempty"`
	Governance string             `json:"governance,omitempty"`
	Correction string             `json:"correction,omitempty"`
	Ecosystems []assay.Ecosystem  `json:"ecosystems,omitempty"`
	Taxonomy   assess.Taxonomy    `json:"taxonomy,omitempty"`
	Sources    []assess.Link      `json:"sources,omitempty"`
	Reach      []assessment.Reach `json:"reach,omitempty"`
	// Known of Asked is how many of the capabilities that apply are known.
	Known     int               `json:"known"`
	Asked     int               `json:"asked"`
	Standings []assess.Standing `json:"standings"`
}

func (b *builder) document(e *Entry) entryDocument {
	d := entryDocument{ID: e.ID, Name: e.Name, Part: e.Part, Page: e.address(), Badge: e.stem() + ".svg", Made: e.Made.UTC().Format(time.DateOnly),
		Governance: e.Governance, Taxonomy: e.Taxonomy, Standings: e.Standings}
	if a := e.Assessment; a != nil {
		d.By, d.Correction, d.Ecosystems, d.Sources, d.Reach = a.By(), a.Correction(), a.Ecosystems(), a.Evidence(), a.Reach()
	}
	d.Known, d.Asked = e.counts()
	return d
}

// documents is wall.json.
func (b *builder) documents(context.Context) error {
	d := wallDocument{Form: Form, Date: b.Date.Format(time.DateOnly), LeftOut: b.LeftOut, Warnings: b.Warnings,
		Catalogue: catalogueDocument{Version: b.Catalogue.Version, SHA256: b.Catalogue.Digest()},
		Public:    []entryDocument{}, Software: []entryDocument{}}
	if d.LeftOut == nil {
		d.LeftOut = []Problem{}
	}
	if d.Warnings == nil {
		d.Warnings = []Problem{}
	}
	for _, o := range b.Catalogue.Outcomes {
		shown := outcomeDocument{Number: o.Number, ID: o.ID, Title: o.Title}
		for _, c := range o.Capabilities {
			shown.Capabilities = append(shown.Capabilities, c.ID)
		}
		d.Catalogue.Outcomes = append(d.Catalogue.Outcomes, shown)
	}
	for _, e := range b.Public {
		d.Public = append(d.Public, b.document(e))
	}
	for _, e := range b.Wall.Software {
		d.Software = append(d.Software, b.document(e))
	}
	return b.json("wall.json", d)
}
