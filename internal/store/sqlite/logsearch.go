package sqlite

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// LogAbout compares the parts of the package URL with the columns of the
// events, so that two spellings of one coordinate find the same. The order of
// ids is the order of the log: AppendLog sees to it.
func (t *tx) LogAbout(ctx context.Context, purl string, limit int) ([]store.LogRecord, error) {
	about, err := assay.ParseCoordinate(purl)
	if err != nil {
		return nil, err
	}
	if about.Version == "" {
		return collect(ctx, t, `
			SELECT event.id, time, kind, ecosystem, salt, body, idx, leaf
			FROM event CROSS JOIN log_entry ON log_entry.event_id = event.id
			WHERE ecosystem = ? AND name = ? AND name <> ''
			ORDER BY event.id LIMIT ?`,
			[]any{string(about.Ecosystem), about.Name, atMost(limit)}, entryFields)
	}
	return collect(ctx, t, `
		SELECT event.id, time, kind, ecosystem, salt, body, idx, leaf
		FROM event CROSS JOIN log_entry ON log_entry.event_id = event.id
		WHERE ecosystem = ?1 AND name = ?2 AND version = ?3 AND version <> '' AND (file = ?4 OR ?4 = '')
		ORDER BY event.id LIMIT ?5`,
		[]any{string(about.Ecosystem), about.Name, about.Version, about.File, atMost(limit)}, entryFields)
}

// LogNewest reads the events from their end. One without a version is about
// the package, and the index of packages has all of both.
func (t *tx) LogNewest(ctx context.Context, purl string, limit int) ([]store.LogRecord, error) {
	about, err := assay.ParseCoordinate(purl)
	if err != nil {
		return nil, err
	}
	if about.Version == "" {
		return collect(ctx, t, `
			SELECT event.id, time, kind, ecosystem, salt, body, coalesce(idx, -1), coalesce(leaf, x'')
			FROM event LEFT JOIN log_entry ON log_entry.event_id = event.id
			WHERE ecosystem = ? AND name = ? AND name <> ''
			ORDER BY event.id DESC LIMIT ?`,
			[]any{string(about.Ecosystem), about.Name, atMost(limit)}, entryFields)
	}
	return collect(ctx, t, `
		SELECT event.id, time, kind, ecosystem, salt, body, coalesce(idx, -1), coalesce(leaf, x'')
		FROM event LEFT JOIN log_entry ON log_entry.event_id = event.id
		WHERE ecosystem = ?1 AND name = ?2 AND version = ?3 AND version <> '' AND (file = ?4 OR ?4 = '')
		ORDER BY event.id DESC LIMIT ?5`,
		[]any{string(about.Ecosystem), about.Name, about.Version, about.File, atMost(limit)}, entryFields)
}

func (t *tx) EventIndex(ctx context.Context, eventID int64) (int64, error) {
	var index int64
	found, err := t.row(ctx, "SELECT idx FROM log_entry WHERE event_id = ?", []any{eventID}, &index)
	if err != nil {
		return 0, err
	}
	if !found {
		return 0, assay.Errorf(assay.NotFound, "event %d is not in the log yet", eventID)
	}
	return index, nil
}

// LastEventID is that of the newest event which this transaction sees: its own
// if it has appended any.
func (t *tx) LastEventID(ctx context.Context) (int64, error) {
	var id int64
	_, err := t.row(ctx, "SELECT coalesce(max(id), 0) FROM event", nil, &id)
	return id, err
}
