package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func testHeld(t *testing.T, s store.Store) {
	one := store.Held{ID: "h-1", Registry: "npm", Name: "lodahs", Version: "1.0.0", By: "t-1", At: noon,
		Finding: assay.NameFinding{Class: "transposition", Target: "lodash", Score: 0.875}, Manifest: []byte(`{"name":"lodahs"}`), Tags: []string{"latest"},
		Files: []store.HeldFile{{Name: "lodahs-1.0.0.tgz", ContentType: "application/octet-stream", Blob: digestA, Size: 7, Digests: []assay.Digest{digestA}}}, State: store.HeldWaiting}
	two := store.Held{ID: "h-2", Registry: "npm", Name: "lodahs", Version: "1.0.1", By: "t-1", At: noon.Add(time.Hour), Adds: true, Manifest: []byte("{}"), Files: []store.HeldFile{{Name: "x", Blob: digestB, Digests: []assay.Digest{digestB}}}, State: store.HeldAppealed, Appeal: "it is mine"}
	all := func(open bool, limit int) []string {
		rows := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Held, error) { return tx.AllHeld(ctx, open, limit) })
		ids := []string{}
		for _, h := range rows {
			ids = append(ids, h.ID)
		}
		return ids
	}
	inUse := func(d assay.Digest) bool {
		return read(t, s, func(ctx context.Context, tx store.Tx) (bool, error) { return tx.BlobInUse(ctx, d) })
	}
	equal(t, "held in an empty store", all(false, 10), []string{})
	wantKind(t, s, assay.NotFound, "what is not held", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Held(ctx, "h-1")
		return err
	})
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutHeld(ctx, one), tx.PutHeld(ctx, two))
	})
	equal(t, "one that is held", read(t, s, func(ctx context.Context, tx store.Tx) (store.Held, error) { return tx.Held(ctx, "h-1") }), one)
	equal(t, "another", read(t, s, func(ctx context.Context, tx store.Tx) (store.Held, error) { return tx.Held(ctx, "h-2") }), two)
	equal(t, "held, the newest first", all(true, 10), []string{"h-2", "h-1"})
	equal(t, "held, at most one", all(true, 1), []string{"h-2"})
	equal(t, "held of a version", read(t, s, func(ctx context.Context, tx store.Tx) (int, error) {
		rows, err := tx.HeldOf(ctx, "npm", "lodahs", "1.0.0")
		return len(rows), err
	}), 1)
	equal(t, "its bytes are in use", inUse(digestA), true)

	one.State, one.Answer, one.AnsweredBy, one.Answered = store.HeldRefused, "no", "operator", noon.Add(2*time.Hour)
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutHeld(ctx, one) })
	equal(t, "one that was refused", read(t, s, func(ctx context.Context, tx store.Tx) (store.Held, error) { return tx.Held(ctx, "h-1") }), one)
	equal(t, "open", all(true, 10), []string{"h-2"})
	equal(t, "all", all(false, 10), []string{"h-2", "h-1"})
	equal(t, "the bytes of what was refused are in use", inUse(digestA), false)
	equal(t, "those of the other are", inUse(digestB), true)
}

func testReports(t *testing.T, s store.Store) {
	one := store.Report{ID: "r-1", Coordinate: "pkg:npm/left@1.0.0", Reason: "it steals", By: "t-1", At: noon}
	two := store.Report{ID: "r-2", Coordinate: "pkg:npm/left@1.0.1", Reason: "it steals too", By: "t-1", At: noon.Add(time.Hour)}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutReport(ctx, one), tx.PutReport(ctx, two))
	})
	reports := func(open bool) []store.Report {
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Report, error) { return tx.Reports(ctx, open, 10) })
	}
	equal(t, "reports, the newest first", reports(false), []store.Report{two, one})
	equal(t, "reports by one since", read(t, s, func(ctx context.Context, tx store.Tx) (int64, error) {
		return tx.ReportsBy(ctx, "t-1", noon.Add(time.Minute))
	}), int64(1))
	two.Closed, two.Answer, two.AnsweredBy = noon.Add(2*time.Hour), "removed", "operator"
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutReport(ctx, two) })
	equal(t, "open reports", reports(true), []store.Report{one})
	equal(t, "one report", read(t, s, func(ctx context.Context, tx store.Tx) (store.Report, error) { return tx.Report(ctx, "r-2") }), two)
	wantKind(t, s, assay.NotFound, "no such report", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Report(ctx, "r-3")
		return err
	})
}

func testOwnAdvisories(t *testing.T, s store.Store) {
	one := store.OwnAdvisory{ID: "ASSAY-MAL-2026-1", Coordinate: "pkg:npm/left@1.0.0", Record: []byte(`{"id":"ASSAY-MAL-2026-1"}`), Modified: noon}
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutOwnAdvisory(ctx, one) })
	one.Record, one.Modified = []byte(`{"id":"ASSAY-MAL-2026-1","withdrawn":"x"}`), noon.Add(time.Hour)
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutOwnAdvisory(ctx, one) })
	equal(t, "own advisories", read(t, s, func(ctx context.Context, tx store.Tx) ([]store.OwnAdvisory, error) { return tx.OwnAdvisories(ctx) }), []store.OwnAdvisory{one})
}
