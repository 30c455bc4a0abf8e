package sqlite

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// standingWord scans a stored status.
type standingWord struct{ status *assay.Status }

func (w standingWord) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a stored status is a %T", value)
	}
	return w.status.UnmarshalText([]byte(text))
}

func (t *tx) Standings(ctx context.Context, registry, name string) ([]store.Standing, error) {
	return collect(ctx, t, `
		SELECT registry, name, version, status, reason, set_at, made_by
		FROM standing WHERE registry = ? AND name = ? ORDER BY version`, []any{registry, name},
		func(s *store.Standing) []any {
			return []any{&s.Registry, &s.Name, &s.Version, standingWord{&s.Status}, &s.Reason, moment{&s.Set}, &s.By}
		})
}

func (t *tx) PutStanding(ctx context.Context, s store.Standing) error {
	if s.Status == assay.Active {
		_, err := t.exec(ctx, "DELETE FROM standing WHERE registry = ? AND name = ? AND version = ?",
			s.Registry, s.Name, s.Version)
		return err
	}
	if s.Status > assay.Removed {
		// Its word would be "active", and a refusal would silently be lifted.
		return assay.Errorf(assay.Invalid, "%s@%s cannot be given the status %d: there is none of that number", s.Name, s.Version, uint8(s.Status))
	}
	_, err := t.exec(ctx, `
		INSERT INTO standing (registry, name, version, status, reason, set_at, made_by)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (registry, name, version) DO UPDATE SET
			status = excluded.status, reason = excluded.reason,
			set_at = excluded.set_at, made_by = excluded.made_by`,
		s.Registry, s.Name, s.Version, s.Status.String(), s.Reason, micros(s.Set), s.By)
	return err
}

func (t *tx) Tags(ctx context.Context, registry, name string) (map[string]string, error) {
	tags := make(map[string]string)
	err := t.rows(ctx, "SELECT tag, version FROM tag WHERE registry = ? AND name = ?",
		[]any{registry, name}, func(scan func(...any) error) error {
			var tag, version string
			if err := scan(&tag, &version); err != nil {
				return err
			}
			tags[tag] = version
			return nil
		})
	if err != nil {
		return nil, err
	}
	return tags, nil
}

func (t *tx) PutTag(ctx context.Context, registry, name, tag, version string) error {
	if version == "" {
		_, err := t.exec(ctx, "DELETE FROM tag WHERE registry = ? AND name = ? AND tag = ?", registry, name, tag)
		return err
	}
	_, err := t.exec(ctx, `
		INSERT INTO tag (registry, name, tag, version) VALUES (?, ?, ?, ?)
		ON CONFLICT (registry, name, tag) DO UPDATE SET version = excluded.version`,
		registry, name, tag, version)
	return err
}
