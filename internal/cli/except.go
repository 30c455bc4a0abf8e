package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

func (p *program) exceptCommand() *cobra.Command {
	var rule, reason, end string
	cmd := &cobra.Command{
		Use:   "except VERSION --rule RULE --reason WORDS [--until MOMENT]",
		Short: "Let one version through one rule",
		Long: `Let one version through one rule. The exception lifts that rule's refusal of
that version and nothing else; every other rule still speaks.`,
		Example: `  assay except pkg:npm/lodash@4.17.20 --rule cooldown --reason "fixes our outage" --until 30d`,
		Args:    exactly("a version"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if rule == "" {
				return misused(cmd, "an exception needs a rule, for it lifts that one alone ('assay explain %s' names the rules that speak)%s",
					clean(args[0]), example(cmd))
			}
			if reason == "" {
				return needReason(cmd, "an exception", fmt.Sprintf(`assay except %s --rule %s --reason "fixes our outage"`, args[0], rule))
			}
			ends, err := parseUntil(end, p.now())
			if err != nil {
				return misused(cmd, "--until: %s", assay.PublicMessage(err))
			}
			return p.control(cmd.Context(), changing("except"), func(ctx context.Context, c api.Control) error {
				e, err := c.Except(ctx, api.NewException{Version: args[0], Rule: rule, Reason: reason, Until: ends})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "The rule %s lets %s through\n", clean(e.Rule), clean(e.Version))
				return fields(p.out,
					[2]string{"reason", e.Reason},
					[2]string{"until", until(e.Until, "it is revoked")},
					[2]string{"end it", "assay unexcept " + e.ID})
			})
		},
	}
	cmd.Flags().StringVar(&rule, "rule", "", "the `rule` that is lifted (required)")
	cmd.Flags().StringVar(&reason, "reason", "", "why, in `words` (required)")
	cmd.Flags().StringVar(&end, "until", "", "the `moment` when the exception ends by itself: 2027-01-01, 2027-01-01T12:00:00Z, or 30d from now")
	return cmd
}

func (p *program) unexceptCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unexcept ID|VERSION",
		Short: "Revoke exceptions, by id or by the version they are for",
		Example: `  assay unexcept pkg:npm/lodash@4.17.20
  assay unexcept 8b21d0`,
		Args: exactly("the id of an exception or its version ('assay exceptions' lists them)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), changing("unexcept"), func(ctx context.Context, c api.Control) error {
				ended, err := c.Unexcept(ctx, args[0])
				if err != nil {
					return err
				}
				for _, e := range ended {
					fmt.Fprintf(p.out, "The rule %s judges %s again\n", clean(e.Rule), clean(e.Version))
				}
				return nil
			})
		},
	}
}

func (p *program) exceptionsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "exceptions",
		Short: "List the exceptions",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("exceptions"), func(ctx context.Context, c api.Control) error {
				exceptions, err := c.Exceptions(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Exception{}, exceptions...))
				}
				if len(exceptions) == 0 {
					fmt.Fprintln(p.out, "There are no exceptions.")
					return nil
				}
				rows := [][]string{{"ID", "VERSION", "RULE", "UNTIL", "SINCE", "BY", "REASON"}}
				for _, e := range exceptions {
					ends := until(e.Until, "revoked")
					if !e.Until.IsZero() && !e.Until.After(p.now()) {
						ends = "ended " + moment(e.Until)
					}
					rows = append(rows, []string{e.ID, e.Version, e.Rule, ends, moment(e.Created), e.By, e.Reason})
				}
				return table(p.out, rows)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
