package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

// shownExamples is how many examples of a change are listed for people.
const shownExamples = 3

func (p *program) policyPreviewCommand() *cobra.Command {
	var days int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "preview FILE",
		Short: "Say what a policy file would have done to the recorded traffic",
		Long: `Say what a policy file that is not in force would have done to the downloads
of the last days: what would have been refused or warned of that was not, and
the other way round. Each version that was asked for is judged by the rules in
force and by those of the file, as of the day when it was asked for, on what is
known of it now. Blocks, exceptions and claims are those in force. Nothing is
changed, and no upstream is asked.

What listings leave out is never asked for, so that a rule which is loosened
lets more through than is said here.`,
		Example: "  assay policy preview policy.yaml\n  assay policy preview --days 7 policy.yaml",
		Args:    exactly("a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if days < 1 || days > mostPreviewDays {
				return misused(cmd, "--days takes 1 to %d", mostPreviewDays)
			}
			text, name, err := p.readPolicy(args[0])
			if err != nil {
				return err
			}
			// Checked here first, so that every mistake is named with its
			// file and line before anything is asked.
			if _, err := checkPolicy(text, name); err != nil {
				return err
			}
			return p.control(cmd.Context(), browsing("policy preview"), func(ctx context.Context, c api.Control) error {
				var preview api.Preview
				err := p.progressing(ctx, "Judging the traffic again", func(ctx context.Context, progress api.Progress) (err error) {
					preview, err = c.PreviewTraffic(ctx, api.NewPreview{Text: text, Days: days}, progress)
					return err
				})
				if err != nil {
					return mistakes(err, name)
				}
				if asJSON {
					return printJSON(p.out, preview)
				}
				return printPreview(p.out, preview, name, days)
			})
		},
	}
	cmd.Flags().IntVar(&days, "days", api.PreviewDays, "judge the traffic of the last `N` days")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// printPreview prints for a person: what was judged, then what changes.
func printPreview(w io.Writer, v api.Preview, name string, asked int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s against the policy in force, on the traffic of the last %s:\n", clean(name), plural(v.Days, "day"))
	if v.Days < asked {
		fmt.Fprintf(&b, "  There is too much of it to go back %s.\n", plural(asked, "day"))
	}
	fmt.Fprintf(&b, "  Judged again: %s, those that were refused too, of %s in %s, by %s; %d anonymous.\n", counted(v.Seen.Downloads, "download"),
		counted(v.Seen.Versions, "version"), counted(v.Seen.Packages, "package"), counted(v.Seen.Principals, "principal"), v.Seen.Anonymous)
	if v.Unjudged > 0 {
		fmt.Fprintf(&b, "  %s could not be judged: too little is known of them now, or there was no time left.\n", counted(v.Unjudged, "version"))
	}
	if v.Seen.Downloads > 0 && len(v.Changes) == 0 {
		b.WriteString("Nothing would have come out otherwise.\n")
	}
	if len(v.Changes) > 0 {
		b.WriteString("\n")
		rows := [][]string{{"RULE", "CHANGE", "DOWNLOADS", "VERSIONS", "PACKAGES", "PRINCIPALS"}}
		for _, c := range v.Changes {
			r := c.Reach
			rows = append(rows, []string{c.Rule, c.Change, fmt.Sprint(r.Downloads), fmt.Sprint(r.Versions), fmt.Sprint(r.Packages), fmt.Sprint(r.Principals)})
		}
		if err := table(&b, rows); err != nil {
			return err
		}
	}
	for _, c := range v.Changes {
		fmt.Fprintf(&b, "\n%s by %s, for example\n", capital(c.Change), clean(c.Rule))
		var rows [][]string
		for _, e := range c.Examples[:min(len(c.Examples), shownExamples)] {
			rows = append(rows, []string{"  " + e.Coordinate.String(), counted(e.Downloads, "download"), e.Reason})
		}
		if err := columns(&b, rows); err != nil {
			return err
		}
	}
	fmt.Fprintf(&b, "\nNothing was changed. To put it in force: assay policy apply %s\n", clean(shellWord(name)))
	_, err := io.WriteString(w, b.String())
	return err
}

// counted counts: "1 version", "2 versions".
func counted(n int64, noun string) string { return plural(int(n), noun) }
