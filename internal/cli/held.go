package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/server/api"
)

func (p *program) heldCommand() *cobra.Command {
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "held [--all]",
		Short: "List publications that are held because their names look like others",
		Long: `List publications that are held: the name of the package looks like that of a
better known one, so that somebody might install it by a slip of the finger or
of the eye. Nobody can install what is held, and its files are kept.

An administrator sees all and answers each: 'assay held release' publishes it
under the name of whoever sent it, 'assay held refuse' drops it. Whoever sent
it sees it too, and may say why the name is right: 'assay held appeal'.`,
		Example: `  assay held
  assay held release h-3f9a2cx7k2 --reason "our own team, and the name is a word of ours"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), browsing("held"), func(ctx context.Context, c api.Control) error {
				held, err := c.Held(ctx, all)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Held{}, held...))
				}
				return p.printHeld(held, all)
			})
		},
	}
	cmd.AddCommand(p.heldReleaseCommand(), p.heldRefuseCommand(), p.heldAppealCommand())
	onlyItsOwnWords(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "list those too that were released or refused")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// onlyItsOwnWords makes a command that lists, and holds others, refuse what
// is neither: a mistyped "relase" must not end in a list.
func onlyItsOwnWords(cmd *cobra.Command) {
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := fmt.Sprintf("'%s' has no command %q", cmd.CommandPath(), args[0])
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			text += ", but there is " + strings.Join(near, " and ")
		}
		return misused(cmd, "%s", text)
	}
}

func (p *program) printHeld(held []api.Held, all bool) error {
	if len(held) == 0 {
		if all {
			fmt.Fprintln(p.out, "Nothing was ever held.")
		} else {
			fmt.Fprintln(p.out, "Nothing is held.")
		}
		return nil
	}
	rows := [][]string{{"ID", "VERSION", "LOOKS LIKE", "HOW", "SINCE", "BY", "STATE", "SAID"}}
	for _, h := range held {
		said := h.Appeal
		if h.Answer != "" {
			said = h.AnsweredBy + ": " + h.Answer
		}
		rows = append(rows, []string{h.ID, h.Version, h.Finding.Target, h.Finding.Class, moment(h.At), h.By, h.State, said})
	}
	return table(p.out, rows)
}

// heldWord is a command that says something to what is held.
type heldWord struct {
	name, short, long, example string
	say                        func(ctx context.Context, c api.Control, a api.HeldAnswer) error
}

func (p *program) heldReleaseCommand() *cobra.Command {
	return p.heldAnswerCommand(heldWord{
		name: "release", short: "Publish what is held",
		long: `Publish what is held, as the one who sent it would have: when the command
answers, it can be installed, under the same policy as everything else. Later
versions of the package are not held any more.`,
		example: "our own team, and the name is a word of ours",
		say: func(ctx context.Context, c api.Control, a api.HeldAnswer) error {
			h, err := c.ReleaseHeld(ctx, a)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "Released %s: it is published\n", clean(h.Version))
			return fields(p.out, [2]string{"by", h.By}, [2]string{"reason", h.Answer}, [2]string{"log", logPlace(h.LogIndex)})
		},
	})
}

func (p *program) heldRefuseCommand() *cobra.Command {
	return p.heldAnswerCommand(heldWord{
		name: "refuse", short: "Refuse what is held, for good",
		long: `Refuse what is held. Its files are no longer kept. Whoever sent it reads the
reason under 'assay held --all'.`,
		example: "too close to lodash: choose another name",
		say: func(ctx context.Context, c api.Control, a api.HeldAnswer) error {
			h, err := c.RefuseHeld(ctx, a)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "Refused %s\n", clean(h.Version))
			return fields(p.out, [2]string{"sent by", h.By}, [2]string{"reason", h.Answer})
		},
	})
}

func (p *program) heldAppealCommand() *cobra.Command {
	return p.heldAnswerCommand(heldWord{
		name: "appeal", short: "Say why the name of what is held is right",
		long: `Say why the name of a publication that is held is right. The words are kept
with it, for the administrator who answers. Whoever sent it may say so, with
the same token: set ASSAY_TOKEN and --server.`,
		example: "lodahs is the name of our ship since 1987",
		say: func(ctx context.Context, c api.Control, a api.HeldAnswer) error {
			h, err := c.AppealHeld(ctx, a)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "Kept with %s, for an administrator to answer\n", clean(h.ID))
			return fields(p.out, [2]string{"version", h.Version}, [2]string{"appeal", h.Appeal})
		},
	})
}

func (p *program) heldAnswerCommand(w heldWord) *cobra.Command {
	const id = "h-3f9a2cx7k2"
	var reason string
	example := fmt.Sprintf("assay held %s %s --reason %q", w.name, id, w.example)
	cmd := &cobra.Command{
		Use:     w.name + " ID --reason WORDS",
		Short:   w.short,
		Long:    w.long,
		Example: "  " + example,
		Args:    exactly("the id of what is held ('assay held' lists it)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return needReason(cmd, "to "+w.name+" what is held", strings.Replace(example, id, args[0], 1))
			}
			return p.control(cmd.Context(), claiming("held "+w.name), func(ctx context.Context, c api.Control) error {
				return w.say(ctx, c, api.HeldAnswer{ID: args[0], Reason: reason})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in `words` (required)")
	return cmd
}
