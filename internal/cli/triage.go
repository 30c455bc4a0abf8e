package cli

import (
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/scorecard/triage"
)

// triageRows is the most rows of a table that a terminal shows without --all.
const triageRows = 25

func (p *program) triageCommand() *cobra.Command {
	var weights string
	var date day
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "triage DIR",
		Short: "Say which missing capability would prevent most harm for the least effort",
		Long: `Say where help is worth most: across the assessments and cards of public
repositories in DIR (as for 'assay wall build'), which missing capability at
which repository would prevent most harm for the least effort.

  worth = missing x reach x incidents / weeks

Every row shows its numbers. The weights stand in a file: 'assay triage weights'
prints it, --weights takes one that you changed. What is not known is not zero:
gaps of repositories whose reach nobody states stand apart, and so does what may
be missing or not. The same is a page of the wall, triage.html.

Exit code 1: a file had a mistake and was left out, or nothing could be read.`,
		Example: `  assay triage repositories
  assay triage weights > weights.yaml
  assay triage repositories --weights weights.yaml --json`,
		Args: exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := p.readWeights(weights)
			if err != nil {
				return err
			}
			read, err := p.readWall(cmd.Context(), args[0], date.Time)
			if err != nil {
				return err
			}
			read.Warnings = nil // the same for every use of the folder: 'wall build' tells them
			if err := p.tellWall(read); err != nil {
				return err
			}
			result := triage.Of(read.Catalogue, w, read.Subjects())
			if asJSON {
				err = printJSON(p.out, struct {
					Date string `json:"date"`
					triage.Result
				}{read.Date.Format(time.DateOnly), result})
			} else {
				most := triageRows
				if all {
					most = 0
				}
				err = triage.Text(p.out, result, most)
			}
			if err != nil {
				return err
			}
			return leftOut(read)
		},
	}
	p.withoutDirectory(cmd)
	f := cmd.Flags()
	f.StringVar(&weights, "weights", "", "a `file` of weights; 'assay triage weights' prints one to begin with")
	f.Var(&date, "date", "the `day` that it is of, as 2026-11-22; what is dated later is left out")
	f.BoolVar(&all, "all", false, "print all rows")
	jsonFlag(cmd, &asJSON)
	cmd.AddCommand(p.triageWeightsCommand())
	return cmd
}

func (p *program) triageWeightsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "weights",
		Short: "Print the weights that hold where no others are given",
		Long: `Print the weights that hold where no others are given, as a file with comments:
take a copy, change what you disagree with, and give it with --weights.`,
		Example: `  assay triage weights > weights.yaml`,
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			_, err := p.out.Write(triage.DefaultWeights())
			return err
		},
	}
}
