package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// shownVersions is how many versions of a package are listed for people.
const shownVersions = 20

func (p *program) explainCommand() *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "explain PACKAGE-URL",
		Short: "Say what is known of a version, what every rule says, and the decision",
		Long: `Say what is known of a version and from whom, what every rule says of it, the
decision, and what to do. Of a package without a version it lists the versions
with the decision on each.`,
		Example: `  assay explain pkg:npm/lodash@4.17.20
  assay explain pkg:golang/github.com/spf13/cobra`,
		Args: exactly("a package URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !strings.HasPrefix(args[0], "pkg:") {
				return misused(cmd, "%s", notAPackageURL(args[0]))
			}
			need := asking("explain")
			need.registry = true
			return p.control(cmd.Context(), need, func(ctx context.Context, c api.Control) error {
				var x assay.Explanation
				err := p.waiting(ctx, "Asking the upstream about "+args[0], func(ctx context.Context) error {
					var err error
					x, err = c.Explain(ctx, args[0])
					return err
				})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, x)
				}
				return printExplanation(p.out, x, all)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	cmd.Flags().BoolVar(&all, "all", false, fmt.Sprintf("list every version of a package, not the newest %d", shownVersions))
	return cmd
}

// notAPackageURL says how to write what was probably meant.
func notAPackageURL(typed string) string {
	typed = clean(typed)
	if typed == "" {
		return "a package URL is missing: write one such as pkg:npm/lodash@4.17.21"
	}
	if rest, ok := strings.CutPrefix(typed, "go/"); ok {
		typed = "golang/" + rest
	}
	for _, eco := range []assay.Ecosystem{assay.NPM, assay.Golang} {
		if strings.HasPrefix(typed, string(eco)+"/") {
			return fmt.Sprintf("a package URL begins with pkg: - write 'pkg:%s'", typed)
		}
	}
	guess := assay.NPM
	if host, _, ok := strings.Cut(typed, "/"); ok && strings.Contains(host, ".") {
		guess = assay.Golang
	}
	return fmt.Sprintf("a package URL begins with pkg: and the ecosystem - write 'pkg:%s/%s', if that is what you mean", guess, typed)
}

// printExplanation prints for a person: the decision first, then why.
func printExplanation(w io.Writer, x assay.Explanation, all bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", clean(x.Coordinate.String()))
	if x.Registry != "" {
		fmt.Fprintf(&b, "  (in %s)", clean(x.Registry))
	}
	b.WriteString("\n")
	if x.Stale > 0 {
		fmt.Fprintf(&b, "The upstream could not be asked; what is known is %s old.\n", time.Duration(x.Stale)*time.Second)
	}
	if x.Coordinate.Version == "" {
		if err := printVersions(&b, x.Versions, all); err != nil {
			return err
		}
	} else {
		b.WriteString("\n" + verdict(&x.Decision) + "\n")
		if err := printOpinions(&b, x.Decision.Opinions); err != nil {
			return err
		}
	}
	if len(x.Facts) > 0 {
		b.WriteString("\nFacts\n")
		rows := make([][]string, len(x.Facts))
		for i, f := range x.Facts {
			rows[i] = []string{"  " + clean(f.Name), brief(f.Value), "from " + f.Source}
		}
		if err := columns(&b, rows); err != nil {
			return err
		}
	}
	advice := x.Advice
	if x.Nearest != "" && x.Decision.Denied() && !mentions(advice, x.Nearest) {
		advice = append([]string{"Take " + x.Coordinate.At(x.Nearest).Short() + ", the nearest version that is allowed."}, advice...)
	}
	if len(advice) > 0 {
		b.WriteString("\nWhat you can do\n")
		for _, line := range advice {
			fmt.Fprintf(&b, "  %s\n", capital(clean(line)))
		}
	}
	fmt.Fprintf(&b, "\nPolicy epoch %d", x.Epoch)
	if x.Why != "" {
		fmt.Fprintf(&b, ", %s", clean(x.Why))
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// brief shortens a digest, whose hundred characters would push the column
// after it off the screen; --json has it whole.
func brief(value string) string {
	const most = 32
	if _, err := assay.ParseDigest(value); err == nil && len(value) > most {
		return value[:most] + "..."
	}
	return value
}

// capital makes a clause of a rule the beginning of a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// verdict is the decision in a line: shape, word, the leading rule, why.
func verdict(d *assay.Decision) string {
	line := mark(d.Effect, assay.Enforce)
	lead := d.Lead()
	if lead == nil || d.Effect == assay.Allow && lead.Reason == "" {
		return line + ": " + unopposed(d.Opinions)
	}
	line += fmt.Sprintf(" by the rule %s: %s", clean(lead.Rule), clean(lead.Reason))
	if !d.Until.IsZero() {
		line += fmt.Sprintf("\nThis can change by itself on %s.", until(d.Until, ""))
	}
	return line
}

// unopposed says why nothing stands against a version: no rule spoke, or what
// the rules said does not count.
func unopposed(opinions []assay.Opinion) string {
	against := func(o assay.Opinion) bool { return o.Effect > assay.Allow }
	lifted := func(o assay.Opinion) bool { return against(o) && o.LiftedBy != "" }
	if i := slices.IndexFunc(opinions, lifted); i >= 0 {
		return fmt.Sprintf("the exception %s lifts the rule %s", clean(opinions[i].LiftedBy), clean(opinions[i].Rule))
	}
	if slices.ContainsFunc(opinions, against) {
		return "what speaks against it is only observed"
	}
	return "no rule speaks against it"
}

func printOpinions(w io.Writer, opinions []assay.Opinion) error {
	if len(opinions) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nRules")
	rows := make([][]string, len(opinions))
	for i, o := range opinions {
		reason := o.Reason
		switch {
		case o.LiftedBy != "":
			reason += " (lifted by the exception " + o.LiftedBy + ")"
		case o.Mode == assay.Observe:
			reason = "would " + o.Effect.String() + ": " + reason
		}
		rows[i] = []string{"  " + mark(o.Effect, o.Mode), o.Rule, reason}
	}
	return columns(w, rows)
}

func printVersions(w io.Writer, versions []assay.VersionDecision, all bool) error {
	if len(versions) == 0 {
		_, err := fmt.Fprintln(w, "\nNo version is known.")
		return err
	}
	shown := versions
	if !all && len(shown) > shownVersions {
		shown = shown[:shownVersions]
	}
	fmt.Fprintln(w)
	rows := make([][]string, len(shown))
	for i, v := range shown {
		reason := ""
		if lead := v.Decision.Lead(); lead != nil && v.Decision.Effect != assay.Allow {
			reason = lead.Rule + ": " + lead.Reason
		}
		if !v.Listed {
			reason = strings.TrimSuffix("no longer listed upstream; "+reason, "; ")
		}
		rows[i] = []string{"  " + mark(v.Decision.Effect, assay.Enforce), v.Version, reason}
	}
	if err := columns(w, rows); err != nil {
		return err
	}
	if rest := versions[len(shown):]; len(rest) > 0 {
		count := map[assay.Effect]int{}
		for _, v := range rest {
			count[v.Decision.Effect]++
		}
		fmt.Fprintf(w, "  and %s more: %d allowed, %d with a warning, %d denied ('--all' lists them)\n",
			plural(len(rest), "version"), count[assay.Allow], count[assay.Warn], count[assay.Deny])
	}
	return nil
}

func mentions(lines []string, word string) bool {
	for _, line := range lines {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}
