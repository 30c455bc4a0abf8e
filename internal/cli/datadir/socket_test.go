package datadir

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// talk sends a line over the socket and closes the listener, which must
// remove the socket.
func talk(t *testing.T, dir *Dir, l net.Listener) {
	t.Helper()
	answered := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, err = io.WriteString(conn, "here\n")
			conn.Close()
		}
		answered <- err
	}()
	conn, err := dir.Dial(t.Context())
	if err != nil {
		l.Close()
		t.Fatalf("Dial: %v (accept: %v)", err, <-answered)
	}
	defer conn.Close()
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "here\n" {
		t.Errorf("read %q, %v", line, err)
	}
	if err := <-answered; err != nil {
		t.Errorf("Accept: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := os.Lstat(dir.socket()); err == nil {
		t.Error("the socket is still there after Close")
	}
	if _, err := dir.Dial(t.Context()); !assay.Is(err, assay.NotFound) {
		t.Errorf("Dial after Close: %v, want NotFound", err)
	}
}

func TestSocketPaths(t *testing.T) {
	cases := []struct{ name, below string }{
		{"short", "d"},
		{"just over the limit", strings.Repeat("x", maxSocketPath)},
		{"deep", strings.Repeat(strings.Repeat("y", 60)+"/", 6) + "data"},
		{"with blanks and letters from elsewhere", "données à moi/" + strings.Repeat("é", 70)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.below)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			scratch := t.TempDir()
			t.Setenv("TMPDIR", scratch)
			dir, _, err := Make(path)
			if err != nil {
				t.Fatal(err)
			}
			lock, _, err := dir.TryLock(Serve)
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Release()
			l, err := lock.Listen()
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Lstat(dir.socket())
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the socket's mode is %v (%v), want 0600", info, err)
			}
			talk(t, dir, l)
			if left, _ := os.ReadDir(scratch); len(left) != 0 {
				t.Errorf("left behind in the temporary directory: %v", left)
			}
		})
	}
}

func TestWhatIsNoSocketIsLeftAlone(t *testing.T) {
	dir := made(t)
	write(t, dir.socket(), "mine")
	lock, _, err := dir.TryLock(Serve)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if _, err := lock.Listen(); !assay.Is(err, assay.Conflict) {
		t.Errorf("Listen: %v, want Conflict", err)
	}
	if _, err := dir.Dial(t.Context()); !assay.Is(err, assay.Conflict) {
		t.Errorf("Dial: %v, want Conflict", err)
	}
	if text, _ := os.ReadFile(dir.socket()); string(text) != "mine" {
		t.Errorf("the file now holds %q", text)
	}
}

func TestNoTemporaryDirectoryForALongPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("z", 120))
	dir, _, err := Make(path)
	if err != nil {
		t.Fatal(err)
	}
	lock, _, err := dir.TryLock(Serve)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	// A temporary directory that does not exist: /tmp is tried next.
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
	l, err := lock.Listen()
	if err != nil {
		t.Fatal(err)
	}
	talk(t, dir, l)
}
