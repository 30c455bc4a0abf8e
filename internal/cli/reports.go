package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

func (p *program) reportsCommand() *cobra.Command {
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "reports [--all]",
		Short: "List what was said against versions",
		Long: `List what people said against versions and nobody has answered yet: for an
administrator everything, for others what they reported themselves.

What to do about a version is said of the version:
  assay quarantine VERSION --reason ...          hand it out to nobody while somebody looks
  assay release VERSION                          let it out again
  assay remove VERSION --malicious --reason ...  remove it for ever, and write an advisory; this answers its reports
Then, where they are still open, 'assay reports close'.`,
		Example: `  assay reports
  assay reports close r-3f9a2cx7k2 --reason "looked at: the script only prints a notice"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), browsing("reports"), func(ctx context.Context, c api.Control) error {
				reports, err := c.Reports(ctx, all)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Report{}, reports...))
				}
				return p.printReports(reports, all)
			})
		},
	}
	cmd.AddCommand(p.reportsCloseCommand())
	onlyItsOwnWords(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "list those too that were answered")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) printReports(reports []api.Report, all bool) error {
	if len(reports) == 0 {
		if all {
			fmt.Fprintln(p.out, "Nothing was ever reported.")
		} else {
			fmt.Fprintln(p.out, "No report waits for an answer.")
		}
		return nil
	}
	heading := []string{"ID", "VERSION", "REASON", "SINCE", "BY"}
	if all {
		heading = append(heading, "ANSWER")
	}
	rows := [][]string{heading}
	for _, r := range reports {
		row := []string{r.ID, r.Version, r.Reason, moment(r.At), r.By}
		if all {
			answer := "none yet"
			if !r.Closed.IsZero() {
				answer = r.AnsweredBy + ": " + r.Answer
			}
			row = append(row, answer)
		}
		rows = append(rows, row)
	}
	return table(p.out, rows)
}

func (p *program) reportsCloseCommand() *cobra.Command {
	const id = "r-3f9a2cx7k2"
	var reason string
	example := fmt.Sprintf("assay reports close %s --reason %q", id, "looked at: the script only prints a notice")
	cmd := &cobra.Command{
		Use:   "close ID --reason WORDS",
		Short: "Answer a report",
		Long: `Answer a report. Whoever made it reads the answer under 'assay reports --all'.
It says nothing about the version: 'assay quarantine' and 'assay remove' do.`,
		Example: "  " + example,
		Args:    exactly("the id of a report ('assay reports' lists them)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return misused(cmd, "an answer needs a reason, which whoever reported it reads: %s", clean(strings.Replace(example, id, args[0], 1)))
			}
			return p.control(cmd.Context(), claiming("reports close"), func(ctx context.Context, c api.Control) error {
				r, err := c.CloseReport(ctx, api.ReportAnswer{ID: args[0], Reason: reason})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Closed %s about %s\n", clean(r.ID), clean(r.Version))
				return fields(p.out, [2]string{"report", r.Reason}, [2]string{"by", r.By}, [2]string{"answer", r.Answer})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what was found and done, in `words` (required)")
	return cmd
}
