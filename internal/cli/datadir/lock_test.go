package datadir

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// holdVariable makes the test binary hold a data directory until it is
// killed, as a server would.
const holdVariable = "ASSAY_TEST_HOLD"

func TestMain(m *testing.M) {
	if path := os.Getenv(holdVariable); path != "" {
		hold(path)
	}
	os.Exit(m.Run())
}

func hold(path string) {
	dir, err := Open(path)
	if err == nil {
		var lock *Lock
		if lock, _, err = dir.TryLock(Serve); err == nil {
			_, err = lock.Listen()
		}
	}
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("held\n")
	time.Sleep(time.Minute)
	os.Exit(1)
}

func made(t *testing.T) *Dir {
	t.Helper()
	dir, _, err := Make(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOneHolderAtATime(t *testing.T) {
	dir := made(t)
	lock, _, err := dir.TryLock("block")
	if err != nil {
		t.Fatal(err)
	}
	_, held, err := dir.TryLock(Serve)
	if !assay.Is(err, assay.Conflict) || held.Holder != "block" || held.PID != os.Getpid() {
		t.Errorf("the second lock: %v, held %+v; want Conflict and the holder", err, held)
	}
	if !strings.Contains(err.Error(), "'assay block'") {
		t.Errorf("%q does not name the holder", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	again, _, err := dir.TryLock(Serve)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	defer again.Release()
	started := time.Now()
	_, err = dir.Lock(t.Context(), Serve, time.Minute)
	if !assay.Is(err, assay.Conflict) || !strings.Contains(err.Error(), "a server (process") || !strings.Contains(err.Error(), "--data") {
		t.Errorf("beside a server: %v, want Conflict in words", err)
	}
	if time.Since(started) > 30*time.Second {
		t.Error("a server was waited for: it will not end by itself")
	}
}

func TestLockWaitsForACommand(t *testing.T) {
	dir := made(t)
	lock, _, err := dir.TryLock("block")
	if err != nil {
		t.Fatal(err)
	}
	released := make(chan error, 1)
	timer := time.AfterFunc(120*time.Millisecond, func() { released <- lock.Release() })
	defer timer.Stop()
	second, err := dir.Lock(t.Context(), Serve, 20*time.Second)
	if err != nil {
		t.Fatalf("Lock: %v, want it after the command's end", err)
	}
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestLockGivesUp(t *testing.T) {
	dir := made(t)
	lock, _, err := dir.TryLock("block")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if _, err := dir.Lock(t.Context(), Serve, 10*time.Millisecond); !assay.Is(err, assay.Conflict) || !strings.Contains(err.Error(), "try again") {
		t.Errorf("after the wait: %v, want Conflict", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dir.Lock(ctx, Serve, time.Minute); !assay.Is(err, assay.Canceled) {
		t.Errorf("canceled: %v, want Canceled", err)
	}
}

func TestLockFileThatIsALinkIsNotFollowed(t *testing.T) {
	dir := made(t)
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, "precious")
	if err := os.Symlink(victim, dir.lockFile()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := dir.TryLock("block"); err == nil {
		t.Error("the lock was taken through a symbolic link")
	}
	if text, _ := os.ReadFile(victim); string(text) != "precious" {
		t.Errorf("the link's target now holds %q", text)
	}
}

func TestKilledHolderLeavesNothingThatStops(t *testing.T) {
	dir := made(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVariable+"="+dir.Path())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		cmd.Process.Kill()
		cmd.Wait()
		t.Fatalf("the holder said %q, %v", line, err)
	}
	_, held, err := dir.TryLock("block")
	if !assay.Is(err, assay.Conflict) || held != (Held{PID: cmd.Process.Pid, Holder: Serve}) {
		t.Errorf("beside the other process: %v, held %+v", err, held)
	}
	if err := cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	cmd.Wait() // its error is the kill
	if _, err := os.Lstat(dir.socket()); err != nil {
		t.Fatalf("the killed holder's socket should be left behind: %v", err)
	}
	if _, err := dir.Dial(t.Context()); !assay.Is(err, assay.NotFound) {
		t.Errorf("dialling a dead socket: %v, want NotFound", err)
	}
	lock, _, err := dir.TryLock(Serve)
	if err != nil {
		t.Fatalf("after kill -9: %v", err)
	}
	defer lock.Release()
	l, err := lock.Listen()
	if err != nil {
		t.Fatalf("over a stale socket: %v", err)
	}
	talk(t, dir, l)
}

func FuzzParseHolder(f *testing.F) {
	for _, seed := range []string{"", "12 serve\n", "0 serve", "-1 serve", "12", "x y", "12 \x1b[2J", "99999999999999999999 serve"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		held := parseHolder(line)
		if held == (Held{}) {
			return
		}
		if held.PID <= 0 {
			t.Errorf("%q: process %d", line, held.PID)
		}
		if strings.ContainsFunc(held.String(), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q: the message %q holds more than plain text", line, held)
		}
	})
}
