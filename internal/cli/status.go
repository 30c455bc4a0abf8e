package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// statusWord is a command that says something of one version.
type statusWord struct {
	name           string
	to, from       assay.Status // from: active stands for any
	short, long    string
	done           string // how the answer begins
	reason         string // an example; "" where none is needed
	cannotBeUndone bool
}

// statusWords are all of them, as they stand in the help.
func statusWords() []statusWord {
	return []statusWord{
		{name: "yank", to: assay.Yanked, done: "Yanked", reason: "broken on 32-bit machines",
			short: "Keep a version out of new installations, and serve it to old lock files",
			long:  `Keep a version out of listings, so that nobody gets it who did not ask for just that one. Lock files that name it go on installing, with a warning.`},
		{name: "unyank", to: assay.Active, from: assay.Yanked, done: "Unyanked",
			short: "Take a yank back",
			long:  `Take a yank back: the version is listed again. What is in quarantine stays there; 'assay release' lets it out.`},
		{name: "deprecate", to: assay.Deprecated, done: "Deprecated", reason: "use corp.example/kettle/v2",
			short: "Warn of a version that something else replaces",
			long:  `Warn of a version that something else replaces. It is handed out as before, and clients show the reason as far as they can.`},
		{name: "experimental", to: assay.Experimental, done: "Marked as experimental, not for production:", reason: "the interface will change",
			short: "Warn that a version is not for production",
			long:  `Warn that a version is not for production. It is handed out as before, and clients show the reason as far as they can.`},
		{name: "quarantine", to: assay.Quarantined, done: "Quarantined", reason: "under review after an alarm",
			short: "Hand a version out to nobody until it is released",
			long:  `Hand a version out to nobody until 'assay release'. Its bytes stay. Downloads under way are cut.`},
		{name: "release", to: assay.Active, done: "Released",
			short: "Make a version active again: out of quarantine, or no longer deprecated",
			long:  `Make a version active again, whatever was said of it: out of quarantine, no longer yanked, deprecated or experimental. A removal cannot be taken back.`},
		{name: "remove", to: assay.Removed, done: "Removed", reason: "it contained a password", cannotBeUndone: true,
			short: "Remove a version for ever",
			long:  `Remove a version for ever. A tombstone stays in its place: it is handed out to nobody, and nothing can be published under that version again. This cannot be taken back. To hold a version for a while, use 'assay quarantine'.`},
	}
}

func (p *program) statusCommands() []*cobra.Command {
	var all []*cobra.Command
	for _, w := range statusWords() {
		all = append(all, p.statusCommand(w))
	}
	return append(all, p.eraseCommand())
}

// eraseCommand destroys what a removal only withholds.
func (p *program) eraseCommand() *cobra.Command {
	const version = "pkg:npm/@acme/kettle@1.0.0"
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "erase VERSION --reason WORDS [--yes]",
		Short: "Destroy the bytes of a removed version that was published here",
		Long: `Destroy the bytes and the manifest of a version that was published here and removed. Its tombstone, its digests
and every event stay, so that 'assay log verify' verifies as before and the version is never used again. Backups that
were made before still hold the bytes. This cannot be taken back.`,
		Example: fmt.Sprintf("  assay erase %s --reason %q", version, "a court has ordered it"),
		Args:    exactly("a version"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return needReason(cmd, "to erase a version", fmt.Sprintf("assay erase %s --reason %q", args[0], "a court has ordered it"))
			}
			if c, err := assay.ParseCoordinate(args[0]); err != nil || c.Version == "" {
				return misused(cmd, "%s is no version of a package: write one such as %s", clean(args[0]), version)
			}
			if !yes {
				if err := p.confirmed(cmd, args[0]); err != nil {
					return err
				}
			}
			n := need{holder: "erase", change: true, registry: true}
			return p.control(cmd.Context(), n, func(ctx context.Context, c api.Control) error {
				change, err := c.Erase(ctx, api.NewErasure{Version: args[0], Reason: reason})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Erased %s\n", clean(change.Version))
				return fields(p.out, [2]string{"reason", change.Reason}, [2]string{"log", logPlace(change.LogIndex)})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in `words` for the journal (required)")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask: it cannot be taken back")
	return cmd
}

func (p *program) statusCommand(w statusWord) *cobra.Command {
	const version = "pkg:npm/lodash@4.17.20"
	var (
		reason         string
		yes, malicious bool
		use            = w.name + " VERSION"
		example        = "assay " + w.name + " " + version
	)
	if w.reason != "" {
		use += " --reason WORDS"
		example += fmt.Sprintf(" --reason %q", w.reason)
	}
	if w.cannotBeUndone {
		use += " [--malicious] [--yes]"
	}
	cmd := &cobra.Command{
		Use:     use,
		Short:   w.short,
		Long:    w.long + "\n\nThe version may be one that is published here, or one of an upstream.",
		Example: "  " + example,
		Args:    exactly("a version"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if w.reason != "" && strings.TrimSpace(reason) == "" {
				return needReason(cmd, "to "+w.name+" a version", strings.Replace(example, version, args[0], 1))
			}
			if c, err := assay.ParseCoordinate(args[0]); err != nil || c.Version == "" {
				return misused(cmd, "%s is no version of a package: write one such as %s", clean(args[0]), version)
			}
			if w.cannotBeUndone && !yes {
				if err := p.confirmed(cmd, args[0]); err != nil {
					return err
				}
			}
			n := need{holder: w.name, change: true, registry: true}
			return p.control(cmd.Context(), n, func(ctx context.Context, c api.Control) error {
				if malicious {
					return p.removeMalicious(ctx, c, w, api.NewMalicious{Version: args[0], Reason: reason})
				}
				change, err := c.SetStatus(ctx, api.NewStatus{Version: args[0], Status: w.to, Reason: reason, From: w.from})
				if err != nil {
					return err
				}
				return p.printStatus(w, change)
			})
		},
	}
	if w.reason != "" {
		cmd.Flags().StringVar(&reason, "reason", "", "why, in `words` for whoever meets it (required)")
	} else {
		cmd.Flags().StringVar(&reason, "reason", "", "why, in `words` for the journal")
	}
	if w.cannotBeUndone {
		cmd.Flags().BoolVar(&malicious, "malicious", false, "it is malicious: write an advisory that says so to everybody who follows this place, and answer the reports about it")
		cmd.Flags().BoolVar(&yes, "yes", false, "do not ask: it cannot be taken back")
	}
	return cmd
}

// removeMalicious removes a version and says where its advisory stands.
func (p *program) removeMalicious(ctx context.Context, c api.Control, w statusWord, n api.NewMalicious) error {
	removal, err := c.RemoveMalicious(ctx, n)
	if err != nil {
		return err
	}
	if err := p.printStatus(w, removal.StatusChange); err != nil {
		return err
	}
	return fields(p.out,
		[2]string{"advisory", removal.Advisory + ", at /log/advisories/" + removal.Advisory + ".json"},
		[2]string{"who had it", "assay exposure " + removal.Version})
}

func (p *program) printStatus(w statusWord, change api.StatusChange) error {
	fmt.Fprintf(p.out, "%s %s\n", w.done, clean(change.Version))
	var rows [][2]string
	if change.Reason != "" {
		rows = append(rows, [2]string{"reason", change.Reason})
	}
	if change.Was != assay.Active {
		rows = append(rows, [2]string{"before", change.Was.String()})
	}
	rows = append(rows, [2]string{"log", logPlace(change.LogIndex)})
	switch change.Status {
	case assay.Yanked:
		rows = append(rows, [2]string{"undo", "assay unyank " + change.Version})
	case assay.Deprecated, assay.Experimental, assay.Quarantined:
		rows = append(rows, [2]string{"undo", "assay release " + change.Version})
	}
	return fields(p.out, rows...)
}

// logPlace says where in the log an event stands.
func logPlace(index int64) string {
	if index < 0 {
		return "the event is kept; its place follows"
	}
	return fmt.Sprintf("entry %d", index)
}

// confirmed asks the person at the terminal before what cannot be taken back.
// Where nobody sits there, --yes has to say it.
func (p *program) confirmed(cmd *cobra.Command, version string) error {
	if in, ok := p.stdin.(*os.File); !ok || !isTerminal(in) || !isTerminal(p.err) {
		return misused(cmd, "to %s a version cannot be taken back, and there is no terminal to ask at: add --yes if that is meant", cmd.Name())
	}
	return confirm(p.stdin, p.err, version)
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1024

// confirm asks, and answers nil when the person repeats the version: a mere
// "y" is typed too fast.
func confirm(in io.Reader, out io.Writer, version string) error {
	fmt.Fprintf(out, "This cannot be taken back, and %s can never be published again.\nType it again to go on: ", clean(version))
	line, err := bufio.NewReader(io.LimitReader(in, maxAnswer)).ReadString('\n')
	if err != nil && err != io.EOF {
		return assay.Wrap(assay.Canceled, err, "nothing was changed: the answer cannot be read")
	}
	if strings.TrimSpace(line) != version {
		return assay.Errorf(assay.Canceled, "nothing was changed")
	}
	return nil
}
