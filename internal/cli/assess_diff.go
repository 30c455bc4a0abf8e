package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
)

func (p *program) assessDiffCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show what changed between two assessments",
		Long: `Show what changed between two assessments, capability by capability: state, how
well it is known, documents, plans, notes; and of the repository its taxonomy
and governance. The exit code is 0 whether anything changed or not, and 1 if a
file cannot be read or has mistakes.`,
		Example: `  assay assess diff 2025.yaml 2026.yaml
  assay assess diff 2025.yaml 2026.yaml --json`,
		Args: exactly("the older assessment", "the newer assessment"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" && args[1] == "-" {
				return misused(cmd, "the standard input is one file, and two are compared")
			}
			table, err := newScoreTable()
			if err != nil {
				return err
			}
			var read [2]*assessment.Assessment
			var failed error
			// Both are read, so that one call tells the mistakes of both.
			for i, file := range args {
				raw, err := p.readBounded(file, maxAssessmentFile)
				if err == nil {
					read[i], err = p.soundAssessment(file, raw, table.catalogue)
				}
				if failed == nil {
					failed = err
				} else if err != nil {
					fmt.Fprintln(p.err, "assay: "+clean(err.Error()))
				}
			}
			if failed != nil {
				return failed
			}
			changes := assessment.Diff(read[0], read[1], table.catalogue)
			if asJSON {
				return printJSON(p.out, changes)
			}
			_, err = fmt.Fprint(p.out, changesText(changes))
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// changesText is what changed, for a terminal.
func changesText(c assessment.Changes) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, from %s to %s\n", clean(c.Now.Name), c.Then.Made, c.Now.Made)
	if c.Then.Name != c.Now.Name {
		fmt.Fprintf(&b, "The older one is about %s: the two may speak of different repositories.\n", clean(c.Then.Name))
	}
	if c.Now.Made < c.Then.Made {
		b.WriteString("The first was made after the second: are they the wrong way round?\n")
	}
	if c.Then.Catalogue != c.Now.Catalogue {
		fmt.Fprintf(&b, "Made against catalogue %s, and now against %s: a state may differ because the question does. What changed in it stands in its list of changes.\n", clean(c.Then.Catalogue), clean(c.Now.Catalogue))
	}
	if c.Empty() {
		b.WriteString("\nNothing changed.\n")
		return b.String()
	}
	turns(&b, "Repository", c.Repository)
	turns(&b, "Taxonomy", c.Taxonomy)
	if len(c.Capabilities) > 0 {
		fmt.Fprintf(&b, "\nCapabilities\n")
	}
	for _, k := range c.Capabilities {
		capabilityText(&b, k)
	}
	return b.String()
}

func turns(b *strings.Builder, heading string, changed []assessment.Turn) {
	if len(changed) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", heading)
	for _, t := range changed {
		fmt.Fprintf(b, "  %s%s\n", t.Of, becomes(t, "  "))
	}
}

// oneLine is how long the older text may be, in bytes, to stand on one line
// with the newer.
const oneLine = 40

// becomes says a change in words: an arrow would be read out as one. Longer
// texts get a line each.
func becomes(t assessment.Turn, indent string) string {
	if len(t.Then) <= oneLine && len(t.Now) <= oneLine {
		return fmt.Sprintf(": was %s, is %s", something(t.Then), something(t.Now))
	}
	return fmt.Sprintf("\n%s  was: %s\n%s  is:  %s", indent, something(t.Then), indent, something(t.Now))
}

func something(s string) string {
	if s == "" {
		return "nothing"
	}
	return clean(s)
}

func capabilityText(b *strings.Builder, k assessment.CapabilityChange) {
	fmt.Fprintf(b, "  %s (%s)\n", clean(k.Title), clean(k.Capability))
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+"\n", args...) }
	switch k.Entry {
	case "added":
		line("entry: only the newer one has one")
	case "removed":
		line("entry: only the older one has one")
	}
	for _, t := range []struct {
		name string
		turn *assessment.Turn
	}{{"state", k.State}, {"known", k.Knowledge}, {"since", k.Since}} {
		if t.turn != nil {
			line("%s%s", t.name, strings.ReplaceAll(becomes(*t.turn, "    "), "_", " "))
		}
	}
	for _, l := range k.Added {
		line("evidence added: %s", cited(l))
	}
	for _, l := range k.Removed {
		line("evidence removed: %s", cited(l))
	}
	for _, l := range k.Changed {
		line("evidence changed: was %s, is %s", cited(l.Then), cited(l.Now))
	}
	if k.Plan != nil {
		line("plan: %s", planText(*k.Plan))
	}
	if k.Note != nil {
		line("note%s", becomes(*k.Note, "    "))
	}
}

// cited is a document with all that a change can be about.
func cited(l assess.Link) string {
	parts := []string{l.URL + l.Where}
	if l.Title != "" {
		parts = []string{l.Title, l.URL + l.Where}
	}
	if l.Publisher != "" {
		parts = append(parts, l.Publisher)
	}
	when := l.Date
	if l.Undated {
		when = "read " + when
	}
	parts = append(parts, when)
	if l.Basis != "" {
		parts = append(parts, string(l.Basis))
	}
	if l.Against {
		parts = append(parts, "against the state")
	}
	if l.Says != "" {
		parts = append(parts, fmt.Sprintf("%q", l.Says))
	}
	return clean(strings.Join(parts, ", "))
}

func planText(c assessment.PlanChange) string {
	switch {
	case c.Then == nil:
		return "new: " + planned(*c.Now)
	case c.Now == nil:
		return "dropped: " + planned(*c.Then)
	case c.Moved != "":
		return fmt.Sprintf("moved %s: was %s, is %s", c.Moved, planned(*c.Then), planned(*c.Now))
	}
	return fmt.Sprintf("was %s, is %s", planned(*c.Then), planned(*c.Now))
}

func planned(p assess.Plan) string {
	parts := []string{"without a day"}
	if p.By != "" {
		parts = []string{"by " + p.By}
	}
	if p.Weeks > 0 {
		parts = append(parts, fmt.Sprintf("%g person-weeks", p.Weeks))
	}
	if p.WaitsFor != "" {
		parts = append(parts, "waits for "+p.WaitsFor)
	}
	if p.Note != "" {
		parts = append(parts, fmt.Sprintf("%q", p.Note))
	}
	return clean(strings.Join(parts, ", "))
}
