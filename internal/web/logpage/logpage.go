// Package logpage is the page of the log: its checkpoint, one entry proven
// step by step, and the events, the newest first.
//
// It works the proof out itself, from the entry's bytes, with SHA-256 and
// nothing else of the house, so that what the page says of a proof is not
// what the log says of itself.
package logpage

import (
	_ "embed" // the template
	"io"
	"strconv"

	"assay.invalid/internal/web"
)

//go:embed logpage.html
var source string

var page = web.Parse(source)

// Page is what the page shows.
type Page struct {
	Origin     string // names the log
	Size       int64
	Root       string // base64
	Checkpoint string // the signed note, byte for byte
	Key        string // the verifier key
	Proof      *Proof // of one entry; nil in an empty log
	Events     []web.Event
	// Before is the index below which the events lie; the size on the first
	// page.
	Before int64
}

// Newest tells whether the events are the newest.
func (p *Page) Newest() bool { return p.Before >= p.Size }

// Older is the address of the events before these; "" on the last page.
func (p *Page) Older() string {
	if len(p.Events) == 0 {
		return ""
	}
	oldest := p.Events[len(p.Events)-1].Index
	if oldest <= 0 {
		return ""
	}
	return "/log?before=" + strconv.FormatInt(oldest, 10) + "#events"
}

// Write writes the page as HTML.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	return web.Write(w, page, frame, web.Head{
		Title: "The log", Description: "The checkpoint of the log, one entry proven, and the newest events.", Section: web.Log,
	}, p)
}
