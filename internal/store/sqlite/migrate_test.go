package sqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// firstSchema makes a database as the first Assay left it.
func firstSchema(t *testing.T, path string) *sql.DB {
	t.Helper()
	old := plain(t, path)
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, old, files,
		goose.WithTableName("migration"), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		t.Fatal(err)
	}
	return old
}

// TestUpgradeFromTheFirstSchema brings a database with a history up to date:
// its events keep their ids, bodies and salts, are found by their subjects,
// and ids go on where they were.
func TestUpgradeFromTheFirstSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db")
	ctx := t.Context()
	old := firstSchema(t, path)
	subjects := []assay.Coordinate{
		{},
		{Ecosystem: assay.NPM, Name: "@acme/a", Version: "1.0.0", File: "a-1.0.0.tgz"},
		{Ecosystem: assay.Golang, Name: "github.com/BurntSushi/toml"},
		{Ecosystem: assay.NPM, Name: `q"uo\te & ü` + "\U0001F4E6", Version: "1.0.0+b"},
		{Ecosystem: assay.NPM, Name: "@acme/a", Version: "1.0.0"},
	}
	salt := func(id int) []byte { return fmt.Appendf(nil, "%032d", id) }
	var bodies []string
	const gap = 10 // ids need not begin at 1, and the next is after the last
	for i, c := range subjects {
		body, err := encodeRecord(assay.Event{Kind: assay.EventStored, By: "operator", Subject: c, Body: json.RawMessage(`{"n":1}`)})
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(body))
		if _, err := old.ExecContext(ctx, "INSERT INTO event (id, time, kind, ecosystem, salt, body) VALUES (?, ?, 'stored', ?, ?, ?)",
			gap+i, 1000+i, string(c.Ecosystem), salt(gap+i), body); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := old.ExecContext(ctx, `
		INSERT INTO file (registry, name, version, file, origin, blob, size, digests, verified, first_seen, last_used, stored)
		VALUES ('npm', 'left', '1.0.0', 'f', 'https://registry.example/', 'sha256:x', 5, '[]', '', 0, 0, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}

	s := openAt(t, path)
	if err := s.Update(ctx, func(tx store.Tx) error {
		if err := tx.AppendEvent(ctx, assay.Event{Kind: assay.EventClaimed, Subject: subjects[1].Package()}); err != nil {
			return err
		}
		_, err := grow(ctx, tx, 100)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.View(ctx, func(tx store.Tx) error {
		entries, err := tx.LogEntries(ctx, 0, 100)
		if err != nil {
			return err
		}
		if len(entries) != len(subjects)+1 {
			t.Fatalf("the log has %d entries, want one for each of %d events", len(entries), len(subjects)+1)
		}
		for i, c := range subjects {
			e := entries[i]
			if e.EventID != int64(gap+i) || e.Time.UnixMicro() != int64(1000+i) || string(e.Salt) != string(salt(gap+i)) || string(e.Body) != bodies[i] || e.Ecosystem != c.Ecosystem || e.Kind != assay.EventStored {
				t.Errorf("event %d is now %+v", gap+i, e)
			}
		}
		if last := entries[len(subjects)].EventID; last != int64(gap+len(subjects)) {
			t.Errorf("the first new event has the id %d, want %d", last, gap+len(subjects))
		}
		events, err := tx.Events(ctx, 0, 100)
		if err != nil {
			return err
		}
		for i, c := range subjects {
			if events[i].Subject != c || events[i].By != "operator" || string(events[i].Body) != `{"n":1}` {
				t.Errorf("event %d is read as %+v", gap+i, events[i])
			}
		}
		for purl, want := range map[string][]int{
			subjects[1].Package().String(): {1, 4, 5},
			subjects[4].String():           {1, 4},
			subjects[1].String():           {1},
			subjects[2].String():           {2},
			subjects[3].String():           {3},
		} {
			about, err := tx.LogAbout(ctx, purl, 100)
			if err != nil {
				return err
			}
			var found []int
			for _, e := range about {
				found = append(found, int(e.Index))
			}
			if fmt.Sprint(found) != fmt.Sprint(want) {
				t.Errorf("about %s the log has %v, want %v", purl, found, want)
			}
		}
		least, err := tx.LeastUsed(ctx, 10)
		if err != nil || len(least) != 1 {
			t.Errorf("the cached files are %v, %v; want the one of before", least, err)
		}
		return checkLog(ctx, tx)
	}); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "new.db")
	openAt(t, other)
	got, want := schemaOf(t, plain(t, path)), schemaOf(t, plain(t, other))
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("an upgraded database has the schema\n%v\nand a new one\n%v", got, want)
	}
}

// TestUpgradeThatFails: half an upgrade would be worse than none. The old
// database stays as it was, and can be upgraded once the cause is gone.
func TestUpgradeThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db")
	old := firstSchema(t, path)
	// log_hash is the last thing that the upgrade makes.
	if _, err := old.Exec(`
		INSERT INTO event (time, kind, ecosystem, salt, body) VALUES (1, 'stored', '', zeroblob(32), CAST('{}' AS BLOB));
		CREATE TABLE log_hash (in_the_way INTEGER)`); err != nil {
		t.Fatal(err)
	}
	before := schemaOf(t, old)
	if err := tryOpen(t, path); err == nil {
		t.Fatal("the upgrade did not fail")
	}
	if after := schemaOf(t, old); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("an upgrade that failed left the schema\n%v\nwant\n%v", after, before)
	}
	if _, err := old.Exec("DROP TABLE log_hash"); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	if err := s.View(t.Context(), func(tx store.Tx) error {
		waiting, err := tx.Unsequenced(t.Context(), 10)
		if err != nil || len(waiting) != 1 {
			t.Errorf("after the upgrade there wait %v, %v; want the event of before", waiting, err)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
