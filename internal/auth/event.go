package auth

import (
	"bytes"
	"encoding/json"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// created is the body of the event token-created. Its members stand in order
// of their names, as RFC 8785 asks.
type created struct {
	Admin   bool     `json:"admin"`
	Expires string   `json:"expires,omitempty"`
	ID      string   `json:"id"`
	Note    string   `json:"note,omitempty"`
	Publish []string `json:"publish,omitempty"`
	Read    []string `json:"read,omitempty"`
}

// revoked is the body of the event token-revoked.
type revoked struct {
	ID string `json:"id"`
}

func createdEvent(t *store.Token) (assay.Event, error) {
	body := created{Admin: t.Admin, ID: t.ID, Note: t.Note, Publish: t.Publish, Read: t.Read}
	if !t.Expires.IsZero() {
		body.Expires = t.Expires.UTC().Format(time.RFC3339Nano)
	}
	return event(assay.EventTokenCreated, t.By, t.Created, body)
}

func revokedEvent(t *store.Token, by string) (assay.Event, error) {
	return event(assay.EventTokenRevoked, by, t.Revoked, revoked{ID: t.ID})
}

// event renders a body canonically. The texts in it were checked to hold
// only what can be seen, which encoding/json writes as RFC 8785 does once it
// leaves <, > and & alone.
func event(kind assay.EventKind, by string, at time.Time, body any) (assay.Event, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return assay.Event{}, assay.Wrap(assay.Internal, err, "the event cannot be written as JSON")
	}
	return assay.Event{Time: at, Kind: kind, By: by, Body: json.RawMessage(bytes.TrimRight(b.Bytes(), "\n"))}, nil
}
