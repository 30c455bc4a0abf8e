package sqlite

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// large makes a database of 1,000 packages with 100 versions and files each.
func large(b *testing.B, path string) {
	b.Helper()
	s := openAt(b, path)
	ctx := b.Context()
	now := time.Now()
	for p := range 1000 {
		if err := s.Update(ctx, func(tx store.Tx) error {
			name := fmt.Sprintf("package-%04d", p)
			versions := make([]store.Version, 100)
			for i := range versions {
				versions[i] = store.Version{Version: fmt.Sprintf("1.%d.0", i), Published: now, PublishedSource: "packument time",
					Digest: assay.Digest(fmt.Sprintf("sha256:%064x", p*1000+i))}
				f := store.File{Registry: "npm", Name: name, Version: versions[i].Version, File: fmt.Sprintf("%s-1.%d.0.tgz", name, i),
					Blob: versions[i].Digest, Size: 1000, Digests: []assay.Digest{versions[i].Digest}, FirstSeen: now, LastUsed: now, Stored: true}
				if err := tx.PutFile(ctx, f); err != nil {
					return err
				}
			}
			return tx.PutVersions(ctx, "npm", name, versions)
		}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLarge measures a database of 100,000 versions and files.
func BenchmarkLarge(b *testing.B) {
	path := filepath.Join(b.TempDir(), "assay.db")
	large(b, path)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s, err := Open(b.Context(), path, slog.New(slog.DiscardHandler))
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	s := openAt(b, path)
	ctx := b.Context()
	view := func(b *testing.B, fn func(store.Tx) error) {
		for b.Loop() {
			if err := s.View(ctx, fn); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("version", func(b *testing.B) {
		view(b, func(tx store.Tx) error { _, err := tx.Version(ctx, "npm", "package-0500", "1.50.0"); return err })
	})
	b.Run("versions of a package", func(b *testing.B) {
		view(b, func(tx store.Tx) error { _, err := tx.Versions(ctx, "npm", "package-0500"); return err })
	})
	b.Run("stored files", func(b *testing.B) {
		view(b, func(tx store.Tx) error { _, _, err := tx.StoredFiles(ctx); return err })
	})
	b.Run("least used", func(b *testing.B) {
		view(b, func(tx store.Tx) error { _, err := tx.LeastUsed(ctx, 100); return err })
	})
	b.Run("blob in use", func(b *testing.B) {
		view(b, func(tx store.Tx) error {
			_, err := tx.BlobInUse(ctx, assay.Digest(fmt.Sprintf("sha256:%064x", 500050)))
			return err
		})
	})
}

// BenchmarkUpdate measures durable transactions.
func BenchmarkUpdate(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "assay.db"))
	ctx := b.Context()
	versions := make([]store.Version, 1500)
	for i := range versions {
		versions[i] = store.Version{Version: fmt.Sprintf("1.0.%d", i), Published: time.Now(), PublishedSource: "packument time",
			Digest: assay.Digest(fmt.Sprintf("sha256:%064x", i))}
	}
	b.Run("1500 versions", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			name := fmt.Sprint(i)
			if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutVersions(ctx, "npm", name, versions) }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one event", func(b *testing.B) {
		for b.Loop() {
			if err := s.Update(ctx, func(tx store.Tx) error {
				return tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Body: []byte(`{"size":5}`)})
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// logged makes a database with a log of 100,000 entries: 1,000 packages with
// 100 events each.
func logged(b *testing.B) *Store {
	b.Helper()
	const events, batch = 100_000, 256
	s := openAt(b, filepath.Join(b.TempDir(), "assay.db"))
	appendEvents(b, s, events)
	ctx := b.Context()
	for size := int64(0); size < events; {
		if err := s.Update(ctx, func(tx store.Tx) (err error) {
			size, err = grow(ctx, tx, batch)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// BenchmarkLog measures a log of 100,000 entries.
func BenchmarkLog(b *testing.B) {
	s := logged(b)
	ctx := b.Context()
	const batch = 256
	b.Run("append 256", func(b *testing.B) {
		// The same batch each time, undone each time, so that the log does not
		// grow: all of an append but the fsync of its commit.
		appendEvents(b, s, batch)
		var entries []store.LogRecord
		var size int64
		if err := s.View(ctx, func(tx store.Tx) (err error) {
			if size, err = tx.LogSize(ctx); err == nil {
				entries, err = tx.Unsequenced(ctx, batch)
			}
			return err
		}); err != nil || len(entries) != batch {
			b.Fatal(err, len(entries))
		}
		for i := range entries {
			entries[i].Index, entries[i].Leaf = size+int64(i), leaf(entries[i])
		}
		var hashes []store.LogHash
		for i := hashCount(size); i < hashCount(size+batch); i++ {
			hashes = append(hashes, store.LogHash{Index: i})
		}
		undo := errors.New("undone")
		for b.Loop() {
			if err := s.Update(ctx, func(tx store.Tx) error {
				if err := tx.AppendLog(ctx, entries, hashes); err != nil {
					return err
				}
				return undo
			}); !errors.Is(err, undo) {
				b.Fatal(err)
			}
		}
	})
	b.Run("one event into the log, durable", func(b *testing.B) {
		for b.Loop() {
			if err := s.Update(ctx, func(tx store.Tx) error {
				return tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Body: []byte(`{"size":5}`)})
			}); err != nil {
				b.Fatal(err)
			}
			if err := s.Update(ctx, func(tx store.Tx) error { _, err := grow(ctx, tx, batch); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
	indexes := make([]int64, batch)
	for i := range indexes {
		indexes[i] = int64(i * 700)
	}
	for _, c := range []struct {
		name string
		do   func(store.Tx) error
	}{
		{"unsequenced, none", func(tx store.Tx) error { _, err := tx.Unsequenced(ctx, batch); return err }},
		{"256 entries", func(tx store.Tx) error { _, err := tx.LogEntries(ctx, 50_000, batch); return err }},
		{"all entries, by 1024", func(tx store.Tx) error {
			for from := int64(0); ; {
				entries, err := tx.LogEntries(ctx, from, 1024)
				if err != nil || len(entries) == 0 {
					return err
				}
				from += int64(len(entries))
			}
		}},
		{"256 hashes", func(tx store.Tx) error { _, err := tx.LogHashes(ctx, indexes); return err }},
		{"about a package of 100 events", func(tx store.Tx) error { _, err := tx.LogAbout(ctx, "pkg:npm/package-0500", 1000); return err }},
		{"about a version", func(tx store.Tx) error { _, err := tx.LogAbout(ctx, "pkg:npm/package-0500@1.50.0", 10); return err }},
		{"index of an event", func(tx store.Tx) error { _, err := tx.EventIndex(ctx, 50_000); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := s.View(ctx, c.do); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSearch looks through 1,000 hosted packages of 100 releases each.
func BenchmarkSearch(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "assay.db"))
	ctx := b.Context()
	if err := s.Update(ctx, func(tx store.Tx) error {
		for i := range 100_000 {
			r := store.Release{Registry: "npm", Name: fmt.Sprintf("@acme/package-%04d", i/100), Version: fmt.Sprintf("1.%d.0", i%100),
				Published: time.UnixMicro(int64(i)), Manifest: make([]byte, 2000), Description: "does one thing well"}
			if err := tx.PutRelease(ctx, r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{"all": "", "one": "package-0999", "none": "absent"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := s.View(ctx, func(tx store.Tx) error { _, err := tx.SearchReleases(ctx, "npm", text, 1000); return err }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
