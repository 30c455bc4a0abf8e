package feed

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// Item is an entry of the log as the feed shows it.
type Item struct {
	Index      int64           `json:"index"`
	Time       time.Time       `json:"time"`
	Kind       assay.EventKind `json:"kind"`
	Ecosystem  assay.Ecosystem `json:"ecosystem,omitempty"`
	Commitment string          `json:"commitment"` // hexadecimal
	// Salt (hexadecimal) and Body are empty for those who may not read the
	// subject, and for erased events.
	Salt string          `json:"salt,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
}

// newItem takes the public half from the leaf, which is what the log holds,
// and the rest from the record.
func newItem(r *store.LogRecord, open bool) (Item, error) {
	leaf, err := tlog.ParseLeaf(r.Leaf)
	if err != nil {
		return Item{}, assay.Wrap(assay.Internal, err, "entry %d of the log cannot be read: run assay log verify", r.Index)
	}
	item := Item{Index: r.Index, Time: leaf.Time, Kind: leaf.Kind, Ecosystem: leaf.Ecosystem, Commitment: hex.EncodeToString(leaf.Commitment[:])}
	if open && len(r.Salt) > 0 {
		item.Salt, item.Body = hex.EncodeToString(r.Salt), r.Body
	}
	return item, nil
}

// encode writes an item as one line of JSON, the body byte by byte as it is:
// escaping it would break its commitment.
func (i *Item) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(i); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "entry %d of the log cannot be written as JSON", i.Index)
	}
	return b.Bytes(), nil // ends in a newline
}
