package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"assay.invalid/internal/assay"
)

//go:embed migration/*.sql
var migrations embed.FS

// applicationID marks the file as Assay's in the SQLite header ("ASSY"), so
// that a path given by mistake does not get our tables into another program's
// database.
const applicationID = 0x41535359

// prepare checks that the database may be used and brings its schema up to
// date. What it refuses it leaves unchanged.
func prepare(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	var objects, id int64
	var mode string
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	switch {
	case id == applicationID:
	case id == 0 && objects == 0:
		// Before anything else is written: a crash after this leaves a file
		// that the next start knows as ours.
		if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	default:
		return assay.Errorf(assay.Invalid, "the metadata database belongs to another program: give Assay a data directory of its own")
	}
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return assay.Errorf(assay.Invalid, "the data directory is on a file system without shared memory (a network share?): put it on a local disk")
	}
	return migrate(ctx, db, log)
}

func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName("migration"),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return assay.Errorf(assay.Invalid, "a newer Assay has used this data directory (its metadata has schema %d, this one knows schemas up to %d): run the newer one, or restore a backup from before the upgrade", current, target)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return err
	}
	for _, m := range done {
		log.InfoContext(ctx, "metadata schema brought up to date", "schema", m.Source.Version, "duration", m.Duration)
	}
	return nil
}
