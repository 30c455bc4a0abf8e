// Package web is the frame that every page stands in, and what the pages
// share: the one stylesheet, the shapes, the content policy, the parts that
// several pages show, and a few ways to write values. Each page is a folder
// below: a struct, a template, a test.
//
// It promises HTML that works without scripts, in light and dark, on paper,
// on a phone and with a screen reader, under a policy that allows nothing but
// what lies below /assets/ of the same origin. Text from outside is escaped
// by html/template, and stripped of characters that reorder or hide other
// text.
//
// It never asks for anything: a page is made from a struct and nothing else.
// It never says by colour, by shape or by a script alone what it means.
package web

import (
	_ "embed" // the frame and the parts
	"html/template"
	"io"
)

//go:embed frame.html
var frame string

//go:embed parts.html
var parts string

// Frame is what every page says beside its own content.
type Frame struct {
	Host    string // of the address that clients use; "" where there is none
	Version string // of the program; "" where it is not known
	// Log is the newest checkpoint of the log; nil for a reader who may not
	// see it.
	Log *LogHead
	// Security tells whether there is a /.well-known/security.txt.
	Security bool
	// Nonce is the one that ContentPolicyWithScript was given; "" for a page
	// without a script.
	Nonce string
}

// LogHead says how long the log is, and what its tree hashes to.
type LogHead struct {
	Size int64
	Root string // base64
}

// Section is a part of the navigation.
type Section string

// The sections, in the order of the navigation.
const (
	NoSection Section = ""
	Home      Section = "Home"
	Decisions Section = "Decisions"
	Policy    Section = "Policy"
	Log       Section = "Log"
	Scorecard Section = "Scorecard"
	Wall      Section = "Wall"
)

// Head is what a page tells the frame about itself.
type Head struct {
	Title       string // without the product's name
	Description string // one sentence
	Section     Section
	// OwnSearch is set on a page that has the search in its content.
	OwnSearch bool
	// Script is the name below /assets/ of the page's own script; "" for
	// none, as on every page but one.
	Script string
}

// link is one line of the navigation.
type link struct {
	Section Section
	Address string
}

// framed is what the frame's template gets.
type framed struct {
	Frame
	Head
	Page any
}

// Nav lists the navigation.
func (framed) Nav() []link {
	return []link{{Home, "/"}, {Decisions, "/decisions"}, {Policy, "/policy"}, {Log, "/log"}, {Scorecard, "/scorecard"}, {Wall, "/wall/"}}
}

// Parse puts a page's template, which defines "main", into the frame. It
// panics on a template that is not well formed, as only a programmer makes
// it so.
func Parse(page string) *template.Template {
	t := template.New("frame").Funcs(template.FuncMap{
		"text":    Text,
		"lines":   Lines,
		"moment":  Moment,
		"machine": machine,
		"number":  Number,
		"asset":   AssetPath,
	})
	for _, source := range []string{frame, parts, page} {
		template.Must(t.Parse(source))
	}
	return t
}

// Write writes a page.
func Write(w io.Writer, t *template.Template, frame Frame, head Head, page any) error {
	return t.ExecuteTemplate(w, "frame", framed{frame, head, page})
}
