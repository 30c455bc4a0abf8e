package sqlite

import (
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
