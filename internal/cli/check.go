package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/list"
	"assay.invalid/internal/insight/osv"
	"assay.invalid/internal/policy"
)

func (p *program) checkCommand() *cobra.Command {
	var from []string
	var asJSON bool
	var policyFile string
	cmd := &cobra.Command{
		Use:   "check --advisories SOURCE [-|PACKAGE-URL...]",
		Short: "Judge versions by advisories, with no server and no network",
		Long: `Judge versions by advisories in the OSV format: what is malicious is denied,
what is vulnerable is warned of, or what --policy says of both. Nothing but the
files given is asked.

SOURCE is a file (.json, .jsonl, .zip, .tar.gz) or a directory of such files; it
can be given several times. With - the package URLs are read from standard input,
one a line, and each is answered as it comes. What cannot be judged is denied,
named, and makes the command fail in the end: an unknown version is no safe one.`,
		Example: "  assay check --advisories advisories/ pkg:npm/lodash@4.17.20\n  assay check --advisories all.zip --json - < versions.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(from) == 0 {
				return misused(cmd, "'%s' needs --advisories SOURCE: a file or a directory of OSV records", cmd.CommandPath())
			}
			if len(args) == 0 {
				return misused(cmd, "'%s' needs package URLs, or - to read them from standard input%s", cmd.CommandPath(), example(cmd))
			}
			judge := &offline{table: list.NewTable(list.Adapters(list.Config{})), now: time.Now()}
			file := policy.Default()
			if policyFile != "" {
				text, name, err := p.readPolicy(policyFile)
				if err != nil {
					return err
				}
				if file, err = policy.Parse([]byte(text), judge.table.Grammar); err != nil {
					return mistakes(err, name)
				}
			}
			judge.rules = policy.Compile(0, file, nil, nil)
			judge.own = conditionNames(file)
			err := p.waiting(cmd.Context(), "Reading advisories", func(ctx context.Context) error {
				return judge.read(ctx, from)
			})
			if err != nil {
				return err
			}
			judge.say(p.err)
			return judge.answer(cmd.Context(), p.versions(args), p.out, asJSON)
		},
	}
	cmd.Flags().StringArrayVar(&from, "advisories", nil, "read OSV records from `SOURCE`: a file or a directory")
	cmd.Flags().StringVar(&policyFile, "policy", "", "judge by the rules of the policy `FILE`, instead of the default ones")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func conditionNames(f *policy.File) []string {
	var names []string
	for _, c := range f.Conditions {
		names = append(names, c.Name)
	}
	return names
}

// versions are the lines of standard input for "-", else the arguments.
func (p *program) versions(args []string) io.Reader {
	if len(args) == 1 && args[0] == "-" {
		return p.stdin
	}
	return strings.NewReader(strings.Join(args, "\n"))
}

// offline judges versions by what lies in files alone.
type offline struct {
	table  *list.Table
	rules  *policy.Ruleset
	own    []string // conditions of the policy
	index  *osv.Index
	report osv.Report
	now    time.Time
}

// read reads all sources.
func (o *offline) read(ctx context.Context, from []string) error {
	builder := osv.NewBuilder(o.table.Grammar, &o.report)
	for _, source := range from {
		info, err := os.Stat(source)
		if err != nil {
			return assay.Wrap(assay.NotFound, err, "the advisories %s cannot be read", clean(source))
		}
		add := func(r osv.Record) { builder.Add(r, source) }
		if info.IsDir() {
			err = osv.ReadDir(ctx, os.DirFS(source), osv.Limits{}, &o.report, add)
		} else {
			err = readAdvisoryFile(ctx, source, info, &o.report, add)
		}
		if err != nil {
			return assay.Wrap(assay.KindOf(err), err, "the advisories %s cannot be read", clean(source))
		}
	}
	o.index = builder.Build()
	if o.index.Len() == 0 {
		return assay.Errorf(assay.Invalid, "no advisory could be read from %s: it must hold OSV records, in files named .json, .jsonl, .zip or .tar.gz", clean(strings.Join(from, ", ")))
	}
	return nil
}

func readAdvisoryFile(ctx context.Context, name string, info fs.FileInfo, report *osv.Report, add func(osv.Record)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return osv.ReadFile(ctx, name, f, info.Size(), osv.Limits{}, report, add)
}

// say names what could not be read: what is left out decides nothing.
func (o *offline) say(w io.Writer) {
	for _, problem := range o.report.Problems {
		fmt.Fprintf(w, "Problem: %s: %s.\n", clean(problem.Where), clean(problem.What))
	}
	if more := o.report.Broken - len(o.report.Problems); more > 0 {
		fmt.Fprintf(w, "And %s more.\n", plural(more, "problem"))
	}
}

// judged is the answer about one version.
type judged struct {
	PURL       string   `json:"purl"`
	Decision   string   `json:"decision"`
	Advisories []string `json:"advisories"`
	Fixes      []string `json:"fixes,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	Error      string   `json:"error,omitempty"`
}

// longestURL bounds a line of the input, in bytes.
const longestURL = 64 << 10

// answer judges each line as it comes.
func (o *offline) answer(ctx context.Context, in io.Reader, out io.Writer, asJSON bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestURL)
	buffered := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffered)
	encoder.SetEscapeHTML(false)
	unjudged, all := 0, 0
	for lines.Scan() {
		if ctx.Err() != nil {
			return assay.Wrap(assay.Canceled, ctx.Err(), "the check was given up")
		}
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		all++
		v := o.judge(text)
		if v.Error != "" {
			unjudged++
		}
		if err := o.print(buffered, encoder, v, asJSON); err != nil {
			return err
		}
		// Whoever writes one line and waits for its answer gets it.
		if all%256 == 0 || !more(in) {
			if err := buffered.Flush(); err != nil {
				return err
			}
		}
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := lines.Err(); err != nil {
		return assay.Wrap(assay.Invalid, err, "a line of the input cannot be read: it has more than %d bytes, or the input broke off", longestURL)
	}
	if unjudged > 0 {
		return assay.Errorf(assay.Invalid, "%d of %s could not be judged, and count as denied", unjudged, plural(all, "version"))
	}
	return nil
}

// more tells whether the input is known to have more to read at once.
func more(in io.Reader) bool {
	r, ok := in.(*strings.Reader)
	return ok && r.Len() > 0
}

func (o *offline) print(w io.Writer, encoder *json.Encoder, v judged, asJSON bool) error {
	if asJSON {
		return encoder.Encode(v)
	}
	said := v.Reason
	if v.Error != "" {
		said = v.Error
	}
	if said == "" && len(v.Fixes) > 0 {
		said = "fixes " + strings.Join(v.Fixes, ", ")
	}
	line := fmt.Sprintf("%-5s  %s", v.Decision, clean(v.PURL))
	if said != "" {
		line += "  " + clean(said)
	}
	_, err := fmt.Fprintln(w, line)
	return err
}

// judge decides on one version.
func (o *offline) judge(text string) judged {
	v := judged{PURL: text, Decision: assay.Deny.String(), Advisories: []string{}}
	c, err := o.coordinate(text)
	if err != nil {
		v.Error = assay.PublicMessage(err)
		return v
	}
	facts := &assay.Facts{Coordinate: c, AdvisoriesRead: o.now}
	facts.Advisories, facts.Fixes = o.index.Match(c)
	v.Advisories, v.Fixes = o.index.IDs(c), facts.Fixes
	effect := assay.Allow
	d := o.rules.Decide(facts, o.now)
	for i := range d.Opinions {
		op := &d.Opinions[i]
		if !op.Counts() || !o.speaksHere(op.Rule) {
			continue
		}
		if op.Effect > effect {
			effect, v.Reason = op.Effect, op.Rule+": "+op.Reason
		}
	}
	v.Decision = effect.String()
	return v
}

// speaksHere tells whether a rule has facts to go by: what asks for dates,
// listings or scripts has none here.
func (o *offline) speaksHere(rule string) bool {
	return rule == policy.RuleBlock || rule == policy.RuleMalware || rule == policy.RuleVulnerability || slices.Contains(o.own, rule)
}

// coordinate reads a package URL. A name of Go's standard library is no module
// path and still has advisories; a version that the ecosystem cannot order
// stays as it is and lies inside every range.
func (o *offline) coordinate(text string) (assay.Coordinate, error) {
	c, err := assay.ParseCoordinate(text)
	if err != nil {
		return c, err
	}
	grammar, ok := o.table.Grammar(c.Ecosystem)
	if !ok {
		_, err := o.table.Normalise(text) // which says what is known
		return c, err
	}
	if c.Version == "" {
		return c, assay.Errorf(assay.Invalid, "%q names no version: write %s@VERSION", text, text)
	}
	name, err := grammar.Name(c.Name)
	switch {
	case err == nil:
		c.Name = name
	case c.Ecosystem != assay.Golang || strings.Contains(strings.SplitN(c.Name, "/", 2)[0], "."):
		return c, err
	}
	if version, err := grammar.Version(c.Version); err == nil {
		c.Version = version
	}
	return c, nil
}
