package sqlite

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// record is the body of an event as it is stored and, later, committed to by
// the transparency log: everything that a stranger must not read. The other
// half (time, kind, ecosystem) has columns of its own.
type record struct {
	By      string          `json:"by,omitempty"`
	Details json.RawMessage `json:"details,omitempty"` // Event.Body
	Subject *subject        `json:"subject,omitempty"`
}

type subject struct {
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	File    string `json:"file,omitempty"`
}

// encodeRecord writes the canonical JSON (RFC 8785) of an event's body, so
// that a hash over it can be made again from its meaning. What has no such
// form (text that is not UTF-8, equal keys, broken JSON) is Invalid.
func encodeRecord(e assay.Event) ([]byte, error) {
	for _, s := range []string{e.By, e.Subject.Name, e.Subject.Version, e.Subject.File} {
		if !utf8.ValidString(s) {
			return nil, assay.Errorf(assay.Invalid, "the event %q speaks of %q, which is not UTF-8", e.Kind, s)
		}
	}
	r := record{By: e.By}
	if len(e.Body) > 0 {
		// Before encoding/json sees them: it would quietly mend bad UTF-8.
		details := jsontext.Value(append([]byte(nil), e.Body...))
		if err := details.Canonicalize(); err != nil {
			return nil, assay.Wrap(assay.Invalid, err, "the details of the event %q are not sound JSON", e.Kind)
		}
		r.Details = json.RawMessage(details)
	}
	if s := (subject{e.Subject.Name, e.Subject.Version, e.Subject.File}); s != (subject{}) {
		r.Subject = &s
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the event %q cannot be written", e.Kind)
	}
	// Once more over the whole, because encoding/json escapes more than the
	// canonical form does.
	canonical := jsontext.Value(body)
	if err := canonical.Canonicalize(); err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the event %q cannot be written", e.Kind)
	}
	return canonical, nil
}

// decodeRecord puts back into an event what encodeRecord took out of it.
func decodeRecord(body []byte, e *assay.Event) error {
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		return assay.Wrap(assay.Internal, err, "event %d of the journal cannot be read", e.ID)
	}
	e.By, e.Body = r.By, r.Details
	if r.Subject != nil {
		e.Subject.Name, e.Subject.Version, e.Subject.File = r.Subject.Name, r.Subject.Version, r.Subject.File
	}
	return nil
}

func (t *tx) AppendEvent(ctx context.Context, e assay.Event) error {
	const doing = "writing an event"
	if err := t.usable(); err != nil {
		return err
	}
	body, err := encodeRecord(e)
	if err != nil {
		// The rows that the event speaks of must not be committed without it.
		return t.lose(ctx, err, doing)
	}
	salt := make([]byte, 32)
	rand.Read(salt) // never fails: the program ends if there is no randomness
	_, err = t.exec(ctx, `
		INSERT INTO event (time, kind, ecosystem, name, version, file, salt, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		micros(e.Time), string(e.Kind), string(e.Subject.Ecosystem),
		e.Subject.Name, e.Subject.Version, e.Subject.File, salt, body)
	return err
}

func (t *tx) Events(ctx context.Context, after int64, limit int) ([]assay.Event, error) {
	var out []assay.Event
	err := t.rows(ctx, `
		SELECT id, time, kind, ecosystem, name, version, file, body
		FROM event WHERE id > ? ORDER BY id LIMIT ?`,
		[]any{after, atMost(limit)}, func(scan func(...any) error) error {
			var e assay.Event
			var body []byte
			if err := scan(&e.ID, moment{&e.Time}, &e.Kind, &e.Subject.Ecosystem,
				&e.Subject.Name, &e.Subject.Version, &e.Subject.File, &body); err != nil {
				return err
			}
			// An erased event has lost its body, and still happened.
			if len(body) > 0 {
				if err := decodeRecord(body, &e); err != nil {
					return err
				}
			}
			out = append(out, e)
			return nil
		})
	if err != nil {
		return nil, err
	}
	return out, nil
}
