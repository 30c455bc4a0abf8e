package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/render"
	"assay.invalid/internal/scorecard/run"
)

// scoreOptions are the flags of score.
type scoreOptions struct {
	as, packages, pages []string
	assessment          string
	form, output, key   string
	start               string
	quiet               bool
	trial               trialOptions
}

func (p *program) scoreCommand() *cobra.Command {
	var o scoreOptions
	cmd := &cobra.Command{
		Use:   "score URL --as ECOSYSTEM",
		Short: "Measure a live package repository, and sign what was found",
		Long: `Measure a live package repository from outside, against a catalogue of outcomes
and capabilities. Probes only read. With --trial it is also tried whether what
must not work does not work, with throw-away packages, on this machine or on a
host that you say you may test.

The address is the one that the package manager itself is given: a registry of
npm, a proxy of Go, the index of pip or of Cargo, a repository of Maven.

The card says of each capability its state, how well that is known, and what
could not be told. With -o json it is signed evidence: others can verify it,
judge it again, run the same checks and add their signature.`,
		Example: `  assay score https://registry.example/ --as npm
  assay score https://registry.example/npm/ --as npm -o json --output card.json
  assay score https://registry.example/simple/ --as pypi
  assay score sparse+https://registry.example/index/ --as cargo
  assay score --as npm=https://registry.example/npm/ --as go=https://registry.example/go/
  assay score http://127.0.0.1:4873/ --as npm --trial --token-file token
  assay score --start assay`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return misused(cmd, "%q is one word too many for '%s': it takes one address", clean(args[1]), cmd.CommandPath())
			}
			if len(args) == 1 && !strings.Contains(args[0], ":") && !strings.Contains(args[0], "/") {
				text := fmt.Sprintf("%q is neither an address nor a command of '%s'", clean(args[0]), cmd.CommandPath())
				if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
					text += fmt.Sprintf("; there is %s", strings.Join(near, " and "))
				}
				return misused(cmd, "%s", text)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := p.formOf(cmd, &o.form, o.output); err != nil {
				return err
			}
			return p.score(cmd, strings.Join(args, ""), o)
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	// It does something itself and has commands below: both are its usage.
	cmd.SetUsageTemplate(strings.Replace(usageTemplate,
		"{{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}",
		"{{.UseLine}}{{if .HasAvailableSubCommands}}\n  {{.CommandPath}} COMMAND{{end}}", 1))
	f := cmd.Flags()
	f.StringArrayVar(&o.as, "as", nil, "the `protocol` it is asked through: "+protocolWords("or")+"; with an address of its own as npm=ADDRESS; may be repeated")
	f.StringArrayVar(&o.packages, "package", nil, "a `name` of a package to look at; may be repeated; with several protocols as npm/NAME")
	f.StringArrayVar(&o.pages, "page", nil, "where a page is that no protocol tells, as `NAME=URL`; may be repeated")
	f.StringVar(&o.assessment, "assessment", "", "the `file` in which the repository says of itself what it does")
	p.formFlag(cmd, &o.form, "text, html, json or md; json is the signed card")
	f.StringVar(&o.output, "output", "", "write to this `file`, whose end (.html, .json, .md) also says the form")
	f.StringVar(&o.key, "key", "", "the `file` with the private key to sign with, instead of your own")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	f.StringVar(&o.start, "start", "", "start a throw-away `server` ("+startable()+") and try everything on it")
	o.trial.flags(cmd)
	p.withoutDirectory(cmd)
	cmd.AddCommand(p.scoreVerifyCommand(), p.scoreShowCommand(), p.scoreRerunCommand(),
		p.scoreWitnessCommand(), p.scoreKeyCommand(), p.scoreChecksCommand())
	return cmd
}

// withoutDirectory makes commands that ask neither a data directory nor a
// server of ours. It takes the place of the root's own look at these flags,
// because --token-file means something else here.
func (p *program) withoutDirectory(cmd *cobra.Command) {
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range []string{"server", "data"} {
			if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
				return misused(cmd, "'%s' looks at repositories from outside: --%s is for the other commands", cmd.CommandPath(), name)
			}
		}
		for _, name := range []string{"token-file", "insecure-plain-http"} {
			if f := cmd.Flags().Lookup(name); f != nil && f.Changed && cmd.Flags().Lookup("trial") == nil {
				return misused(cmd, "'%s' sends no token: --%s is for the other commands", cmd.CommandPath(), name)
			}
		}
		return nil
	}
}

// forms of a card.
const (
	formText = "text"
	formHTML = "html"
	formJSON = "json"
	formMD   = "md"
)

func (p *program) formFlag(cmd *cobra.Command, form *string, usage string) {
	cmd.Flags().StringVarP(form, "form", "o", formText, "the `form`: "+usage)
}

// formOf checks -o. Without it the end of the output's name says the form.
func (p *program) formOf(cmd *cobra.Command, form *string, output string) error {
	if !cmd.Flags().Changed("form") {
		for end, of := range map[string]string{".html": formHTML, ".json": formJSON, ".md": formMD} {
			if filepath.Ext(output) == end {
				*form = of
			}
		}
	}
	switch *form {
	case formText, formHTML, formJSON, formMD:
		return nil
	}
	return misused(cmd, "-o takes text, html, json or md, and %q is none of them", clean(*form))
}

// score measures a subject and writes its card.
func (p *program) score(cmd *cobra.Command, operand string, o scoreOptions) error {
	ctx := cmd.Context()
	table, err := newScoreTable()
	if err != nil {
		return err
	}
	x := examination{checks: table.checks, packages: o.packages, quiet: o.quiet}
	if o.start != "" {
		if err := o.started(cmd, operand); err != nil {
			return err
		}
		o.trial.trial = true
	} else {
		t, err := readTarget(cmd, operand, o.as)
		if err != nil {
			return err
		}
		if err := o.trial.check(cmd); err != nil {
			return err
		}
		x.order = t.order
		x.subject = scorecard.Subject{Name: t.host(), Addresses: t.addresses}
		if err := o.trial.permit(cmd, x.subject, p.reach.plainHTTP); err != nil {
			return err
		}
	}
	pages, err := readPages(cmd, o.pages)
	if err != nil {
		return err
	}
	said, err := p.assessmentFor(o.assessment, table.catalogue)
	if err != nil {
		return err
	}
	key, err := p.signingKey(o.key)
	if err != nil {
		return err
	}
	if o.start != "" {
		instance, err := p.startInstance(ctx, o.start, x.quiet)
		if err != nil {
			return err
		}
		defer p.endInstance(ctx, instance)
		x.instance, x.subject = instance, instance.Subject()
		x.order = slices.Sorted(maps.Keys(x.subject.Addresses))
	}
	x.subject = said.joined(x.subject, pages, x.instance != nil)
	x.trial = o.trial
	result, err := p.examine(cmd, x)
	if err != nil {
		return err
	}
	known := p.recognised(x, result)
	raw, err := p.seal(ctx, table, x, said, result, key)
	if err != nil {
		return err
	}
	public := key.Public()
	opened, err := table.reader().Open(ctx, raw, &public)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the card that was made cannot be opened again")
	}
	if err := p.writeCard(o.form, o.output, raw, render.Of(opened, table.catalogue, table.checks)); err != nil {
		return err
	}
	if !known {
		return assay.Errorf(assay.Unavailable, "%s was not recognised through any protocol: the card says what could not be told", clean(x.subject.Name))
	}
	return nil
}

// seal derives the states, and signs.
func (p *program) seal(ctx context.Context, t scoreTable, x examination, said statement, r run.Result, key card.Key) ([]byte, error) {
	c := card.Card{
		Subject: x.subject, Protocols: x.order, Catalogue: card.Ref(t.catalogue), Trial: x.trial.trial, Made: p.now().UTC(),
		Tool: scoreTool(), Taxonomy: said.taxonomy, Assessed: said.entries, Judged: r.Judged, Left: r.Left,
	}
	c.Standings = assess.Derive(assess.Input{
		Catalogue: t.catalogue, Definitions: t.definitions(), Taxonomy: said.taxonomy, Entries: said.entries, Judged: r.Judged,
	})
	return card.Seal(ctx, c, key, r.Secrets)
}

// scoreTool is what cards and witnesses are made with.
func scoreTool() card.Tool {
	b := readBuild()
	version := b.Version
	if b.Revision != "" {
		version += " (" + b.Revision + ")"
	}
	return card.Tool{Name: "assay", Version: version}
}

// writeCard writes a card in a form, to a file or to the standard output.
func (p *program) writeCard(form, output string, raw []byte, v render.View) error {
	var b bytes.Buffer
	if form == formJSON {
		b.Write(raw)
	} else if err := p.renderCard(&b, form, v, output == ""); err != nil {
		return err
	}
	if output == "" {
		_, err := p.out.Write(b.Bytes())
		return err
	}
	if err := writeWhole(output, b.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(p.err, "Wrote %s.\n", clean(output))
	return nil
}

// renderCard renders a card for people.
func (p *program) renderCard(w io.Writer, form string, v render.View, shown bool) error {
	switch form {
	case formHTML:
		return render.HTML(w, v)
	case formMD:
		return render.Markdown(w, v)
	}
	// https://no-color.org: set and not empty means no colours.
	colour := shown && isTerminal(p.out) && p.variable("NO_COLOR") == "" && p.variable("TERM") != "dumb"
	return render.Text(w, v, colour)
}
