package sqlite

import (
	"context"
	"crypto/sha256"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// tokenFields are where the columns of a token are scanned to, in the order
// of both statements below.
func tokenFields(k *store.Token) []any {
	return []any{&k.ID, &k.Hash, &k.Note, listOf[string]{&k.Publish}, listOf[string]{&k.Read}, &k.Admin,
		moment{&k.Created}, moment{&k.Expires}, moment{&k.Revoked}, moment{&k.LastUsed}, &k.By}
}

func (t *tx) Tokens(ctx context.Context) ([]store.Token, error) {
	return collect(ctx, t, `
		SELECT id, hash, note, publish, read, admin, created, expires, revoked, last_used, made_by
		FROM token ORDER BY created, id`, nil, tokenFields)
}

func (t *tx) TokenByHash(ctx context.Context, hash []byte) (store.Token, error) {
	var k store.Token
	found, err := t.row(ctx, `
		SELECT id, hash, note, publish, read, admin, created, expires, revoked, last_used, made_by
		FROM token WHERE hash = ?`, []any{hash}, tokenFields(&k)...)
	if err != nil {
		return store.Token{}, err
	}
	if !found {
		// The hash stays out of the message: it may reach a stranger.
		return store.Token{}, assay.Errorf(assay.NotFound, "there is no such token")
	}
	return k, nil
}

func (t *tx) PutToken(ctx context.Context, k store.Token) error {
	if len(k.Hash) != sha256.Size {
		return assay.Errorf(assay.Invalid, "the token %q has a hash of %d bytes, not of %d", k.ID, len(k.Hash), sha256.Size)
	}
	// Asked first, so that the answer is a Conflict and not a failed statement.
	var other string
	taken, err := t.row(ctx, "SELECT id FROM token WHERE hash = ? AND id <> ?", []any{k.Hash, k.ID}, &other)
	if err != nil {
		return err
	}
	if taken {
		return assay.Errorf(assay.Conflict, "the token %q has the secret of the token %q: make a new one", k.ID, other)
	}
	_, err = t.exec(ctx, `
		INSERT INTO token (id, hash, note, publish, read, admin, created, expires, revoked, last_used, made_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET
			hash = excluded.hash, note = excluded.note, publish = excluded.publish, read = excluded.read,
			admin = excluded.admin, created = excluded.created, expires = excluded.expires,
			revoked = excluded.revoked, last_used = excluded.last_used, made_by = excluded.made_by`,
		k.ID, k.Hash, k.Note, list(k.Publish), list(k.Read), flag(k.Admin),
		micros(k.Created), micros(k.Expires), micros(k.Revoked), micros(k.LastUsed), k.By)
	return err
}
