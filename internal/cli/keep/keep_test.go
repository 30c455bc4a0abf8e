package keep

import (
	"context"
	"crypto/sha256"
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

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob/dir"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

// world is a data directory in use.
type world struct {
	t         *testing.T
	path      string
	store     *sqlite.Store
	blobs     *dir.Store
	files     *journal.Directory
	sequencer *journal.Sequencer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "data")}
	must(t, os.Mkdir(w.path, 0o700))
	var err error
	w.store, err = sqlite.Open(t.Context(), filepath.Join(w.path, "assay.db"), quiet())
	must(t, err)
	t.Cleanup(func() { w.store.Close() })
	w.blobs, err = dir.Open(filepath.Join(w.path, "blobs"), dir.Config{})
	must(t, err)
	w.files, err = journal.OpenDirectory(filepath.Join(w.path, "log"))
	must(t, err)
	t.Cleanup(func() { w.files.Close() })
	w.sequencer, err = journal.New(t.Context(), journal.Config{
		Store: w.store, Files: w.files, KeyFile: filepath.Join(w.path, "log-key"), InstanceID: "0123456789abcdef",
	})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// put stores a file with its event.
func (w *world) put(i int) error {
	ctx := context.Background()
	text := []byte(fmt.Sprintf("the bytes of file %d", i))
	staged, err := w.blobs.Stage(ctx)
	if err != nil {
		return err
	}
	_, err = staged.Write(text)
	if err == nil {
		_, err = staged.Commit(ctx)
	}
	if err := errors.Join(err, staged.Discard()); err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	row := store.File{Registry: "npm", Name: "left", Version: fmt.Sprintf("%d.0.0", i), File: "left.tgz",
		Origin: "https://registry.example/", Blob: assay.NewDigest("sha256", sum[:]), Size: int64(len(text)), Stored: true}
	err = w.store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutFile(ctx, row); err != nil {
			return err
		}
		body, err := json.Marshal(map[string]string{"sha256": row.Blob.Value()})
		if err != nil {
			return err
		}
		return tx.AppendEvent(ctx, assay.Event{Time: time.Now(), Kind: assay.EventStored, By: "t-1", Body: body,
			Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: row.Name, Version: row.Version}})
	})
	return err
}

// evict drops a file's bytes as a full cache does: row, then blob.
func (w *world) evict(i int) error {
	ctx := context.Background()
	var gone assay.Digest
	err := w.store.Update(ctx, func(tx store.Tx) error {
		row, err := tx.File(ctx, store.FileKey{Registry: "npm", Name: "left", Version: fmt.Sprintf("%d.0.0", i), File: "left.tgz"})
		if err != nil {
			return err
		}
		gone, row.Stored = row.Blob, false
		return tx.PutFile(ctx, row)
	})
	if err != nil {
		return err
	}
	return w.blobs.Delete(ctx, gone, time.Now().Add(time.Hour))
}

func (w *world) source() Source {
	return Source{Path: w.path, Store: w.store, Blobs: w.blobs, BlobFiles: filepath.Join(w.path, "blobs"),
		Log: w.files, Instance: "0123456789abcdef", Now: time.Now, Journal: quiet()}
}

// verify is a Check: the log must hold, with all files.
func verify(ctx context.Context, r Restored) error {
	s, err := sqlite.Open(ctx, r.Database, quiet())
	if err != nil {
		return err
	}
	defer s.Close()
	files, err := journal.OpenDirectory(r.Log)
	if err != nil {
		return err
	}
	defer files.Close()
	blobs, err := dir.Open(r.Blobs, dir.Config{})
	if err != nil {
		return err
	}
	report, err := journal.Verify(ctx, journal.Verification{Store: s, Files: files, Stored: rows{s}, Blobs: blobs})
	if err == nil && !report.Sound() {
		err = fmt.Errorf("it does not hold: %v", report.Findings)
	}
	return err
}

type rows struct{ s *sqlite.Store }

func (r rows) Count(ctx context.Context) (int64, error) { return r.s.CountStoredFiles(ctx) }
func (r rows) Each(ctx context.Context, fn func(journal.StoredFile) error) error {
	return r.s.EachStoredFile(ctx, func(f store.File) error {
		return fn(journal.StoredFile{Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: f.Name, Version: f.Version, File: f.File}, Digest: f.Blob, Size: f.Size})
	})
}

// Backups of a directory in which files come and go, and the log grows past
// a tile, hold each for itself.
func TestBackupsOfADirectoryInUseHold(t *testing.T) {
	w := newWorld(t)
	const warm, tile = 20, 256
	for i := range warm {
		must(t, w.put(i))
	}
	must(t, w.store.Update(t.Context(), func(tx store.Tx) error {
		for range tile {
			if err := tx.AppendEvent(t.Context(), assay.Event{Time: time.Now(), Kind: assay.EventPolicyChanged, By: "operator"}); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, w.sequencer.Flush(t.Context()))
	running, stop := context.WithCancel(t.Context())
	defer stop()
	var busy sync.WaitGroup
	busy.Go(func() {
		for i := warm; running.Err() == nil; i++ {
			if err := errors.Join(w.put(i), w.evict(i-warm), w.sequencer.Flush(context.Background())); err != nil {
				t.Errorf("while the backup ran: %v", err)
				return
			}
		}
	})
	for _, how := range []string{"linked", "copied"} {
		from := w.source()
		if how == "copied" {
			from.BlobFiles = w.path + "/blobs\x00" // no link can be made to it
		}
		to := filepath.Join(t.TempDir(), "backup")
		m, err := Backup(t.Context(), from, to)
		if err != nil {
			t.Errorf("%s: %v", how, err)
			continue
		}
		if m.Entries < warm+tile || m.Covered < warm+tile || m.Covered > m.Entries || m.Blobs() == 0 {
			t.Errorf("%s: %d entries, %d covered, %d blobs", how, m.Entries, m.Covered, m.Blobs())
		}
		data := filepath.Join(t.TempDir(), "restored")
		if _, err := Restore(t.Context(), Restoration{From: to, To: data, Check: verify}); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		if _, err := os.Stat(filepath.Join(data, "assay.db")); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
	stop()
	busy.Wait()
}

func TestABackupThatFailsLeavesNothing(t *testing.T) {
	cases := []struct {
		name string
		with func(w *world, from *Source, stop func())
		says string
		kind assay.Kind
	}{
		{"stopped after the first blob", func(_ *world, from *Source, stop func()) {
			from.Progress = func(done, _ int64) { stop() }
		}, "", assay.Canceled},
		{"a blob that is not there", func(w *world, _ *Source, _ func()) {
			must(w.t, w.blobs.Delete(context.Background(), digestOf(1), time.Now().Add(time.Hour)))
		}, "run assay log verify", assay.Unsound},
		{"a blob of another size", func(w *world, _ *Source, _ func()) {
			sum := digestOf(1).Value()
			must(w.t, os.Truncate(filepath.Join(w.path, "blobs", "sha256", sum[:2], sum), 3))
		}, "has 3 bytes", assay.Unsound},
		{"a key that is not there", func(w *world, from *Source, _ func()) { from.LogKey = filepath.Join(w.path, "none") }, "signing key", assay.NotFound},
		{"a checkpoint that is none", func(w *world, _ *Source, _ func()) {
			must(w.t, os.WriteFile(filepath.Join(w.path, "log", "checkpoint"), []byte("what\n"), 0o600))
		}, "checkpoint cannot be read", assay.Unsound},
		{"no checkpoint", func(w *world, _ *Source, _ func()) {
			must(w.t, os.Remove(filepath.Join(w.path, "log", "checkpoint")))
		}, "no checkpoint", assay.Unsound},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // some wait between attempts
			w := newWorld(t)
			for i := range 3 {
				must(t, w.put(i))
			}
			must(t, w.sequencer.Flush(t.Context()))
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			from := w.source()
			c.with(w, &from, stop)
			parent := t.TempDir()
			if _, err := Backup(ctx, from, filepath.Join(parent, "new")); !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			empty(t, parent)
			if ctx.Err() == nil { // into a directory that was there, too
				if _, err := Backup(ctx, from, parent); err == nil {
					t.Error("it was made")
				}
				empty(t, parent)
			}
		})
	}
}

func digestOf(i int) assay.Digest {
	sum := sha256.Sum256([]byte(fmt.Sprintf("the bytes of file %d", i)))
	return assay.NewDigest("sha256", sum[:])
}

func empty(t *testing.T, name string) {
	t.Helper()
	if left, err := os.ReadDir(name); err != nil || len(left) != 0 {
		t.Errorf("%v is left (%v)", left, err)
	}
}

func TestARestorationThatFailsLeavesNothing(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		must(t, w.put(i))
	}
	must(t, w.sequencer.Flush(t.Context()))
	sound := func(context.Context, Restored) error { return nil }
	blob := func(backup string) string {
		return filepath.Join(backup, filepath.FromSlash(blobPath(digestOf(1).Value())))
	}
	replace := func(t *testing.T, name string, with func() error) {
		t.Helper()
		must(t, os.Remove(name))
		must(t, with())
	}
	cases := []struct {
		name  string
		spoil func(t *testing.T, backup string, r *Restoration, stop func())
		says  string
	}{
		{"stopped while it copies", func(_ *testing.T, _ string, r *Restoration, stop func()) { r.Progress = func(int64, int64) { stop() } }, "stopped"},
		{"stopped while it is checked", func(_ *testing.T, _ string, r *Restoration, stop func()) {
			r.Check = func(context.Context, Restored) error { stop(); return nil }
		}, "stopped"},
		{"what does not pass the check", func(_ *testing.T, _ string, r *Restoration, _ func()) {
			r.Check = func(context.Context, Restored) error { return errors.New("no") }
		}, "no"},
		{"no manifest", func(t *testing.T, backup string, _ *Restoration, _ func()) {
			must(t, os.Remove(filepath.Join(backup, fileManifest)))
		}, "no whole backup"},
		{"half a manifest", func(t *testing.T, backup string, _ *Restoration, _ func()) {
			must(t, os.Truncate(filepath.Join(backup, fileManifest), 100))
		}, "cannot be read"},
		{"a missing file", func(t *testing.T, backup string, _ *Restoration, _ func()) { must(t, os.Remove(blob(backup))) }, "is missing"},
		{"other bytes", func(t *testing.T, backup string, _ *Restoration, _ func()) {
			replace(t, blob(backup), func() error { return os.WriteFile(blob(backup), []byte("the bytes of file 7"), 0o600) })
		}, "has other bytes"},
		{"a longer file", func(t *testing.T, backup string, _ *Restoration, _ func()) {
			replace(t, blob(backup), func() error { return os.WriteFile(blob(backup), []byte("the bytes of file 1 and more"), 0o600) })
		}, "has other bytes"},
		{"a link to the same bytes", func(t *testing.T, backup string, _ *Restoration, _ func()) {
			replace(t, blob(backup), func() error { return os.Symlink("/dev/zero", blob(backup)) })
		}, "no plain file"},
		{"a link for a folder", func(t *testing.T, backup string, _ *Restoration, _ func()) {
			away := t.TempDir()
			must(t, os.Rename(filepath.Join(backup, folderBlobs), filepath.Join(away, "b")))
			must(t, os.Symlink(filepath.Join(away, "b"), filepath.Join(backup, folderBlobs)))
		}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			backup := filepath.Join(t.TempDir(), "backup")
			_, err := Backup(t.Context(), w.source(), backup)
			must(t, err)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			parent := t.TempDir()
			r := Restoration{From: backup, To: filepath.Join(parent, "data"), Check: sound}
			c.spoil(t, backup, &r, stop)
			if _, err := Restore(ctx, r); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
			empty(t, parent)
		})
	}
}

func TestARestorationTakesNothingsPlace(t *testing.T) {
	w := newWorld(t)
	backup := filepath.Join(t.TempDir(), "backup")
	_, err := Backup(t.Context(), w.source(), backup)
	must(t, err)
	to := t.TempDir()
	must(t, os.WriteFile(filepath.Join(to, "mine"), nil, 0o600))
	if _, err := Restore(t.Context(), Restoration{From: backup, To: to, Check: verify}); !assay.Is(err, assay.Conflict) {
		t.Errorf("%v", err)
	}
	// Filled after the first look.
	to = filepath.Join(t.TempDir(), "data")
	_, err = Restore(t.Context(), Restoration{From: backup, To: to, Check: func(context.Context, Restored) error {
		return errors.Join(os.Mkdir(to, 0o700), os.WriteFile(filepath.Join(to, "mine"), nil, 0o600))
	}})
	if err == nil {
		t.Error("it took the place of a directory that was filled meanwhile")
	}
	if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) != 1 {
		t.Errorf("%v is left (%v)", left, err)
	}
	must(t, os.Remove(filepath.Join(to, "mine")))
	if _, err := Restore(t.Context(), Restoration{From: backup, To: to, Check: verify}); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	zero := strings.Repeat("0", 64)
	file := func(path string) string { return fmt.Sprintf(`{"path":%q,"size":1,"sha256":%q}`, path, zero) }
	manifest := func(files ...string) string {
		return `{"format":"` + Format + `","files":[` + strings.Join(append(files, file(fileDatabase)), ",") + `]}`
	}
	if _, err := ParseManifest([]byte(manifest(file(blobPath(zero)), file("log/tile/0/000"), file("log/checkpoint")))); err != nil {
		t.Errorf("a sound one: %v", err)
	}
	for name, text := range map[string]string{
		"nothing":                      ``,
		"another format":               `{"format":"assay backup v9","files":[` + file(fileDatabase) + `]}`,
		"no database":                  `{"format":"` + Format + `","files":[]}`,
		"a field it does not know":     `{"format":"` + Format + `","trust":true,"files":[` + file(fileDatabase) + `]}`,
		"something after it":           manifest() + "{}",
		"a path upwards":               manifest(file("../../.ssh/authorized_keys")),
		"a path upwards in blobs":      manifest(file("blobs/sha256/../../../x")),
		"an absolute path":             manifest(file("/etc/passwd")),
		"the socket":                   manifest(file("assay.sock")),
		"the lock":                     manifest(file("lock")),
		"the database's own log":       manifest(file("metadata.sqlite-wal")),
		"a database by its final name": manifest(file("assay.db")),
		"a blob under another name":    manifest(file(blobPath(strings.Repeat("1", 64)))),
		"a tile in another spelling":   manifest(file("log/tile/0/x000/000")),
		"a file twice":                 manifest(file("log/checkpoint"), file("log/checkpoint")),
		"a key that it denies":         manifest(file("log-key")),
		"a negative size":              strings.Replace(manifest(), `"size":1`, `"size":-1`, 1),
		"no digest":                    strings.Replace(manifest(), zero, "", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := ParseManifest([]byte(text)); !assay.Is(err, assay.Invalid) {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

func FuzzParseManifest(f *testing.F) {
	zero := strings.Repeat("0", 64)
	f.Add([]byte(`{"format":"` + Format + `","files":[{"path":"metadata.sqlite","size":1,"sha256":"` + zero + `"}]}`))
	f.Add([]byte(`{"format":"` + Format + `","files":[{"path":"blobs/sha256/00/` + zero + `","size":1,"sha256":"` + zero + `"}]}`))
	f.Add([]byte(`{"format":"` + Format + `","files":[{"path":"log/tile/0/000.p/3","size":1,"sha256":"` + zero + `"},{"path":"../x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseManifest(text)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if !filepath.IsLocal(filepath.FromSlash(file.Path)) || filepath.Clean(file.Path) != file.Path || strings.HasPrefix(file.Path, ".") {
				t.Errorf("a manifest may write to %q", file.Path)
			}
			if top, _, _ := strings.Cut(file.Path, "/"); top != fileDatabase && top != fileKey && top != folderBlobs && top != folderLog {
				t.Errorf("a manifest may write to %q", file.Path)
			}
		}
	})
}
