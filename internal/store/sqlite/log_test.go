package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// leaf is what the tests put into the log for an event: it commits to
// everything that the event says.
func leaf(r store.LogRecord) []byte {
	sum := sha256.Sum256(append(bytes.Clone(r.Salt), r.Body...))
	return fmt.Appendf(nil, "%d %s %s %x", r.Time.UnixMicro(), r.Kind, r.Ecosystem, sum)
}

// grow takes at most limit waiting events into the log, with the hashes of a
// real Merkle tree, and returns how many entries the log has then.
func grow(ctx context.Context, tx store.Tx, limit int) (int64, error) {
	size, err := tx.LogSize(ctx)
	if err != nil {
		return 0, err
	}
	entries, err := tx.Unsequenced(ctx, limit)
	if err != nil {
		return 0, err
	}
	first := tlog.StoredHashCount(size)
	var added []store.LogHash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= first {
				out[i] = added[index-first].Hash
				continue
			}
			stored, err := tx.LogHashes(ctx, []int64{index})
			if err != nil {
				return nil, err
			}
			out[i] = stored[0]
		}
		return out, nil
	})
	for i := range entries {
		entries[i].Index, entries[i].Leaf = size+int64(i), leaf(entries[i])
		hashes, err := tlog.StoredHashes(entries[i].Index, entries[i].Leaf, read)
		if err != nil {
			return 0, err
		}
		for _, h := range hashes {
			added = append(added, store.LogHash{Index: first + int64(len(added)), Hash: h})
		}
	}
	return size + int64(len(entries)), tx.AppendLog(ctx, entries, added)
}

// checkLog checks the whole log: each entry says what its event says, they
// are the first events with none left out, and the stored hashes are those of
// a tree that is built anew.
func checkLog(ctx context.Context, tx store.Tx) error {
	size, err := tx.LogSize(ctx)
	if err != nil {
		return err
	}
	entries, err := tx.LogEntries(ctx, 0, 1<<20)
	if err != nil {
		return err
	}
	events, err := tx.Events(ctx, 0, 1<<20)
	if err != nil {
		return err
	}
	waiting, err := tx.Unsequenced(ctx, 1<<20)
	if err != nil {
		return err
	}
	if int64(len(entries)) != size || len(entries)+len(waiting) != len(events) {
		return fmt.Errorf("the log of %d has %d entries; %d of %d events wait", size, len(entries), len(waiting), len(events))
	}
	var tree []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = tree[index]
		}
		return out, nil
	})
	for i, e := range entries {
		if e.Index != int64(i) || e.EventID != events[i].ID || !bytes.Equal(e.Leaf, leaf(e)) {
			return fmt.Errorf("entry %d is %+v, the event is %+v", i, e, events[i])
		}
		hashes, err := tlog.StoredHashes(e.Index, e.Leaf, read)
		if err != nil {
			return err
		}
		tree = append(tree, hashes...)
	}
	indexes := make([]int64, len(tree))
	for i := range indexes {
		indexes[i] = int64(i)
	}
	stored, err := tx.LogHashes(ctx, indexes)
	if err != nil {
		return err
	}
	for i := range tree {
		if tree[i] != stored[i] {
			return fmt.Errorf("hash %d is %x, want %v", i, stored[i], tree[i])
		}
	}
	if _, err := tx.LogHashes(ctx, []int64{int64(len(tree))}); !assay.Is(err, assay.NotFound) {
		return fmt.Errorf("a hash past the last: %v, want not found", err)
	}
	return nil
}

func appendEvents(t testing.TB, s *Store, n int) {
	t.Helper()
	ctx := t.Context()
	if err := s.Update(ctx, func(tx store.Tx) error {
		for i := range n {
			e := assay.Event{Kind: assay.EventStored, Time: time.UnixMicro(int64(i + 1)), Body: []byte(`{"size":5}`),
				Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: fmt.Sprintf("package-%04d", i/100), Version: fmt.Sprintf("1.%d.0", i%100)}}
			if err := tx.AppendEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestHashesAreCountedAsTheTreeDoes(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 1000, 1<<32 - 1, 1 << 40} {
		if got, want := hashCount(n), tlog.StoredHashCount(n); got != want {
			t.Errorf("a tree of %d entries: %d hashes, want %d", n, got, want)
		}
	}
}

// TestLogWritesFailOneByOne breaks each single write of a batch in turn. The
// log must be as it was, and take the same batch afterwards.
func TestLogWritesFailOneByOne(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	ctx := t.Context()
	appendEvents(t, s, 8)
	update := func(fn func(store.Tx) error) error { t.Helper(); return s.Update(ctx, fn) }
	take := func(n int) func(store.Tx) error {
		return func(tx store.Tx) error { _, err := grow(ctx, tx, n); return err }
	}
	if err := update(take(3)); err != nil {
		t.Fatal(err)
	}
	onWriter := func(statement string) {
		t.Helper()
		c, err := s.writer.take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer s.writer.give(c)
		if _, err := c.conn.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	broken := 0
	for table, indexes := range map[string][2]int64{"log_entry": {3, 8}, "log_hash": {hashCount(3), hashCount(8)}} {
		for index := indexes[0]; index < indexes[1]; index++ {
			onWriter(fmt.Sprintf("CREATE TEMP TRIGGER broken BEFORE INSERT ON main.%s WHEN new.idx = %d BEGIN SELECT RAISE(ABORT, 'the write is broken'); END", table, index))
			for form, fn := range map[string]func(store.Tx) error{
				"told":   take(8),
				"hidden": func(tx store.Tx) error { _, _ = grow(ctx, tx, 8); return nil },
				// The rows and events beside it must go too.
				"with an event": func(tx store.Tx) error {
					if err := tx.AppendEvent(ctx, assay.Event{Kind: assay.EventRemoved}); err != nil {
						return err
					}
					_, err := grow(ctx, tx, 8)
					return err
				},
			} {
				err := update(fn)
				if !assay.Is(err, assay.Internal) || !strings.Contains(err.Error(), "the write is broken") {
					t.Errorf("%s %d, %s: %v, want the failure", table, index, form, err)
				}
				if err := s.View(ctx, func(tx store.Tx) error {
					if size, err := tx.LogSize(ctx); err != nil || size != 3 {
						t.Errorf("%s %d, %s: the log has %d entries, %v; want 3", table, index, form, size, err)
					}
					if last, err := tx.LastEventID(ctx); err != nil || last != 8 {
						t.Errorf("%s %d, %s: the last event is %d, %v; want 8", table, index, form, last, err)
					}
					return checkLog(ctx, tx)
				}); err != nil {
					t.Errorf("%s %d, %s: %v", table, index, form, err)
				}
				broken++
			}
			onWriter("DROP TRIGGER broken")
		}
	}
	if want := 3 * (5 + int(hashCount(8)-hashCount(3))); broken != want {
		t.Errorf("%d writes were broken, want %d", broken, want)
	}
	// It failed for the caller, and was stored: the same batch again is
	// refused, and changes nothing.
	var batch []store.LogRecord
	if err := update(func(tx store.Tx) error {
		if _, err := grow(ctx, tx, 8); err != nil {
			return err
		}
		var err error
		batch, err = tx.LogEntries(ctx, 3, 8)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	hashes := make([]store.LogHash, hashCount(8)-hashCount(3))
	for i := range hashes {
		hashes[i].Index = hashCount(3) + int64(i)
	}
	if err := update(func(tx store.Tx) error { return tx.AppendLog(ctx, batch, hashes) }); !assay.Is(err, assay.Conflict) {
		t.Errorf("the same batch again: %v, want conflict", err)
	}
	if err := s.View(ctx, func(tx store.Tx) error { return checkLog(ctx, tx) }); err != nil {
		t.Error(err)
	}
}

// TestErasedEvents: an event whose body and salt were destroyed still stands
// in its place, is still found, and the tree over it still agrees.
func TestErasedEvents(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	ctx := t.Context()
	appendEvents(t, s, 3)
	if err := s.Update(ctx, func(tx store.Tx) error { _, err := grow(ctx, tx, 3); return err }); err != nil {
		t.Fatal(err)
	}
	c, err := s.writer.take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.conn.ExecContext(ctx, "UPDATE event SET salt = x'', body = x'' WHERE id = 2")
	_, err31 := c.conn.ExecContext(ctx, "UPDATE event SET salt = zeroblob(31) WHERE id = 3")
	s.writer.give(c)
	if err != nil {
		t.Fatalf("erasing: %v", err)
	}
	if err31 == nil {
		t.Error("a salt of 31 bytes was accepted")
	}
	if err := s.View(ctx, func(tx store.Tx) error {
		events, err := tx.Events(ctx, 0, 10)
		if err != nil {
			return err
		}
		want := assay.Coordinate{Ecosystem: assay.NPM, Name: "package-0000", Version: "1.1.0"}
		if len(events) != 3 || events[1].Subject != want || len(events[1].Body) != 0 || len(events[2].Body) == 0 {
			t.Errorf("the events are %+v", events)
		}
		about, err := tx.LogAbout(ctx, want.String(), 10)
		if err != nil {
			return err
		}
		if len(about) != 1 || len(about[0].Salt) != 0 || len(about[0].Body) != 0 || about[0].Index != 1 || len(about[0].Leaf) == 0 {
			t.Errorf("about the erased event the log has %+v", about)
		}
		entries, err := tx.LogEntries(ctx, 0, 10)
		if err != nil {
			return err
		}
		for _, e := range entries {
			hash := tlog.RecordHash(e.Leaf)
			stored, err := tx.LogHashes(ctx, []int64{tlog.StoredHashIndex(0, e.Index)})
			if err != nil {
				return err
			}
			if stored[0] != hash {
				t.Errorf("entry %d has the hash %x in the tree, want %v", e.Index, stored[0], hash)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestLogNeedsItsEvents: nothing can take an event out from under the log.
func TestLogNeedsItsEvents(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	ctx := t.Context()
	appendEvents(t, s, 1)
	if err := s.Update(ctx, func(tx store.Tx) error { _, err := grow(ctx, tx, 1); return err }); err != nil {
		t.Fatal(err)
	}
	err := s.Update(ctx, func(each store.Tx) error {
		_, err := each.(*tx).exec(ctx, "DELETE FROM event")
		return err
	})
	if err == nil {
		t.Error("an event that is in the log was deleted")
	}
	if err := s.View(ctx, func(tx store.Tx) error { return checkLog(ctx, tx) }); err != nil {
		t.Error(err)
	}
}
