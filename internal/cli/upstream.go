package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/server/api"
)

// setByHand is the source of an origin that a person gave; it wins over what
// the package managers say.
const setByHand = "assay upstream set"

func (p *program) upstreamsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "upstreams",
		Short: "List where each place pulls packages from",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("upstreams"), func(ctx context.Context, c api.Control) error {
				upstreams, err := c.Upstreams(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Upstream{}, upstreams...))
				}
				return p.printUpstreams(upstreams)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) printUpstreams(upstreams []api.Upstream) error {
	rows := [][]string{{"PLACE", "ADDRESS", "MIRRORS", "SET BY", "SINCE"}}
	for _, u := range upstreams {
		if len(u.Origins) == 0 {
			rows = append(rows, []string{u.Place, "none: give one with 'assay upstream set " + u.Place + " ADDRESS'", "", "", ""})
		}
		for _, o := range u.Origins {
			since := ""
			if !o.Set.IsZero() {
				since = moment(o.Set)
			}
			rows = append(rows, []string{u.Place, o.Address, strings.Join(o.Mirrors, " "), o.Source, since})
		}
	}
	return table(p.out, rows)
}

func (p *program) upstreamCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "upstream", Short: "Change where a place pulls packages from"}
	cmd.AddCommand(p.upstreamSetCommand())
	group(cmd)
	return cmd
}

func (p *program) upstreamSetCommand() *cobra.Command {
	var mirror, none bool
	cmd := &cobra.Command{
		Use:   "set PLACE ADDRESS...",
		Short: "Set the upstream of a place",
		Long: `Set the upstream of a place, in the place of what was adopted or set before.

Several addresses are origins in layers: the first that has a package owns its
name, and an outage of an earlier one never lets a later one answer for it.
With --mirror they are one origin and its mirrors, which serve the same, and of
which any may answer.`,
		Example: `  assay upstream set npm https://registry.example/npm/
  assay upstream set go https://modules.example/ https://modules-2.example/ --mirror`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return misused(cmd, "'%s' needs a place ('assay upstreams' lists them)%s", cmd.CommandPath(), example(cmd))
			case none && len(args) > 1:
				return misused(cmd, "--none takes no address")
			case !none && len(args) == 1:
				return misused(cmd, "'%s' needs an address, or --none%s", cmd.CommandPath(), example(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			origins, notes, err := readOrigins(args[1:], mirror)
			if err != nil {
				return misused(cmd, "%s", assay.PublicMessage(err))
			}
			return p.control(cmd.Context(), changing("upstream set"), func(ctx context.Context, c api.Control) error {
				upstreams, err := c.SetUpstream(ctx, args[0], origins)
				if err != nil {
					return err
				}
				for _, note := range notes {
					fmt.Fprintf(p.err, "Note: %s.\n", clean(note))
				}
				return p.printUpstreams(upstreams)
			})
		},
	}
	cmd.Flags().BoolVar(&mirror, "mirror", false, "the addresses are one origin and its mirrors, not layers")
	cmd.Flags().BoolVar(&none, "none", false, "pull from nowhere, and do not adopt an upstream either")
	return cmd
}

// readOrigins reads addresses as layers, or as one origin with mirrors.
func readOrigins(args []string, mirror bool) (origins []api.Origin, notes []string, err error) {
	seen := map[string]bool{}
	for i, arg := range args {
		address, said, err := adopt.Address(arg)
		if err != nil {
			return nil, nil, assay.Errorf(assay.Invalid, "the %s cannot be used: it is %s", ordinal(i, len(args)), assay.PublicMessage(err))
		}
		notes = append(notes, said...)
		if seen[address] {
			return nil, nil, assay.Errorf(assay.Invalid, "%s is given twice", address)
		}
		seen[address] = true
		if mirror && i > 0 {
			origins[0].Mirrors = append(origins[0].Mirrors, address)
			continue
		}
		origins = append(origins, api.Origin{Address: address, Source: setByHand})
	}
	return origins, notes, nil
}

func ordinal(i, n int) string {
	if n == 1 {
		return "address"
	}
	return fmt.Sprintf("address number %d", i+1)
}
