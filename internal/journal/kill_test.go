package journal

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"assay.invalid/internal/journal/tlog"
)

const childVariable = "ASSAY_JOURNAL_TEST_CHILD"

// TestMain is also the process that TestKillLoop kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		child(dir)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// childTB lets a process that is no test use a world.
type childTB struct{ testing.TB }

func (childTB) Helper()        {}
func (childTB) Cleanup(func()) {}
func (childTB) Fatal(args ...any) {
	fmt.Println(append([]any{"FATAL"}, args...)...)
	os.Exit(1)
}

// child appends and publishes until it is killed, and says each size that it
// was told is published.
func child(dir string) {
	w := openWorld(childTB{}, dir)
	w.cfg.Limits.Batch = 7
	s := w.open()
	w.events = rand.IntN(1 << 30)
	for {
		w.append(1 + rand.IntN(40))
		w.flush(s)
		size, _ := s.Watch()
		fmt.Println(size)
	}
}

// TestKillLoop ends a process that publishes, at any moment, over and over:
// what it said is published must be, and nothing that was readable may be
// contradicted.
func TestKillLoop(t *testing.T) {
	dir := t.TempDir()
	var seen []tlog.Checkpoint
	for round := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), childVariable+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := make(chan int64, 1)
		go func() {
			last := int64(0)
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
					t.Errorf("round %d: the child said %q", round, lines.Text())
				}
			}
			said <- last
		}()
		time.Sleep(time.Duration(60+rand.IntN(150)) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		last := <-said
		_ = cmd.Wait() // it was killed, and says so

		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			w := openWorld(t, dir)
			w.files.signed = seen
			w.invariants()
			s := w.open()
			w.flush(s)
			w.invariants()
			size, _ := s.Watch()
			if size < last {
				t.Errorf("%d entries were published, and now there are %d", last, size)
			}
			seen = w.files.signedSoFar()
			if r := w.verify(nil); !r.Sound() || r.Waiting != 0 || r.Covered != r.Entries {
				t.Errorf("%+v", r)
			}
		})
	}
	if len(seen) < 2 {
		t.Errorf("only %d checkpoints were seen: the child is killed before it works", len(seen))
	}
}
