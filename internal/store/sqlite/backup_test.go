package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// A copy that is made while others write holds a state that there was: here
// every transaction writes two settings, which must be equal in the copy.
func TestABackupIsOneStateOfADatabaseInUse(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	written := make(chan struct{}, 1)
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			err := s.Update(t.Context(), func(tx store.Tx) error {
				value := []byte(strconv.Itoa(i))
				if err := tx.PutSetting(t.Context(), "left", value); err != nil {
					return err
				}
				return tx.PutSetting(t.Context(), "right", value)
			})
			if err != nil {
				t.Errorf("a write during the backup: %v", err)
				return
			}
			select {
			case written <- struct{}{}:
			default:
			}
		}
	})
	<-written
	dir := t.TempDir()
	for i := range 5 {
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := s.BackupTo(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the copy's mode is %v (%v): others can read it", info.Mode(), err)
		}
		err := openAt(t, path).View(t.Context(), func(tx store.Tx) error {
			left, err := tx.Setting(t.Context(), "left")
			if err != nil {
				return err
			}
			right, err := tx.Setting(t.Context(), "right")
			if string(left) != string(right) {
				t.Errorf("the copy holds half a transaction: %q and %q", left, right)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	stop()
	writing.Wait()
}

func TestABackupOverAFileIsRefused(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	path := filepath.Join(t.TempDir(), "theirs")
	if err := os.WriteFile(path, []byte("keep me"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.BackupTo(t.Context(), path); !assay.Is(err, assay.Conflict) {
		t.Errorf("%v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "keep me" {
		t.Errorf("the file holds %q now (%v)", text, err)
	}
}

func TestABackupThatIsGivenUpLeavesNothing(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.BackupTo(ctx, filepath.Join(dir, "copy")); !assay.Is(err, assay.Canceled) {
		t.Errorf("%v", err)
	}
	if err := s.BackupTo(t.Context(), filepath.Join(dir, "none", "copy")); err == nil {
		t.Error("a copy in a folder that is not there was made")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v is left (%v)", left, err)
	}
}

func TestStoredFilesAreWalkedWhole(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	const files = 2*rowsAtOnce + 3
	blob := func(i int) assay.Digest { return assay.NewDigest("sha256", append(make([]byte, 31), byte(i%7))) }
	err := s.Update(t.Context(), func(tx store.Tx) error {
		for i := range files {
			f := store.File{Registry: "npm", Name: "n" + strconv.Itoa(i%5), Version: strconv.Itoa(i), File: "f", Blob: blob(i), Size: 9, Stored: i%3 != 0}
			if i%2 == 0 {
				f.Origin = "https://registry.example/"
			}
			if err := tx.PutFile(t.Context(), f); err != nil {
				return err
			}
		}
		return tx.PutDocument(t.Context(), store.Document{Registry: "npm", Name: "n", Source: "x", Blob: blob(1), Size: 9})
	})
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]int{}
	err = s.EachStoredFile(t.Context(), func(f store.File) error {
		met[f.Version]++
		if !f.Stored || f.Blob == "" || f.Size != 9 {
			t.Fatalf("%+v", f)
		}
		// A writer must not wait for the walk.
		return s.Update(t.Context(), func(tx store.Tx) error { return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		if want := min(i%3, 1); met[strconv.Itoa(i)] != want {
			t.Errorf("file %d was met %d times, want %d", i, met[strconv.Itoa(i)], want)
		}
	}
	if n, err := s.CountStoredFiles(t.Context()); err != nil || int(n) != len(met) {
		t.Errorf("counted %d of %d (%v)", n, len(met), err)
	}
	refs, err := s.BlobRefs(t.Context())
	if err != nil || len(refs) != 7 || !slices.IsSortedFunc(refs, func(a, b BlobRef) int { return slices.Compare([]byte(a.Digest), []byte(b.Digest)) }) {
		t.Errorf("%v, %v", refs, err)
	}
	giveUp := assay.Errorf(assay.Denied, "enough")
	if err := s.EachStoredFile(t.Context(), func(store.File) error { return giveUp }); err != giveUp {
		t.Errorf("%v", err)
	}
}
