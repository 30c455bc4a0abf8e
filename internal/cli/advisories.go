package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

// sourceWords are the words of the commands about one kind of sources.
type sourceWords struct {
	kind                api.SourceKind
	use                 string
	short, long         string
	what                string // "advisories"
	records             string // the heading over how many
	addLong, addExample string
}

func (p *program) advisoriesCommand() *cobra.Command {
	return p.sourceCommand(sourceWords{
		kind: api.AdvisorySources, use: "advisories", what: "advisories", records: "RECORDS",
		short: "List where advisories come from, and how that goes",
		long: `List the sources of advisories: how many records each holds, when it was last
read, and what is wrong with it. What advisories say is a fact for the rules
malware, vulnerability and cooldown.`,
		addLong: `Add a source of advisories in the OSV format: a file (.json, .jsonl, .zip,
.tar.gz), a directory of such files, or an address (https://...) of one. It is
read at once, and must be sound; when the command answers, everything that is
stored is judged by it.

Files and directories are looked at again within seconds of a change, addresses
each hour. The last good answer of an address is kept and used while it is away,
and one that is broken or cut never takes its place.`,
		addExample: `  assay advisories add osv-npm /srv/osv/npm.zip
  assay advisories add ours ./advisories
  assay advisories add peer https://packages.example/log/advisories.zip`,
	})
}

func (p *program) knownBadCommand() *cobra.Command {
	return p.sourceCommand(sourceWords{
		kind: api.KnownBadSources, use: "known-bad", what: "what is known to be bad", records: "ENTRIES",
		short: "List the lists of known-bad versions and digests",
		long: `List the lists of versions and of digests that are known to be bad: how many
entries each has, when it was last read, and what is wrong with it. What stands
on one is refused by the rule malware.`,
		addLong: `Add a list of known-bad versions or digests: a file or an address. A line of it
is one of

  ecosystem<TAB>name<TAB>version<TAB>campaign
  sha256 <64 hexadecimal digits> reason

where * is every version. The list is read at once, and must be sound; when the
command answers, what is stored and stands on it is refused.`,
		addExample: `  assay known-bad add incident ./bad.tsv
  assay known-bad add shared https://lists.example/known-bad.tsv`,
	})
}

// sourceCommand lists the sources of a kind, and has the commands that change
// them.
func (p *program) sourceCommand(w sourceWords) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: w.use, Short: w.short, Long: w.long,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), informing(w.use), func(ctx context.Context, c api.Control) error {
				all, err := c.Sources(ctx, w.kind)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Source{}, all...))
				}
				return p.printSources(w, all)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.AddCommand(p.addSourceCommand(w), p.removeSourceCommand(w), p.refreshSourceCommand(w))
	return cmd
}

func (p *program) addSourceCommand(w sourceWords) *cobra.Command {
	return &cobra.Command{
		Use:     "add NAME SOURCE",
		Short:   "Add a source of " + w.what,
		Long:    w.addLong,
		Example: w.addExample,
		Args:    exactly("a name for it", "a file, a directory or an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			from := args[1]
			if p.reach.server == "" {
				var err error
				if from, err = absoluteSource(from); err != nil {
					return err
				}
			}
			return p.control(cmd.Context(), changingSources(w.use+" add"), func(ctx context.Context, c api.Control) error {
				var added api.Source
				err := p.waiting(ctx, "Reading "+clean(from), func(ctx context.Context) (err error) {
					added, err = c.AddSource(ctx, w.kind, api.NewSource{Name: args[0], From: from})
					return err
				})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Added %s: %s\n", clean(added.Name), holdings(w, &added))
				return p.printProblems([]api.Source{added})
			})
		},
	}
}

func (p *program) removeSourceCommand(w sourceWords) *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "End a source of " + w.what,
		Long:    "End a source of " + w.what + ". When the command answers, what it said is a fact no longer.",
		Example: "  assay " + w.use + " remove ours",
		Args:    exactly("the name of a source ('assay " + w.use + "' lists them)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), changingSources(w.use+" remove"), func(ctx context.Context, c api.Control) error {
				removed, err := c.RemoveSource(ctx, w.kind, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Removed %s: %s\n", clean(removed.Name), clean(removed.From))
				return nil
			})
		},
	}
}

func (p *program) refreshSourceCommand(w sourceWords) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "refresh [NAME]",
		Short: "Read the sources anew, now",
		Long: `Read one source anew, or all of them, without waiting for their turn. When the
command answers, what they say is in force. It fails if one of them is not well.`,
		Example: "  assay " + w.use + " refresh",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return p.control(cmd.Context(), changingSources(w.use+" refresh"), func(ctx context.Context, c api.Control) error {
				var all []api.Source
				err := p.waiting(ctx, "Reading "+w.what, func(ctx context.Context) (err error) {
					all, err = c.RefreshSources(ctx, w.kind, name)
					return err
				})
				if err != nil {
					return err
				}
				if asJSON {
					err = printJSON(p.out, append([]api.Source{}, all...))
				} else if len(all) == 0 {
					_, err = fmt.Fprintf(p.out, "There is nothing to read: 'assay %s add' adds a source.\n", w.use)
				} else {
					err = p.printSources(w, all)
				}
				if err != nil {
					return err
				}
				return notWell(all)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) printSources(w sourceWords, all []api.Source) error {
	rows := [][]string{{"NAME", w.records, "READ", "BROKEN", "FROM"}}
	for i := range all {
		s := &all[i]
		read, broken := "never", ""
		switch {
		case s.Always:
			read = "always"
		case !s.Read.IsZero():
			read = moment(s.Read)
		}
		if s.Broken > 0 {
			broken = fmt.Sprint(s.Broken)
		}
		rows = append(rows, []string{s.Name, fmt.Sprint(s.Records), read, broken, s.From})
	}
	if err := table(p.out, rows); err != nil {
		return err
	}
	if err := p.printProblems(all); err != nil {
		return err
	}
	if len(all) > 0 && all[len(all)-1].Always && w.kind == api.AdvisorySources {
		fmt.Fprintln(p.out, "\nNo source of advisories is set, so none are known: assay advisories add NAME SOURCE")
	}
	return nil
}

// printProblems names what is wrong with sources.
func (p *program) printProblems(all []api.Source) error {
	for i := range all {
		for _, problem := range all[i].Problems {
			if _, err := fmt.Fprintf(p.err, "Problem: %s: %s.\n", clean(all[i].Name), clean(problem)); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdings says what a source holds.
func holdings(w sourceWords, s *api.Source) string {
	noun := "record"
	if w.kind == api.KnownBadSources {
		noun = "entry"
	}
	text := entries(s.Records, noun)
	if s.Withdrawn > 0 {
		text += fmt.Sprintf(", %d withdrawn", s.Withdrawn)
	}
	if s.Elsewhere > 0 {
		text += fmt.Sprintf(", %d of ecosystems that are not served here", s.Elsewhere)
	}
	if s.Broken > 0 {
		text += fmt.Sprintf(", %d that could not be read", s.Broken)
	}
	return text
}

func entries(n int, noun string) string {
	if noun == "entry" && n != 1 {
		return fmt.Sprintf("%d entries", n)
	}
	return plural(n, noun)
}

// notWell is the failure of a command that read sources of which some are not
// as they should be.
func notWell(all []api.Source) error {
	ill := 0
	for i := range all {
		if len(all[i].Problems) > 0 && !all[i].Read.Equal(all[i].Tried) {
			ill++
		}
	}
	if ill == 0 {
		return nil
	}
	return fmt.Errorf("%s could not be read; what was read of it before stays", plural(ill, "source"))
}

// informing asks for what is known; without a server the sources are read
// first.
func informing(holder string) need { return need{holder: holder, packages: true} }

// changingSources is a change that has what is stored judged anew.
func changingSources(holder string) need { return need{holder: holder, change: true, packages: true} }
