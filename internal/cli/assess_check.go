package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
)

// checkedAssessment is what 'assess check' found, as JSON has it.
type checkedAssessment struct {
	File           string               `json:"file"`
	Mistakes       int                  `json:"mistakes"`
	Contradictions int                  `json:"contradictions"`
	Findings       int                  `json:"findings"`
	Problems       []assessment.Problem `json:"problems"`
}

func (p *program) assessCheckCommand() *cobra.Command {
	var cardFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Find mistakes in a self-assessment, and claims that nothing shows",
		Long: `Find mistakes in a self-assessment, claims without evidence, evidence that is
old, and what the taxonomy or a card contradicts. Each is a line, FILE:LINE.
Exit code 1 means that there are mistakes, or that the card contradicts it.`,
		Example: `  assay assess check assessment.yaml
  assay assess check assessment.yaml --card card.json`,
		Args: exactly("a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := p.checkAssessment(cmd.Context(), args[0], cardFile)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(p.out, found)
			} else {
				err = p.printAssessment(found)
			}
			if err == nil {
				err = found.verdict()
			}
			return err
		},
	}
	cmd.Flags().StringVar(&cardFile, "card", "", "also hold it against the `file` with a card of the repository")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) checkAssessment(ctx context.Context, file, cardFile string) (checkedAssessment, error) {
	found := checkedAssessment{File: file, Problems: []assessment.Problem{}}
	table, err := newScoreTable()
	if err != nil {
		return found, err
	}
	a, problems, err := p.readAssessment(file, table.catalogue)
	if err != nil {
		return found, err
	}
	found.Problems = append(found.Problems, problems...)
	if a != nil && countProblems(problems, assessment.Mistake) == 0 {
		standings, err := p.standingsFor(ctx, table, a, cardFile)
		if err != nil {
			return found, err
		}
		found.Problems = append(found.Problems, assessment.Check(a, table.catalogue, p.now(), standings)...)
	}
	found.Mistakes = countProblems(found.Problems, assessment.Mistake)
	found.Contradictions = countProblems(found.Problems, assessment.Contradiction)
	found.Findings = countProblems(found.Problems, assessment.Finding)
	return found, nil
}

// standingsFor is what a card's findings and the entries of an assessment
// come to; nil without a card.
func (p *program) standingsFor(ctx context.Context, t scoreTable, a *assessment.Assessment, cardFile string) ([]assess.Standing, error) {
	if cardFile == "" {
		return nil, nil
	}
	_, opened, err := p.openCard(ctx, cardFile, "")
	if err != nil {
		return nil, err
	}
	for _, n := range opened.Notes {
		fmt.Fprintf(p.err, "%s: %s.\n", clean(cardFile), clean(n))
	}
	return assess.Derive(assess.Input{
		Catalogue: t.catalogue, Definitions: t.definitions(), Taxonomy: a.Taxonomy(), Entries: a.Entries(), Judged: opened.Card.Judged,
	}), nil
}

func (p *program) printAssessment(found checkedAssessment) error {
	for _, problem := range found.Problems {
		if _, err := fmt.Fprintln(p.out, problemLine(problem)); err != nil {
			return err
		}
	}
	if found.Mistakes+found.Contradictions > 0 {
		return nil // counted in the error
	}
	_, err := fmt.Fprintf(p.out, "%s is sound, with %s.\n", clean(found.File), plural(found.Findings, "finding"))
	return err
}

// verdict is the error of an assessment that must be put right.
func (found checkedAssessment) verdict() error {
	var parts []string
	if found.Mistakes > 0 {
		parts = append(parts, plural(found.Mistakes, "mistake"))
	}
	if found.Contradictions > 0 {
		parts = append(parts, plural(found.Contradictions, "contradiction")+" by the card")
	}
	if len(parts) == 0 {
		return nil
	}
	return assay.Errorf(assay.Invalid, "%s has %s, and %s", clean(found.File), strings.Join(parts, " and "), plural(found.Findings, "finding"))
}
