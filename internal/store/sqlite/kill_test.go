package sqlite

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// killedWriter names the database that this test binary, started again as a
// child, writes to until it is killed.
const killedWriter = "ASSAY_TEST_KILLED_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedWriter); path != "" {
		if err := writeForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeForever commits step after step: a counter, a few versions, a file and
// an event that say the same number. It prints each number once it is
// committed, and in between takes events into the log.
func writeForever(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	for {
		var n int
		if err := s.Update(ctx, func(tx store.Tx) error {
			value, err := tx.Setting(ctx, "counter")
			if err != nil && !assay.Is(err, assay.NotFound) {
				return err
			}
			n = 1
			if err == nil {
				if n, err = strconv.Atoi(string(value)); err != nil {
					return err
				}
				n++
			}
			return writeStep(ctx, tx, n)
		}); err != nil {
			return err
		}
		fmt.Println(n)
		if n%3 != 0 {
			continue
		}
		// Like the sequencer, which is another transaction; at times it leaves
		// something for the next round.
		var size int64
		if err := s.Update(ctx, func(tx store.Tx) error {
			size, err = grow(ctx, tx, 1+n%7)
			return err
		}); err != nil {
			return err
		}
		fmt.Println("log", size)
	}
}

const versionsPerStep = 20

func writeStep(ctx context.Context, tx store.Tx, n int) error {
	if err := tx.PutSetting(ctx, "counter", []byte(strconv.Itoa(n))); err != nil {
		return err
	}
	versions := make([]store.Version, versionsPerStep)
	for i := range versions {
		versions[i] = store.Version{Version: fmt.Sprintf("%d.0.%d", n, i)}
	}
	if err := tx.PutVersions(ctx, "npm", "left", versions); err != nil {
		return err
	}
	if err := tx.PutFile(ctx, store.File{Registry: "npm", Name: "left", Version: "1", File: strconv.Itoa(n), Origin: "https://registry.example/", Blob: assay.Digest(strconv.Itoa(n)), Size: 1, Stored: true}); err != nil {
		return err
	}
	return tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Time: time.Now(), Body: json.RawMessage(strconv.Itoa(n))})
}

// checkSteps returns the counter, having checked that all else agrees.
func checkSteps(t *testing.T, s *Store) int {
	t.Helper()
	ctx := t.Context()
	n := 0
	if err := s.View(ctx, func(tx store.Tx) error {
		value, err := tx.Setting(ctx, "counter")
		if assay.Is(err, assay.NotFound) {
			value, err = []byte("0"), nil
		}
		if err != nil {
			return err
		}
		if n, err = strconv.Atoi(string(value)); err != nil {
			return err
		}
		events, err := tx.Events(ctx, 0, n+10)
		if err != nil {
			return err
		}
		versions, err := tx.Versions(ctx, "npm", "left")
		if err != nil {
			return err
		}
		files, bytes, err := tx.StoredFiles(ctx)
		if err != nil {
			return err
		}
		if len(events) != n || len(versions) != n*versionsPerStep || int(files) != n || int(bytes) != n {
			t.Errorf("the counter is %d, with %d events, %d versions, %d files of %d bytes", n, len(events), len(versions), files, bytes)
		}
		for i, e := range events {
			if string(e.Body) != strconv.Itoa(i+1) {
				t.Errorf("event %d says %s", i+1, e.Body)
			}
		}
		return checkLog(ctx, tx)
	}); err != nil {
		t.Fatal(err)
	}
	var verdict string
	if err := s.readers.db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %q, %v", verdict, err)
	}
	return n
}

// TestKilledWriter kills a writing process at random moments, its first
// opening of the database among them. Each time the database must open, hold
// whole transactions only, and all that were reported as committed.
func TestKilledWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db")
	reported, logged := 0, int64(0)
	for round := range 6 {
		ctx, cancel := context.WithCancel(t.Context())
		child := exec.CommandContext(ctx, os.Args[0])
		child.Env = append(os.Environ(), killedWriter+"="+path)
		var complaint strings.Builder
		child.Stderr = &complaint
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(10+rand.IntN(60)*(round+1))*time.Millisecond, cancel) // SIGKILL
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			text, isLog := strings.CutPrefix(lines.Text(), "log ")
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				if isLog {
					logged = n
				} else {
					reported = int(n)
				}
			}
		}
		_ = child.Wait() // it was killed, which is an error
		timer.Stop()
		cancel()
		if complaint.Len() > 0 {
			t.Fatalf("the writer failed by itself: %s", complaint.String())
		}
		s := openAt(t, path)
		n := checkSteps(t, s)
		if n < reported {
			t.Errorf("%d was reported as committed; after the kill the counter is %d", reported, n)
		}
		if err := s.View(t.Context(), func(tx store.Tx) error {
			size, err := tx.LogSize(t.Context())
			if size < logged {
				t.Errorf("the log was reported to have %d entries; after the kill it has %d", logged, size)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if reported == 0 || logged == 0 {
		t.Errorf("no writer lived long enough: %d steps and %d log entries", reported, logged)
	}
}
