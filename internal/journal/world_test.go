package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// world is a data directory with its database and its log's files. Both can
// be made to fail.
type world struct {
	t      testing.TB
	dir    string
	db     *sqlite.Store
	store  *faultyStore
	disk   *Directory
	files  *faultyFiles
	cfg    Config
	events int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return openWorld(t, t.TempDir())
}

func openWorld(t testing.TB, dir string) *world {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(dir, "assay.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	disk, err := OpenDirectory(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, dir: dir, db: db, store: &faultyStore{Store: db}, disk: disk, files: &faultyFiles{Files: disk}}
	w.cfg = Config{Store: w.store, Files: w.files, KeyFile: filepath.Join(dir, "log.key"), InstanceID: "0123456789abcdef0123"}
	return w
}

func (w *world) open() *Sequencer {
	w.t.Helper()
	s, err := New(context.Background(), w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// append commits n events, each of its own package.
func (w *world) append(n int) {
	w.t.Helper()
	ctx := context.Background()
	err := w.db.Update(ctx, func(tx store.Tx) error {
		for i := range n {
			if err := tx.AppendEvent(ctx, eventOf(w.events+i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.events += n
}

func eventOf(i int) assay.Event {
	return assay.Event{Time: noon.Add(time.Duration(i) * time.Second), Kind: assay.EventPublished, By: "operator",
		Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: fmt.Sprintf("@secret/name-%d", i), Version: "1.0.0"},
		Body:    json.RawMessage(fmt.Sprintf(`{"note":"<a> & \u2028 %d"}`, i))}
}

func (w *world) flush(s *Sequencer) {
	w.t.Helper()
	if err := s.Flush(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) verify(change func(*Verification)) *Report {
	w.t.Helper()
	v := Verification{Store: w.db, Files: w.disk}
	if change != nil {
		change(&v)
	}
	r, err := Verify(context.Background(), v)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// path of a file of the log.
func (w *world) path(name string) string {
	return filepath.Join(w.dir, "log", filepath.FromSlash(name))
}

// invariants must hold whenever the process may have died: the checkpoint
// that can be read is proven by the tiles that can be read, is not ahead of
// the database, and continues every checkpoint that was ever signed.
func (w *world) invariants() {
	w.t.Helper()
	if r := w.verify(nil); !r.Sound() {
		for _, f := range r.Findings {
			if f.Message != "the file is missing; the server makes it again at its next start" {
				w.t.Errorf("after %s: %s", w.files.lastFault(), f)
			}
		}
	}
	signed, err := os.ReadFile(w.path(fileCheckpoint))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := tlog.ParseCheckpoint(string(signed[:bytes.Index(signed, []byte("\n\n"))+1]))
	if err != nil {
		w.t.Fatal(err)
	}
	// With somebody else's reader: it checks each tile against the root.
	reader := merkle.TileHashReader(merkle.Tree{N: c.Size, Hash: c.Root}, &tileFiles{root: filepath.Join(w.dir, "log")})
	for _, old := range w.files.signedSoFar() {
		if old.Size > c.Size {
			continue // it was signed, and never became readable
		}
		proof, err := merkle.ProveTree(c.Size, old.Size, reader)
		if err != nil {
			w.t.Errorf("after %s, the tiles do not prove the checkpoint over %d: %v", w.files.lastFault(), c.Size, err)
			return
		}
		if err := merkle.CheckTree(proof, c.Size, c.Root, old.Size, old.Root); err != nil {
			w.t.Errorf("after %s, the log over %d entries does not continue the one over %d that was signed", w.files.lastFault(), c.Size, old.Size)
		}
	}
}

// tileFiles reads tiles for golang.org/x/mod's own reader.
type tileFiles struct {
	root string
	get  func(path string) ([]byte, error) // instead of root
}

func (f *tileFiles) Height() int { return tlog.Height }

func (f *tileFiles) ReadTiles(tiles []merkle.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		var data []byte
		var err error
		if f.get != nil {
			data, err = f.get(path)
		} else {
			data, err = os.ReadFile(filepath.Join(f.root, filepath.FromSlash(path)))
		}
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func (f *tileFiles) SaveTiles([]merkle.Tile, [][]byte) {}

var errFault = errors.New("a fault made for the test")

// fault fails the n-th call, counted from 1: before it has an effect, or
// after it.
type fault struct {
	call  int
	after bool
}

// faultyStore fails Views and Updates.
type faultyStore struct {
	store.Store
	mu              sync.Mutex
	views, updates  int
	onView, onWrite fault
}

func (s *faultyStore) View(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	s.views++
	fails := s.views == s.onView.call
	s.mu.Unlock()
	if fails {
		return errFault
	}
	return s.Store.View(ctx, fn)
}

func (s *faultyStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	s.updates++
	fails := s.updates == s.onWrite.call
	s.mu.Unlock()
	if fails && !s.onWrite.after {
		return errFault
	}
	err := s.Store.Update(ctx, fn)
	if err == nil && fails {
		return errFault
	}
	return err
}

func (s *faultyStore) arm(view, write fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views, s.updates, s.onView, s.onWrite = 0, 0, view, write
}

// faultyFiles fails Puts and Drops, and remembers every checkpoint that it
// was given: it was signed, whatever became of it.
type faultyFiles struct {
	Files
	mu            sync.Mutex
	puts, drops   int
	onPut, onDrop fault
	onPath        string // fail only the Puts of this path
	last          string
	signed        []tlog.Checkpoint
}

func (f *faultyFiles) Put(ctx context.Context, path string, data []byte) error {
	f.mu.Lock()
	if path == fileCheckpoint {
		if c, err := tlog.ParseCheckpoint(string(data[:bytes.Index(data, []byte("\n\n"))+1])); err == nil {
			f.signed = append(f.signed, c)
		}
	}
	if f.onPath == "" || f.onPath == path {
		f.puts++
	}
	fails := f.puts == f.onPut.call && (f.onPath == "" || f.onPath == path)
	after := f.onPut.after
	if fails {
		f.last = fmt.Sprintf("the failed write of %s (written: %v)", path, after)
	}
	f.mu.Unlock()
	if fails && !after {
		return errFault
	}
	err := f.Files.Put(ctx, path, data)
	if err == nil && fails {
		return errFault
	}
	return err
}

func (f *faultyFiles) Drop(ctx context.Context, path string) error {
	f.mu.Lock()
	f.drops++
	fails := f.drops == f.onDrop.call
	f.mu.Unlock()
	if fails {
		return errFault
	}
	return f.Files.Drop(ctx, path)
}

func (f *faultyFiles) arm(put, drop fault, path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.puts, f.drops, f.onPut, f.onDrop, f.onPath, f.last = 0, 0, put, drop, path, ""
}

func (f *faultyFiles) lastFault() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *faultyFiles) signedSoFar() []tlog.Checkpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]tlog.Checkpoint(nil), f.signed...)
}
