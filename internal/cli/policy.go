package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/server/api"
)

// maxPolicyFile bounds what is read of a policy file, in bytes.
const maxPolicyFile = 1 << 20

func (p *program) policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Check, show and change the policy",
		Long: `The policy says which rules there are, whether each is enforced or observed, and
their settings, and it can hold conditions: rules of your own over the facts of a
version. It is one YAML file; 'assay policy show' prints the one in force,
with every key explained when it is still the default.`,
	}
	cmd.AddCommand(p.policyCheckCommand(), p.policyShowCommand(), p.policyPreviewCommand(), p.policyApplyCommand(), p.policyFieldsCommand(),
		p.policyModeCommand(assay.Observe), p.policyModeCommand(assay.Enforce))
	group(cmd)
	return cmd
}

func (p *program) policyCheckCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Say what a policy file does, or all that is wrong with it",
		Long: `Say in sentences what the rules and conditions of a policy file do, or name all
its mistakes, each with its line. Without a file it speaks of the policy in force; - reads
the standard input.`,
		Example: "  assay policy check policy.yaml",
		Args:    atMost("a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				text, name, err := p.readPolicy(args[0])
				if err != nil {
					return err
				}
				rules, err := checkPolicy(text, name)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, rules)
				}
				fmt.Fprintf(p.out, "%s is sound. Its rules:\n", clean(name))
				return printRules(p.out, rules)
			}
			return p.control(cmd.Context(), asking("policy check"), func(ctx context.Context, c api.Control) error {
				now, err := c.Policy(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, append([]api.Rule{}, now.Rules...))
				}
				fmt.Fprintf(p.out, "In force, epoch %d, %s:\n", now.Epoch, policyOrigin(now))
				return printRules(p.out, now.Rules)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func policyOrigin(now api.Policy) string {
	if now.Default {
		return "the default policy"
	}
	return fmt.Sprintf("set by %s on %s", clean(now.By), moment(now.Created))
}

func printRules(w io.Writer, rules []api.Rule) error {
	rows := make([][]string, len(rules))
	for i, r := range rules {
		rows[i] = []string{"  " + r.Rule, r.Mode.String(), r.Summary}
	}
	return columns(w, rows)
}

func (p *program) policyShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the policy in force as a file",
		Example: `  assay policy show > policy.yaml
  assay policy apply policy.yaml`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("policy show"), func(ctx context.Context, c api.Control) error {
				now, err := c.Policy(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, now)
				}
				_, err = io.WriteString(p.out, strings.TrimRight(now.Text, "\n")+"\n")
				return err
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) policyApplyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "apply FILE",
		Short:   "Check a policy file and put it in force",
		Example: "  assay policy apply policy.yaml",
		Args:    exactly("a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, name, err := p.readPolicy(args[0])
			if err != nil {
				return err
			}
			// Checked here first, so that every mistake is named with its
			// file and line before anything is asked.
			if _, err := checkPolicy(text, name); err != nil {
				return err
			}
			return p.control(cmd.Context(), changing("policy apply"), func(ctx context.Context, c api.Control) error {
				now, err := c.ApplyPolicy(ctx, text)
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "%s is in force, epoch %d:\n", clean(name), now.Epoch)
				return printRules(p.out, now.Rules)
			})
		},
	}
}

func (p *program) policyFieldsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "fields",
		Short: "List the facts that conditions can ask for",
		Long: `List the facts of a version that a condition of the policy file can ask for:
name, type, meaning, and when each is unknown. To read what is unknown is an
error, and a condition that fails denies; has(version.NAME) asks first.`,
		Example: "  assay policy fields",
		Args:    exactly(),
		RunE: func(*cobra.Command, []string) error {
			facts := policy.Fields()
			if asJSON {
				return printJSON(p.out, facts)
			}
			rows := make([][]string, len(facts))
			for i, f := range facts {
				meaning := f.Meaning
				if f.Unknown != "" {
					meaning += "; unknown " + f.Unknown
				}
				rows[i] = []string{"version." + f.Name, f.Type, meaning}
			}
			rows = append(rows, []string{"now", "timestamp", "the beginning of the present hour, in UTC"})
			return columns(p.out, rows)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) policyModeCommand(mode assay.Mode) *cobra.Command {
	short, back, done := "Record what a rule says, and refuse nothing because of it", assay.Enforce,
		"%s is observed: what it says is recorded and refuses nothing."
	if mode == assay.Enforce {
		short, back, done = "Let a rule's opinion count", assay.Observe, "%s is enforced: what it says counts."
	}
	return &cobra.Command{
		Use:     mode.String() + " RULE",
		Short:   short,
		Example: "  assay policy " + mode.String() + " cooldown",
		Args:    exactly("a rule or condition ('assay policy check' lists them)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.control(cmd.Context(), changing("policy "+mode.String()), func(ctx context.Context, c api.Control) error {
				if _, err := c.SetMode(ctx, args[0], mode); err != nil {
					return err
				}
				fmt.Fprintf(p.out, done+"\n", clean(args[0]))
				return fields(p.out, [2]string{"go back", "assay policy " + back.String() + " " + args[0]})
			})
		},
	}
}

// readPolicy reads a file, or the standard input for "-".
func (p *program) readPolicy(arg string) (text, name string, err error) {
	var r io.Reader = p.stdin
	name = "the standard input"
	if arg != "-" {
		name = arg
		f, err := os.Open(arg)
		if errors.Is(err, os.ErrNotExist) {
			return "", "", assay.Errorf(assay.NotFound, "there is no file %s", arg)
		}
		if err != nil {
			return "", "", assay.Wrap(assay.Forbidden, err, "%s cannot be read", arg)
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxPolicyFile+1))
	if err != nil {
		return "", "", assay.Wrap(assay.Invalid, err, "%s cannot be read", name)
	}
	if len(b) > maxPolicyFile {
		return "", "", assay.Errorf(assay.TooLarge, "%s is no policy file: it is larger than %d bytes", name, maxPolicyFile)
	}
	return string(b), name, nil
}

// checkPolicy parses a policy file and says what its rules do. Its mistakes
// are all named, each as FILE:LINE: what.
func checkPolicy(text, name string) ([]api.Rule, error) {
	file, err := policy.Parse([]byte(text), grammars().Grammar)
	if err != nil {
		return nil, mistakes(err, name)
	}
	return ruleList(policy.Compile(0, file, nil, nil).Summaries()), nil
}

func ruleList(summaries []policy.RuleSummary) []api.Rule {
	rules := make([]api.Rule, len(summaries))
	for i, s := range summaries {
		rules[i] = api.Rule{Rule: s.Rule, Mode: s.Mode, Summary: s.Summary}
	}
	return rules
}

// mistakes turns "line 3: ..." into "policy.yaml:3: ...", which editors and
// people follow to the place.
func mistakes(err error, name string) error {
	lines := strings.Split(assay.PublicMessage(err), "\n")
	found := 0
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, "line ")
		number, what, split := strings.Cut(rest, ": ")
		if !ok || !split || strings.Trim(number, "0123456789") != "" {
			continue
		}
		lines[i] = fmt.Sprintf("%s:%s: %s", name, number, what)
		found++
	}
	if found == 0 {
		return err
	}
	return assay.Errorf(assay.KindOf(err), "%s is no sound policy, and is not in force:\n%s", name, strings.Join(lines, "\n"))
}

// atMost demands no more operands than are named.
func atMost(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return exactly(names...)(cmd, args)
		}
		return nil
	}
}
