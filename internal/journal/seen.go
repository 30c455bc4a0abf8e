package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Seen remembers the last checkpoint that a verification found sound, so that
// the next one can tell whether the log only grew. It is worth as much as the
// place it is kept in: one that the log's keeper cannot write is best.
type Seen interface {
	// Load returns nil, nil if nothing was ever saved.
	Load(ctx context.Context) ([]byte, error)
	Save(ctx context.Context, checkpoint []byte) error
}

// SeenInStore keeps it in the metadata.
type SeenInStore struct{ Store store.Store }

// Load implements Seen.
func (s SeenInStore) Load(ctx context.Context) (checkpoint []byte, err error) {
	err = s.Store.View(ctx, func(tx store.Tx) (err error) {
		checkpoint, err = setting(ctx, tx, settingSeen)
		return err
	})
	return checkpoint, err
}

// Save implements Seen.
func (s SeenInStore) Save(ctx context.Context, checkpoint []byte) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(ctx, settingSeen, checkpoint) })
}

// SeenInFile keeps it in a file, which may lie on another medium than the
// data directory.
type SeenInFile string

// Load implements Seen.
func (f SeenInFile) Load(context.Context) ([]byte, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the checkpoint seen last, %s, cannot be read", string(f))
	}
	return data, nil
}

// Save implements Seen.
func (f SeenInFile) Save(_ context.Context, checkpoint []byte) error {
	fresh := string(f) + ".new"
	err := os.WriteFile(fresh, checkpoint, 0o600)
	if err == nil {
		err = os.Rename(fresh, string(f))
	}
	if err != nil {
		return onDisk(err, "keeping the checkpoint in %s", string(f))
	}
	return nil
}
