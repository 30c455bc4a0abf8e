package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/server/api"
)

func (p *program) logCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show, prove and verify the log of everything that happened",
		Long: `Every event of this Assay stands in a log that nobody can rewrite unseen: an
append-only Merkle tree with signed checkpoints, in the formats of C2SP
tlog-tiles. It is served at /log/.`,
	}
	cmd.AddCommand(p.logShowCommand(), p.logVerifyCommand(), p.logProveCommand(), p.logCheckCommand(), p.logKeyCommand())
	group(cmd)
	return cmd
}

func (p *program) logShowCommand() *cobra.Command {
	var (
		from   int64
		limit  int
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "show [--from INDEX] [--limit NUMBER]",
		Short: "List entries, the oldest first: the newest ones, or those from an index on",
		Example: `  assay log show
  assay log show --from 0 --limit 1000 --json`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case cmd.Flags().Changed("from") && from < 0:
				return misused(cmd, "--from takes the index of an entry, counted from 0")
			case limit < 1:
				return misused(cmd, "--limit takes a number of entries, from 1 on")
			}
			return p.control(cmd.Context(), asking("log show"), func(ctx context.Context, c api.Control) error {
				entries, size, err := readLog(ctx, c, from, limit)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(p.out, entries)
				}
				return p.showLog(entries, size)
			})
		},
	}
	cmd.Flags().Int64Var(&from, "from", -1, "the `index` of the first entry to list; without it, the newest are listed")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many entries at the most")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// readLog reads page by page. A negative from means the newest ones.
func readLog(ctx context.Context, c api.Control, from int64, limit int) (entries []api.LogEntry, size int64, err error) {
	entries = []api.LogEntry{}
	if from < 0 {
		page, err := c.LogEntries(ctx, -1, 0)
		if err != nil {
			return nil, 0, err
		}
		from = max(page.Size-int64(limit), 0)
	}
	for len(entries) < limit {
		page, err := c.LogEntries(ctx, from, min(limit-len(entries), api.MaxLogEntries))
		if err != nil {
			return nil, 0, err
		}
		size = page.Size
		if len(page.Entries) == 0 {
			break
		}
		entries = append(entries, page.Entries...)
		from = entries[len(entries)-1].Index + 1
	}
	return entries, size, nil
}

func (p *program) showLog(entries []api.LogEntry, size int64) error {
	if len(entries) == 0 {
		_, err := fmt.Fprintf(p.out, "There are no such entries: the log has %d.\n", size)
		return err
	}
	rows := [][]string{{"INDEX", "TIME", "KIND", "SUBJECT", "BY", "DETAILS"}}
	for _, e := range entries {
		details := inBrief(e.Details)
		if e.Erased {
			details = "(erased)"
		}
		rows = append(rows, []string{strconv.FormatInt(e.Index, 10), moment(e.Time), string(e.Kind), e.Subject, e.By, details})
	}
	if err := table(p.out, rows); err != nil {
		return err
	}
	last := entries[len(entries)-1].Index
	if rest := size - last - 1; rest > 0 {
		fmt.Fprintf(p.err, "%s more: assay log show --from %d\n", entriesOf(rest), last+1)
	}
	return nil
}

// maxBrief is how many characters of an event's details fit into a table.
const maxBrief = 80

// inBrief makes one line of an event's details: "name=value" by name, nested
// values as JSON.
func inBrief(details json.RawMessage) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(details, &members) != nil {
		return clip(string(details))
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		value := string(members[name])
		var text string
		if json.Unmarshal(members[name], &text) == nil {
			value = text
		}
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	return clip(strings.Join(parts, " "))
}

func clip(s string) string {
	if utf8.RuneCountInString(s) <= maxBrief {
		return s
	}
	return string([]rune(s)[:maxBrief-1]) + "…"
}

func (p *program) logVerifyCommand() *cobra.Command {
	var (
		key    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "verify [--key KEY]",
		Short: "Check the whole log, and every stored file against it",
		Long: `Compute the whole log anew from the events, and compare it with everything
that was stored, signed and published: each entry with its event, the tree, the
checkpoint's signature, the tiles, the checkpoint that was seen at the last
verification, and every stored file with its event. All that does not hold is
listed, and the exit code is then 1.

Without --key the log is held to the key that stands in its own database. Keep
what 'assay log key' prints somewhere else, and give it here.`,
		Example: `  assay log verify
  assay log verify --key 'packages.example/log+3f9a2c71+AV...'`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("log verify"), func(ctx context.Context, c api.Control) error {
				var report api.LogReport
				err := p.progressing(ctx, "Verifying the log", func(ctx context.Context, progress api.Progress) (err error) {
					report, err = c.VerifyLog(ctx, api.LogVerification{Key: key}, progress)
					return err
				})
				if err != nil {
					return err
				}
				if asJSON {
					err = printJSON(p.out, report)
				} else {
					err = p.showReport(report)
				}
				if err == nil && !report.Sound {
					err = unsoundLog(report)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the log's verifier `key`, as it was kept elsewhere")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func unsoundLog(r api.LogReport) error {
	return assay.Errorf(assay.Unsound, "the log does not hold: %s", plural(int(int64(len(r.Findings))+r.Left), "finding"))
}

func (p *program) showReport(r api.LogReport) error {
	if !r.Sound {
		rows := [][]string{{"FINDING", "SUBJECT", "WHAT DOES NOT HOLD"}}
		for _, f := range r.Findings {
			rows = append(rows, []string{f.Kind, f.Subject, f.Message})
		}
		if err := table(p.out, rows); err != nil {
			return err
		}
		if r.Left > 0 {
			fmt.Fprintf(p.out, "and %d more\n", r.Left)
		}
	} else {
		fmt.Fprintln(p.out, "The log holds.")
	}
	since := "not verified before"
	if r.SinceSeen > 0 {
		since = fmt.Sprintf("continues the one of %s that was verified last", entriesOf(r.SinceSeen))
	}
	entries := entriesOf(r.Entries)
	if r.Erased > 0 {
		entries += fmt.Sprintf(", %d of them erased", r.Erased)
	}
	if r.Waiting > 0 {
		entries += fmt.Sprintf("; %s waiting for a place", plural(int(r.Waiting), "event"))
	}
	return fields(p.out,
		[2]string{"log", r.Origin},
		[2]string{"entries", entries},
		[2]string{"checkpoint", fmt.Sprintf("over %s, root %s", entriesOf(r.Covered), r.Root)},
		[2]string{"history", since},
		[2]string{"files", fmt.Sprintf("%s of %d bytes, and %s", plural(int(r.Files), "stored file"), r.Bytes, plural(int(r.Tiles), "tile"))})
}

func (p *program) logProveCommand() *cobra.Command {
	var (
		index  int64
		output string
	)
	cmd := &cobra.Command{
		Use:   "prove VERSION [--index INDEX] [-o FILE]",
		Short: "Print a proof that stands alone: that an event is in the log",
		Long: `Print a proof that an event about a package or version is in the log: the
newest, or the one with --index. It stands alone: with the log's key, 'assay log
check' needs nothing else and asks nobody. The proof shows the event, so give
it only to those who may read it.`,
		Example: `  assay log prove pkg:npm/lodash@4.17.21 -o lodash.proof
  assay log prove --index 0`,
		RunE: func(cmd *cobra.Command, args []string) error {
			purl := ""
			switch {
			case len(args) > 1:
				return exactly("a package URL")(cmd, args)
			case len(args) == 1:
				purl = args[0]
			case index < 0:
				return exactly("a package URL or --index")(cmd, args)
			}
			if cmd.Flags().Changed("index") && index < 0 {
				return misused(cmd, "--index takes the index of an entry, counted from 0")
			}
			return p.control(cmd.Context(), need{holder: "log prove", log: true}, func(ctx context.Context, c api.Control) error {
				proof, err := c.ProveLog(ctx, purl, index)
				if err != nil {
					return err
				}
				if output != "" && output != "-" {
					return p.writeProof(output, proof)
				}
				return printJSON(p.out, proof)
			})
		},
	}
	cmd.Flags().Int64Var(&index, "index", -1, "the `index` of the entry, where it is not the newest about the version")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to a new `file` instead")
	return cmd
}

func (p *program) writeProof(name string, proof json.RawMessage) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return assay.Wrap(assay.Invalid, err, "the proof cannot be written to a new file")
	}
	if err := errors.Join(printJSON(f, proof), f.Close()); err != nil {
		return assay.Wrap(assay.Internal, errors.Join(err, os.Remove(name)), "the proof cannot be written to %s", name)
	}
	fmt.Fprintf(p.err, "Wrote %s. To check it: assay log check %s\n", clean(name), clean(name))
	return nil
}

func (p *program) logCheckCommand() *cobra.Command {
	var (
		key    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "check FILE [--key KEY]",
		Short: "Check a proof",
		Long: `Check a proof that 'assay log prove' wrote, and show what it proves. With --key
nobody is asked. Without it, the key is that of the data directory or --server.`,
		Example: `  assay log check lodash.proof --key 'packages.example/log+3f9a2c71+AV...'`,
		Args:    exactly("the file of a proof, or - for the standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := p.readProof(args[0])
			if err != nil {
				return err
			}
			proof, err := tlog.ParseProof(text)
			if err != nil {
				return err
			}
			if key == "" {
				err := p.control(cmd.Context(), asking("log check"), func(ctx context.Context, c api.Control) error {
					k, err := c.LogKey(ctx)
					key = k.Key
					return err
				})
				if err != nil {
					return assay.Wrap(assay.KindOf(err), err, "without --key the proof is held to the key of the data directory, and %s", assay.PublicMessage(err))
				}
			}
			proven, err := tlog.CheckProof(proof, key)
			if err != nil {
				return err
			}
			return p.showProven(proven, asJSON)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the log's verifier `key`, as 'assay log key' prints it")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (p *program) readProof(name string) ([]byte, error) {
	from := p.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, assay.Wrap(assay.Invalid, err, "the proof cannot be read")
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, tlog.MaxProof+1))
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the proof cannot be read")
	}
	return text, nil
}

// provenEntry is what a sound proof shows, for programs.
type provenEntry struct {
	Origin string       `json:"origin"`
	Size   int64        `json:"size"`
	Entry  api.LogEntry `json:"entry"`
	Shown  bool         `json:"shown"` // the proof shows what the event says
}

func (p *program) showProven(proven tlog.Proven, asJSON bool) error {
	shown := provenEntry{Origin: proven.Checkpoint.Origin, Size: proven.Checkpoint.Size, Shown: proven.Body != nil}
	if shown.Shown {
		var err error
		if shown.Entry, err = logEntryOf(proven.Index, proven.Body, proven.Leaf.Ecosystem); err != nil {
			return err
		}
	}
	shown.Entry.Index, shown.Entry.Time, shown.Entry.Kind = proven.Index, proven.Leaf.Time, proven.Leaf.Kind
	if asJSON {
		return printJSON(p.out, shown)
	}
	e := shown.Entry
	fmt.Fprintf(p.out, "The proof holds: this is entry %d of the log, under a checkpoint over %d.\n", e.Index, shown.Size)
	rows := [][2]string{{"log", shown.Origin}, {"kind", string(e.Kind)}, {"time", moment(e.Time)}}
	if !shown.Shown {
		rows = append(rows, [2]string{"event", "not shown by this proof"})
		return fields(p.out, rows...)
	}
	if e.Subject != "" {
		rows = append(rows, [2]string{"subject", e.Subject})
	}
	if e.By != "" {
		rows = append(rows, [2]string{"by", e.By})
	}
	if details := inBrief(e.Details); details != "" {
		rows = append(rows, [2]string{"details", details})
	}
	return fields(p.out, rows...)
}

func (p *program) logKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the key with which others check the log",
		Long: `Print the log's verifier key, for witnesses and for those who check proofs. It
is no secret. Keep it where whoever can write the data directory cannot: it is
what 'assay log verify --key' and 'assay restore --key' hold the log to.`,
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.control(cmd.Context(), asking("log key"), func(ctx context.Context, c api.Control) error {
				k, err := c.LogKey(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(p.out, k.Key)
				return err
			})
		},
	}
}

// entriesOf counts entries of the log.
func entriesOf(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
