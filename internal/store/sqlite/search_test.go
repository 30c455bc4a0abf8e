package sqlite

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"assay.invalid/internal/store"
)

// TestUpgradeFillsTheSearch brings a database of the second schema up to date:
// what was known before is found.
func TestUpgradeFillsTheSearch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "assay.db")
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
	if _, err := provider.UpTo(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Exec(fmt.Sprintf(`
		PRAGMA application_id = %d;
		INSERT INTO package (registry, name, origin, owned, listed) VALUES
			('npm', 'Left-Pad', 'https://registry.example/', 0, 0), ('npm', '@acme/shadowed', 'https://registry.example/', 0, 0);
		INSERT INTO release (registry, name, version, published, made_by, file, description, found_by, removed, erased, manifest) VALUES
			('npm', '@acme/kettle', '1', 1, '', '', 'Old words', '@acme/kettle' || char(10) || 'old words', 0, 0, x''),
			('npm', '@acme/kettle', '2', 2, '', '', 'Été', '@acme/kettle' || char(10) || 'été', 0, 0, x''),
			('npm', '@acme/kettle', '3', 3, '', '', 'Removed', '@acme/kettle' || char(10) || 'removed', 9, 0, x''),
			('npm', '@acme/gone', '1', 1, '', '', 'Gone', '@acme/gone' || char(10) || 'gone', 9, 0, x''),
			('npm', '@acme/shadowed', '1', 1, '', '', 'Ours', '@acme/shadowed' || char(10) || 'ours', 0, 0, x'')`, applicationID)); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	for text, want := range map[string]string{
		"left-pad": "Left-Pad false ", "kettle": "@acme/kettle true Été", "ÉTÉ": "@acme/kettle true Été", "shadowed": "@acme/shadowed true Ours",
		"old": "", "removed": "", "gone": "",
	} {
		if err := s.View(t.Context(), func(tx store.Tx) error {
			found, err := tx.SearchPackages(t.Context(), store.PackageQuery{Text: text, Limit: 10})
			got := ""
			for _, f := range found {
				got += fmt.Sprint(f.Name, " ", f.Hosted, " ", f.Description)
			}
			if got != want {
				t.Errorf("%q finds %q, want %q", text, got, want)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}

func TestSuccessorIsAboveAllThatBeginsSo(t *testing.T) {
	for _, text := range []string{"", "a", "left", "é", "\U0010ffff", "\xff", "a\xff\xff"} {
		above := successor(text)
		for _, longer := range []string{text, text + "\x00", text + "z", text + "\U0010ffff"} {
			if longer >= above {
				t.Errorf("%q is not below %q, the successor of %q", longer, above, text)
			}
		}
	}
	if successor("left") != "lefu" {
		t.Errorf("the successor of left is %q", successor("left"))
	}
}
