package journal

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/blob/dir"
	"assay.invalid/internal/store"
)

// TestVerifyFindsWhatWasChanged changes one thing each, behind the log's
// back, and reads what is said of it.
func TestVerifyFindsWhatWasChanged(t *testing.T) {
	made := newWorld(t)
	made.append(600)
	made.flush(made.open())
	for name, tc := range map[string]struct {
		change func(w *world)
		want   []string // kind and subject of each finding; "..." for more of any sort
	}{
		"nothing":                     {func(w *world) {}, nil},
		"a body":                      {func(w *world) { w.exec(`UPDATE event SET body = x'7b7d' WHERE id = 6`) }, []string{"leaf entry 5"}},
		"a salt":                      {func(w *world) { w.exec(`UPDATE event SET salt = zeroblob(32) WHERE id = 6`) }, []string{"leaf entry 5"}},
		"a salt moved into the body":  {func(w *world) { w.exec(`UPDATE event SET body = CAST(salt || body AS BLOB), salt = x'' WHERE id = 6`) }, []string{"leaf entry 5"}},
		"a kind":                      {func(w *world) { w.exec(`UPDATE event SET kind = 'removed' WHERE id = 6`) }, []string{"leaf entry 5"}},
		"a time":                      {func(w *world) { w.exec(`UPDATE event SET time = time + 1 WHERE id = 6`) }, []string{"leaf entry 5"}},
		"an ecosystem":                {func(w *world) { w.exec(`UPDATE event SET ecosystem = 'golang' WHERE id = 6`) }, []string{"leaf entry 5"}},
		"two bodies":                  {func(w *world) { w.exec(`UPDATE event SET body = x'7b7d' WHERE id IN (6, 300)`) }, []string{"leaf entry 5", "leaf entry 299"}},
		"an erased body":              {func(w *world) { w.exec(`UPDATE event SET body = x'', salt = x'' WHERE id = 6`) }, nil},
		"an erased body and its kind": {func(w *world) { w.exec(`UPDATE event SET body = x'', salt = x'', kind = 'removed' WHERE id = 6`) }, []string{"leaf entry 5"}},
		"a leaf that is none":         {func(w *world) { w.exec(`UPDATE log_entry SET leaf = x'78' WHERE idx = 5`) }, []string{"leaf entry 5"}},
		"two events exchanged": {func(w *world) {
			w.exec(`UPDATE log_entry SET event_id = 9999 WHERE idx = 5; UPDATE log_entry SET event_id = 6 WHERE idx = 6; UPDATE log_entry SET event_id = 7 WHERE idx = 5`)
		}, []string{"leaf entry 5", "leaf entry 6"}},
		"a leaf and its event, both": {func(w *world) { w.forge(5) }, []string{"hash entry 5", "hash entry 5", "hash entry 7", "hash entry 7", "..."}},
		"an entry taken out":         {func(w *world) { w.exec(`DELETE FROM log_entry WHERE idx = 5`) }, []string{"order entry 5", "checkpoint checkpoint"}},
		"a hash":                     {func(w *world) { w.exec(`UPDATE log_hash SET hash = zeroblob(32) WHERE idx = 2`) }, []string{"hash entry 1"}},
		"a hash taken out":           {func(w *world) { w.exec(`DELETE FROM log_hash WHERE idx = 2`) }, []string{"hash entry 1"}},
		"the last entries":           {func(w *world) { w.exec(`DELETE FROM log_entry WHERE idx >= 590`) }, []string{"checkpoint checkpoint"}},
		"a full tile":                {func(w *world) { w.put("tile/0/001", make([]byte, 8192)) }, []string{"tile tile/0/001"}},
		"a partial tile":             {func(w *world) { w.put("tile/1/000.p/2", make([]byte, 64)) }, []string{"tile tile/1/000.p/2"}},
		"a bundle":                   {func(w *world) { w.put("tile/entries/000", []byte("x")) }, []string{"tile tile/entries/000"}},
		"a tile missing":             {func(w *world) { w.must(os.Remove(w.path("tile/0/000"))) }, []string{"tile tile/0/000"}},
		"a partial bundle missing":   {func(w *world) { w.must(os.Remove(w.path("tile/entries/002.p/88"))) }, []string{"tile tile/entries/002.p/88"}},
		"the checkpoint missing":     {func(w *world) { w.must(os.Remove(w.path(fileCheckpoint))) }, []string{"checkpoint checkpoint"}},
		"the checkpoint's size": {func(w *world) {
			w.put(fileCheckpoint, []byte(strings.Replace(string(w.take(fileCheckpoint)), "\n600\n", "\n599\n", 1)))
		}, []string{"checkpoint checkpoint"}},
		"the verifier key": {func(w *world) { w.exec(`UPDATE setting SET value = x'78' WHERE key = 'log-key'`) }, []string{"checkpoint log-key"}},
		"a body and a tile and a hash": {func(w *world) {
			w.exec(`UPDATE event SET body = x'7b7d' WHERE id = 6; DELETE FROM log_hash WHERE idx = 2`)
			w.put("tile/0/001", nil)
		}, []string{"hash entry 1", "leaf entry 5", "tile tile/0/001"}},
		"an event that waits": {func(w *world) { w.append(1) }, nil},
		"the log goes on, no new files": {func(w *world) {
			w.append(300)
			w.files.arm(fault{1, false}, fault{}, "")
			_ = w.open().Flush(context.Background())
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := made.copy(t)
			tc.change(w)
			r := w.verify(nil)
			var got []string
			for _, f := range r.Findings {
				got = append(got, f.Kind+" "+f.Subject)
				if len(f.Message) < 10 {
					t.Errorf("%s is not explained: %q", f.Subject, f.Message)
				}
			}
			want := tc.want
			if n := len(want); n > 0 && want[n-1] == "..." && len(got) >= n {
				want, got = want[:n-1], got[:n-1]
			}
			if !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
			if name == "an erased body" && r.Erased != 1 {
				t.Errorf("%d are erased", r.Erased)
			}
		})
	}
}

// forge changes an event and its entry so that both fit, but not the tree.
func (w *world) forge(index int64) {
	ctx := context.Background()
	var r store.LogRecord
	w.must(w.db.View(ctx, func(tx store.Tx) error {
		records, err := tx.LogEntries(ctx, index, 1)
		r = records[0]
		return err
	}))
	r.Body = []byte(`{"by":"somebody else"}`)
	w.exec(fmt.Sprintf(`UPDATE event SET body = x'%x' WHERE id = %d; UPDATE log_entry SET leaf = x'%x' WHERE idx = %d`, r.Body, r.EventID, Leaf(r), index))
}

func TestVerifyComparesWithWhatWasSeen(t *testing.T) {
	for name, seen := range map[string]func(w *world) Seen{
		"in the database": func(w *world) Seen { return SeenInStore{w.db} },
		"in a file":       func(w *world) Seen { return SeenInFile(filepath.Join(w.dir, "seen")) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			look := func() *Report { return w.verify(func(v *Verification) { v.Seen = seen(w) }) }
			w.append(10)
			w.flush(w.open())
			if r := look(); !r.Sound() || r.SinceSeen != 0 {
				t.Errorf("first: %+v", r)
			}
			w.append(5)
			w.flush(w.open())
			if r := look(); !r.Sound() || r.SinceSeen != 10 {
				t.Errorf("after five more: %+v", r)
			}
			// Another history of the same length, signed with the same key, as
			// somebody with the whole data directory could make it.
			kept := seen(w)
			checkpoint, err := kept.Load(t.Context())
			w.must(err)
			w.exec("DELETE FROM log_hash; DELETE FROM log_entry; DELETE FROM event")
			w.must(os.RemoveAll(w.path("")))
			again := openWorld(t, w.dir)
			again.cfg = w.cfg
			again.cfg.Files = again.files
			again.append(15)
			again.flush(again.open())
			w.must(kept.Save(t.Context(), checkpoint))
			r := again.verify(func(v *Verification) { v.Seen = kept })
			if len(r.Findings) != 1 || r.Findings[0].Kind != FindingHistory {
				t.Errorf("the other history: %+v", r.Findings)
			}
			if now, err := kept.Load(t.Context()); err != nil || string(now) != string(checkpoint) {
				t.Errorf("what was seen was replaced by what is not sound: %v", err)
			}
		})
	}
}

func TestVerifyWithAKeyKeptElsewhere(t *testing.T) {
	w := newWorld(t)
	w.append(3)
	s := w.open()
	w.flush(s)
	if r := w.verify(func(v *Verification) { v.Key = s.VerifierKey() }); !r.Sound() {
		t.Errorf("%+v", r.Findings)
	}
	w.must(os.Remove(w.cfg.KeyFile))
	w.must(makeKey(w.cfg.KeyFile, s.Origin()))
	other, err := loadKey(w.cfg.KeyFile, s.Origin())
	w.must(err)
	if r := w.verify(func(v *Verification) { v.Key = other.public }); len(r.Findings) != 2 {
		t.Errorf("another key: %+v", r.Findings)
	}
}

// rows are stored files for Verify.
type rows []StoredFile

func (r rows) Count(context.Context) (int64, error) { return int64(len(r)), nil }

func (r rows) Each(_ context.Context, fn func(StoredFile) error) error {
	for _, f := range r {
		if err := fn(f); err != nil {
			return err
		}
	}
	return nil
}

func TestVerifyReadsEveryStoredFile(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	blobs, err := dir.Open(filepath.Join(w.dir, "blobs"), dir.Config{})
	w.must(err)
	keep := func(text string) blob.Info {
		staged, err := blobs.Stage(ctx)
		w.must(err)
		_, err = io.WriteString(staged, text)
		w.must(err)
		info, err := staged.Commit(ctx)
		w.must(err)
		w.must(staged.Discard())
		return info
	}
	event := func(name, body string) {
		w.must(w.db.Update(ctx, func(tx store.Tx) error {
			return tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Time: noon, Body: []byte(body),
				Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: "1.0.0", File: name + ".tgz"}})
		}))
	}
	row := func(name string, info blob.Info) StoredFile {
		return StoredFile{assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: "1.0.0", File: name + ".tgz"}, info.Digest, info.Size}
	}
	good, spoilt, gone, short, eventless, swapped := keep("good"), keep("spoilt"), keep("gone"), keep("short"), keep("eventless"), keep("swapped")
	late, waiting := keep("late"), keep("waiting")
	for name, info := range map[string]blob.Info{"good": good, "spoilt": spoilt, "gone": gone, "short": short, "swapped": good} {
		event(name, fmt.Sprintf(`{"files":[{"sha256":%q}]}`, info.Digest.Value()))
	}
	w.flush(w.open())
	w.must(os.WriteFile(filepath.Join(w.dir, "blobs", "sha256", spoilt.Digest.Value()[:2], spoilt.Digest.Value()), []byte("other!"), 0o600))
	w.must(os.Remove(filepath.Join(w.dir, "blobs", "sha256", gone.Digest.Value()[:2], gone.Digest.Value())))
	shortRow := row("short", short)
	shortRow.Size++
	files := rows{row("good", good), row("spoilt", spoilt), row("gone", gone), shortRow, row("eventless", eventless), row("swapped", swapped)}

	last := int64(0)
	r := w.verify(func(v *Verification) {
		v.Stored, v.Blobs = files, blobs
		v.Progress = func(done, total int64) {
			if done <= last || total != 5+6 {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
		}
	})
	var got []string
	for _, f := range r.Findings {
		got = append(got, strings.TrimSuffix(strings.TrimPrefix(f.Subject, "pkg:npm/"), "")+": "+f.Message[:20])
	}
	want := []string{"spoilt", "gone", "short", "eventless", "swapped"}
	if !slices.EqualFunc(got, want, func(g, w string) bool { return strings.HasPrefix(g, w+"@") }) {
		t.Errorf("found %q", got)
	}
	if r.Files != 6 || last != 11 {
		t.Errorf("%d files were read, progress ended at %d", r.Files, last)
	}

	// A server goes on while it is verified: what came after the walk began
	// is not taken for foreign.
	r = w.verify(func(v *Verification) {
		v.Blobs = blobs
		v.Stored = meanwhile{rows{row("late", late), row("waiting", waiting)}, func() {
			event("late", fmt.Sprintf(`{"sha256":%q}`, late.Digest.Value()))
			w.flush(w.open())
			event("waiting", fmt.Sprintf(`{"sha256":%q}`, waiting.Digest.Value()))
		}}
	})
	if !r.Sound() {
		t.Errorf("%+v", r.Findings)
	}
}

// meanwhile lets something happen between the entries and the files.
type meanwhile struct {
	rows
	happen func()
}

func (m meanwhile) Each(ctx context.Context, fn func(StoredFile) error) error {
	m.happen()
	return m.rows.Each(ctx, fn)
}

func TestVerifyStopsWhenNobodyWaits(t *testing.T) {
	w := newWorld(t)
	w.append(3)
	w.flush(w.open())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := Verify(ctx, Verification{Store: w.db, Files: w.disk}); !assay.Is(err, assay.Canceled) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestReportsAreBounded(t *testing.T) {
	r := &Report{}
	for range MaxFindings + 5 {
		r.add(FindingLeaf, "x", "y")
	}
	if len(r.Findings) != MaxFindings || r.Left != 5 || r.Sound() {
		t.Errorf("%d findings, %d left", len(r.Findings), r.Left)
	}
}
