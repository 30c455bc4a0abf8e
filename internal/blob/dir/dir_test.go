package dir

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/blob/blobtest"
)

func openAt(t testing.TB, root string, cfg Config) *Store {
	t.Helper()
	s, err := Open(root, cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

func TestSuite(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store {
		return openAt(t, filepath.Join(t.TempDir(), "blobs"), Config{})
	})
}

// files lists all regular files below a directory.
func files(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			out = append(out, rel)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLayout(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a", "b", "blobs")
	s := openAt(t, root, Config{})
	info, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	value := info.Digest.Value()
	want := filepath.Join("sha256", value[:2], value)
	if got := files(t, root); len(got) != 2 || got[0] != want || filepath.Dir(got[1]) != "tmp" {
		t.Errorf("there are the files %v, want %s and one in tmp", got, want)
	}
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 && !(d.IsDir() && info.Mode().Perm() == 0o700) {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := g.Discard(); err != nil {
		t.Fatal(err)
	}
	if got := files(t, root); len(got) != 1 {
		t.Errorf("after the discard there are %v", got)
	}
}

func TestOpenCleansStaging(t *testing.T) {
	root := t.TempDir()
	s := openAt(t, root, Config{})
	info, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"half", "other half"} {
		if err := os.WriteFile(filepath.Join(root, "tmp", name), []byte("killed here"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(
		os.WriteFile(outside, []byte("x"), 0o600),
		os.Mkdir(filepath.Join(root, "tmp", "folder"), 0o700),
		os.Symlink(outside, filepath.Join(root, "tmp", "link"))); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, root, Config{})
	entries, err := os.ReadDir(filepath.Join(root, "tmp"))
	if err != nil || len(entries) != 2 || entries[0].Name() != "folder" || entries[1].Name() != "link" {
		t.Errorf("in staging there are %v, %v; want what is no file of ours", entries, err)
	}
	if got := blobtest.Check(t, s); len(got) != 1 || !got[info.Digest] {
		t.Errorf("after reopening there are %v", got)
	}
}

func TestForeignNamesAreLeftAlone(t *testing.T) {
	root := t.TempDir()
	s := openAt(t, root, Config{})
	info, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	value := info.Digest.Value()
	folder := blobtest.DigestOf([]byte("a folder")).Value()
	if err := errors.Join(
		os.WriteFile(filepath.Join(root, "sha256", "README"), nil, 0o600),
		os.WriteFile(filepath.Join(root, "sha256", "00", value), []byte("hello"), 0o600), // not where its digest belongs
		os.WriteFile(filepath.Join(root, "sha256", value[:2], value+".bak"), nil, 0o600),
		os.WriteFile(filepath.Join(root, "sha256", value[:2], strings.ToUpper(value)), nil, 0o600),
		os.Mkdir(filepath.Join(root, "sha256", folder[:2], folder), 0o700)); err != nil {
		t.Fatal(err)
	}
	if got := blobtest.Check(t, s); len(got) != 1 || !got[info.Digest] {
		t.Errorf("the walk meets %v, want the one blob", got)
	}
	if _, err := s.Open(t.Context(), assay.Digest("sha256:"+folder)); !assay.Is(err, assay.NotFound) {
		t.Errorf("opening a folder: %v, want not found", err)
	}
	if _, err := s.Stat(t.Context(), assay.Digest("sha256:"+folder)); !assay.Is(err, assay.NotFound) {
		t.Errorf("describing a folder: %v, want not found", err)
	}
}

// TestReaderIsAFile: the kernel can send it.
func TestReaderIsAFile(t *testing.T) {
	s := openAt(t, t.TempDir(), Config{})
	info, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Open(t.Context(), info.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, ok := b.Reader().(*os.File); !ok {
		t.Errorf("Reader gives a %T", b.Reader())
	}
}

// TestCommitMendsADamagedBlob: the disk has cut a blob short; the same bytes
// are committed again.
func TestCommitMendsADamagedBlob(t *testing.T) {
	s := openAt(t, t.TempDir(), Config{})
	for _, spoil := range []func(string) error{
		func(path string) error { return os.Truncate(path, 2) },
		func(path string) error { return os.WriteFile(path, []byte("jello"), 0o600) },
	} {
		info, err := blobtest.Put(t.Context(), s, []byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		at, err := s.locate(info.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if err := spoil(at.path); err != nil {
			t.Fatal(err)
		}
		if _, err := blobtest.Put(t.Context(), s, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		blobtest.Check(t, s)
	}
}

// TestClock: the time of a commit is that of the commit, not of the last
// write, and comes from the clock that Delete is judged by.
func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)
	s := openAt(t, t.TempDir(), Config{Now: func() time.Time { return now }})
	info, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil || !info.Committed.Equal(now) {
		t.Fatalf("committed %+v, %v; want at %v", info, err, now)
	}
	now = now.Add(-time.Hour) // the clock jumps back
	again, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil || !again.Committed.Equal(now) {
		t.Errorf("committed again %+v, %v; want at %v", again, err, now)
	}
}

// TestFailures breaks every step of a commit in both forms, and checks the
// invariant after each: what opens is right, nothing else is visible, what
// was there before stays, staging is empty, and the next commit works.
func TestFailures(t *testing.T) {
	const content = "the bytes of a file, in two writes"
	digest := blobtest.DigestOf([]byte(content))
	const cause = syscall.EIO
	root := t.TempDir() // one for all, because making 256 directories takes a while
	// The forms of a failing step.
	const (
		undone = "failed"
		done   = "failed but was done"
		half   = "half done"
	)

	for _, c := range []struct {
		step, form string
		err        error
		kind       assay.Kind
		breaks     func(fs *Filesystem, err error)
		// visible: a whole blob may be there, unreferenced, although the
		// commit failed.
		visible bool
	}{
		{"write", undone, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.Write = func(*os.File, []byte) (int, error) { return 0, err }
		}, false},
		{"write", undone, syscall.ENOSPC, assay.Exhausted, func(fs *Filesystem, err error) {
			fs.Write = func(*os.File, []byte) (int, error) { return 0, err }
		}, false},
		{"write", half, syscall.EDQUOT, assay.Exhausted, func(fs *Filesystem, err error) {
			fs.Write = func(f *os.File, p []byte) (int, error) {
				n, _ := f.Write(p[:len(p)/2])
				return n, err
			}
		}, false},
		{"write", "short, without an error", nil, assay.Internal, func(fs *Filesystem, _ error) {
			fs.Write = func(f *os.File, p []byte) (int, error) { return f.Write(p[:len(p)/2]) }
		}, false},
		{"write", done, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.Write = func(f *os.File, p []byte) (int, error) {
				n, _ := f.Write(p)
				return n, err
			}
		}, false},
		{"fsync of the file", undone, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.Sync = func(*os.File) error { return err }
		}, false},
		{"fsync of the file", undone, syscall.ENOSPC, assay.Exhausted, func(fs *Filesystem, err error) {
			fs.Sync = func(*os.File) error { return err }
		}, false},
		{"fsync of the file", done, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.Sync = func(f *os.File) error { return errors.Join(f.Sync(), err) }
		}, false},
		{"setting the time", undone, syscall.EPERM, assay.Internal, func(fs *Filesystem, err error) {
			fs.Touch = func(string, time.Time) error { return err }
		}, false},
		{"setting the time", done, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.Touch = func(path string, to time.Time) error { return errors.Join(os.Chtimes(path, to, to), err) }
		}, false},
		{"rename", undone, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.Rename = func(string, string) error { return err }
		}, false},
		{"rename", undone, syscall.ENOSPC, assay.Exhausted, func(fs *Filesystem, err error) {
			fs.Rename = func(string, string) error { return err }
		}, false},
		{"rename", done, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.Rename = func(from, to string) error { return errors.Join(os.Rename(from, to), err) }
		}, true},
		{"fsync of the directory", undone, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.SyncDir = func(string) error { return err }
		}, true},
		{"fsync of the directory", done, cause, assay.Internal, func(fs *Filesystem, err error) {
			fs.SyncDir = func(path string) error { return errors.Join(syncDir(path), err) }
		}, true},
	} {
		for _, there := range []bool{false, true} {
			name := c.step + " " + c.form
			if c.err != nil {
				name += ", " + c.err.Error()
			}
			if there {
				name += ", the blob being there"
			}
			t.Run(name, func(t *testing.T) {
				s := openAt(t, root, Config{})
				for digest := range blobtest.Check(t, s) {
					if err := s.Delete(t.Context(), digest, time.Now().Add(time.Hour)); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := blobtest.Put(t.Context(), s, []byte("another")); err != nil {
					t.Fatal(err)
				}
				if there {
					if _, err := blobtest.Put(t.Context(), s, []byte(content)); err != nil {
						t.Fatal(err)
					}
				}
				sound := s.fs
				g, err := s.Stage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := g.Write([]byte(content[:9])); err != nil {
					t.Fatal(err)
				}
				c.breaks(&s.fs, c.err)
				_, writeErr := g.Write([]byte(content[9:]))
				_, commitErr := g.Commit(t.Context())
				s.fs = sound // the disk has recovered, but this blob is lost:
				_, laterErr := g.Commit(t.Context())
				_, laterWriteErr := g.Write([]byte("more"))
				if (writeErr != nil) != (c.step == "write") {
					t.Errorf("Write: %v", writeErr)
				}
				for what, err := range map[string]error{"Commit": commitErr, "a second Commit": laterErr, "a Write after it": laterWriteErr} {
					if !assay.Is(err, c.kind) || c.err != nil && !errors.Is(err, c.err) {
						t.Errorf("%s: %v, want an error of kind %q from %v", what, err, c.kind, c.err)
					}
					if strings.Contains(assay.PublicMessage(err), root) {
						t.Errorf("%s: the public message %q shows a path of the machine", what, assay.PublicMessage(err))
					}
				}
				if err := g.Discard(); err != nil {
					t.Errorf("Discard: %v", err)
				}

				check := func(s *Store, when string) {
					got := blobtest.Check(t, s)
					if !got[blobtest.DigestOf([]byte("another"))] {
						t.Errorf("%s, a blob from before is lost", when)
					}
					if there && !got[digest] {
						t.Errorf("%s, the blob that was there is lost", when)
					}
					if got[digest] != (there || c.visible) || len(got) > 2 {
						t.Errorf("%s, there are %v", when, got)
					}
					if left, err := os.ReadDir(s.staging()); err != nil || len(left) != 0 {
						t.Errorf("%s, staging holds %v, %v", when, left, err)
					}
				}
				check(s, "after the failure")
				check(openAt(t, root, Config{}), "after a restart")
				info, err := blobtest.Put(t.Context(), s, []byte(content))
				if err != nil || info.Digest != digest {
					t.Errorf("the next commit: %+v, %v", info, err)
				}
				if !blobtest.Check(t, s)[digest] {
					t.Error("after the next commit the blob is not there")
				}
			})
		}
	}
}

// TestCommitSyncsInOrder: the file is durable before it has its name, and the
// name before Commit answers, also when the blob was there.
func TestCommitSyncsInOrder(t *testing.T) {
	var did []string
	s := openAt(t, t.TempDir(), Config{})
	sound := s.fs
	s.fs.Sync = func(f *os.File) error { did = append(did, "sync file"); return sound.Sync(f) }
	s.fs.Touch = func(path string, to time.Time) error { did = append(did, "touch"); return sound.Touch(path, to) }
	s.fs.Rename = func(from, to string) error { did = append(did, "rename"); return sound.Rename(from, to) }
	s.fs.SyncDir = func(path string) error { did = append(did, "sync dir"); return sound.SyncDir(path) }
	for range 2 {
		did = nil
		if _, err := blobtest.Put(t.Context(), s, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(did, ", "); got != "sync file, touch, rename, sync dir" {
			t.Errorf("a commit did: %s", got)
		}
	}
}

func TestOpenFailures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, Config{}); !assay.Is(err, assay.Internal) {
		t.Errorf("a file in the directory's place: %v, want internal", err)
	}
	root := t.TempDir()
	openAt(t, root, Config{})
	if err := os.WriteFile(filepath.Join(root, "tmp", "half"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, fs := range map[string]Filesystem{
		"fsync of a directory":       {SyncDir: func(string) error { return syscall.EIO }},
		"removing a staged leftover": {Remove: func(string) error { return syscall.EIO }},
	} {
		if _, err := Open(root, Config{Filesystem: fs}); !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: %v, want its failure", name, err)
		}
	}
	openAt(t, root, Config{})
}

func TestDeleteAndDiscardFailures(t *testing.T) {
	s := openAt(t, t.TempDir(), Config{})
	info, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	later := info.Committed.Add(time.Hour)
	sound := s.fs
	s.fs.Remove = func(string) error { return syscall.EIO }
	if err := g.Discard(); !errors.Is(err, syscall.EIO) {
		t.Errorf("a discard that cannot remove: %v", err)
	}
	if err := s.Delete(t.Context(), info.Digest, later); !errors.Is(err, syscall.EIO) {
		t.Errorf("a delete that cannot remove: %v", err)
	}
	if !blobtest.Check(t, s)[info.Digest] {
		t.Error("the blob is gone although removing failed")
	}
	s.fs.Remove = func(path string) error { return errors.Join(sound.Remove(path), syscall.EIO) }
	if err := s.Delete(t.Context(), info.Digest, later); !errors.Is(err, syscall.EIO) {
		t.Errorf("a delete that fails but is done: %v", err)
	}
	s.fs = sound
	if err := s.Delete(t.Context(), info.Digest, later); err != nil {
		t.Errorf("deleting again: %v", err)
	}
	if got := blobtest.Check(t, s); len(got) != 0 {
		t.Errorf("there are %v", got)
	}
}

func TestErrorKinds(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind assay.Kind
		says string
	}{
		{syscall.ENOSPC, assay.Exhausted, "free some space"},
		{&fs.PathError{Op: "write", Path: "/secret/place", Err: syscall.EDQUOT}, assay.Exhausted, "quota"},
		{syscall.EMFILE, assay.Exhausted, "ulimit"},
		{syscall.ENFILE, assay.Exhausted, "too many files"},
		{syscall.EACCES, assay.Internal, "permissions"},
		{syscall.EROFS, assay.Internal, "failed"},
		{context.Canceled, assay.Canceled, "given up"},
		{context.DeadlineExceeded, assay.Canceled, "given up"},
		{io.ErrShortWrite, assay.Internal, "failed"},
	} {
		err := failed(c.err, "storing a file")
		if !assay.Is(err, c.kind) || !errors.Is(err, c.err) || !strings.Contains(assay.PublicMessage(err), c.says) || strings.Contains(assay.PublicMessage(err), "secret") {
			t.Errorf("%v became %v (%v), want kind %q that says %q and no path", c.err, err, assay.KindOf(err), c.kind, c.says)
		}
	}
}

// FuzzDigest: whatever is taken for a digest stays below the directory, and
// has one name.
func FuzzDigest(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("ab", 32))
	f.Add("sha256:" + strings.Repeat("AB", 32))
	f.Add("sha256:" + strings.Repeat("../", 21) + "a")
	f.Add("sha256:" + strings.Repeat("ab", 31) + "/\x00")
	f.Add("sha512:" + strings.Repeat("ab", 64))
	f.Add("")
	s := openAt(f, f.TempDir(), Config{})
	f.Fuzz(func(t *testing.T, digest string) {
		at, err := s.locate(assay.Digest(digest))
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("%q: %v, want invalid", digest, err)
			}
			return
		}
		name := filepath.Base(at.path)
		if at.path != filepath.Join(s.root, "sha256", name[:2], name) || "sha256:"+name != digest || len(name) != 64 {
			t.Fatalf("%q lies at %s", digest, at.path)
		}
		if !bytes.HasPrefix([]byte(name), []byte{"0123456789abcdef"[at.shard>>4], "0123456789abcdef"[at.shard&15]}) {
			t.Fatalf("%q is guarded by shard %02x", digest, at.shard)
		}
	})
}

// TestCommitWaitsForADelete stops a Delete between its look at the time and
// the removal, and commits the same bytes meanwhile: what a Commit has
// answered for must be there afterwards.
func TestCommitWaitsForADelete(t *testing.T) {
	s := openAt(t, t.TempDir(), Config{})
	info, err := blobtest.Put(t.Context(), s, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Discard()
	if _, err := g.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	sound := s.fs
	removing, renamed := make(chan struct{}), make(chan struct{})
	s.fs.Rename = func(from, to string) error {
		defer close(renamed)
		return sound.Rename(from, to)
	}
	s.fs.Remove = func(path string) error {
		close(removing)
		select {
		case <-renamed: // only without the lock
		case <-time.After(50 * time.Millisecond):
		}
		return sound.Remove(path)
	}
	var deleting sync.WaitGroup
	deleting.Go(func() {
		if err := s.Delete(t.Context(), info.Digest, info.Committed.Add(1)); err != nil {
			t.Errorf("Delete: %v", err)
		}
	})
	<-removing
	if _, err := g.Commit(t.Context()); err != nil {
		t.Errorf("Commit: %v", err)
	}
	deleting.Wait()
	if _, err := s.Stat(t.Context(), info.Digest); err != nil {
		t.Errorf("after the commit: %v", err)
	}
}
