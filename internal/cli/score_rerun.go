package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/run"
)

// rerunOptions are the flags of what runs the checks of a card again.
type rerunOptions struct {
	packages []string
	quiet    bool
	start    string
	trial    trialOptions
}

func (o *rerunOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.packages, "package", nil, "a `name` of a package to look at; may be repeated; with several protocols as npm/NAME")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	f.StringVar(&o.start, "start", "", "run them on a throw-away `server` that is started ("+startable()+"), for a card that was made so")
	o.trial.flags(cmd)
}

// check finds what contradicts itself, before anything is read or started.
func (o *rerunOptions) check(cmd *cobra.Command) error {
	if o.start == "" {
		return o.trial.check(cmd)
	}
	if starters()[o.start] == nil {
		return misused(cmd, "--start starts %s, and %q is none of them", startable(), clean(o.start))
	}
	for _, name := range []string{"token-file", "other-token-file", "trial-name", "i-may-test"} {
		if cmd.Flags().Changed(name) {
			return misused(cmd, "--start makes its own tokens and names: leave out --%s", name)
		}
	}
	o.trial.trial = true
	return nil
}

// again is what running the checks of a card once more brought.
type again struct {
	opened *card.Opened
	table  scoreTable
	result run.Result

	Agreed   []string          `json:"agreed"`
	Differed []card.Difference `json:"differed"`
	NotRun   []notRun          `json:"not_run"`
}

// notRun is a finding of a card that was not looked for again, and why.
type notRun struct {
	Check  string `json:"check"`
	Reason string `json:"reason"`
}

// rerun runs the checks of a card once more, at the addresses that it names.
func (p *program) rerun(cmd *cobra.Command, file string, o rerunOptions) (*again, error) {
	if err := o.check(cmd); err != nil {
		return nil, err
	}
	table, opened, err := p.openCard(cmd.Context(), file, "")
	if err != nil {
		return nil, err
	}
	a := &again{opened: opened, table: table, Agreed: []string{}, Differed: []card.Difference{}, NotRun: []notRun{}}
	return a, a.run(cmd, p, o)
}

// run runs what may be run of the card.
func (a *again) run(cmd *cobra.Command, p *program, o rerunOptions) error {
	x, err := a.examination(cmd, o)
	if err != nil {
		return err
	}
	if o.start != "" {
		instance, err := p.startInstance(cmd.Context(), o.start, o.quiet)
		if err != nil {
			return err
		}
		defer p.endInstance(cmd.Context(), instance)
		if err := x.on(instance, a.opened.Card); err != nil {
			return err
		}
	}
	for _, e := range x.order {
		if o.start != "" {
			break // its address is nobody's but this run's
		}
		fmt.Fprintf(p.err, "Asking %s as %s, as the card says.\n", clean(x.subject.Addresses[e]), e)
	}
	if len(x.checks) > 0 && len(x.order) > 0 {
		if a.result, err = p.examine(cmd, x); err != nil {
			return err
		}
		p.recognised(x, a.result)
	}
	agreed, differed := card.Compare(a.opened.Card.Judged, a.result.Judged)
	a.Agreed, a.Differed = append(a.Agreed, agreed...), append(a.Differed, differed...)
	a.missing(o)
	return nil
}

// examination is what the card names, as far as this build can ask for it.
func (a *again) examination(cmd *cobra.Command, o rerunOptions) (examination, error) {
	c := a.opened.Card
	x := examination{subject: c.Subject, packages: o.packages, quiet: o.quiet, trial: o.trial}
	addresses := map[assay.Ecosystem]string{}
	for _, e := range c.Protocols {
		if _, known := ecosystemWord(string(e)); !known || slices.Contains(x.order, e) {
			continue
		}
		base, err := baseAddress(cmd, c.Subject.Addresses[e])
		if err != nil {
			return x, assay.Errorf(assay.Unsound, "the card's address for %s is no address of a package repository, so nothing was asked", e)
		}
		addresses[e] = base
		x.order = append(x.order, e)
	}
	x.subject.Addresses = addresses
	ran := map[string]bool{}
	for _, j := range c.Judged {
		ran[j.Evidence.Check] = true
	}
	for _, k := range a.table.checks {
		d := k.Definition()
		if ran[d.ID] && (d.Kind == scorecard.Probe || o.trial.trial) {
			x.checks = append(x.checks, k)
		}
	}
	return x, nil
}

// on moves the checks of a card to an instance that was started. What pages
// the card states are of the other instance, and are left out.
func (x *examination) on(i scorecard.Instance, c card.Card) error {
	subject := i.Subject()
	if subject.Software != c.Subject.Software {
		return assay.Errorf(assay.Invalid, "the card is about %s, and what was started is %s: the same findings would mean nothing",
			clean(cmp.Or(c.Subject.Software, c.Subject.Name)), subject.Software)
	}
	x.instance, x.subject = i, subject
	x.order = slices.DeleteFunc(x.order, func(e assay.Ecosystem) bool { return subject.Addresses[e] == "" })
	return nil
}

// missing says of each finding that was not looked for again why not.
func (a *again) missing(o rerunOptions) {
	definitions := a.table.definitions()
	now := map[string]bool{}
	for _, j := range a.result.Judged {
		now[assess.WitnessKey(j.Evidence)] = true
	}
	for _, j := range a.opened.Card.Judged {
		key := assess.WitnessKey(j.Evidence)
		if now[key] {
			continue
		}
		d, known := definitions[j.Evidence.Check]
		reason := "this build does not ask for it through this protocol"
		switch {
		case !known:
			reason = "this build has no such check"
		case d.Kind == scorecard.Trial && !o.trial.trial:
			reason = "it is a trial: add --trial and the tokens, where you may test"
		}
		a.NotRun = append(a.NotRun, notRun{Check: key, Reason: reason})
	}
}

func (p *program) scoreRerunCommand() *cobra.Command {
	var o rerunOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rerun CARD",
		Short: "Run the checks of a card again, and show what differs",
		Long: `Run the checks of a card again, at the addresses that it names, and show what
came out otherwise. Trials are run again only with --trial, and need tokens
again. With --start they run on a throw-away server of the same kind, which is
how a card that was made with --start is run again. Exit code 0 means that nothing differs, 1 that something does.`,
		Example: `  assay score rerun card.json
  assay score rerun card.json --trial --token-file token
  assay score rerun docs/scorecard/verdaccio.json --start verdaccio`,
		Args: exactly("a card"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := p.rerun(cmd, args[0], o)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(p.out, a)
			} else {
				err = a.print(p)
			}
			if err == nil && len(a.Differed) > 0 {
				err = assay.Errorf(assay.Unsound, "%s out otherwise than the card says", came(len(a.Differed)))
			}
			return err
		},
	}
	o.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func came(n int) string {
	return plural(n, "finding") + " came"
}

// print shows what differs, for people.
func (a *again) print(p *program) error {
	if len(a.Differed) > 0 {
		rows := [][]string{{"CHECK", "THEN", "NOW", "WHY NOW"}}
		for _, d := range a.Differed {
			rows = append(rows, []string{d.Check, string(d.Then.Outcome), string(d.Now.Outcome), d.Now.Reason})
		}
		if err := table(p.out, rows); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.out, "%s the same, %d otherwise, %d not run again.\n", came(len(a.Agreed))+" out", len(a.Differed), len(a.NotRun))
	reasons := map[string][]string{}
	var order []string
	for _, n := range a.NotRun {
		if reasons[n.Reason] == nil {
			order = append(order, n.Reason)
		}
		reasons[n.Reason] = append(reasons[n.Reason], n.Check)
	}
	for _, reason := range order {
		fmt.Fprintf(p.out, "\nNot run again, for %s:\n", reason)
		for _, check := range reasons[reason] {
			fmt.Fprintf(p.out, "  %s\n", clean(check))
		}
	}
	return nil
}

func (p *program) scoreWitnessCommand() *cobra.Command {
	var o rerunOptions
	var keyFile, output string
	cmd := &cobra.Command{
		Use:   "witness CARD",
		Short: "Run the checks of a card again, and sign what you found",
		Long: `Run the checks of a card again, as 'assay score rerun' does, and add your
signature over what was run again: what came out the same, and what did not. The
card is written back in place, or to --output.

What a witness found too is known better than what one party says. The signer
of a card cannot be its witness.`,
		Example: `  assay score witness card.json
  assay score witness card.json --key mine.pem --output witnessed.json`,
		Args: exactly("a card"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.witness(cmd, args[0], keyFile, output, o)
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&keyFile, "key", "", "the `file` with the private key to sign with, instead of your own")
	f.StringVar(&output, "output", "", "write to this `file`, and leave the card as it is")
	return cmd
}

func (p *program) witness(cmd *cobra.Command, file, keyFile, output string, o rerunOptions) error {
	ctx := cmd.Context()
	if err := o.trial.check(cmd); err != nil {
		return err
	}
	if output == "" {
		if output = file; file == "-" {
			return misused(cmd, "a card from the standard input is written to --output FILE")
		}
	}
	key, err := p.signingKey(keyFile)
	if err != nil {
		return err
	}
	table, opened, err := p.openCard(ctx, file, "")
	if err != nil {
		return err
	}
	if key.Public().Equal(opened.Signer) {
		// Said before anything is asked, and not only when it is signed.
		return assay.Errorf(assay.Invalid, "this key signed %s itself: a witness is another party, with another key", clean(file))
	}
	a := &again{opened: opened, table: table, Agreed: []string{}, Differed: []card.Difference{}, NotRun: []notRun{}}
	if err := a.run(cmd, p, o); err != nil {
		return err
	}
	w := card.Witness{Made: p.now().UTC(), Tool: scoreTool(), Agreed: a.Agreed, Differed: a.Differed, Judged: a.ofTheCard()}
	raw, err := card.Countersign(ctx, opened, w, key, a.result.Secrets)
	if err != nil {
		return err
	}
	if _, err := table.reader().Open(ctx, raw, nil); err != nil {
		return assay.Wrap(assay.Internal, err, "the card with its witness cannot be opened again, so it was not written")
	}
	if err := a.print(p); err != nil {
		return err
	}
	if err := writeWhole(output, raw, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(p.err, "Signed by %s and written to %s.\n", key.Public().Fingerprint(), clean(output))
	return nil
}

// ofTheCard is what was found of what the card speaks of.
func (a *again) ofTheCard() []scorecard.Judged {
	then := map[string]bool{}
	for _, j := range a.opened.Card.Judged {
		then[assess.WitnessKey(j.Evidence)] = true
	}
	return slices.DeleteFunc(slices.Clone(a.result.Judged), func(j scorecard.Judged) bool { return !then[assess.WitnessKey(j.Evidence)] })
}
