package feed

import (
	"bytes"
	"io"
	"strconv"

	"assay.invalid/internal/assay"
)

// The content types of the two forms.
const (
	NDJSON = "application/x-ndjson"
	SSE    = "text/event-stream"
)

// WriteNDJSON writes items as lines of JSON; for none, an empty line, which
// readers pass over.
func WriteNDJSON(w io.Writer, items []Item) error {
	var b bytes.Buffer
	for i := range items {
		line, err := items[i].encode()
		if err != nil {
			return err
		}
		b.Write(line)
	}
	if len(items) == 0 {
		b.WriteByte('\n')
	}
	_, err := w.Write(b.Bytes())
	return err
}

// WriteSSE writes items as server-sent events (HTML Standard, section 9.2):
// the id is the index, so that a client that comes back says with
// Last-Event-ID what it had; for none, a comment.
func WriteSSE(w io.Writer, items []Item) error {
	var b bytes.Buffer
	for i := range items {
		line, err := items[i].encode()
		if err != nil {
			return err
		}
		// The data is one line, since JSON has no plain newline: an event's
		// text cannot begin an event of its own.
		b.WriteString("id: " + strconv.FormatInt(items[i].Index, 10) + "\ndata: ")
		b.Write(line)
		b.WriteByte('\n')
	}
	if len(items) == 0 {
		b.WriteString(": nothing new\n\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Start reads where a client wants to begin: the from of its query, else one
// after its Last-Event-ID, else 0. What is no plain number is Invalid.
func Start(from, lastEventID string) (int64, error) {
	text, after := from, int64(0)
	if text == "" {
		text, after = lastEventID, 1
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 62)
	if err != nil {
		return 0, assay.Errorf(assay.Invalid, "%q is no index of the log: write the number of an entry, counted from 0", text)
	}
	return int64(n) + after, nil
}
