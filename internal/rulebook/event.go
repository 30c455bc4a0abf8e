package rulebook

import (
	"encoding/json"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// event is what happened in one change; the change adds time, principal and
// epoch.
type event struct {
	kind    assay.EventKind
	subject assay.Coordinate
	body    map[string]any
}

// canonical renders the body with the epoch by RFC 8785, so that equal
// bodies have equal digests.
func (e event) canonical(epoch uint64) (json.RawMessage, error) {
	body := map[string]any{"epoch": epoch}
	for key, value := range e.body {
		if t, isTime := value.(time.Time); isTime {
			if t.IsZero() {
				continue
			}
			value = t.UTC().Format(time.RFC3339Nano)
		}
		body[key] = value
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	raw := jsontext.Value(text)
	if err := raw.Canonicalize(); err != nil {
		return nil, err
	}
	return json.RawMessage(raw), nil
}
