package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

func (p *program) decisionsCommand() *cobra.Command {
	var f listFlags
	var rule, effect string
	cmd := &cobra.Command{
		Use:   "decisions",
		Short: "List what was refused and warned of, the latest first",
		Long: `List what was refused and warned of, and what observed rules would have
refused, the latest first: one line for each rule, version, day and principal,
with how often.`,
		Example: "  assay decisions\n  assay decisions --rule cooldown --effect 'would deny'",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), browsing("decisions"), func(ctx context.Context, c api.Control) error {
				page, err := c.Decisions(ctx, api.DecisionQuery{Rule: rule, Registry: f.registry, Effect: effect, After: f.after, Limit: f.limit})
				if err != nil {
					return err
				}
				if f.json {
					return printJSON(p.out, page)
				}
				if len(page.Decisions) == 0 && page.Next == "" {
					_, err := fmt.Fprintln(p.out, "Nothing like that was refused or warned of, in as far back as is kept.")
					return err
				}
				rows := [][]string{{"LAST", "EFFECT", "RULE", "VERSION", "TIMES", "ASKED BY", "REASON"}}
				for _, d := range page.Decisions {
					asker := d.Principal
					if asker == "" {
						asker = "anonymous"
					}
					rows = append(rows, []string{moment(d.Last), d.Effect, d.Rule, d.Coordinate.String(), fmt.Sprint(d.Count), asker, d.Reason})
				}
				if err := table(p.out, rows); err != nil {
					return err
				}
				return p.moreOf(page.Next)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&rule, "rule", "", "only what this `rule` said")
	cmd.Flags().StringVar(&effect, "effect", "", "only this `effect`: "+strings.Join(effectWords(), ", "))
	return cmd
}
