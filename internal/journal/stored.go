package journal

import (
	"context"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// hashesOf reads the tree's hashes in a transaction.
func hashesOf(ctx context.Context, tx store.Log) merkle.HashReader {
	return merkle.HashReaderFunc(func(indexes []int64) ([]merkle.Hash, error) {
		raw, err := tx.LogHashes(ctx, indexes)
		if err != nil {
			return nil, err
		}
		if len(raw) != len(indexes) {
			return nil, assay.Errorf(assay.Internal, "the metadata store answered %d hashes of the log instead of %d", len(raw), len(indexes))
		}
		out := make([]merkle.Hash, len(raw))
		for i, h := range raw {
			out[i] = h
		}
		return out, nil
	})
}

// setting returns a setting, or nil where there is none.
func setting(ctx context.Context, tx store.Settings, key string) ([]byte, error) {
	value, err := tx.Setting(ctx, key)
	if assay.Is(err, assay.NotFound) {
		return nil, nil
	}
	return value, err
}
