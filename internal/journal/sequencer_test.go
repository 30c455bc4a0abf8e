package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

func TestEventsComeIntoTheLog(t *testing.T) {
	w := newWorld(t)
	w.cfg.Limits.Batch = 100
	s := w.open()
	for _, n := range []int{1, 3, 250, 2, 300} {
		w.append(n)
		w.flush(s)
		w.invariants()
	}
	r := w.verify(nil)
	if r.Entries != 556 || r.Covered != 556 || r.Waiting != 0 || r.Erased != 0 || r.Origin != "assay.invalid/log/0123456789abcdef" {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(w.path("tile/0/000.p")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the partial tiles of a full one are still there: %v", err)
	}
	records, err := s.Entries(t.Context(), 0, 1000)
	if err != nil || len(records) != 556 {
		t.Fatalf("%d entries, %v", len(records), err)
	}
	for i, r := range records {
		if r.Index != int64(i) || r.EventID != records[0].EventID+int64(i) {
			t.Fatalf("entry %d is event %d at %d", i, r.EventID, r.Index)
		}
	}
}

// TestFailures lets every step fail, at every place, with and without effect,
// and goes on both in the same process and after a restart.
func TestFailures(t *testing.T) {
	type point struct {
		name        string
		view, write fault
		put, drop   fault
		path        string
	}
	var points []point
	for n := 1; n <= 6; n++ {
		points = append(points, point{name: "view", view: fault{call: n}})
	}
	for _, after := range []bool{false, true} {
		form := map[bool]string{false: "failed", true: "failed but was stored"}[after]
		points = append(points,
			point{name: "sequencing " + form, write: fault{1, after}},
			point{name: "second batch " + form, write: fault{2, after}},
			point{name: "checkpoint " + form, put: fault{1, after}, path: fileCheckpoint},
			point{name: "second checkpoint " + form, put: fault{2, after}, path: fileCheckpoint})
		for n := 1; n <= 6; n++ {
			points = append(points, point{name: "file " + form, put: fault{n, after}})
		}
	}
	points = append(points, point{name: "drop", drop: fault{call: 1}})

	for _, restart := range []bool{false, true} {
		w := newWorld(t)
		w.cfg.Limits.Batch = 20
		s := w.open()
		w.append(200) // soon the first tile is full
		w.flush(s)
		for _, p := range points {
			w.append(25) // two batches
			w.store.arm(p.view, p.write)
			w.files.arm(p.put, p.drop, p.path)
			err := s.Flush(t.Context())
			hit := err != nil
			if hit && !errors.Is(err, errFault) {
				t.Fatalf("%s: %v", p.name, err)
			}
			if !hit && p.name != "drop" {
				t.Errorf("%s (call %d%d%d): nothing failed", p.name, p.view.call, p.write.call, p.put.call)
			}
			w.store.arm(fault{}, fault{})
			w.invariants()
			if restart {
				s = w.open()
			}
			w.flush(s)
			w.invariants()
			if size, _ := s.Watch(); size != int64(w.events) {
				t.Fatalf("%s: %d of %d events are published", p.name, size, w.events)
			}
		}
	}
}

func TestRunSequencesWhatItIsWokenForAndWhatNot(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	w.append(1)
	s.Wake()
	if index, ok := s.Index(ctx, 1, 5*time.Second); !ok || index != 0 {
		t.Errorf("the woken event is at %d, %v", index, ok)
	}
	_, changed := s.Watch()
	w.append(1) // nobody says so
	select {
	case <-changed:
	case <-time.After(5 * time.Second):
		t.Error("the poll found nothing")
	}
	w.append(1)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if size, _ := s.Watch(); size != 3 {
		t.Errorf("what came last was left behind: %d are published", size)
	}
	w.invariants()
}

func TestRunGoesOnAfterFaults(t *testing.T) {
	w := newWorld(t)
	w.cfg.Limits.Poll = time.Millisecond
	s := w.open()
	w.append(1)
	w.store.arm(fault{call: 1}, fault{1, true})
	w.files.arm(fault{1, false}, fault{}, fileCheckpoint)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	if index, ok := s.Index(ctx, 1, 5*time.Second); !ok || index != 0 {
		t.Errorf("the event is at %d, %v", index, ok)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestIndexIsLateAndNeverFails(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.append(1)
	begin := time.Now()
	if index, ok := s.Index(t.Context(), 1, 30*time.Millisecond); ok || index != -1 {
		t.Errorf("an event without a place is at %d", index)
	}
	if d := time.Since(begin); d < 30*time.Millisecond || d > 5*time.Second {
		t.Errorf("it waited %v", d)
	}
	// Sequenced, and the checkpoint late: the place is final all the same.
	w.files.arm(fault{1, false}, fault{}, fileCheckpoint)
	if err := s.Flush(t.Context()); !errors.Is(err, errFault) {
		t.Fatal(err)
	}
	if index, ok := s.Index(t.Context(), 1, 10*time.Millisecond); !ok || index != 0 {
		t.Errorf("at %d, %v", index, ok)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if index, ok := s.Index(ctx, 99, time.Hour); ok || index != -1 {
		t.Errorf("an event that is not is at %d", index)
	}
	w.flush(s)
	fresh := w.open() // knows nothing by heart
	if index, ok := fresh.Index(t.Context(), 1, time.Second); !ok || index != 0 {
		t.Errorf("after a restart at %d, %v", index, ok)
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	r := newRecent(3)
	for i := range int64(10) {
		r.add([]store.LogRecord{{EventID: i, Index: i * 2}})
	}
	for i := range int64(10) {
		if index, ok := r.find(i); ok != (i >= 7) || (ok && index != i*2) {
			t.Errorf("event %d: %d, %v", i, index, ok)
		}
	}
	if len(r.places) != 3 {
		t.Errorf("%d are kept", len(r.places))
	}
}

// TestHistoryCannotBeTakenBack puts older and other databases, keys and
// checkpoints in the place of the real ones.
func TestHistoryCannotBeTakenBack(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(t *testing.T, w *world)
		kind   assay.Kind
		says   string
	}{
		"an older database": {func(t *testing.T, w *world) {
			w.exec("DELETE FROM log_hash WHERE idx >= 4; DELETE FROM log_entry WHERE idx >= 3; DELETE FROM event WHERE id > 3")
		}, assay.Conflict, "older copy of the database"},
		"an older database that has grown again": {func(t *testing.T, w *world) {
			w.exec("DELETE FROM log_hash WHERE idx >= 4; DELETE FROM log_entry WHERE idx >= 3; DELETE FROM event WHERE id > 3")
			signed := w.take(fileCheckpoint)
			w.must(os.Remove(w.path(fileCheckpoint)))
			w.events = 90
			w.append(20)
			w.flush(w.open())
			w.put(fileCheckpoint, signed)
		}, assay.Conflict, "history was changed"},
		"an empty database": {func(t *testing.T, w *world) {
			w.exec("DELETE FROM log_hash; DELETE FROM log_entry; DELETE FROM event; DELETE FROM setting")
		}, assay.Conflict, "older copy of the database"},
		"an entry's hash changed": {func(t *testing.T, w *world) {
			w.exec("UPDATE log_hash SET hash = zeroblob(32) WHERE idx = 14")
		}, assay.Conflict, "history was changed"},
		"no key": {func(t *testing.T, w *world) {
			w.must(os.Remove(w.cfg.KeyFile))
		}, assay.NotFound, "restore it from a backup"},
		"another key of the same origin": {func(t *testing.T, w *world) {
			w.must(os.Remove(w.cfg.KeyFile))
			w.must(makeKey(w.cfg.KeyFile, "assay.invalid/log/0123456789abcdef"))
		}, assay.Conflict, "not the one that signed this log"},
		"another log's key": {func(t *testing.T, w *world) {
			w.must(os.Remove(w.cfg.KeyFile))
			w.must(makeKey(w.cfg.KeyFile, "other.example"))
		}, assay.Invalid, "belongs to another data directory"},
		"a key that others can read": {func(t *testing.T, w *world) {
			w.must(os.Chmod(w.cfg.KeyFile, 0o644))
		}, assay.Invalid, "chmod 600"},
		"a key file that holds none": {func(t *testing.T, w *world) {
			w.must(os.WriteFile(w.cfg.KeyFile, []byte("PRIVATE+KEY+x"), 0o600))
		}, assay.Invalid, "does not hold a signing key"},
		"another origin": {func(t *testing.T, w *world) {
			w.cfg.Origin = "other.example/log"
		}, assay.Conflict, "cannot become"},
		"no origin in the database": {func(t *testing.T, w *world) {
			w.exec("DELETE FROM setting WHERE key = 'log-origin'")
		}, assay.Conflict, "damaged"},
		"a checkpoint that is none": {func(t *testing.T, w *world) {
			w.put(fileCheckpoint, []byte("x"))
		}, assay.Conflict, "was changed"},
		"a checkpoint of more entries": {func(t *testing.T, w *world) {
			w.put(fileCheckpoint, []byte(strings.Replace(string(w.take(fileCheckpoint)), "\n10\n", "\n11\n", 1)))
		}, assay.Conflict, "was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.append(10)
			w.flush(w.open())
			tc.change(t, w)
			_, err := New(t.Context(), w.cfg)
			if !assay.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("opened: %v", err)
			}
		})
	}
}

func TestRunStopsWhenTheDatabaseIsTakenBack(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"shorter": func(w *world) {
			w.exec("DELETE FROM log_hash WHERE idx >= 4; DELETE FROM log_entry WHERE idx >= 3; DELETE FROM event WHERE id > 3")
		},
		"longer, with another history": func(w *world) {
			w.exec("UPDATE log_hash SET hash = zeroblob(32) WHERE idx = 14")
			w.append(3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.append(10)
			s := w.open()
			w.flush(s)
			before := w.take(fileCheckpoint)
			change(w)
			if err := s.Run(t.Context()); !assay.Is(err, assay.Conflict) {
				t.Errorf("it went on: %v", err)
			}
			if string(w.take(fileCheckpoint)) != string(before) {
				t.Error("a second history was signed")
			}
		})
	}
}

func TestMissingFilesAreMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.append(700)
	s := w.open()
	w.flush(s)
	before := w.take("tile/entries/001")
	w.must(os.RemoveAll(filepath.Join(w.dir, "log", "tile")))
	w.must(os.Remove(w.path(fileCheckpoint)))
	s = w.open()
	w.flush(s)
	w.invariants()
	if string(w.take("tile/entries/001")) != string(before) {
		t.Error("the bundle has other bytes now")
	}
}

func TestANewLogTakesItsOrigin(t *testing.T) {
	w := newWorld(t)
	w.cfg.Origin = "packages.example/log"
	w.append(1)
	s := w.open()
	w.flush(s)
	if s.Origin() != "packages.example/log" || !strings.HasPrefix(s.VerifierKey(), "packages.example/log+") {
		t.Errorf("origin %s, key %s", s.Origin(), s.VerifierKey())
	}
	w.cfg.Origin = ""
	if s := w.open(); s.Origin() != "packages.example/log" {
		t.Errorf("it forgot its origin: %s", s.Origin())
	}
	for name, origin := range map[string]string{"a blank": "a b", "a plus": "a+b", "a newline": "a\nb", "too long": strings.Repeat("x", 300), "no text": "\xff"} {
		w := newWorld(t)
		w.cfg.Origin = origin
		if _, err := New(t.Context(), w.cfg); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheLogHasNoCheckpointBeforeTheFirstEntry(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.flush(s)
	if _, err := s.Checkpoint(); !assay.Is(err, assay.NotFound) {
		t.Errorf("%v", err)
	}
	if r := w.verify(nil); !r.Sound() {
		t.Errorf("%+v", r)
	}
	if again := w.open(); again.VerifierKey() != s.VerifierKey() {
		t.Error("the key changed")
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	d, err := OpenDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for path, data := range map[string]string{"checkpoint": "one", "tile/0/x001/x234/067.p/5": "two", "tile/0/x001/x234/067": "three"} {
		for _, text := range []string{"old", data} {
			if err := d.Put(ctx, path, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := d.Get(ctx, path); err != nil || string(got) != data {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
	if err := d.Drop(ctx, "tile/0/x001/x234/067.p"); err != nil {
		t.Error(err)
	}
	if err := d.Drop(ctx, "tile/0/none.p"); err != nil {
		t.Error(err)
	}
	if _, err := d.Get(ctx, "tile/0/x001/x234/067.p/5"); !assay.Is(err, assay.NotFound) {
		t.Errorf("a dropped file: %v", err)
	}
	for _, outside := range []string{"../x", "/etc/passwd", "tile/../../x"} {
		if err := d.Put(ctx, outside, []byte("x")); err == nil {
			t.Errorf("%s was written", outside)
		}
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "away")); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(ctx, "away/x", []byte("x")); err == nil {
		t.Error("a link led out of the directory")
	}
	left, err := os.ReadDir(filepath.Join(dir, staging))
	if err != nil || len(left) != 0 {
		t.Errorf("staging holds %d files, %v", len(left), err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if err := d.Put(canceled, "checkpoint", []byte("late")); !assay.Is(err, assay.Canceled) {
		t.Errorf("%v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "checkpoint")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(dir, staging, "left"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if d, err = OpenDirectory(dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, staging)); err != nil || len(left) != 0 {
		t.Errorf("what a killed process left is still there: %d, %v", len(left), err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestKeysAreNeverReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := makeKey(file, "a.example"); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := makeKey(file, "a.example"); err == nil {
		t.Error("a second key was made over the first")
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the key changed, %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	key, err := loadKey(file, "a.example")
	if err != nil {
		t.Fatal(err)
	}
	signed, err := tlog.Checkpoint{Origin: "a.example", Size: 1}.Sign(key.signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tlog.OpenCheckpoint(signed, key.verifier); err != nil {
		t.Error(err)
	}
}
