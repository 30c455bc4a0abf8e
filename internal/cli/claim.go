package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

func (p *program) claimCommand() *cobra.Command {
	var shadow bool
	cmd := &cobra.Command{
		Use:   "claim PATTERN [--shadow]",
		Short: "Give names to packages that are published here, and to no others",
		Long: `Give a name, or all names in a pattern, to packages that are published here.
From when the command answers, no request carries such a name to an upstream,
and nothing of such a name is taken from one: neither does a private name leak,
nor can a stranger's package of the same name stand in for yours.

Only claimed names can be published here. A claim is for whole names, so it
takes no range, and begins with what is yours. Quote it: the shell reads * itself.`,
		Example: `  assay claim 'pkg:npm/@acme/*'
  assay claim 'pkg:golang/corp.example/*'
  assay claim pkg:npm/left-pad --shadow`,
		Args: exactly("a pattern"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), claiming("claim"), func(ctx context.Context, c api.Control) error {
				made, err := c.Claim(ctx, api.NewClaim{Pattern: args[0], Shadow: shadow})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Claimed %s\n", clean(made.Pattern))
				return fields(p.out,
					[2]string{"publish", "assay token create --publish '" + made.Pattern + "'"},
					[2]string{"end it", "assay unclaim " + made.ID})
			})
		},
	}
	cmd.Flags().BoolVar(&shadow, "shadow", false, "claim it although an upstream has such packages: nobody here gets those any more")
	return cmd
}

func (p *program) unclaimCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unclaim ID|PATTERN",
		Short: "End a claim, by its id or its pattern as written",
		Long: `End a claim. From when the command answers, its names are asked of the
upstreams again. Where packages are published under it this is refused: an
upstream's package of the same name could take their place.`,
		Example: `  assay unclaim 'pkg:npm/@acme/*'
  assay unclaim c-3f9a2cx7k2mq`,
		Args: exactly("the id of a claim or its pattern ('assay claims' lists them)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), claiming("unclaim"), func(ctx context.Context, c api.Control) error {
				ended, err := c.Unclaim(ctx, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Unclaimed %s: its names are asked of the upstreams again\n", clean(ended.Pattern))
				return nil
			})
		},
	}
}

func (p *program) claimsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "claims",
		Short: "List the claims",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("claims"), func(ctx context.Context, c api.Control) error {
				claims, err := c.Claims(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Claim{}, claims...))
				}
				if len(claims) == 0 {
					fmt.Fprintln(p.out, "Nothing is claimed.")
					return nil
				}
				rows := [][]string{{"ID", "PATTERN", "SHADOW", "SINCE", "BY"}}
				for _, k := range claims {
					shadow := ""
					if k.Shadow {
						shadow = "yes"
					}
					rows = append(rows, []string{k.ID, k.Pattern, shadow, moment(k.Created), k.By})
				}
				return table(p.out, rows)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// claiming is a change that asks what is known of packages, and needs no
// upstream for it.
func claiming(holder string) need { return need{holder: holder, change: true, packages: true} }
