package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// signals are where the signals of a scan are read to.
type signals struct{ to *[]assay.Signal }

func (s signals) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("stored signals are a %T", value)
	}
	*s.to = nil
	if text == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(text), s.to)
}

func scanFields(s *store.Scan) []any {
	return []any{&s.Version, &s.File, moment{&s.Scanned}, &s.KnownBad, signals{&s.Signals}}
}

func (t *tx) Scans(ctx context.Context, registry, name string) ([]store.Scan, error) {
	return collect(ctx, t, `SELECT version, file, scanned, known_bad, signals FROM scan WHERE registry = ? AND name = ? ORDER BY version, file`,
		[]any{registry, name}, scanFields)
}

func (t *tx) Scan(ctx context.Context, key store.FileKey) (store.Scan, error) {
	var s store.Scan
	found, err := t.row(ctx, `SELECT version, file, scanned, known_bad, signals FROM scan WHERE registry = ? AND name = ? AND version = ? AND file = ?`,
		[]any{key.Registry, key.Name, key.Version, key.File}, scanFields(&s)...)
	if err != nil {
		return store.Scan{}, err
	}
	if !found {
		return store.Scan{}, assay.Errorf(assay.NotFound, "%q of %q was not scanned", key.File, key.Name)
	}
	return s, nil
}

func (t *tx) PutScan(ctx context.Context, registry, name string, s store.Scan) error {
	found, err := json.Marshal(append([]assay.Signal{}, s.Signals...))
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the signals cannot be written as JSON")
	}
	_, err = t.exec(ctx, `
		INSERT INTO scan (registry, name, version, file, scanned, known_bad, signals) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (registry, name, version, file) DO UPDATE SET
			scanned = excluded.scanned, known_bad = excluded.known_bad, signals = excluded.signals`,
		registry, name, s.Version, s.File, micros(s.Scanned), s.KnownBad, string(found))
	return err
}

func (t *tx) Used(ctx context.Context, registry, name string) (bool, error) {
	var n int64
	_, err := t.row(ctx, `SELECT EXISTS (SELECT 1 FROM file WHERE registry = ? AND name = ? AND origin <> '')`, []any{registry, name}, &n)
	return n == 1, err
}
