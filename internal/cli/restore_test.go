package cli

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assay.invalid/internal/cli/keep"
)

// Whoever can write a backup can write its list of digests too. What the log
// commits to is found all the same.
func TestABackupThatWasRewrittenIsRefused(t *testing.T) {
	cases := []struct {
		name, statement, says string
	}{
		{"an event's words", `UPDATE event SET body = CAST(replace(CAST(body AS TEXT), 'because', 'pleased') AS BLOB) WHERE kind = 'blocked'`, "entry 1: the event's body or salt is not the one that the log committed to"},
		{"an event's time", `UPDATE event SET time = time - 1000000 WHERE kind = 'blocked'`, "entry 1: "},
		{"an entry taken out", `DELETE FROM log_entry WHERE idx = 1`, "nothing was restored: "},
		{"the newest entries cut off", `DELETE FROM log_entry WHERE idx > 0; DELETE FROM log_hash WHERE idx > 0`, "it was signed over 2 entries, and the database has only 1"},
		{"a file that no event speaks of", `INSERT INTO file (registry, name, version, file, origin, blob, size, digests, verified, first_seen, last_used, stored)
			VALUES ('npm', 'left', '1.0.0', 'left.tgz', '', 'sha256:` + strings.Repeat("0", 64) + `', 3, '[]', '', 0, 0, 1)`, "pkg:npm/left@1.0.0"},
		{"another key", `UPDATE setting SET value = CAST('x+00000000+AAAA' AS BLOB) WHERE key = 'log-key'`, "verifier key cannot be read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			data, saved, fresh := filepath.Join(root, "data"), filepath.Join(root, "saved"), filepath.Join(root, "fresh")
			for _, args := range [][]string{{"block", "pkg:npm/left", "--reason", "because"}, {"backup", saved}} {
				if code, _, errs := call(t, nil, append(args, "--data", data)...); code != exitOK {
					t.Fatalf("%q: %s", args, errs)
				}
			}
			rewrite(t, saved, c.statement)
			code, out, errs := call(t, nil, "restore", saved, "--data", fresh)
			if code != exitFailed || out != "" || !strings.Contains(errs, "the backup does not hold to its log, and nothing was restored: ") || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d, %q, %q", code, out, errs)
			}
			if left, err := os.ReadDir(root); err != nil || len(left) != 2 {
				t.Errorf("%v is left (%v)", left, err)
			}
		})
	}
}

// rewrite changes a backup's database, and its list to match.
func rewrite(t *testing.T, backup, statement string) {
	t.Helper()
	name := filepath.Join(backup, "metadata.sqlite")
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(backup, "backup.json")
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	m, err := keep.ParseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.Files {
		if f.Path != "metadata.sqlite" {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		text = []byte(strings.Replace(string(text), f.SHA256, hex.EncodeToString(sum[:]), 1))
		if f.Size != int64(len(content)) {
			t.Fatalf("the database has %d bytes now, not %d", len(content), f.Size)
		}
	}
	if err := os.WriteFile(list, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
