package ssdf

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes a projection in Markdown.
func Markdown(w io.Writer, p Projection) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# SSDF tasks: %s\n\n%s, against catalogue %s. %s.\n\n%s\n", escape(p.Subject), escape(p.Framework), escape(p.Catalogue), escape(p.Source), explained)
	for _, r := range p.Rows {
		fmt.Fprintf(&b, "\n## %s %s\n\n| | Capability | State | Known |\n| --- | --- | --- | --- |\n", escape(r.ID), escape(r.Name))
		for _, g := range r.groups() {
			for _, part := range g.Parts {
				fmt.Fprintf(&b, "| %s | %s (%s) | %s | %s |\n", g.Heading, escape(part.Title), escape(part.Capability), stateWord(part.State), escape(string(part.Knowledge)))
			}
		}
	}
	if len(p.Unspoken) > 0 {
		fmt.Fprintf(&b, "\n## Not spoken of\n\n%s.\n\n", unspoken)
		for _, t := range p.Unspoken {
			fmt.Fprintf(&b, "- %s %s\n", escape(t.ID), escape(t.Name))
		}
	}
	if len(p.LeftOut) > 0 {
		fmt.Fprintf(&b, "\nThe catalogue of this build does not know these, so they were left out: %s.\n", escape(strings.Join(p.LeftOut, ", ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// escape takes from text what Markdown and HTML would read as markup.
func escape(s string) string {
	var b strings.Builder
	for _, r := range plain(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|~&!$", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
