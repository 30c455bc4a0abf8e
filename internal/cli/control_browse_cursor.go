package cli

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Cursors are handed out as text that means nothing to whoever gets it: JSON
// in base64, read again strictly. They hold only what their owner was shown,
// so there is nothing in them to protect.

// maxCursor bounds a cursor, in bytes.
const maxCursor = 8000

// packagePlace is a cursor of a search.
type packagePlace struct{ store.PackageCursor }

func (p packagePlace) text() string { return cursorText(p.Match, p.Registry, p.Name) }

// packageCursor reads a cursor of a search; "" is the beginning.
func packageCursor(text string) (packagePlace, error) {
	var p packagePlace
	if text == "" {
		return p, nil
	}
	if !readCursor(text, &p.Match, &p.Registry, &p.Name) || p.Match < store.MatchExact || p.Match > store.MatchDescription {
		return packagePlace{}, errCursor()
	}
	return p, nil
}

// verdictPlace is a cursor of decisions.
type verdictPlace struct{ store.VerdictCursor }

func (v verdictPlace) text() string { return cursorText(v.Last.UnixMicro(), v.ID) }

// verdictCursor reads a cursor of decisions; "" is the newest.
func verdictCursor(text string) (verdictPlace, error) {
	var v verdictPlace
	if text == "" {
		return v, nil
	}
	var micros int64
	if !readCursor(text, &micros, &v.ID) || micros == 0 {
		return verdictPlace{}, errCursor()
	}
	v.Last = time.UnixMicro(micros).UTC()
	return v, nil
}

func errCursor() error {
	return assay.Errorf(assay.Invalid, "that is no place in this list: leave after out to begin anew")
}

func cursorText(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic("a cursor of numbers and text cannot be written: " + err.Error()) // json.Marshal has no such case
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// readCursor reads the parts of a cursor, and tells whether they were all
// there, and nothing else.
func readCursor(text string, parts ...any) bool {
	if len(text) > maxCursor {
		return false
	}
	content, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return false
	}
	var raw []json.RawMessage
	if json.Unmarshal(content, &raw) != nil || len(raw) != len(parts) {
		return false
	}
	for i := range raw {
		if string(raw[i]) == "null" || json.Unmarshal(raw[i], parts[i]) != nil {
			return false
		}
	}
	return true
}
