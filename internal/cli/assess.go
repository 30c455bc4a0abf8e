package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/catalogue"
)

func (p *program) assessCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "assess",
		Short: "Write and check what a repository says of itself",
		Long: `Write and check a self-assessment: what a repository says of itself, capability
by capability, with what shows it. 'assay score --assessment FILE' holds it
against what can be seen from outside.`,
	}
	p.withoutDirectory(cmd)
	cmd.AddCommand(p.assessNewCommand(), p.assessCheckCommand(), p.assessDiffCommand())
	group(cmd)
	return cmd
}

// traitWords are the words of the taxonomy and what each means.
func traitWords() [][2]string {
	return [][2]string{
		{string(catalogue.Accounts), "who publishes has an account or a credential there"},
		{string(catalogue.Built), "takes packages that others built"},
		{string(catalogue.Builds), "builds packages for its users"},
		{string(catalogue.Source), "hosts source only"},
		{string(catalogue.Client), "has a client of its own"},
		{string(catalogue.Mirrors), "is copied by mirrors, or pulls through from others"},
	}
}

// newOptions are the flags of 'assess new'.
type newOptions struct {
	name, taxonomy string
	as             []string
}

func (p *program) assessNewCommand() *cobra.Command {
	var o newOptions
	var words strings.Builder
	for _, w := range traitWords() {
		fmt.Fprintf(&words, "  %-9s %s\n", w[0], w[1])
	}
	cmd := &cobra.Command{
		Use:   "new [FILE]",
		Short: "Begin a self-assessment",
		Long: `Begin a self-assessment: a YAML file with every capability that the taxonomy says
applies, what each asks for, and room for state, evidence, note and plan. A file
that is there already is not written over.

The taxonomy says what kind of repository it is, and so which capabilities it is
asked for:
` + words.String() + `
With --taxonomy the words that are not in it do not hold. Without it all
capabilities are in the file, and the file says how to say which hold.`,
		Example: `  assay assess new
  assay assess new registry.yaml --name "Example Registry" --as npm=https://registry.example/npm/ --taxonomy accounts,built,mirrors`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return misused(cmd, "%q is one word too many for '%s': it takes one file", clean(args[1]), cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "assessment.yaml"
			if len(args) == 1 {
				file = args[0]
			}
			return p.newAssessment(cmd, file, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "what people call the repository, in `words`")
	f.StringArrayVar(&o.as, "as", nil, "where it is asked, as `ECOSYSTEM=ADDRESS`: npm=https://registry.example/npm/; may be repeated")
	f.StringVar(&o.taxonomy, "taxonomy", "", "the `words` that hold, with commas between: accounts,built,mirrors")
	return cmd
}

func (p *program) newAssessment(cmd *cobra.Command, file string, o newOptions) error {
	table, err := newScoreTable()
	if err != nil {
		return err
	}
	options := assessment.Options{Name: clean(o.name), Addresses: map[assay.Ecosystem]string{}, Catalogue: table.catalogue, Now: p.now().UTC()}
	if len(o.as) > 0 {
		t, err := readTarget(cmd, "", o.as)
		if err != nil {
			return err
		}
		options.Addresses = t.addresses
	}
	if cmd.Flags().Changed("taxonomy") {
		if options.Traits, err = readTaxonomy(cmd, o.taxonomy); err != nil {
			return err
		}
	}
	if err := writeNew(file, assessment.New(options), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "Wrote %s. Fill it in, and look at it with 'assay assess check %s'.\n", clean(file), clean(file))
	return err
}

// readTaxonomy reads --taxonomy. The words that are not in it do not hold.
func readTaxonomy(cmd *cobra.Command, list string) (assess.Taxonomy, error) {
	out := assess.Taxonomy{}
	var known []string
	for _, w := range traitWords() {
		out[catalogue.Trait(w[0])] = false
		known = append(known, w[0])
	}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		if !slices.Contains(known, word) {
			return nil, misused(cmd, "--taxonomy knows no word %q: the words are %s", clean(word), strings.Join(known, ", "))
		}
		out[catalogue.Trait(word)] = true
	}
	return out, nil
}
