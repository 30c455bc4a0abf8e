package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// written reads a column of JSON.
type written[T any] struct{ to *T }

func (w written[T]) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("stored JSON is a %T", value)
	}
	return json.Unmarshal([]byte(text), w.to)
}

func heldFields(h *store.Held) []any {
	return []any{&h.ID, &h.Registry, &h.Name, &h.Version, &h.By, moment{&h.At}, written[assay.NameFinding]{&h.Finding},
		listOf[string]{&h.Tags}, &h.Adds, written[[]store.HeldFile]{&h.Files}, &h.State, &h.Appeal, &h.Answer, &h.AnsweredBy,
		moment{&h.Answered}, &h.Manifest}
}

func (t *tx) Held(ctx context.Context, id string) (store.Held, error) {
	var h store.Held
	found, err := t.row(ctx, `SELECT id, registry, name, version, made_by, held_at, finding, tags, adds, files, state, appeal, answer, answered_by, answered, manifest FROM held WHERE id = ?`, []any{id}, heldFields(&h)...)
	if err != nil {
		return store.Held{}, err
	}
	if !found {
		return store.Held{}, assay.Errorf(assay.NotFound, "nothing is held under %q: assay held lists what is", id)
	}
	return h, nil
}

func (t *tx) AllHeld(ctx context.Context, open bool, limit int) ([]store.Held, error) {
	if open {
		return collect(ctx, t, `SELECT id, registry, name, version, made_by, held_at, finding, tags, adds, files, state, appeal, answer, answered_by, answered, manifest FROM held
			WHERE state IN ('waiting', 'appealed') ORDER BY held_at DESC, id DESC LIMIT ?`, []any{atMost(limit)}, heldFields)
	}
	return collect(ctx, t, `SELECT id, registry, name, version, made_by, held_at, finding, tags, adds, files, state, appeal, answer, answered_by, answered, manifest FROM held ORDER BY held_at DESC, id DESC LIMIT ?`,
		[]any{atMost(limit)}, heldFields)
}

func (t *tx) HeldOf(ctx context.Context, registry, name, version string) ([]store.Held, error) {
	return collect(ctx, t, `SELECT id, registry, name, version, made_by, held_at, finding, tags, adds, files, state, appeal, answer, answered_by, answered, manifest FROM held
		WHERE registry = ? AND name = ? AND version = ? AND state IN ('waiting', 'appealed') ORDER BY held_at, id`,
		[]any{registry, name, version}, heldFields)
}

func (t *tx) PutHeld(ctx context.Context, h store.Held) error {
	finding, err := json.Marshal(h.Finding)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the finding cannot be written as JSON")
	}
	files, err := json.Marshal(append([]store.HeldFile{}, h.Files...))
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the files cannot be written as JSON")
	}
	_, err = t.exec(ctx, `
		INSERT INTO held (id, registry, name, version, made_by, held_at, finding, tags, adds, files, state, appeal, answer, answered_by, answered, manifest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET files = excluded.files, manifest = excluded.manifest, state = excluded.state,
			appeal = excluded.appeal, answer = excluded.answer, answered_by = excluded.answered_by, answered = excluded.answered`,
		h.ID, h.Registry, h.Name, h.Version, h.By, micros(h.At), string(finding), list(h.Tags), flag(h.Adds), string(files),
		string(h.State), h.Appeal, h.Answer, h.AnsweredBy, micros(h.Answered), append([]byte{}, h.Manifest...))
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM held_blob WHERE held = ?`, h.ID); err != nil {
		return err
	}
	if !h.State.Open() {
		return nil
	}
	for _, f := range h.Files {
		if _, err := t.exec(ctx, `INSERT INTO held_blob (held, blob) VALUES (?, ?) ON CONFLICT DO NOTHING`, h.ID, string(f.Blob)); err != nil {
			return err
		}
	}
	return nil
}

func reportFields(r *store.Report) []any {
	return []any{&r.ID, &r.Coordinate, &r.Reason, &r.By, moment{&r.At}, moment{&r.Closed}, &r.Answer, &r.AnsweredBy}
}

func (t *tx) Report(ctx context.Context, id string) (store.Report, error) {
	var r store.Report
	found, err := t.row(ctx, `SELECT id, coordinate, reason, made_by, made_at, closed, answer, answered_by FROM report WHERE id = ?`, []any{id}, reportFields(&r)...)
	if err != nil {
		return store.Report{}, err
	}
	if !found {
		return store.Report{}, assay.Errorf(assay.NotFound, "there is no report %q: assay reports lists them", id)
	}
	return r, nil
}

func (t *tx) Reports(ctx context.Context, open bool, limit int) ([]store.Report, error) {
	if open {
		return collect(ctx, t, `SELECT id, coordinate, reason, made_by, made_at, closed, answer, answered_by FROM report WHERE closed = 0 ORDER BY made_at DESC, id DESC LIMIT ?`,
			[]any{atMost(limit)}, reportFields)
	}
	return collect(ctx, t, `SELECT id, coordinate, reason, made_by, made_at, closed, answer, answered_by FROM report ORDER BY made_at DESC, id DESC LIMIT ?`,
		[]any{atMost(limit)}, reportFields)
}

func (t *tx) ReportsBy(ctx context.Context, by string, since time.Time) (int64, error) {
	var n int64
	_, err := t.row(ctx, `SELECT count(*) FROM report WHERE made_by = ? AND made_at >= ?`, []any{by, micros(since)}, &n)
	return n, err
}

func (t *tx) PutReport(ctx context.Context, r store.Report) error {
	_, err := t.exec(ctx, `
		INSERT INTO report (id, coordinate, reason, made_by, made_at, closed, answer, answered_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET closed = excluded.closed, answer = excluded.answer, answered_by = excluded.answered_by`,
		r.ID, r.Coordinate, r.Reason, r.By, micros(r.At), micros(r.Closed), r.Answer, r.AnsweredBy)
	return err
}

func (t *tx) OwnAdvisories(ctx context.Context) ([]store.OwnAdvisory, error) {
	return collect(ctx, t, `SELECT id, coordinate, record, modified FROM own_advisory ORDER BY id`, nil,
		func(a *store.OwnAdvisory) []any { return []any{&a.ID, &a.Coordinate, &a.Record, moment{&a.Modified}} })
}

func (t *tx) PutOwnAdvisory(ctx context.Context, a store.OwnAdvisory) error {
	_, err := t.exec(ctx, `
		INSERT INTO own_advisory (id, coordinate, record, modified) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET record = excluded.record, modified = excluded.modified`,
		a.ID, a.Coordinate, append([]byte{}, a.Record...), micros(a.Modified))
	return err
}
