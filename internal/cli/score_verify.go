package cli

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/render"
)

func (p *program) scoreVerifyCommand() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use:   "verify CARD",
		Short: "Check that a card is what was signed, and by whom",
		Long: `Check that a card is what was signed, that its findings and states follow from
its evidence, and that its witnesses speak of it.

With --key it must be signed by that key. Without, it is only known that nobody
changed it since it was signed: whoever signed it is unknown.`,
		Example: `  assay score verify card.json --key signer.pem
  assay score verify card.json`,
		Args: exactly("a card"),
		RunE: func(cmd *cobra.Command, args []string) error {
			table, opened, err := p.openCard(cmd.Context(), args[0], keyFile)
			if err != nil {
				return err
			}
			return p.printVerified(args[0], keyFile, table, opened)
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "the `file` with the public key that must have signed it, in PEM")
	return cmd
}

// openCard opens a card in a file, or on the standard input for "-".
func (p *program) openCard(ctx context.Context, file, keyFile string) (scoreTable, *card.Opened, error) {
	table, err := newScoreTable()
	if err != nil {
		return table, nil, err
	}
	key, err := p.publicKey(keyFile)
	if err != nil {
		return table, nil, err
	}
	raw, err := p.readBounded(file, maxCardFile)
	if err != nil {
		return table, nil, err
	}
	opened, err := table.reader().Open(ctx, raw, key)
	if err != nil {
		return table, nil, fmt.Errorf("%s: %w", file, err)
	}
	return table, opened, nil
}

func (p *program) printVerified(name, keyFile string, t scoreTable, o *card.Opened) error {
	signer := fmt.Sprintf("signer unknown: the card names the key %s, and --key FILE compares it", o.Signer.Fingerprint())
	if o.Known {
		signer = fmt.Sprintf("signed by %s, the key in %s", o.Signer.Fingerprint(), keyFile)
	}
	fmt.Fprintf(p.out, "%s is intact: it is what was signed, and its states follow from its evidence.\n", clean(name))
	how := "reading only"
	if o.Card.Trial {
		how = "with trials"
	}
	pairs := [][2]string{
		{"signer", signer},
		{"subject", o.Card.Subject.Name},
		{"made", moment(o.Card.Made) + ", " + how},
		{"catalogue", o.Card.Catalogue.Version},
	}
	if len(o.Witnesses) == 0 {
		pairs = append(pairs, [2]string{"witnesses", "none"})
	}
	for _, w := range o.Witnesses {
		said := fmt.Sprintf("%s, %s: found the same for %s", w.Signer.Fingerprint(), moment(w.Witness.Made), plural(len(w.Witness.Agreed), "finding"))
		if n := len(w.Witness.Differed); n > 0 {
			said += fmt.Sprintf(", otherwise for %d", n)
		}
		pairs = append(pairs, [2]string{"witness", said})
	}
	for _, n := range o.Notes {
		pairs = append(pairs, [2]string{"note", n})
	}
	return fields(p.out, pairs...)
}

func (p *program) scoreShowCommand() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use:   "show CARD",
		Short: "Show what a card says",
		Long: `Show what a card says, after checking that it is what was signed. With -o json
it is the statement inside the card, with all evidence.`,
		Example: `  assay score show card.json
  assay score show card.json -o html > card.html`,
		Args: exactly("a card"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := p.formOf(cmd, &form, ""); err != nil {
				return err
			}
			if form == formJSON {
				return p.showStatement(cmd.Context(), args[0])
			}
			table, opened, err := p.openCard(cmd.Context(), args[0], "")
			if err != nil {
				return err
			}
			return p.renderCard(p.out, form, render.Of(opened, table.catalogue, table.checks), true)
		},
	}
	p.formFlag(cmd, &form, "text, html, json or md; json is the statement inside")
	return cmd
}

// showStatement prints what stands in the envelope.
func (p *program) showStatement(ctx context.Context, file string) error {
	table, err := newScoreTable()
	if err != nil {
		return err
	}
	raw, err := p.readBounded(file, maxCardFile)
	if err != nil {
		return err
	}
	if _, err := table.reader().Open(ctx, raw, nil); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var envelope struct{ Payload string }
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return assay.Wrap(assay.Invalid, err, "%s is not a card", file)
	}
	payload, err := base64.StdEncoding.DecodeString(envelope.Payload)
	if err != nil {
		return assay.Wrap(assay.Invalid, err, "%s is not a card", file)
	}
	return printJSON(p.out, json.RawMessage(payload))
}

func (p *program) scoreChecksCommand() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use:   "checks",
		Short: "List how each capability of the catalogue is checked, or why not",
		Long: `List how each capability of the catalogue is checked: by which probes and trials,
through which protocols, and what they need; or why it takes a document or a
person.`,
		Example: `  assay score checks`,
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			table, err := newScoreTable()
			if err != nil {
				return err
			}
			switch form {
			case formText:
				return render.ChecksText(p.out, table.listing())
			case formMD:
				return render.ChecksMarkdown(p.out, table.listing())
			case formJSON:
				return render.ChecksJSON(p.out, table.listing())
			}
			return misused(cmd, "-o takes text, json or md, and %q is none of them", clean(form))
		},
	}
	p.formFlag(cmd, &form, "text, json or md")
	return cmd
}
