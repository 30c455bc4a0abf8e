package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/names"
)

func (p *program) namesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "names",
		Short: "Look for names that look like better known ones",
	}
	cmd.AddCommand(p.namesCheckCommand())
	group(cmd)
	return cmd
}

func (p *program) namesCheckCommand() *cobra.Command {
	var eco, listed string
	var asJSON bool
	atLeast := names.Threshold
	cmd := &cobra.Command{
		Use:   "check --ecosystem ECOSYSTEM [-|NAME...]",
		Short: "Say which names look like better known ones, and like which",
		Long: fmt.Sprintf(`Say which names look like better known ones, how they differ, and how likely
they are to be meant for them, from 0 to 1. Nobody is asked: the names that are
used most come with Assay, and --names adds those of a registry of your own.
With - the names are read from standard input, one a line.

FINDING is a class, such as transposition or combosquat; or ok; or invalid for
what is no name in that ecosystem and looks like none. A name that is ok has a
target too where it resembles one, with a score below that of a finding. Names
that are well known themselves resemble nothing.

A finding is no proof: of honest names that stand near a popular one, one in
seven is found. From a score of %.2f it is one in forty, from %.2f hardly any.`, names.Likely, names.Sure),
		Example: "  assay names check --ecosystem npm lodahs\n  assay names check --ecosystem pypi --json - < names.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misused(cmd, "'%s' needs names, or - to read them from standard input%s", cmd.CommandPath(), example(cmd))
			}
			if atLeast < 0 || atLeast > 1 {
				return misused(cmd, "--at-least is a score from 0 to 1, not %v", atLeast)
			}
			judge, err := newNameJudge(cmd, eco, listed)
			if err != nil {
				return err
			}
			judge.atLeast = atLeast
			return judge.answer(cmd.Context(), p.versions(args), p.out, asJSON)
		},
	}
	f := cmd.Flags()
	f.StringVar(&eco, "ecosystem", "", "the `ecosystem` that the names are of: npm, pypi, cargo, golang or maven")
	f.StringVar(&listed, "names", "", "a `file` of more well-known names: on each line a name, a tab and how often it is used")
	f.Float64Var(&atLeast, "at-least", atLeast, "the `score` from which a likeness is a finding")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// nameJudge says what names look like.
type nameJudge struct {
	grammar assay.Grammar
	checker *names.Checker
	atLeast float64
}

func newNameJudge(cmd *cobra.Command, named, listed string) (*nameJudge, error) {
	eco := assay.Ecosystem(named)
	if named == "go" { // the name of its place
		eco = assay.Golang
	}
	table := grammars()
	grammar, known := table.Grammar(eco)
	if !known {
		var all []string
		for _, a := range table.Adapters() {
			all = append(all, string(a.Ecosystem()))
		}
		there := "there are " + strings.Join(all, ", ")
		if named == "" {
			return nil, misused(cmd, "'%s' needs --ecosystem ECOSYSTEM: %s", cmd.CommandPath(), there)
		}
		return nil, misused(cmd, "there is no ecosystem %q: %s", named, there)
	}
	j := &nameJudge{grammar: grammar}
	if listed != "" {
		more, err := readNames(listed, grammar)
		if err != nil {
			return nil, err
		}
		j.checker = names.NewFor(eco, names.Interleave(names.Listed(eco), more))
		return j, nil
	}
	if j.checker, known = names.Default(eco); !known {
		return nil, assay.Errorf(assay.Invalid, "no names of %s come with Assay: give some with --names", eco)
	}
	return j, nil
}

// readNames reads a list of well-known names and spells them as the ecosystem
// does.
func readNames(file string, grammar assay.Grammar) ([]names.Popular, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, assay.Wrap(assay.NotFound, err, "the names in %s cannot be read", clean(file))
	}
	defer f.Close()
	more, err := names.ReadList(f)
	if err != nil {
		return nil, assay.Wrap(assay.KindOf(err), err, "the names in %s cannot be read", clean(file))
	}
	for i := range more {
		if more[i].Name, err = grammar.Name(more[i].Name); err != nil {
			return nil, assay.Wrap(assay.Invalid, err, "the names in %s cannot be read", clean(file))
		}
	}
	return more, nil
}

// judgedName is the answer about one name.
type judgedName struct {
	Name    string  `json:"name"`
	Finding string  `json:"finding"`
	Target  string  `json:"target"`
	Score   float64 `json:"score"`
}

// judge says what one name looks like. What is no name of the ecosystem is
// compared too, because letters of another alphabet are what makes it none.
func (j *nameJudge) judge(text string) judgedName {
	name, err := j.grammar.Name(text)
	if err != nil {
		name = text
	}
	near, _ := j.checker.Nearest(name)
	said := judgedName{Name: text, Finding: "ok", Target: near.Target, Score: near.Score}
	switch {
	case near.Target != "" && near.Score >= j.atLeast:
		said.Finding = near.Class
	case err != nil:
		said.Finding = "invalid"
	}
	return said
}

// answer judges each line: as it comes for programs, together for people.
func (j *nameJudge) answer(ctx context.Context, in io.Reader, out io.Writer, asJSON bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestURL)
	rows := [][]string{{"NAME", "FINDING", "TARGET", "SCORE"}}
	for lines.Scan() {
		if ctx.Err() != nil {
			return assay.Wrap(assay.Canceled, ctx.Err(), "the check was given up")
		}
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		said := j.judge(text)
		if asJSON {
			if err := printJSONLine(out, said); err != nil {
				return err
			}
			continue
		}
		score := ""
		if said.Target != "" {
			score = fmt.Sprintf("%.2f", said.Score)
		}
		rows = append(rows, []string{said.Name, said.Finding, said.Target, score})
	}
	if err := lines.Err(); err != nil {
		return assay.Wrap(assay.Invalid, err, "a line of the input cannot be read: it has more than %d bytes, or the input broke off", longestURL)
	}
	if asJSON {
		return nil
	}
	return table(out, rows)
}

// printJSONLine prints a value for programs on a line of its own. A name from
// outside may hold characters that drive a terminal or reorder its text; they
// are written as escapes, which mean the same in JSON.
func printJSONLine(w io.Writer, value any) error {
	var text, line strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return assay.Wrap(assay.Internal, err, "the answer cannot be written as JSON")
	}
	for _, r := range text.String() {
		if r >= utf8.RuneSelf && r != utf8.RuneError && clean(string(r)) == "" {
			for _, unit := range utf16Units(r) {
				fmt.Fprintf(&line, `\u%04x`, unit)
			}
			continue
		}
		if r == 0x7f {
			line.WriteString(`\u007f`)
			continue
		}
		line.WriteRune(r)
	}
	_, err := io.WriteString(w, line.String())
	return err
}
