package render

import (
	"crypto/sha256"
	_ "embed" // the stylesheet, the shapes and the templates
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"assay.invalid/internal/scorecard/assess"
)

//go:embed card.css
var stylesheet string

//go:embed marks.svg
var marks string

//go:embed card.html
var markup string

// Stylesheet is what a page that shows a Fragment needs beside it.
func Stylesheet() string { return stylesheet }

// HTML writes a card as a page that needs nothing but itself.
func HTML(w io.Writer, v View) error { return execute(w, "page", v) }

// Fragment writes the part of the page that stands inside its main element.
func Fragment(w io.Writer, v View) error { return execute(w, "fragment", v) }

func execute(w io.Writer, name string, v View) error {
	t, err := template.New("card").Funcs(template.FuncMap{
		"shape": shape, "word": stateWord, "plural": plural,
	}).Parse(markup)
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, name, v.page())
}

// shape is the name of a state's symbol and class. What is no state of ours
// has that of the unknown: a class name is no place for outside text.
func shape(s assess.State) string {
	for _, known := range assess.States {
		if s == known {
			return strings.ReplaceAll(string(s), "_", "-")
		}
	}
	return "unknown"
}

// policy lets the page's own stylesheet be used, and nothing else: should a
// text from outside ever become markup, it could neither run nor ask for
// anything.
func policy() string {
	sum := sha256.Sum256([]byte(stylesheet))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
}
