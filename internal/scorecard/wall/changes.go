package wall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/render"
)

// changeRows is the most changes that a page or feed shows; changes.json has
// all of them.
const changeRows = 150

type changeRow struct {
	Anchor, Date, Name, Page, Capability, Title string
	Says                                        []string
}

type changeGroup struct {
	ID, Title string
	Rows      []changeRow
}

// changesDocument is changes.json.
type changesDocument struct {
	Form     int    `json:"changes"`
	Date     string `json:"date"`
	Since    string `json:"since"`
	Previous string `json:"previous,omitempty"`
	// Compared is what changed since the previous wall; null without one.
	Compared []Change `json:"compared"`
	// Sourced are the sources dated in that time.
	Sourced []Change `json:"sourced"`
}

// changes are the page, the document and the feed.
func (b *builder) changes(context.Context) error {
	since := b.options.Since
	if since.IsZero() {
		since = b.Date.AddDate(-1, 0, 0)
	}
	d := changesDocument{Form: Form, Date: b.Date.Format(time.DateOnly), Since: since.Format(time.DateOnly), Sourced: Dated(b.Wall, since)}
	lede := fmt.Sprintf("What sources say that are dated from %s to %s.", d.Since, d.Date)
	var groups []changeGroup
	shown := []Change{}
	if b.options.Previous != nil {
		d.Previous = b.options.Previous.Date.Format(time.DateOnly)
		d.Compared = append([]Change{}, Compare(b.options.Previous, b.Wall)...)
		lede = fmt.Sprintf("What changed between the walls of %s and %s, and what sources say that are dated since %s.", d.Previous, d.Date, d.Since)
		if len(d.Compared) > 0 {
			groups = append(groups, changeGroup{"compared", "Since the wall of " + d.Previous, b.changeRows(d.Compared)})
		}
		shown = append(shown, d.Compared[:min(len(d.Compared), changeRows)]...)
	}
	if len(d.Sourced) > 0 {
		title := "Sources dated since " + d.Since
		if len(d.Sourced) > changeRows {
			title += fmt.Sprintf(", the newest %d of %d", changeRows, len(d.Sourced))
		}
		groups = append(groups, changeGroup{"sourced", title, b.changeRows(d.Sourced)})
	}
	shown = append(shown, d.Sourced[:min(len(d.Sourced), changeRows)]...)
	if d.Sourced == nil {
		d.Sourced = []Change{}
	}
	if err := b.json("changes.json", d); err != nil {
		return err
	}
	if err := b.feed(shown); err != nil {
		return err
	}
	return b.page("changes.html", "changes.html", struct {
		frame
		Lede   string
		Groups []changeGroup
	}{b.frame("Changes", "What changed on the wall.", "", "changes.html"), lede, groups})
}

func (b *builder) changeRows(changes []Change) []changeRow {
	var out []changeRow
	seen := map[string]int{}
	for _, c := range changes[:min(len(changes), changeRows)] {
		r := changeRow{Anchor: "change-" + c.id()[:13], Date: c.Date, Name: c.Name, Title: "The entry", Says: c.Says, Page: b.pageOf(c)}
		if n := seen[r.Anchor]; n > 0 {
			r.Anchor += fmt.Sprintf("-%d", n)
		}
		seen[r.Anchor]++
		if k, ok := b.Catalogue.Capability(c.Capability); ok {
			r.Capability, r.Title = k.ID, render.Plain(k.Title)
		} else if c.Capability != "" {
			r.Title = render.Plain(c.Capability)
		}
		out = append(out, r)
	}
	return out
}

// pageOf is the page that shows what a change is about, "" for an entry that
// is gone.
func (b *builder) pageOf(c Change) string {
	i := slices.IndexFunc(b.All(), func(e *Entry) bool { return e.Part == c.Part && e.ID == c.Entry })
	if i < 0 {
		return ""
	}
	page := b.All()[i].address()
	if _, ok := b.Catalogue.Capability(c.Capability); ok {
		page += "#cap-" + c.Capability
	}
	return page
}

// id names a change for ever: a UUID of version 8 (RFC 9562) made of what
// changed, so that a feed that is built again repeats nothing.
func (c Change) id() string {
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings: there is nothing to fail
	}
	sum := sha256.Sum256(raw)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// The feed is Atom, RFC 4287.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  atomAuthor  `xml:"author"`
	Link    atomLink    `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title   string   `xml:"title"`
	ID      string   `xml:"id"`
	Updated string   `xml:"updated"`
	Link    atomLink `xml:"link"`
	Summary string   `xml:"summary"`
}

func (b *builder) feed(changes []Change) error {
	f := atomFeed{Title: "Changes of the wall", ID: "urn:uuid:" + Change{Kind: "feed"}.id(), Updated: b.Date.Format(time.RFC3339),
		Author: atomAuthor{"Assay"}, Link: atomLink{"alternate", "changes.html"}}
	seen := map[string]bool{}
	for _, c := range changes {
		id := "urn:uuid:" + c.id()
		if seen[id] {
			continue // readers show an id once
		}
		seen[id] = true
		title := c.Name
		if k, ok := b.Catalogue.Capability(c.Capability); ok {
			title += ": " + render.Plain(k.Title)
		}
		page := b.pageOf(c)
		if page == "" {
			page = "changes.html"
		}
		first, _, _ := assess.Span(c.Date)
		f.Entries = append(f.Entries, atomEntry{Title: title, ID: id, Updated: first.Format(time.RFC3339), Link: atomLink{"alternate", page}, Summary: strings.Join(c.Says, " ")})
	}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	e := xml.NewEncoder(&out)
	e.Indent("", " ")
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("changes.atom: %w", err)
	}
	out.WriteByte('\n')
	b.put("changes.atom", out.Bytes())
	return nil
}
