package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

func (p *program) reportCommand() *cobra.Command {
	const version = "pkg:npm/left-pad@1.3.1"
	var reason string
	example := fmt.Sprintf("assay report %s --reason %q", version, "its postinstall reads ~/.npmrc and sends it away")
	cmd := &cobra.Command{
		Use:   "report VERSION --reason WORDS",
		Short: "Tell the administrators that something is wrong with a version",
		Long: `Tell the administrators that something is wrong with a version, hosted here or
pulled through: that it is malicious, that it is not what it says. The report
stands in their queue ('assay reports') and in the journal; it changes nothing
about the version until one of them does. What cannot wait is for an
administrator: 'assay quarantine'.

From afar a report needs a token, so that somebody can be asked; any will do
that may read the package.`,
		Example: "  " + example + "\n  ASSAY_TOKEN=... assay report --server https://packages.example " + version + " --reason ...",
		Args:    exactly("a version"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return misused(cmd, "a report needs a reason, which the administrators read: %s", clean(strings.Replace(example, version, args[0], 1)))
			}
			if c, err := assay.ParseCoordinate(args[0]); err != nil || c.Version == "" {
				return misused(cmd, "%s is no version of a package: write one such as %s", clean(args[0]), version)
			}
			n := need{holder: "report", change: true, registry: true}
			return p.control(cmd.Context(), n, func(ctx context.Context, c api.Control) error {
				r, err := c.Report(ctx, api.NewReport{Version: args[0], Reason: reason})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Reported %s as %s\n", clean(r.Version), r.ID)
				return fields(p.out, [2]string{"reason", r.Reason}, [2]string{"see", "assay reports --all"})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what is wrong with it, in `words` (required)")
	return cmd
}
