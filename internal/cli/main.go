package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"assay.invalid/internal/assay"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs one command and returns its exit code. args are without the
// program's name; env is as of os.Environ. When ctx ends, a server drains and
// stops in order, and a command gives up.
func Main(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{env: env, stdin: stdin, out: stdout, err: stderr, now: time.Now}
	root := p.root()
	root.SetArgs(args)
	if len(args) == 0 {
		root.SetArgs([]string{}) // cobra would read os.Args instead of nil
	}
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "assay: %s\n", sentence(err))
	var wrong *usageError
	if errors.As(err, &wrong) {
		return exitUsage
	}
	return exitFailed
}

// program is what all commands share.
type program struct {
	env      []string
	stdin    io.Reader
	out, err io.Writer
	now      func() time.Time

	data  string // --data
	reach reach
}

// variable returns a setting of the environment.
func (p *program) variable(name string) string {
	for i := len(p.env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(p.env[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// root builds the tree of commands.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "assay",
		Short: "A package repository that can prove itself",
		Long: `Assay pulls packages through from the upstreams your package managers use, and
takes one decision, with a reason, on every version it lists and every file it
hands out.

Start it with 'assay serve'; the other commands ask and change what it decides.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(p.stdin)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(usageTemplate)
	root.Version = readBuild().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "the same as 'assay version'")
	data := p.variable("ASSAY_DATA")
	if data == "" {
		data = "assay-data"
	}
	root.PersistentFlags().StringVar(&p.data, "data", data, "the data `directory` (or set ASSAY_DATA)")
	p.reach.flags(root)
	root.AddCommand(p.serveCommand(),
		p.blockCommand(), p.unblockCommand(), p.blocksCommand(),
		p.exceptCommand(), p.unexceptCommand(), p.exceptionsCommand(),
		p.claimCommand(), p.unclaimCommand(), p.claimsCommand(),
		p.tokenCommand(), p.tokensCommand(),
		p.explainCommand(), p.checkCommand(), p.advisoriesCommand(), p.knownBadCommand(), p.exposureCommand(), p.searchCommand(), p.decisionsCommand(), p.publishCommand(), p.policyCommand(),
		p.logCommand(), p.backupCommand(), p.restoreCommand(),
		p.scoreCommand(), p.assessCommand(), p.ssdfCommand(), p.wallCommand(), p.triageCommand(),
		p.upstreamsCommand(), p.upstreamCommand(), p.versionCommand())
	root.AddCommand(p.heldCommand(), p.reportCommand(), p.reportsCommand())
	root.AddCommand(p.namesCommand())
	root.AddCommand(p.statusCommands()...)
	group(root)
	return root
}

// usageTemplate is the lower part of a command's help.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}

Commands:
{{- range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}}  {{.Short}}{{end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableInheritedFlags}}

Flags of every command:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

'{{.CommandPath}} COMMAND --help' says more of a command.
{{- end}}
`

// group makes a command that only holds others: alone it prints its help,
// and a word it does not know is an error that names the nearest ones.
func group(cmd *cobra.Command) {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		text := fmt.Sprintf("there is no command %q", args[0])
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			text += fmt.Sprintf(", but there is %s", strings.Join(near, " and "))
		}
		return misused(cmd, "%s", text)
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// usageError is a command that was not written as it must be.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// misused makes a usageError that says where the command is described.
func misused(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...) + fmt.Sprintf("; '%s --help' says more", cmd.CommandPath())}
}

// flagError says in our words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &unknown):
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		return misused(cmd, "'%s' has no flag %s%s", cmd.CommandPath(), dashes, unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		return misused(cmd, "--%s needs a value after it", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		cause := invalid.Unwrap()
		if e := new(assay.Error); errors.As(cause, &e) {
			return misused(cmd, "--%s: %s", invalid.GetFlag().Name, e.Message)
		}
		return misused(cmd, "--%s does not take %q", invalid.GetFlag().Name, invalid.GetValue())
	}
	return misused(cmd, "%s", err)
}

// exactly demands operands by name: "PLACE", "ADDRESS".
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return misused(cmd, "'%s' needs %s%s", cmd.CommandPath(), names[len(args)], example(cmd))
		case len(args) > len(names):
			return misused(cmd, "%q is one word too many for '%s': quote what belongs together", args[len(names)], cmd.CommandPath())
		}
		return nil
	}
}

// example repeats the first example of a command.
func example(cmd *cobra.Command) string {
	line, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n")
	if line == "" {
		return ""
	}
	return ": " + strings.TrimSpace(line)
}

// sentence renders an error for the person at the terminal. That person
// opened the data directory, so the private cause is shown as well.
func sentence(err error) string {
	text := plainText(err.Error())
	if assay.Is(err, assay.Internal) && text == "" {
		return "something failed and left no reason"
	}
	return text
}
