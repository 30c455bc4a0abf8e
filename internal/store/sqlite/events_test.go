package sqlite

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// TestEventsCanBeCommittedTo looks at what the transparency log will hash.
func TestEventsCanBeCommittedTo(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	ctx := t.Context()
	e := assay.Event{Kind: assay.EventStored, By: "operator", Body: []byte(`{"z":1, "a":"<"}`),
		Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: "@scope/secret", Version: "1.0.0", File: "f.tgz"}}
	for range 2 {
		if err := s.Update(ctx, func(tx store.Tx) error { return tx.AppendEvent(ctx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := s.readers.db.QueryContext(ctx, "SELECT ecosystem, salt, body FROM event ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var salts [][]byte
	for rows.Next() {
		var ecosystem string
		var salt, body []byte
		if err := rows.Scan(&ecosystem, &salt, &body); err != nil {
			t.Fatal(err)
		}
		const want = `{"by":"operator","details":{"a":"<","z":1},"subject":{"file":"f.tgz","name":"@scope/secret","version":"1.0.0"}}`
		if ecosystem != "npm" || string(body) != want {
			t.Errorf("stored %s %s, want npm %s", ecosystem, body, want)
		}
		salts = append(salts, salt)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(salts) != 2 || len(salts[0]) != 32 || bytes.Equal(salts[0], salts[1]) {
		t.Errorf("the salts are %x, want two of 32 bytes that differ", salts)
	}
}

func TestFetchesAreAddedUp(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	ctx := t.Context()
	for range 2 {
		if err := s.Update(ctx, func(tx store.Tx) error {
			return tx.AddFetches(ctx, []store.Fetch{
				{Day: "2026-11-21", Coordinate: "a", Count: 5},
				{Day: "2026-11-22", Coordinate: "a", Count: 1}, {Day: "2026-11-22", Coordinate: "a", Count: 2},
				{Day: "2026-11-22", Coordinate: "a", Principal: "ci", Count: 10}, {Day: "2026-11-22", Coordinate: "b", Count: 100},
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Update(ctx, func(tx store.Tx) error { return tx.PruneUsage(ctx, "2026-11-22") }); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := s.readers.db.QueryRowContext(ctx, `
		SELECT group_concat(coordinate || principal || ' ' || count, ', ' ORDER BY coordinate, principal) FROM fetch`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if want := "a 6, aci 20, b 200"; got != want {
		t.Errorf("the counts are %q, want %q", got, want)
	}
}

// FuzzEventRecord: what is accepted comes back, in a form that is stable.
func FuzzEventRecord(f *testing.F) {
	f.Add("operator", "@scope/name", "1.0.0", "name-1.0.0.tgz", []byte(`{"size":5}`))
	f.Add("", "", "", "", []byte(nil))
	f.Add("\xff", "a\x00b", "\u2028", "<&>", []byte(`{"a":1,"a":2}`))
	f.Add("\"", "\\", "\ud7ff", "\U0010FFFF", []byte(` [1e400, -0, 1.0, "\ud83d\ude00", "\ud800"] `))
	f.Fuzz(func(t *testing.T, by, name, version, file string, details []byte) {
		in := assay.Event{Kind: assay.EventStored, By: by, Subject: assay.Coordinate{Name: name, Version: version, File: file}, Body: details}
		given := bytes.Clone(details)
		body, err := encodeRecord(in)
		if !bytes.Equal(given, details) {
			t.Fatal("the caller's bytes were changed")
		}
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("refused with %v, want invalid", err)
			}
			return
		}
		if !utf8.Valid(body) || !json.Valid(body) {
			t.Fatalf("%q is not JSON in UTF-8", body)
		}
		var out assay.Event
		if err := decodeRecord(body, &out); err != nil {
			t.Fatal(err)
		}
		if out.By != in.By || out.Subject != in.Subject || (len(in.Body) == 0) != (len(out.Body) == 0) {
			t.Fatalf("%+v came back as %+v", in, out)
		}
		out.Kind = in.Kind
		again, err := encodeRecord(out)
		if err != nil || !bytes.Equal(again, body) {
			t.Fatalf("encoded again: %q, %v; want %q", again, err, body)
		}
	})
}
