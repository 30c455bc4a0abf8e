package journal

import (
	"context"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// Verification is what Verify works on. It needs no signing key.
type Verification struct {
	Store store.Store
	Files Files
	// Key is the log's verifier key. "" takes the one that the database
	// names, which proves less: give one that was kept elsewhere if there is.
	Key string
	// Seen is compared with and, if everything is sound, moved forward; nil
	// leaves that out.
	Seen Seen
	// Stored and Blobs are the files that must be there; both or none.
	Stored StoredFiles
	Blobs  blob.Store
	// Progress is told how many entries and files are done of how many; nil
	// is not told.
	Progress func(done, total int64)
}

// page is how many entries are read in one transaction.
const page = 2048

// Verify computes the whole log anew from the events and compares it with
// everything that was stored, signed and published. It reports all that does
// not hold; the error is only for what kept it from looking.
func Verify(ctx context.Context, v Verification) (*Report, error) {
	r := &Report{Findings: []Finding{}}
	w := &walk{Verification: v, report: r, tree: &tree{}, named: map[assay.Coordinate]map[assay.Digest]bool{}}
	if err := w.begin(ctx); err != nil {
		return nil, err
	}
	if err := w.entries(ctx); err != nil {
		return nil, err
	}
	w.judge()
	if err := w.storedFiles(ctx); err != nil {
		return nil, err
	}
	if v.Seen != nil && r.Sound() && len(w.signed) > 0 && w.covered.Size >= w.seen.Size {
		if err := v.Seen.Save(ctx, w.signed); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// walk is one verification under way.
type walk struct {
	Verification
	report *Report
	tree   *tree
	broken bool  // an entry is missing: roots cannot be told from there on
	total  int64 // entries and files
	done   int64
	size   int64 // entries when the walk began

	signed  []byte          // the checkpoint file
	covered tlog.Checkpoint // what it says; Size 0 if there is none that holds
	seen    tlog.Checkpoint // the one seen last; Size 0 if none
	// Roots as they came out at those sizes, and whether they were reached.
	coveredRoot, seenRoot       merkle.Hash
	coveredReached, seenReached bool

	named map[assay.Coordinate]map[assay.Digest]bool // versions, and the digests that their events name
}

// begin reads what is claimed: sizes, keys, the checkpoint, the one seen last.
func (w *walk) begin(ctx context.Context) error {
	// Before the database: a log that grows meanwhile must not look as if its
	// checkpoint ran ahead.
	signed, err := w.Files.Get(ctx, fileCheckpoint)
	if err != nil && !assay.Is(err, assay.NotFound) {
		return err
	}
	var origin, key []byte
	err = w.Store.View(ctx, func(tx store.Tx) (err error) {
		if w.size, err = tx.LogSize(ctx); err != nil {
			return err
		}
		if origin, err = setting(ctx, tx, settingOrigin); err != nil {
			return err
		}
		if key, err = setting(ctx, tx, settingKey); err != nil {
			return err
		}
		waiting, err := tx.Unsequenced(ctx, page)
		w.report.Waiting = int64(len(waiting))
		return err
	})
	if err != nil {
		return err
	}
	w.total = w.size
	if w.Stored != nil {
		n, err := w.Stored.Count(ctx)
		if err != nil {
			return err
		}
		w.total += n
	}
	w.report.Origin = string(origin)
	if w.Key == "" {
		w.Key = string(key)
	} else if len(key) > 0 && w.Key != string(key) {
		w.report.add(FindingCheckpoint, settingKey, "the database names another verifier key than the one given")
	}
	if w.Key == "" && w.size == 0 && len(signed) == 0 {
		return nil // a log that was never opened
	}
	verifier, err := note.NewVerifier(w.Key)
	if err != nil {
		w.report.add(FindingCheckpoint, settingKey, "the log's verifier key cannot be read, so no signature can be checked")
		return nil
	}
	w.checkpoint(signed, verifier)
	return w.history(ctx, verifier)
}

func (w *walk) checkpoint(signed []byte, verifier note.Verifier) {
	if len(signed) == 0 {
		if w.size > 0 {
			w.report.add(FindingCheckpoint, fileCheckpoint, "the file is missing; the server makes it again at its next start")
		}
		return
	}
	c, err := tlog.OpenCheckpoint(signed, verifier)
	if err != nil {
		w.report.add(FindingCheckpoint, fileCheckpoint, "%s", assay.PublicMessage(err))
		return
	}
	w.signed, w.covered = signed, c
	w.report.Covered = c.Size
	if c.Size > w.size {
		w.report.add(FindingCheckpoint, fileCheckpoint, "it was signed over %d entries, and the database has only %d: an older copy of the database was put in its place", c.Size, w.size)
	}
}

func (w *walk) history(ctx context.Context, verifier note.Verifier) error {
	if w.Seen == nil {
		return nil
	}
	seen, err := w.Seen.Load(ctx)
	if err != nil || len(seen) == 0 {
		return err
	}
	c, err := tlog.OpenCheckpoint(seen, verifier)
	if err != nil {
		w.report.add(FindingHistory, subjectSeen, "%s", assay.PublicMessage(err))
		return nil
	}
	w.seen = c
	w.report.SinceSeen = c.Size
	if c.Size > w.size {
		w.report.add(FindingHistory, subjectSeen, "it has %d entries, and the log has only %d: entries were taken away", c.Size, w.size)
	}
	if w.covered.Size > 0 && c.Size > w.covered.Size {
		w.report.add(FindingHistory, fileCheckpoint, "it covers %d entries, fewer than the %d that were signed when it was last verified", w.covered.Size, c.Size)
	}
	return nil
}

const subjectSeen = "the checkpoint seen last"

// judge compares the roots that came out with those that were signed.
func (w *walk) judge() {
	for _, at := range []struct {
		kind, subject string
		signed        tlog.Checkpoint
		root          merkle.Hash
		reached       bool
	}{
		{FindingCheckpoint, fileCheckpoint, w.covered, w.coveredRoot, w.coveredReached},
		{FindingHistory, subjectSeen, w.seen, w.seenRoot, w.seenReached},
	} {
		switch {
		case at.signed.Size == 0 || at.signed.Size > w.size:
		case !at.reached:
			w.report.add(at.kind, at.subject, "its root over %d entries cannot be compared, because an entry is missing", at.signed.Size)
		case at.root != at.signed.Root:
			w.report.add(at.kind, at.subject, "its root over %d entries is %s, and the events give %s: the history was changed", at.signed.Size, at.signed.Root, at.root)
		}
	}
	if w.coveredReached {
		w.report.Root = w.coveredRoot.String()
	}
}

func (w *walk) progress(n int64) {
	w.done += n
	if w.Progress != nil {
		w.Progress(w.done, max(w.total, w.done))
	}
}
