package cli

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/ssdf"
)

func (p *program) ssdfCommand() *cobra.Command {
	var form, keyFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ssdf CARD|ASSESSMENT",
		Short: "Show a card or an assessment in the order of the SSDF's tasks",
		Long: `Show what a card or an assessment says in the order of the tasks of the SSDF
(NIST SP 800-218, version 1.1): what supports each task, what is missing, what
is not known. Which capability speaks of which task stands in the catalogue;
tasks of which none speaks are listed apart, and are not missing.

A card is opened first, so that its states follow from its evidence. Without
--key it is not known who signed it, and the output says so.`,
		Example: `  assay ssdf card.json --key signer.pem
  assay ssdf assessment.yaml -o html > ssdf.html`,
		Args: exactly("a card or an assessment"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := p.formOf(cmd, &form, ""); err != nil {
				return err
			}
			if asJSON {
				if cmd.Flags().Changed("form") && form != formJSON {
					return misused(cmd, "--json and -o %s are two forms: keep one", form)
				}
				form = formJSON
			}
			projection, err := p.projected(cmd, args[0], keyFile)
			if err != nil {
				return err
			}
			return p.printProjection(form, projection)
		},
	}
	p.formFlag(cmd, &form, "text, html, json or md")
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&keyFile, "key", "", "the `file` with the public key that must have signed the card, in PEM")
	p.withoutDirectory(cmd)
	return cmd
}

func (p *program) printProjection(form string, projection ssdf.Projection) error {
	switch form {
	case formHTML:
		return ssdf.HTML(p.out, projection)
	case formMD:
		return ssdf.Markdown(p.out, projection)
	case formJSON:
		return printJSON(p.out, projection)
	}
	return ssdf.Text(p.out, projection)
}

// projected reads a card or an assessment, whichever the file holds.
func (p *program) projected(cmd *cobra.Command, file, keyFile string) (ssdf.Projection, error) {
	table, err := newScoreTable()
	if err != nil {
		return ssdf.Projection{}, err
	}
	raw, err := p.readBounded(file, maxCardFile)
	if err != nil {
		return ssdf.Projection{}, err
	}
	if looksLikeCard(raw) {
		return p.projectedCard(cmd.Context(), table, file, raw, keyFile)
	}
	if keyFile != "" {
		return ssdf.Projection{}, misused(cmd, "--key is for cards, and %s is an assessment, which nobody signs", clean(file))
	}
	a, err := p.soundAssessment(file, raw, table.catalogue)
	if err != nil {
		return ssdf.Projection{}, err
	}
	out := ssdf.Project(table.catalogue, assess.Derive(assess.Input{Catalogue: table.catalogue, Taxonomy: a.Taxonomy(), Entries: a.Entries()}))
	out.Subject = a.Subject().Name
	out.Source = "By what it says of itself, of " + a.Made().Format(time.DateOnly)
	if a.By() != "" {
		out.Source = fmt.Sprintf("By an assessment of %s, made by %s", a.Made().Format(time.DateOnly), a.By())
	}
	return out, nil
}

// looksLikeCard tells the two forms apart without reading either: a card is
// an envelope in JSON, and no assessment has that word for a key.
func looksLikeCard(raw []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) && bytes.Contains(raw, []byte(`"payloadType"`))
}

func (p *program) projectedCard(ctx context.Context, table scoreTable, file string, raw []byte, keyFile string) (ssdf.Projection, error) {
	key, err := p.publicKey(keyFile)
	if err != nil {
		return ssdf.Projection{}, err
	}
	opened, err := table.reader().Open(ctx, raw, key)
	if err != nil {
		return ssdf.Projection{}, fmt.Errorf("%s: %w", file, err)
	}
	for _, n := range opened.Notes {
		fmt.Fprintf(p.err, "%s: %s.\n", clean(file), clean(n))
	}
	out := ssdf.Project(table.catalogue, opened.Standings)
	out.Subject = opened.Card.Subject.Name
	out.Source = fmt.Sprintf("By a card of %s, signed by %s", moment(opened.Card.Made), opened.Signer.Fingerprint())
	if !opened.Known {
		out.Source = fmt.Sprintf("By a card of %s, unverified: its signer (%s) is unknown, and --key FILE compares the key", moment(opened.Card.Made), opened.Signer.Fingerprint())
	}
	return out, nil
}

// soundAssessment reads an assessment; one with mistakes is refused with all
// of them.
func (p *program) soundAssessment(file string, raw []byte, cat *catalogue.Catalogue) (*assessment.Assessment, error) {
	a, problems := assessment.Read(file, raw, cat)
	if a != nil {
		return a, nil
	}
	for _, problem := range problems {
		fmt.Fprintln(p.err, problemLine(problem))
	}
	return nil, assay.Errorf(assay.Invalid, "%s has %s, so it was not used: 'assay assess check %s' says what is to be put right", clean(file), plural(countProblems(problems, assessment.Mistake), "mistake"), clean(file))
}
