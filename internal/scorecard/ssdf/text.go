package ssdf

import (
	"fmt"
	"io"
	"strings"
)

// Text writes a projection for a terminal.
func Text(w io.Writer, p Projection) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s, against catalogue %s\n%s.\n\n%s\n", plain(p.Subject), plain(p.Framework), plain(p.Catalogue), plain(p.Source), explained)
	for _, r := range p.Rows {
		fmt.Fprintf(&b, "\n%s  %s\n", plain(r.ID), r.Name)
		for _, g := range r.groups() {
			fmt.Fprintf(&b, "  %s:\n", g.Heading)
			for _, part := range g.Parts {
				fmt.Fprintf(&b, "    %s (%s): %s\n", part.Title, part.Capability, part.standing())
			}
		}
	}
	if len(p.Unspoken) > 0 {
		fmt.Fprintf(&b, "\n%s:\n", unspoken)
		for _, t := range p.Unspoken {
			fmt.Fprintf(&b, "  %s  %s\n", t.ID, t.Name)
		}
	}
	if len(p.LeftOut) > 0 {
		fmt.Fprintf(&b, "\nThe catalogue of this build does not know these, so they were left out: %s.\n", plain(strings.Join(p.LeftOut, ", ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
