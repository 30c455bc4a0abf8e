package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// quickMachine has the patience of a test.
func quickMachine(t *testing.T) *machine {
	t.Helper()
	return &machine{
		env:    []string{"PATH=" + os.Getenv("PATH"), "SECRET=of the person"},
		temp:   t.TempDir(),
		limits: machineLimits{Output: 1 << 10, Said: 1 << 10, Asked: 150 * time.Millisecond, Gone: 5 * time.Second},
	}
}

func shell(script string) driver.Command {
	return driver.Command{Path: "/bin/sh", Args: []string{"-c", script}}
}

// there reports whether a process, or with a negative number a group, exists.
func there(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// eventually waits for what must come soon.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came: %s", what)
		}
	}
}

func TestMachineStopsWhatItStarted(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		// quick says that it ends when asked, and is not killed.
		quick bool
	}{
		"a server that ends when asked":    {`trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done`, true},
		"one that ignores being asked":     {`trap '' TERM; echo ready; while :; do sleep 0.01; done`, false},
		"one that prints without end":      {`trap '' TERM; echo ready; while :; do echo "on and on and on"; done`, false},
		"one whose children ignore it too": {`trap '' TERM; (trap '' TERM; while :; do sleep 0.01; done) & echo ready; wait`, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := quickMachine(t)
			p, err := m.Start(t.Context(), shell(c.script))
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "what it prints", func() bool { return p.Output() != "" })
			pid := p.(*process).cmd.Process.Pid
			began := time.Now()
			if err := p.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			select {
			case <-p.Ended():
			default:
				t.Error("it is stopped and has not ended")
			}
			if asked := m.limits.Asked; !c.quick && took < asked {
				t.Errorf("it was killed after %s, before it had had %s to end", took, asked)
			}
			eventually(t, "the end of the whole group", func() bool { return !there(-pid) })
			if len(p.Output()) > m.limits.Said {
				t.Errorf("%d bytes of output were kept, and %d are the bound", len(p.Output()), m.limits.Said)
			}
			if err := p.Stop(t.Context()); err != nil {
				t.Errorf("stopping it again: %v", err)
			}
		})
	}
}

func TestMachineStopIsShortWhenNobodyWaits(t *testing.T) {
	m := quickMachine(t)
	m.limits.Asked = time.Minute
	p, err := m.Start(t.Context(), shell(`trap '' TERM; echo ready; while :; do sleep 0.01; done`))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "what it prints", func() bool { return p.Output() != "" })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := p.Stop(ctx); err != nil || time.Since(began) > 20*time.Second {
		t.Errorf("stopping it took %s: %v", time.Since(began), err)
	}
	if there(p.(*process).cmd.Process.Pid) {
		t.Error("it is still there")
	}
}

func TestMachineSaysWhyACommandFailed(t *testing.T) {
	for name, c := range map[string]struct {
		command driver.Command
		within  time.Duration
		kind    assay.Kind
		words   string
	}{
		"no such program":                     {driver.Command{Path: "assay-peer-that-is-not-there"}, time.Minute, assay.NotFound, "not on this machine"},
		"no such file":                        {driver.Command{Path: "/nowhere/assay"}, time.Minute, assay.NotFound, "not on this machine"},
		"a folder":                            {driver.Command{Path: "/"}, time.Minute, assay.Unavailable, "cannot be run"},
		"it fails":                            {shell(`echo first >&2; echo "the disk is full" >&2; exit 3`), time.Minute, assay.Unavailable, "the disk is full"},
		"it hangs":                            {shell(`echo waiting >&2; sleep 600`), 100 * time.Millisecond, assay.Unavailable, "in time: waiting"},
		"it hangs twice":                      {shell(`sleep 600 & sleep 600`), 100 * time.Millisecond, assay.Unavailable, "in time"},
		"it prints too much":                  {shell(`i=0; while [ $i -lt 200 ]; do echo "0123456789"; i=$((i+1)); done`), time.Minute, assay.TooLarge, "more than 1024"},
		"its complaint is for another screen": {shell(`printf '\033[2J\033[31mred' >&2; exit 1`), time.Minute, assay.Unavailable, "[31mred"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.within)
			defer cancel()
			_, err := quickMachine(t).Run(ctx, c.command)
			if !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
				t.Fatalf("it says %v (%s), want %s and %q", err, assay.KindOf(err), c.kind, c.words)
			}
			if strings.ContainsRune(err.Error(), '\033') {
				t.Errorf("an escape sequence reaches the terminal: %q", err)
			}
		})
	}
}

func TestMachineRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	file := filepath.Join(t.TempDir(), "pid")
	go func() { // ends with the test's own waiting below
		for i := 0; i < 1000; i++ {
			if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "\n") {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	_, err := quickMachine(t).Run(ctx, shell(`trap '' TERM; echo $$ > `+file+`; while :; do sleep 0.01; done`))
	if !assay.Is(err, assay.Canceled) {
		t.Fatalf("it says %v", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || there(pid) {
		t.Errorf("the command %q is still there (%v)", text, err)
	}
}

func TestMachineDiesAtOnce(t *testing.T) {
	p, err := quickMachine(t).Start(t.Context(), shell(`echo "port in use" >&2; exit 1`))
	if err != nil {
		t.Fatal(err)
	}
	err = driver.Await(t.Context(), p, "http://127.0.0.1:1/", time.Minute)
	if !assay.Is(err, assay.Unavailable) || !strings.Contains(err.Error(), "port in use") {
		t.Errorf("it says %v", err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Errorf("stopping what has ended: %v", err)
	}
}

func TestMachineKeepsThePersonsVariablesOut(t *testing.T) {
	for name, c := range map[string]struct {
		bare bool
		want string
	}{
		"bare":     {true, "|ours|/"},
		"not bare": {false, "of the person|ours|/"},
	} {
		t.Run(name, func(t *testing.T) {
			command := shell(`echo "$SECRET|$OURS|$PWD"`)
			command.Bare, command.Env = c.bare, []string{"OURS=ours"}
			out, err := quickMachine(t).Run(t.Context(), command)
			if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
				t.Errorf("it sees %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestMachineFolderIsForItsOwnerAlone(t *testing.T) {
	m := quickMachine(t)
	one, err := m.Folder()
	if err != nil {
		t.Fatal(err)
	}
	two, err := m.Folder()
	if err != nil || one == two {
		t.Fatalf("two folders are %s and %s: %v", one, two, err)
	}
	info, err := os.Stat(one)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v: %v", info, err)
	}
	m.temp = filepath.Join(one, "not there")
	if _, err := m.Folder(); !assay.Is(err, assay.Unavailable) {
		t.Errorf("without a place for it: %v", err)
	}
	if safe := newMachine(nil).limits; safe != safeMachine() || safe.Asked != 5*time.Second {
		t.Errorf("a machine has the limits %+v", safe)
	}
}
