package journal

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// copy makes a world like this one in a directory of its own.
func (w *world) copy(t *testing.T) *world {
	t.Helper()
	w.exec("PRAGMA wal_checkpoint(TRUNCATE)") // everything lies in the one file then
	dir := t.TempDir()
	for _, name := range []string{"assay.db", "log.key"} {
		data, err := os.ReadFile(filepath.Join(w.dir, name))
		w.must(err)
		w.must(os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	w.must(os.CopyFS(filepath.Join(dir, "log"), os.DirFS(filepath.Join(w.dir, "log"))))
	other := openWorld(t, dir)
	other.events = w.events
	return other
}

// exec changes the database behind the store's back, as somebody with the
// file could.
func (w *world) exec(statements string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "assay.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) take(name string) []byte {
	w.t.Helper()
	data, err := os.ReadFile(w.path(name))
	w.must(err)
	return data
}

func (w *world) put(name string, data []byte) {
	w.t.Helper()
	w.must(os.WriteFile(w.path(name), data, 0o600))
}
