package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func TestFullDisk(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	ctx := t.Context()
	limit := func(pages string) {
		c, err := s.writer.take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.conn.ExecContext(ctx, "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
		s.writer.give(c)
	}
	limit("1") // SQLite takes the present size instead: no page more
	fill := func(tx store.Tx) error {
		if err := tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored}); err != nil {
			return err
		}
		if _, err := grow(ctx, tx, 10); err != nil {
			return err
		}
		return tx.PutSetting(ctx, "large", make([]byte, 1<<20))
	}
	err := s.Update(ctx, fill)
	if !assay.Is(err, assay.Exhausted) || !strings.Contains(assay.PublicMessage(err), "free some space") {
		t.Fatalf("got %v, want exhausted and what to do", err)
	}
	if err := s.View(ctx, func(tx store.Tx) error {
		events, err := tx.Events(ctx, 0, 10)
		if len(events) != 0 {
			t.Errorf("the events %v were left", events)
		}
		return errors.Join(err, checkLog(ctx, tx))
	}); err != nil {
		t.Error(err)
	}
	// The connection may be another one by now; either way there is room.
	limit("1000000")
	if err := s.Update(ctx, fill); err != nil {
		t.Errorf("after space was freed: %v", err)
	}
}

// TestDamaged opens a database whose schema is sound and whose rows are not.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db")
	s := openAt(t, path)
	ctx := t.Context()
	if err := s.Update(ctx, func(tx store.Tx) error {
		return tx.PutSetting(ctx, "k", make([]byte, 1<<20)) // the larger part of the file by far
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	spoil(t, path)
	s = openAt(t, path)
	err := s.View(ctx, func(tx store.Tx) error {
		_, err := tx.Setting(ctx, "k")
		return err
	})
	if !assay.Is(err, assay.Internal) || !strings.Contains(assay.PublicMessage(err), "restore the newest backup") {
		t.Errorf("got %v, want internal and what to do", err)
	}
	if strings.Contains(assay.PublicMessage(err), path) {
		t.Error("the public message shows a path of the machine")
	}
}

func TestAnotherProgramHoldsTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db")
	lim := defaultLimits()
	lim.busy = 20 * time.Millisecond
	s, err := open(t.Context(), path, slog.New(slog.DiscardHandler), lim)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := plain(t, path)
	hold, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	if _, err := hold.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	put := func(tx store.Tx) error { return tx.PutSetting(t.Context(), "k", []byte("v")) }
	if err := s.Update(t.Context(), put); !assay.Is(err, assay.Unavailable) || !strings.Contains(err.Error(), "another program") {
		t.Errorf("got %v, want unavailable and why", err)
	}
	if err := s.View(t.Context(), func(tx store.Tx) error { _, err := tx.Blocks(t.Context()); return err }); err != nil {
		t.Errorf("a view had to wait for a writer: %v", err)
	}
	var release sync.WaitGroup
	release.Go(func() {
		time.Sleep(lim.busy * 3 / 2) // within the second attempt
		if _, err := hold.ExecContext(context.WithoutCancel(t.Context()), "ROLLBACK"); err != nil {
			t.Error(err)
		}
	})
	if err := s.Update(t.Context(), put); err != nil {
		t.Errorf("after the other program had ended: %v", err)
	}
	release.Wait()
}

// TestInterrupted cancels a statement while SQLite runs it.
func TestInterrupted(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	for _, write := range []bool{false, true} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		run := s.View
		if write {
			run = s.Update
		}
		start := time.Now()
		err := run(ctx, func(each store.Tx) error {
			inner := each.(*tx)
			if write {
				if err := inner.PutSetting(ctx, "k", []byte("v")); err != nil {
					return err
				}
			}
			const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
			var last int64
			_, err := inner.row(ctx, endless, nil, &last)
			return err
		})
		cancel()
		if !assay.Is(err, assay.Canceled) {
			t.Errorf("got %v, want canceled", err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("it took %v to stop", took)
		}
	}
	if err := s.Update(t.Context(), func(tx store.Tx) error {
		if _, err := tx.Setting(t.Context(), "k"); !assay.Is(err, assay.NotFound) {
			t.Errorf("of an interrupted update there is left: %v", err)
		}
		return tx.PutSetting(t.Context(), "k", []byte("v"))
	}); err != nil {
		t.Errorf("after the interruptions: %v", err)
	}
}

// TestCloseWaits: what is under way is finished, what waits is refused.
func TestCloseWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db")
	s := openAt(t, path)
	inside, finish := make(chan struct{}), make(chan struct{})
	var running, closing sync.WaitGroup
	running.Go(func() {
		if err := s.Update(t.Context(), func(tx store.Tx) error {
			close(inside)
			<-finish
			return tx.PutSetting(t.Context(), "k", []byte("v"))
		}); err != nil {
			t.Errorf("the update under way: %v", err)
		}
	})
	<-inside
	closed := make(chan struct{})
	closing.Go(func() {
		defer close(closed)
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if err := waitRefused(t.Context(), s); !assay.Is(err, assay.Unavailable) {
		t.Errorf("an update while the store closes: %v, want unavailable", err)
	}
	select {
	case <-closed:
		t.Error("Close did not wait for the update")
	default:
	}
	close(finish)
	running.Wait()
	closing.Wait()
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	if err := openAt(t, path).View(t.Context(), func(tx store.Tx) error {
		_, err := tx.Setting(t.Context(), "k")
		return err
	}); err != nil {
		t.Errorf("what the update wrote: %v", err)
	}
}

// waitRefused begins an update that can only end when the store closes.
func waitRefused(ctx context.Context, s *Store) error {
	return s.Update(ctx, func(store.Tx) error { return nil })
}

// spoil overwrites the second half of a database: not the schema, which
// stands at its beginning.
func spoil(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 2; i < len(data); i++ {
		data[i] = 0xa5
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
