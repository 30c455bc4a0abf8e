package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/spf13/cobra"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob/dir"
	"assay.invalid/internal/cli/keep"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store/sqlite"
)

func (p *program) backupCommand() *cobra.Command {
	var withKey bool
	cmd := &cobra.Command{
		Use:   "backup DIRECTORY [--with-key]",
		Short: "Write a backup to a new directory, also while the server runs",
		Long: `Write a backup of the whole data directory to a new or empty directory: the
metadata with rules, tokens and events, every file they refer to, and the log.
The server goes on meanwhile. What a failure leaves behind is no backup, and
'assay restore' says so.

The log's signing key is not in it unless --with-key is given: whoever has the
key can sign a forged log in this one's name, so a backup with it must be kept
as safe as the data directory. Without it, keep a copy of log-key elsewhere: a
log cannot go on without its key.`,
		Example: `  assay backup /mnt/backup/assay-2026-11-22`,
		Args:    exactly("a directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if p.reach.server != "" {
				return misused(cmd, "a backup is written to the disk of the machine that serves: run '%s' there, without --server", cmd.CommandPath())
			}
			to, err := filepath.Abs(args[0])
			if err != nil {
				return assay.Wrap(assay.Invalid, err, "%s has no absolute path", args[0])
			}
			return p.control(cmd.Context(), asking("backup"), func(ctx context.Context, c api.Control) error {
				var made api.Backup
				err := p.progressing(ctx, "Copying files", func(ctx context.Context, progress api.Progress) (err error) {
					made, err = c.Backup(ctx, api.NewBackup{Directory: to, WithKey: withKey}, progress)
					return err
				})
				if err != nil {
					return err
				}
				fmt.Fprintf(p.out, "Wrote a backup to %s\n", clean(made.Directory))
				key := "not in it: keep a copy of log-key elsewhere, or the log cannot go on after a restoration"
				if made.WithKey {
					key = "in it: whoever can read the backup can sign in this log's name"
				}
				return fields(p.out,
					[2]string{"log", entriesOf(made.LogEntries)},
					[2]string{"files", fmt.Sprintf("%s, %d bytes in all", plural(int(made.Blobs), "blob"), made.Bytes)},
					[2]string{"signing key", key},
					[2]string{"restore it", "assay restore " + made.Directory + " --data NEW-DIRECTORY"})
			})
		},
	}
	cmd.Flags().BoolVar(&withKey, "with-key", false, "put the log's signing key into the backup, with which whoever reads it can sign a forged log in this one's name")
	return cmd
}

func (p *program) restoreCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "restore DIRECTORY [--key KEY]",
		Short: "Make a new data directory from a backup, checked against its log",
		Long: `Make a new data directory from a backup. Every byte is checked against the
backup's list, and then the log, and every stored file against the log, as
'assay log verify' does. Only then is the directory put in its place; of a
restoration that fails nothing is left.

What happened after the backup was made is not in it. If the lost part of the
log was seen by others (witnesses, readers of /log/), they will see that it was
taken back.`,
		Example: `  assay restore /mnt/backup/assay-2026-11-22 --data /var/lib/assay`,
		Args:    exactly("the directory of a backup"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if p.reach.server != "" {
				return misused(cmd, "a backup is restored on the machine that shall serve: run '%s' there, without --server", cmd.CommandPath())
			}
			return p.restore(cmd.Context(), args[0], key)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the log's verifier `key` as it was kept elsewhere, to hold the backup's log to")
	return cmd
}

func (p *program) restore(ctx context.Context, from, key string) error {
	var report *journal.Report
	var m *keep.Manifest
	err := p.progressing(ctx, "Restoring", func(ctx context.Context, progress api.Progress) (err error) {
		m, err = keep.Restore(ctx, keep.Restoration{
			From: from, To: p.data, Progress: progress,
			Check: func(ctx context.Context, r keep.Restored) (err error) {
				report, err = checkRestored(ctx, r, key, progress)
				return err
			},
		})
		return err
	})
	if err != nil {
		return err
	}
	at, err := filepath.Abs(p.data)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "%s has no absolute path", p.data)
	}
	fmt.Fprintf(p.out, "Restored %s: the log and all files hold\n", clean(at))
	err = fields(p.out,
		[2]string{"made", moment(m.Created)},
		[2]string{"log", fmt.Sprintf("%s of %s", entriesOf(report.Entries), report.Origin)},
		[2]string{"files", fmt.Sprintf("%s of %d bytes", plural(int(report.Files), "stored file"), report.Bytes)})
	if err == nil && !m.WithKey && m.Entries > 0 {
		fmt.Fprintf(p.err, `The log's signing key is not in this backup, and without it nothing can be added to the log, so no server starts on
this data directory and no command changes it. Put the key that you kept in its place, readable by you alone:
  install -m 600 log-key %s
If the key is lost, this log has ended: it can be read and verified, and those who follow it must be told of a new one.
`, clean(filepath.Join(at, "log-key")))
	}
	return err
}

// checkRestored verifies the log of a backup, and every file against it.
func checkRestored(ctx context.Context, r keep.Restored, key string, progress api.Progress) (report *journal.Report, err error) {
	metadata, err := sqlite.Open(ctx, r.Database, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, metadata.Close()) }()
	files, err := journal.OpenDirectory(r.Log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	blobs, err := dir.Open(r.Blobs, dir.Config{})
	if err != nil {
		return nil, err
	}
	held := &heldFiles{Store: blobs, store: metadata, table: grammars()}
	report, err = journal.Verify(ctx, journal.Verification{
		Store: metadata, Files: files, Key: key, Seen: journal.SeenInStore{Store: metadata},
		Stored: held, Blobs: held, Progress: progress,
	})
	if err != nil {
		return nil, err
	}
	if report.Sound() {
		return report, nil
	}
	first := report.Findings[0]
	more := ""
	if n := int64(len(report.Findings)) - 1 + report.Left; n > 0 {
		more = fmt.Sprintf(" (and %d more that do not hold)", n)
	}
	return nil, assay.Errorf(assay.Unsound, "the backup does not hold to its log, and nothing was restored: %s%s", first, more)
}
