package journal

import (
	"context"
	"encoding/hex"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// Prove returns a proof, which stands alone, that the entry with that index
// is in the log, under the newest checkpoint. open says whether the asker may
// read the event: only then are salt and body in it. It answers NotFound for
// an entry that no checkpoint covers yet.
func (s *Sequencer) Prove(ctx context.Context, index int64, open func(store.LogRecord) bool) (*tlog.Proof, error) {
	signed, err := s.head.checkpoint()
	if err != nil {
		return nil, err
	}
	c, err := tlog.OpenCheckpoint(signed, s.key.verifier)
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= c.Size {
		return nil, assay.Errorf(assay.NotFound, "the log has no entry %d: it has %d, counted from 0", index, c.Size)
	}
	var records []store.LogRecord
	var hashes merkle.RecordProof
	err = s.store.View(ctx, func(tx store.Tx) (err error) {
		if records, err = tx.LogEntries(ctx, index, 1); err != nil {
			return err
		}
		hashes, err = merkle.ProveRecord(c.Size, index, hashesOf(ctx, tx))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(records) != 1 || records[0].Index != index {
		return nil, assay.Errorf(assay.Internal, "the log's entry %d is not in the database: run assay log verify", index)
	}
	r := records[0]
	p := &tlog.Proof{Format: tlog.ProofFormat, Checkpoint: string(signed), Index: index, Leaf: string(r.Leaf), Hashes: hashes}
	if p.Hashes == nil {
		p.Hashes = []merkle.Hash{} // a log of one entry: no hashes, and still a list
	}
	if !erased(&r) && open != nil && open(r) {
		p.Salt, p.Body = hex.EncodeToString(r.Salt), string(r.Body)
	}
	// A proof that does not hold must not leave the house as one that does.
	if _, err := tlog.CheckProof(p, s.key.public); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the proof of entry %d does not hold: run assay log verify", index)
	}
	return p, nil
}

// consistency proves that the tree of the newer size has the older one as its
// beginning (RFC 6962, section 2.1.2).
func (s *Sequencer) consistency(ctx context.Context, older, newer int64) (proof merkle.TreeProof, err error) {
	if older <= 0 || older == newer {
		return nil, nil
	}
	err = s.store.View(ctx, func(tx store.Tx) (err error) {
		proof, err = merkle.ProveTree(newer, older, hashesOf(ctx, tx))
		return err
	})
	return proof, err
}
