package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// treeHash scans the 32 bytes of a stored hash.
type treeHash struct{ hash *[32]byte }

func (h treeHash) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(h.hash) {
		return fmt.Errorf("a stored hash of the log is a %T of %d bytes", value, len(b))
	}
	copy(h.hash[:], b)
	return nil
}

// Unsequenced relies on this back end's single writer: events are committed
// in the order of their ids, and AppendLog takes them in that order, so what
// is not in the log yet is what comes after its last event.
func (t *tx) Unsequenced(ctx context.Context, limit int) ([]store.LogRecord, error) {
	return collect(ctx, t, `
		SELECT id, time, kind, ecosystem, salt, body, -1
		FROM event WHERE id > coalesce((SELECT max(event_id) FROM log_entry), 0)
		ORDER BY id LIMIT ?`, []any{atMost(limit)},
		func(r *store.LogRecord) []any {
			return []any{&r.EventID, moment{&r.Time}, &r.Kind, &r.Ecosystem, &r.Salt, &r.Body, &r.Index}
		})
}

func (t *tx) AppendLog(ctx context.Context, entries []store.LogRecord, hashes []store.LogHash) error {
	size, err := t.LogSize(ctx)
	if err != nil {
		return err
	}
	if err := t.fits(ctx, size, entries, hashes); err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		leaf := e.Leaf
		if leaf == nil {
			leaf = []byte{}
		}
		if _, err := t.exec(ctx, "INSERT INTO log_entry (idx, event_id, leaf) VALUES (?, ?, ?)", e.Index, e.EventID, leaf); err != nil {
			return err
		}
	}
	for i := range hashes {
		if _, err := t.exec(ctx, "INSERT INTO log_hash (idx, hash) VALUES (?, ?)", hashes[i].Index, hashes[i].Hash[:]); err != nil {
			return err
		}
	}
	return nil
}

// fits checks, before anything is written, that the entries are those that
// come next and that the hashes are all that they add to the tree. A log that
// skips an event or lacks a hash could never be mended without breaking the
// promise that nothing in it changes.
func (t *tx) fits(ctx context.Context, size int64, entries []store.LogRecord, hashes []store.LogHash) error {
	next := make([]int64, 0, len(entries))
	err := t.rows(ctx, `
		SELECT id FROM event WHERE id > coalesce((SELECT max(event_id) FROM log_entry), 0)
		ORDER BY id LIMIT ?`, []any{len(entries)}, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		next = append(next, id)
		return err
	})
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		if want := size + int64(i); e.Index != want {
			return assay.Errorf(assay.Conflict, "the log goes on at index %d, not at %d: it was written meanwhile, or an entry is missing", want, e.Index)
		}
		if i >= len(next) || e.EventID != next[i] {
			return assay.Errorf(assay.Conflict, "event %d is not the next one that the log takes at index %d", e.EventID, e.Index)
		}
	}
	first, end := hashCount(size), hashCount(size+int64(len(entries)))
	if int64(len(hashes)) != end-first {
		return assay.Errorf(assay.Conflict, "%d entries after the first %d of the log make %d new hashes, not %d", len(entries), size, end-first, len(hashes))
	}
	met := make([]bool, len(hashes))
	for i := range hashes {
		at := hashes[i].Index
		if at < first || at >= end || met[at-first] {
			return assay.Errorf(assay.Conflict, "the hash %d is stored already, or does not belong to the new entries (%d to %d)", at, first, end-1)
		}
		met[at-first] = true
	}
	return nil
}

// hashCount is how many hashes the tree of n entries stores: one for each
// entry and one for each full subtree.
func hashCount(n int64) int64 {
	var count int64
	for ; n > 0; n /= 2 {
		count += n
	}
	return count
}

func (t *tx) LogSize(ctx context.Context) (int64, error) {
	var size int64
	_, err := t.row(ctx, "SELECT coalesce(max(idx) + 1, 0) FROM log_entry", nil, &size)
	return size, err
}

func (t *tx) LogHashes(ctx context.Context, indexes []int64) ([][32]byte, error) {
	if len(indexes) == 0 {
		return nil, nil
	}
	wanted, err := json.Marshal(indexes)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "asking for hashes of the log failed")
	}
	hashes := make([][32]byte, len(indexes))
	met := make([]bool, len(indexes))
	// One statement for all, because a proof or a tile needs many.
	err = t.rows(ctx, `
		SELECT wanted.key, log_hash.hash
		FROM json_each(?) AS wanted CROSS JOIN log_hash ON log_hash.idx = wanted.value`,
		[]any{string(wanted)}, func(scan func(...any) error) error {
			var place int
			var hash [32]byte
			if err := scan(&place, treeHash{&hash}); err != nil {
				return err
			}
			hashes[place], met[place] = hash, true
			return nil
		})
	if err != nil {
		return nil, err
	}
	for i, ok := range met {
		if !ok {
			return nil, assay.Errorf(assay.NotFound, "the log has no hash %d", indexes[i])
		}
	}
	return hashes, nil
}

// entryFields are where the columns of a log entry are scanned to, in the
// order of every statement that reads whole entries.
func entryFields(r *store.LogRecord) []any {
	return []any{&r.EventID, moment{&r.Time}, &r.Kind, &r.Ecosystem, &r.Salt, &r.Body, &r.Index, &r.Leaf}
}

func (t *tx) LogEntries(ctx context.Context, from int64, limit int) ([]store.LogRecord, error) {
	return collect(ctx, t, `
		SELECT event.id, time, kind, ecosystem, salt, body, idx, leaf
		FROM log_entry CROSS JOIN event ON event.id = log_entry.event_id
		WHERE idx >= ? ORDER BY idx LIMIT ?`, []any{from, atMost(limit)}, entryFields)
}
