package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func tryOpen(t *testing.T, path string) error {
	t.Helper()
	s, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err == nil {
		s.Close()
	}
	return err
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		kind assay.Kind
		says string
	}{
		{"a database of a newer Assay", func(t *testing.T, path string) {
			if err := tryOpen(t, path); err != nil {
				t.Fatal(err)
			}
			if _, err := plain(t, path).Exec("INSERT INTO migration (version_id, is_applied) VALUES (9001, 1)"); err != nil {
				t.Fatal(err)
			}
		}, assay.Invalid, "run the newer one"},
		{"a database of another program", func(t *testing.T, path string) {
			if _, err := plain(t, path).Exec("CREATE TABLE song (title TEXT)"); err != nil {
				t.Fatal(err)
			}
		}, assay.Invalid, "another program"},
		{"an empty database that another program has marked", func(t *testing.T, path string) {
			if _, err := plain(t, path).Exec("PRAGMA application_id = 7"); err != nil {
				t.Fatal(err)
			}
		}, assay.Invalid, "another program"},
		{"a file that is no database", func(t *testing.T, path string) {
			if err := os.WriteFile(path, bytes.Repeat([]byte("not a database. "), 1000), 0o600); err != nil {
				t.Fatal(err)
			}
		}, assay.Internal, "restore the newest backup"},
		{"a directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, assay.Internal, "permissions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "assay.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			err := tryOpen(t, path)
			if !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error of kind %q that says %q", err, c.kind, c.says)
			}
			if after, _ := os.ReadFile(path); c.name != "a directory" && schemaLost(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	for name, path := range map[string]string{"no path": "", "a NUL in the path": "a\x00b"} {
		if err := tryOpen(t, path); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if err := tryOpen(t, filepath.Join(t.TempDir(), "none", "assay.db")); err == nil {
		t.Error("a missing directory was not refused")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, filepath.Join(t.TempDir(), "assay.db"), slog.New(slog.DiscardHandler)); !assay.Is(err, assay.Canceled) {
		t.Errorf("a canceled context: %v, want canceled", err)
	}
}

// schemaLost tells whether more than the journal mode in the header, bytes 18
// and 19 and the counters that change with it, was written.
func schemaLost(before, after []byte) bool {
	const header = 100
	if len(before) != len(after) {
		return true
	}
	return len(before) > header && !bytes.Equal(before[header:], after[header:])
}

func TestOpenAccepts(t *testing.T) {
	for _, c := range []struct {
		name, file string
		make       func(t *testing.T, path string)
	}{
		{"nothing there", "assay.db", func(*testing.T, string) {}},
		{"a file that a killed start left empty", "assay.db", func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file that a killed start had only marked", "assay.db", func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := plain(t, path).Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
				t.Fatal(err)
			}
		}},
		{"a path that looks like a URL", "a?mode=memory&b#c%20d e:f.db", func(*testing.T, string) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, c.file)
			c.make(t, path)
			s := openAt(t, path)
			if err := s.Update(t.Context(), func(tx store.Tx) error {
				return tx.PutSetting(t.Context(), "k", []byte("v"))
			}); err != nil {
				t.Fatal(err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if !strings.HasPrefix(e.Name(), c.file) {
					t.Errorf("a stray file %q", e.Name())
				}
				info, err := e.Info()
				if err != nil || info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%q has mode %v, %v: others may read it", e.Name(), info.Mode(), err)
				}
			}
		})
	}
}

func TestConnectionsAreSetUp(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "assay.db"))
	for _, c := range []struct {
		pool         *pool
		pragma, want string
	}{
		{s.writer, "journal_mode", "wal"},
		{s.writer, "synchronous", "2"},
		{s.writer, "foreign_keys", "1"},
		{s.writer, "query_only", "0"},
		{s.writer, "busy_timeout", "5000"},
		{s.readers, "query_only", "1"},
		{s.readers, "journal_mode", "wal"},
		{s.readers, "busy_timeout", "5000"},
	} {
		conn, err := c.pool.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := conn.conn.QueryRowContext(t.Context(), "PRAGMA "+c.pragma).Scan(&got); err != nil || got != c.want {
			t.Errorf("%s is %q, %v; want %q", c.pragma, got, err, c.want)
		}
		c.pool.give(conn)
	}
}
