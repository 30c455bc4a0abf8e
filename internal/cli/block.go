package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

func (p *program) blockCommand() *cobra.Command {
	var reason, end string
	cmd := &cobra.Command{
		Use:   "block PATTERN --reason WORDS [--until MOMENT]",
		Short: "Refuse every version in a pattern",
		Long: `Refuse every version in a pattern, in listings and as files. When the command
answers, the block is in force; downloads under way of what it refuses are cut.

A pattern is pkg:<ecosystem>/<name or glob>, with an optional range after an @,
in the ecosystem's own syntax. Quote it: the shell reads < and > itself.`,
		Example: `  assay block 'pkg:npm/lodash@<4.17.21' --reason "prototype pollution"
  assay block 'pkg:npm/left-pad' --reason "use String.padStart" --until 2027-01-01
  assay block 'pkg:golang/github.com/acme/*' --reason "under review" --until 30d`,
		Args: exactly("a pattern"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return needReason(cmd, "a block", fmt.Sprintf(`assay block '%s' --reason "prototype pollution"`, args[0]))
			}
			ends, err := parseUntil(end, p.now())
			if err != nil {
				return misused(cmd, "--until: %s", assay.PublicMessage(err))
			}
			return p.control(cmd.Context(), changing("block"), func(ctx context.Context, c api.Control) error {
				b, err := c.Block(ctx, api.NewBlock{Pattern: args[0], Reason: reason, Until: ends})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Blocked %s\n", clean(b.Pattern))
				return fields(p.out,
					[2]string{"reason", b.Reason},
					[2]string{"until", until(b.Until, "it is unblocked")},
					[2]string{"end it", "assay unblock " + b.ID})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in `words` for whoever is refused (required)")
	cmd.Flags().StringVar(&end, "until", "", "the `moment` when the block ends by itself: 2027-01-01, 2027-01-01T12:00:00Z, or 30d from now")
	return cmd
}

// needReason refuses a change that does not say why, and shows how to.
func needReason(cmd *cobra.Command, what, example string) error {
	return misused(cmd, "%s needs a reason, which is shown to whoever meets it: %s", what, clean(example))
}

func (p *program) unblockCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unblock ID|PATTERN",
		Short: "End a block, by its id or its pattern as written",
		Example: `  assay unblock 'pkg:npm/lodash@<4.17.21'
  assay unblock 3f9a2c`,
		Args: exactly("the id of a block or its pattern ('assay blocks' lists them)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), changing("unblock"), func(ctx context.Context, c api.Control) error {
				ended, err := c.Unblock(ctx, args[0])
				if err != nil {
					return err
				}
				for _, b := range ended {
					fmt.Fprintf(p.out, "Unblocked %s (%s)\n", clean(b.Pattern), clean(b.Reason))
				}
				return p.stillBlocked(ctx, c, ended)
			})
		},
	}
}

// stillBlocked says which of the patterns the policy file blocks as well: no
// command ends those.
func (p *program) stillBlocked(ctx context.Context, c api.Control, ended []api.Block) error {
	blocks, err := c.Blocks(ctx)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		same := func(e api.Block) bool { return e.Pattern == b.Pattern }
		if b.FromPolicy && slices.ContainsFunc(ended, same) {
			fmt.Fprintf(p.out, "It stays blocked by the policy file (%s): take the block out there, then 'assay policy apply FILE'\n", clean(b.Reason))
		}
	}
	return nil
}

func (p *program) blocksCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "blocks",
		Short: "List the blocks",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("blocks"), func(ctx context.Context, c api.Control) error {
				blocks, err := c.Blocks(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Block{}, blocks...))
				}
				if len(blocks) == 0 {
					fmt.Fprintln(p.out, "Nothing is blocked.")
					return nil
				}
				rows := [][]string{{"ID", "PATTERN", "UNTIL", "SINCE", "BY", "REASON"}}
				for _, b := range blocks {
					id, by := b.ID, b.By
					if b.FromPolicy {
						id, by = "policy", "the policy file"
					}
					since := ""
					if !b.Created.IsZero() {
						since = moment(b.Created)
					}
					ends := until(b.Until, "unblocked")
					if !b.Until.IsZero() && !b.Until.After(p.now()) {
						ends = "ended " + moment(b.Until)
					}
					rows = append(rows, []string{id, b.Pattern, ends, since, by, b.Reason})
				}
				return table(p.out, rows)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON for programs")
}
