package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
)

func (t *tx) Setting(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	found, err := t.row(ctx, "SELECT value FROM setting WHERE key = ?", []any{key}, &value)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, assay.Errorf(assay.NotFound, "there is no setting %q", key)
	}
	if value == nil {
		value = []byte{} // the driver's form of an empty value
	}
	return value, nil
}

func (t *tx) PutSetting(ctx context.Context, key string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	_, err := t.exec(ctx, `
		INSERT INTO setting (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}
