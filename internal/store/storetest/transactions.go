package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// writeAll writes something of every part, as fill does, in a transaction
// that the caller ends.
func writeAll(ctx context.Context, tx store.Tx) error {
	var errs []error
	for _, write := range writes {
		errs = append(errs, write.do(ctx, tx))
	}
	return errors.Join(errs...)
}

// writes are all methods that change something; those that delete need what
// fill has put.
var writes = []struct {
	name string
	do   func(context.Context, store.Tx) error
}{
	{"PutSetting", func(ctx context.Context, tx store.Tx) error { return tx.PutSetting(ctx, "instance", []byte("new")) }},
	{"PutOrigins", func(ctx context.Context, tx store.Tx) error {
		return tx.PutOrigins(ctx, "npm", []store.Origin{{Registry: "npm", Address: "https://new.example/"}})
	}},
	{"PutDocument", func(ctx context.Context, tx store.Tx) error {
		return tx.PutDocument(ctx, store.Document{Registry: "npm", Name: "left", Source: "packument", ETag: "new"})
	}},
	{"PutPackage", func(ctx context.Context, tx store.Tx) error {
		return tx.PutPackage(ctx, store.Package{Registry: "npm", Name: "left", Origin: "new"})
	}},
	{"PutVersions", func(ctx context.Context, tx store.Tx) error {
		return tx.PutVersions(ctx, "npm", "left", []store.Version{{Version: "1.0.0", Digest: "new"}, {Version: "2.0.0"}})
	}},
	{"PutFile", func(ctx context.Context, tx store.Tx) error {
		return tx.PutFile(ctx, store.File{Registry: "npm", Name: "left", Version: "1.0.0", File: "left-1.0.0.tgz", Verified: "new", Stored: true})
	}},
	{"TouchFiles", func(ctx context.Context, tx store.Tx) error {
		return tx.TouchFiles(ctx, map[store.FileKey]time.Time{{Registry: "npm", Name: "left", Version: "1.0.0", File: "left-1.0.0.tgz"}: noon.Add(time.Hour)})
	}},
	{"PutBlock", func(ctx context.Context, tx store.Tx) error {
		return tx.PutBlock(ctx, store.Block{ID: "new", Pattern: "pkg:npm/new"})
	}},
	{"PutException", func(ctx context.Context, tx store.Tx) error { return tx.PutException(ctx, store.Exception{ID: "new"}) }},
	{"PutPolicy", func(ctx context.Context, tx store.Tx) error { return tx.PutPolicy(ctx, store.Policy{Text: "new"}) }},
	{"AppendEvent", func(ctx context.Context, tx store.Tx) error {
		return tx.AppendEvent(ctx, assay.Event{Kind: assay.EventBlocked, Time: noon})
	}},
	{"PutClaim", func(ctx context.Context, tx store.Tx) error { return tx.PutClaim(ctx, store.Claim{ID: "new"}) }},
	{"PutToken", func(ctx context.Context, tx store.Tx) error {
		return tx.PutToken(ctx, store.Token{ID: "new", Hash: hashOf(2)})
	}},
	{"PutRelease", func(ctx context.Context, tx store.Tx) error {
		return tx.PutRelease(ctx, store.Release{Registry: "npm", Name: "@acme/a", Version: "1.0.0", By: "new"})
	}},
	{"PutStanding", func(ctx context.Context, tx store.Tx) error {
		return tx.PutStanding(ctx, store.Standing{Registry: "npm", Name: "@acme/a", Version: "1.0.0", Status: assay.Removed, Reason: "new"})
	}},
	{"PutTag", func(ctx context.Context, tx store.Tx) error { return tx.PutTag(ctx, "npm", "@acme/a", "new", "1.0.0") }},
	// Of the event that fill left waiting, else of the one above.
	{"AppendLog", func(ctx context.Context, tx store.Tx) error { return sequence(ctx, tx, 1) }},
	{"AddFetches", func(ctx context.Context, tx store.Tx) error {
		return tx.AddFetches(ctx, []store.Fetch{{Day: "2026-11-22", Coordinate: "new", Count: 1}})
	}},
	{"AddVerdicts", func(ctx context.Context, tx store.Tx) error {
		return tx.AddVerdicts(ctx, []store.Verdict{{Day: "2026-11-22", Coordinate: "new", Why: "w1", Count: 1}})
	}},
}

// deletes are all methods that remove something that fill has put.
var deletes = []struct {
	name string
	do   func(context.Context, store.Tx) error
}{
	{"DeleteBlock", func(ctx context.Context, tx store.Tx) error { return tx.DeleteBlock(ctx, "b1") }},
	{"DeleteException", func(ctx context.Context, tx store.Tx) error { return tx.DeleteException(ctx, "e1") }},
	{"DeleteClaim", func(ctx context.Context, tx store.Tx) error { return tx.DeleteClaim(ctx, "c1") }},
	{"PutStanding, active", func(ctx context.Context, tx store.Tx) error {
		return tx.PutStanding(ctx, store.Standing{Registry: "npm", Name: "@acme/a", Version: "1.0.0"})
	}},
	{"PutTag, dropped", func(ctx context.Context, tx store.Tx) error { return tx.PutTag(ctx, "npm", "@acme/a", "latest", "") }},
	{"PruneUsage", func(ctx context.Context, tx store.Tx) error { return tx.PruneUsage(ctx, "2030-01-01") }},
}

func testErrorRollsBack(t *testing.T, s store.Store) {
	own := errors.New("an error of the function's own")
	err := s.Update(t.Context(), func(tx store.Tx) error {
		if err := writeAll(t.Context(), tx); err != nil {
			t.Errorf("writing: %v", err)
		}
		return own
	})
	if !errors.Is(err, own) {
		t.Errorf("Update returned %v, want the function's own error", err)
	}
	nothing(t, s)
	if err := s.View(t.Context(), func(store.Tx) error { return own }); !errors.Is(err, own) {
		t.Errorf("View returned %v, want the function's own error", err)
	}

	fill(t, s)
	before := contents(t, s)
	if err := s.Update(t.Context(), func(tx store.Tx) error {
		errs := []error{writeAll(t.Context(), tx)}
		for _, d := range deletes {
			errs = append(errs, d.do(t.Context(), tx))
		}
		if err := errors.Join(errs...); err != nil {
			t.Errorf("writing: %v", err)
		}
		return own
	}); !errors.Is(err, own) {
		t.Errorf("Update returned %v, want the function's own error", err)
	}
	equal(t, "what was there before", contents(t, s), before)
}

func testPanicRollsBack(t *testing.T, s store.Store) {
	for range 3 { // no connection may be lost on the way
		func() {
			defer func() {
				if got := recover(); got != "boom" {
					t.Errorf("recovered %v, want the panic of the function", got)
				}
			}()
			err := s.Update(t.Context(), func(tx store.Tx) error {
				if err := writeAll(t.Context(), tx); err != nil {
					t.Errorf("writing: %v", err)
				}
				panic("boom")
			})
			t.Errorf("Update returned %v instead of passing the panic on", err)
		}()
		nothing(t, s)
	}
	fill(t, s)
}

// testHiddenFailure: a statement fails and the function says that all is
// well. Nothing of the transaction may be committed, before or after.
func testHiddenFailure(t *testing.T, s store.Store) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Update(t.Context(), func(tx store.Tx) error {
		if err := fillTx(t.Context(), tx); err != nil {
			return err
		}
		if err := tx.PutSetting(canceled, "instance", nil); !assay.Is(err, assay.Canceled) {
			t.Errorf("writing under a canceled context: %v, want canceled", err)
		}
		_ = tx.AppendEvent(t.Context(), assay.Event{Kind: assay.EventStored})
		return nil
	})
	if !assay.Is(err, assay.Canceled) {
		t.Errorf("Update returned %v, want the failure that the function hid", err)
	}
	nothing(t, s)
}

func fillTx(ctx context.Context, tx store.Tx) error {
	return errors.Join(
		tx.PutSetting(ctx, "instance", []byte("x")),
		tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Time: noon}))
}

func testViewCannotWrite(t *testing.T, s store.Store) {
	fill(t, s)
	before := contents(t, s)
	for _, group := range [][]struct {
		name string
		do   func(context.Context, store.Tx) error
	}{writes, deletes} {
		for _, w := range group {
			err := s.View(t.Context(), func(tx store.Tx) error { return w.do(t.Context(), tx) })
			if err == nil {
				t.Errorf("%s in a view was not refused", w.name)
			}
		}
	}
	equal(t, "contents", contents(t, s), before)
}

func testViewSnapshot(t *testing.T, s store.Store) {
	fill(t, s)
	before := contents(t, s)
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		first, err := tx.Setting(ctx, "instance")
		if err != nil {
			return err
		}
		// Committed while the view is open, by a writer that does not wait
		// for it.
		update(t, s, func(ctx context.Context, tx store.Tx) error { return writeAll(ctx, tx) })
		again, err1 := tx.Setting(ctx, "instance")
		origins, err2 := tx.Origins(ctx)
		versions, err3 := tx.Versions(ctx, "npm", "left")
		list, err4 := tx.Events(ctx, 0, 100)
		logged, err5 := tx.LogEntries(ctx, 0, 100)
		waits, err6 := tx.Unsequenced(ctx, 100)
		equal(t, "log entries", any(logged), before["log entries"])
		equal(t, "waiting events", any(waits), before["waiting events"])
		equal(t, "setting", again, first)
		equal(t, "origins", any(origins), before["origins"])
		equal(t, "versions", any(versions), before["versions"])
		equal(t, "events", any(list), before["events"])
		return errors.Join(err1, err2, err3, err4, err5, err6)
	})
	equal(t, "events after the view", len(events(t, s, 0, 100)), 3)
	equal(t, "log entries after the view", logSize(t, s), 2)
}

func testOwnWrites(t *testing.T, s store.Store) {
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		if err := writeAll(ctx, tx); err != nil {
			return err
		}
		setting, err1 := tx.Setting(ctx, "instance")
		list, err2 := tx.Events(ctx, 0, 10)
		_, err3 := tx.Version(ctx, "npm", "left", "2.0.0")
		equal(t, "setting", string(setting), "new")
		equal(t, "events", len(list), 1)
		index, err4 := tx.EventIndex(ctx, list[0].ID)
		hashes, err5 := tx.LogHashes(ctx, []int64{0})
		equal(t, "index of the event", index, 0)
		equal(t, "hash of its entry", hashes, [][32]byte{logHash(0)})
		return errors.Join(err1, err2, err3, err4, err5)
	})
}

func testUpdatesSerialise(t *testing.T, s store.Store) {
	const writers, rounds = 8, 12
	var done sync.WaitGroup
	for range writers {
		done.Go(func() {
			for range rounds {
				err := s.Update(t.Context(), func(tx store.Tx) error {
					n, err := counter(t.Context(), tx)
					if err != nil {
						return err
					}
					n++
					return errors.Join(
						tx.PutSetting(t.Context(), "counter", []byte(strconv.Itoa(n))),
						tx.AppendEvent(t.Context(), assay.Event{Kind: assay.EventStored, Body: []byte(strconv.Itoa(n))}))
				})
				if err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	// Readers meanwhile see rows and events agree.
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := s.View(t.Context(), func(tx store.Tx) error { return agree(t.Context(), tx) }); err != nil {
					t.Errorf("View: %v", err)
					return
				}
			}
		})
	}
	done.Wait()
	close(stop)
	readers.Wait()
	n := read(t, s, counter)
	equal(t, "counter", n, writers*rounds)
	for i, e := range events(t, s, 0, writers*rounds+1) {
		if string(e.Body) != strconv.Itoa(i+1) {
			t.Fatalf("event %d says %s: an update was lost or ran twice", i+1, e.Body)
		}
	}
}

func counter(ctx context.Context, tx store.Tx) (int, error) {
	value, err := tx.Setting(ctx, "counter")
	if assay.Is(err, assay.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(value))
}

// agree checks that the counter and the events were committed together.
func agree(ctx context.Context, tx store.Tx) error {
	n, err := counter(ctx, tx)
	if err != nil {
		return err
	}
	list, err := tx.Events(ctx, 0, 1000)
	if err == nil && len(list) != n {
		err = fmt.Errorf("the counter says %d and there are %d events", n, len(list))
	}
	return err
}

func testCanceled(t *testing.T, s store.Store) {
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelLate()
	for what, ctx := range map[string]context.Context{"canceled before": dead, "deadline passed": late} {
		ran := false
		note := func(store.Tx) error { ran = true; return nil }
		if err := s.View(ctx, note); !assay.Is(err, assay.Canceled) {
			t.Errorf("View, %s: %v, want canceled", what, err)
		}
		if err := s.Update(ctx, note); !assay.Is(err, assay.Canceled) {
			t.Errorf("Update, %s: %v, want canceled", what, err)
		}
		if ran {
			t.Errorf("%s: the function ran", what)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx store.Tx) error {
		defer cancel() // after the last statement, before the commit
		return fillTx(ctx, tx)
	})
	if !assay.Is(err, assay.Canceled) {
		t.Errorf("Update, canceled before its commit: %v, want canceled", err)
	}
	nothing(t, s)

	err = s.Update(t.Context(), func(tx store.Tx) error { return fmt.Errorf("fetching: %w", context.Canceled) })
	if !assay.Is(err, assay.Canceled) {
		t.Errorf("Update, the function gave up: %v, want canceled", err)
	}

	// A writer that waits for its turn can give up.
	inside, finish := make(chan struct{}), make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() {
		if err := s.Update(t.Context(), func(tx store.Tx) error {
			close(inside)
			<-finish
			return fillTx(t.Context(), tx)
		}); err != nil {
			t.Errorf("the update that others wait for: %v", err)
		}
	})
	<-inside
	waiting, cancelWaiting := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancelWaiting()
	if err := s.Update(waiting, func(store.Tx) error { return nil }); !assay.Is(err, assay.Canceled) {
		t.Errorf("Update, canceled while it waits: %v, want canceled", err)
	}
	close(finish)
	first.Wait()
	equal(t, "events of the update that was not canceled", len(events(t, s, 0, 10)), 1)
}

func testUseAfterEnd(t *testing.T, s store.Store) {
	fill(t, s)
	before := contents(t, s)
	var kept store.Tx
	update(t, s, func(_ context.Context, tx store.Tx) error { kept = tx; return nil })
	if err := kept.PutSetting(t.Context(), "instance", []byte("late")); err == nil {
		t.Error("a write after the end of an update was not refused")
	}
	if _, err := kept.Setting(t.Context(), "instance"); err == nil {
		t.Error("a read after the end of an update was not refused")
	}
	view(t, s, func(_ context.Context, tx store.Tx) error { kept = tx; return nil })
	if _, err := kept.Versions(t.Context(), "npm", "left"); err == nil {
		t.Error("a read after the end of a view was not refused")
	}
	equal(t, "contents", contents(t, s), before)
}

func testClosed(t *testing.T, s store.Store) {
	fill(t, s)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	ran := false
	note := func(store.Tx) error { ran = true; return nil }
	if err := s.View(t.Context(), note); err == nil || ran {
		t.Errorf("View of a closed store: %v, ran %v; want an error", err, ran)
	}
	if err := s.Update(t.Context(), note); err == nil || ran {
		t.Errorf("Update of a closed store: %v, ran %v; want an error", err, ran)
	}
}
