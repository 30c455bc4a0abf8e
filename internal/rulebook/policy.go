package rulebook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// ApplyPolicy checks the text of a policy file and puts it in force. A text
// with mistakes is Invalid, and each is a line of the message. Applying again
// what has been applied changes nothing and returns what stands.
func (b *Book) ApplyPolicy(ctx context.Context, by assay.Principal, text string) (store.Policy, error) {
	return b.apply(ctx, by, func(s *state) (string, bool, error) {
		return text, s.policy.ID == 0 || s.policy.Text != text, nil
	})
}

// SetMode switches one rule between enforce and observe in the policy in
// force, whose text keeps its comments and order. Where no policy has been
// applied yet, the default one is, with that change. A mode that is in force
// already changes nothing.
func (b *Book) SetMode(ctx context.Context, by assay.Principal, rule string, mode assay.Mode) (store.Policy, error) {
	return b.apply(ctx, by, func(s *state) (string, bool, error) {
		edited, err := policy.SetMode([]byte(s.text()), rule, mode)
		return string(edited), string(edited) != s.text(), err
	})
}

// Policy returns the text of the policy in force and who applied it when. If
// none has been applied, isDefault is set and the text is the default one.
func (b *Book) Policy(ctx context.Context) (text string, p store.Policy, isDefault bool, err error) {
	if err := b.settled(ctx); err != nil {
		return "", store.Policy{}, false, err
	}
	s, err := b.read(ctx)
	if err != nil {
		return "", store.Policy{}, false, err
	}
	return s.text(), s.policy, s.policy.ID == 0, nil
}

func (s *state) text() string {
	if s.policy.ID == 0 {
		return policy.DefaultText
	}
	return s.policy.Text
}

// apply puts in force the text that write makes of the present state, unless
// it says that nothing changes.
func (b *Book) apply(ctx context.Context, by assay.Principal, write func(*state) (text string, changes bool, err error)) (store.Policy, error) {
	now := b.moment()
	var applied store.Policy
	err := b.change(ctx, by, func(tx store.Tx, s *state) ([]event, error) {
		applied = s.policy
		text, changes, err := write(s)
		if err != nil || !changes {
			return nil, err
		}
		if _, err := policy.Parse([]byte(text), b.grammars); err != nil {
			return nil, err
		}
		if err := tx.PutPolicy(ctx, store.Policy{Text: text, Created: now, By: by.ID}); err != nil {
			return nil, err
		}
		if applied, err = tx.Policy(ctx); err != nil {
			return nil, err
		}
		body := map[string]any{"sha256": sum(text)}
		if s.policy.ID != 0 {
			body["previous"] = sum(s.policy.Text)
		}
		return []event{{kind: assay.EventPolicyChanged, body: body}}, nil
	})
	if err != nil {
		return store.Policy{}, err
	}
	return applied, nil
}

// sum is the SHA-256 of a text in hexadecimal.
func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}
