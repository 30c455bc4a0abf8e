package datadir

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func TestMakeIsPrivateAndIgnored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay-data")
	dir, made, err := Make(path)
	if err != nil || !made {
		t.Fatalf("Make = made %v, %v; want a new directory", made, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode is %v (%v), want 0700", info.Mode(), err)
	}
	ignore, err := os.ReadFile(filepath.Join(path, ".gitignore"))
	if err != nil || string(ignore) != "*\n" {
		t.Errorf(".gitignore holds %q (%v), want *", ignore, err)
	}
	if !filepath.IsAbs(dir.Database()) || filepath.Dir(dir.Database()) != dir.Path() || filepath.Dir(dir.Blobs()) != dir.Path() {
		t.Errorf("database %s and blobs %s must lie in %s", dir.Database(), dir.Blobs(), dir.Path())
	}
	if _, made, err := Make(path); err != nil || made {
		t.Errorf("a second Make = made %v, %v; want the same directory", made, err)
	}
}

func TestRefusedDirectories(t *testing.T) {
	cases := []struct {
		name    string
		prepare func(t *testing.T, path string)
		kind    assay.Kind
		says    []string
	}{
		{"absent", func(*testing.T, string) {}, assay.NotFound, []string{"no data directory", "assay serve", "--data"}},
		{"a file", func(t *testing.T, path string) { write(t, path, "x") }, assay.Invalid, []string{"not a directory"}},
		{"readable by everyone", func(t *testing.T, path string) { mkdir(t, path, 0o755) }, assay.Forbidden, []string{"others can enter", "0755", "chmod 700"}},
		{"open to the group", func(t *testing.T, path string) { mkdir(t, path, 0o710) }, assay.Forbidden, []string{"others can enter", "0710"}},
		{"writable by everyone, not readable", func(t *testing.T, path string) { mkdir(t, path, 0o702) }, assay.Forbidden, []string{"others can enter"}},
		{"a link to an open directory", func(t *testing.T, path string) {
			mkdir(t, path+"-open", 0o755)
			if err := os.Symlink(path+"-open", path); err != nil {
				t.Fatal(err)
			}
		}, assay.Forbidden, []string{"others can enter"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data")
			c.prepare(t, path)
			_, err := Open(path)
			if !assay.Is(err, c.kind) {
				t.Fatalf("Open: %v (%v), want kind %v", err, assay.KindOf(err), c.kind)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if c.kind == assay.Forbidden {
				if _, _, err := Make(path); !assay.Is(err, assay.Forbidden) {
					t.Errorf("Make: %v, want Forbidden", err)
				}
				if _, err := os.Stat(filepath.Join(path, ".gitignore")); err == nil {
					t.Error("a refused directory was written to")
				}
			}
		})
	}
}

func TestADirectoryOfSomethingElseIsRefused(t *testing.T) {
	path := t.TempDir()
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(path, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "go.mod"), "module x")
	_, _, err := Make(path)
	if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "go.mod") {
		t.Errorf("Make: %v, want Invalid that names what lies there", err)
	}
	if _, err := os.Stat(filepath.Join(path, ".gitignore")); err == nil {
		t.Error("a directory of something else was written to")
	}
	write(t, filepath.Join(path, "assay.db"), "")
	if _, _, err := Make(path); err != nil {
		t.Errorf("Make of a data directory with a file beside: %v", err)
	}
}

func TestABegunDataDirectoryIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	mkdir(t, path, 0o700)
	for _, name := range []string{".gitignore", "lock", "assay.sock"} {
		write(t, filepath.Join(path, name), "")
	}
	if _, _, err := Make(path); err != nil {
		t.Errorf("Make of what a killed first start leaves: %v", err)
	}
}

func TestMakeWithoutParent(t *testing.T) {
	_, _, err := Make(filepath.Join(t.TempDir(), "typo", "assay-data"))
	if !assay.Is(err, assay.NotFound) || !strings.Contains(err.Error(), "parent") {
		t.Errorf("Make: %v, want NotFound that names the parent", err)
	}
}

// foreign is a directory that belongs to somebody else.
type foreign struct{}

func (foreign) Name() string       { return "data" }
func (foreign) Size() int64        { return 0 }
func (foreign) Mode() fs.FileMode  { return fs.ModeDir | 0o700 }
func (foreign) ModTime() time.Time { return time.Time{} }
func (foreign) IsDir() bool        { return true }
func (foreign) Sys() any           { return &syscall.Stat_t{Uid: uint32(os.Geteuid()) + 1} }

func TestAnotherUsersDirectoryIsRefused(t *testing.T) {
	err := private("/srv/data", foreign{})
	if !assay.Is(err, assay.Forbidden) || !strings.Contains(err.Error(), "belongs to user") {
		t.Errorf("private: %v, want Forbidden", err)
	}
}

func mkdir(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	// Mkdir's mode is cut by the umask.
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
