package sqlite

import (
	"log/slog"
	"path/filepath"
	"testing"

	"assay.invalid/internal/store"
	"assay.invalid/internal/store/storetest"
)

// openAt opens a store that the test closes at its end.
func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		return openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	})
}

func TestSuiteReopened(t *testing.T) {
	storetest.RunReopen(t, func(t *testing.T) (store.Store, func() store.Store) {
		path := filepath.Join(t.TempDir(), "assay.db")
		return openAt(t, path), func() store.Store { return openAt(t, path) }
	})
}
