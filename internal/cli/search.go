package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

// listFlags are those of a command that prints one page of a list.
type listFlags struct {
	registry, after string
	limit           int
	json            bool
}

func (f *listFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.registry, "registry", "", "only what is in this `place`, such as npm")
	cmd.Flags().IntVar(&f.limit, "limit", defaultPage, fmt.Sprintf("print at most `N`, up to %d", api.MaxPage))
	cmd.Flags().StringVar(&f.after, "after", "", "go on at this `cursor`, which the page before named")
	jsonFlag(cmd, &f.json)
}

// browsing is what a question about packages and usage needs: what is kept,
// and no upstream.
func browsing(holder string) need { return need{holder: holder, packages: true} }

func (p *program) searchCommand() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{
		Use:   "search [TEXT]",
		Short: "Find packages that this place knows, hosted and pulled through",
		Long: `Find packages that this place knows: those that were pulled through, by their
name, and those that are hosted here, by name and description. The one with
that very name comes first, then those whose name begins so. Without a text
it lists all. No upstream is asked.`,
		Example: "  assay search kettle\n  assay search --registry go cobra",
		Args:    atMost("words, in quotes if there are several"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), browsing("search"), func(ctx context.Context, c api.Control) error {
				found, err := c.Search(ctx, api.SearchQuery{Text: strings.Join(args, " "), Registry: f.registry, After: f.after, Limit: f.limit})
				if err != nil {
					return err
				}
				if f.json {
					return printJSON(p.out, found)
				}
				if len(found.Packages) == 0 {
					_, err := fmt.Fprintln(p.out, "No package that is known here is called or described so.")
					return err
				}
				rows := [][]string{{"PACKAGE", "REGISTRY", "FROM", "DESCRIPTION"}}
				for _, k := range found.Packages {
					from := "upstream"
					if k.Hosted {
						from = "hosted here"
					}
					rows = append(rows, []string{k.Package.String(), k.Registry, from, k.Description})
				}
				if err := table(p.out, rows); err != nil {
					return err
				}
				return p.moreOf(found.Next)
			})
		},
	}
	f.add(cmd)
	return cmd
}

// moreOf says how to see the next page, if there is one.
func (p *program) moreOf(next string) error {
	if next == "" {
		return nil
	}
	_, err := fmt.Fprintf(p.out, "There are more: the same with --after %s\n", clean(next))
	return err
}
