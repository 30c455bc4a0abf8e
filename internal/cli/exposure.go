package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

func (p *program) exposureCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "exposure ADVISORY|VERSION|PATTERN",
		Short: "Say what here had something, and who fetched it",
		Long: `Say which versions that an advisory, a version or a pattern means are or were
here, and who fetched them, on which day and how often. Fetches are recorded from
this place alone, and the answer says since when; what a machine has fetched
elsewhere, or before, is not known here.`,
		Example: `  assay exposure GHSA-35jh-r3h4-6jhm
  assay exposure pkg:npm/axios@1.14.1
  assay exposure 'pkg:npm/lodash@<4.17.21' --json`,
		Args: exactly("the id of an advisory, a version or a pattern"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), informing("exposure"), func(ctx context.Context, c api.Control) error {
				found, err := c.Exposure(ctx, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, found)
				}
				return p.printExposure(found)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) printExposure(x api.Exposure) error {
	if len(x.Advisories) > 0 {
		names := make([]string, len(x.Packages))
		for i, c := range x.Packages {
			names[i] = c.String()
		}
		about := "no package of an ecosystem that is served here"
		if len(names) > 0 {
			about = strings.Join(names[:min(len(names), 10)], ", ")
		}
		if len(names) > 10 {
			about += fmt.Sprintf(" and %d more", len(names)-10)
		}
		fmt.Fprintf(p.out, "%s speaks of %s.\n", clean(strings.Join(x.Advisories, ", ")), clean(about))
	}
	since := "No fetch was ever recorded here."
	if x.RecordsSince != "" {
		since = "Fetches are recorded since " + x.RecordsSince + "; what was fetched before is not known."
	}
	if len(x.Versions) == 0 {
		fmt.Fprintf(p.out, "Nothing here had it. %s\n", since)
		return nil
	}
	rows := [][]string{{"VERSION", "HERE", "SINCE", "LAST USED", "FETCHED", "BY"}}
	var fetches [][]string
	for i := range x.Versions {
		v := &x.Versions[i]
		first, last := "", ""
		if !v.First.IsZero() {
			first = moment(v.First)
		}
		if !v.Last.IsZero() {
			last = moment(v.Last)
		}
		var by []string
		for _, f := range v.Fetches {
			who := fetcherOf(f)
			if !slices.Contains(by, who) {
				by = append(by, who)
			}
			fetches = append(fetches, []string{v.Version.String(), f.Day, who, fmt.Sprint(f.Count)})
		}
		who := strings.Join(by, ", ")
		if len(by) > 3 {
			who = fmt.Sprintf("%s and %d more", strings.Join(by[:3], ", "), len(by)-3)
		}
		rows = append(rows, []string{v.Version.String(), whatIsHere(v), first, last, fmt.Sprint(v.Fetched), who})
	}
	if err := table(p.out, rows); err != nil {
		return err
	}
	if len(fetches) > 0 {
		fmt.Fprintln(p.out)
		if err := table(p.out, append([][]string{{"VERSION", "DAY", "BY", "TIMES"}}, fetches...)); err != nil {
			return err
		}
	}
	if x.More {
		fmt.Fprintln(p.out, "\nThere are more than are shown: ask with a narrower pattern.")
	}
	_, err := fmt.Fprintf(p.out, "\n%s\n", since)
	return err
}

// whatIsHere says what is or was kept of a version.
func whatIsHere(v *api.ExposedVersion) string {
	var parts []string
	if v.Hosted {
		by := "published here"
		if v.PublishedBy != "" {
			by += " by " + v.PublishedBy
		}
		parts = append(parts, by)
	}
	if v.Stored > 0 {
		parts = append(parts, plural(v.Stored, "file")+" stored")
	}
	if v.Gone > 0 {
		parts = append(parts, plural(v.Gone, "file")+" not kept any more")
	}
	if len(parts) == 0 {
		return "handed out, not kept"
	}
	return strings.Join(parts, ", ")
}

func fetcherOf(f api.ExposedFetch) string {
	switch {
	case f.Principal == "":
		return "anonymous"
	case f.Note != "":
		return f.Principal + " (" + f.Note + ")"
	}
	return f.Principal
}
