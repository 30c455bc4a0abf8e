package api

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"assay.invalid/internal/assay"
)

// Logging asks about the transparency log of the events.
type Logging interface {
	// LogKey tells what others need to check the log.
	LogKey(ctx context.Context) (LogKey, error)
	// LogEntries returns entries from an index on, at most MaxLogEntries; a
	// negative index means the newest ones.
	LogEntries(ctx context.Context, from int64, limit int) (LogPage, error)
	// ProveLog returns a proof, which stands alone, of an entry: the one with
	// that index, or, for a negative one, the newest about the coordinate.
	// With both, the entry must be about the coordinate.
	ProveLog(ctx context.Context, purl string, index int64) (stdjson.RawMessage, error)
	// VerifyLog computes the whole log anew and compares. What does not hold
	// is in the report; the error is what kept it from looking.
	VerifyLog(ctx context.Context, v LogVerification, progress Progress) (LogReport, error)
}

// Backing makes backups.
type Backing interface {
	// Backup writes a backup to a directory of the machine that answers.
	Backup(ctx context.Context, b NewBackup, progress Progress) (Backup, error)
}

// Progress is told how much is done of how much; nil is not told.
type Progress func(done, total int64)

// MaxLogEntries bounds one answer of LogEntries.
const MaxLogEntries = 1000

// LogKey names the log and the key that its checkpoints are signed with.
type LogKey struct {
	Origin string `json:"origin"`
	Key    string `json:"key"` // a verifier key as of C2SP signed-note
}

// LogPage is a part of the log. Size counts all entries.
type LogPage struct {
	Size    int64      `json:"size"`
	Entries []LogEntry `json:"entries"`
}

// LogEntry is an entry with what the event said.
type LogEntry struct {
	Index   int64           `json:"index"`
	Time    time.Time       `json:"time"`
	Kind    assay.EventKind `json:"kind"`
	Subject string          `json:"subject,omitempty"` // package URL; "" where it is about no package
	By      string          `json:"by,omitempty"`
	// Details differ by kind.
	Details stdjson.RawMessage `json:"details,omitempty"`
	// Erased says that only the entry's hash is left.
	Erased bool `json:"erased,omitempty"`
}

// LogVerification asks for a verification.
type LogVerification struct {
	// Key is the log's verifier key as it was kept elsewhere; "" takes the
	// one that the database names, which proves less.
	Key string `json:"key,omitempty"`
}

// LogReport is what a verification found.
type LogReport struct {
	Origin    string       `json:"origin"`
	Entries   int64        `json:"entries"`
	Erased    int64        `json:"erased"`
	Waiting   int64        `json:"waiting"` // events that have no place yet
	Covered   int64        `json:"covered"` // by the checkpoint
	Root      string       `json:"root,omitempty"`
	SinceSeen int64        `json:"since_seen"` // size when it was last verified; 0: never
	Tiles     int64        `json:"tiles"`
	Files     int64        `json:"files"`
	Bytes     int64        `json:"bytes"`
	Sound     bool         `json:"sound"`
	Findings  []LogFinding `json:"findings"`
	Left      int64        `json:"left,omitempty"` // findings beyond those that are listed
}

// LogFinding is one thing that does not hold.
type LogFinding struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Message string `json:"message"`
}

// NewBackup asks for a backup.
type NewBackup struct {
	// Directory is an absolute path; the directory is empty or not there.
	Directory string `json:"directory"`
	// WithKey puts the log's signing key into it.
	WithKey bool `json:"with_key,omitempty"`
}

// Backup is one that was made.
type Backup struct {
	Directory  string `json:"directory"`
	LogEntries int64  `json:"log_entries"`
	Blobs      int64  `json:"blobs"`
	Bytes      int64  `json:"bytes"` // of all files
	WithKey    bool   `json:"with_key"`
}

func logKey(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.LogKey(h.asker(r))
}

func logEntries(h *Handler, r *http.Request, _ string) (any, error) {
	from, err := number(r, "from", -1)
	if err != nil {
		return nil, err
	}
	limit, err := number(r, "limit", MaxLogEntries)
	if err != nil {
		return nil, err
	}
	return h.Control.LogEntries(h.asker(r), from, int(min(max(limit, 0), MaxLogEntries)))
}

func logProof(h *Handler, r *http.Request, _ string) (any, error) {
	index, err := number(r, "index", -1)
	if err != nil {
		return nil, err
	}
	return h.Control.ProveLog(h.asker(r), r.URL.Query().Get("purl"), index)
}

func logVerify(h *Handler, r *http.Request, _ string) (any, error) {
	var v LogVerification
	if err := h.decode(r, &v); err != nil {
		return nil, err
	}
	ctx := h.asker(r)
	return streamed(func(progress Progress) (any, error) { return h.Control.VerifyLog(ctx, v, progress) }), nil
}

func backup(h *Handler, r *http.Request, _ string) (any, error) {
	// An administrator's token must not become a way to write files anywhere
	// on the machine that serves.
	if h.Reach != FromSocket {
		return nil, assay.Errorf(assay.Forbidden, "a backup is written to the disk of the machine that serves: run assay backup there")
	}
	var b NewBackup
	if err := h.decode(r, &b); err != nil {
		return nil, err
	}
	ctx := h.asker(r)
	return streamed(func(progress Progress) (any, error) { return h.Control.Backup(ctx, b, progress) }), nil
}

// number reads a query parameter that may be left out.
func number(r *http.Request, name string, missing int64) (int64, error) {
	values := r.URL.Query()[name]
	if len(values) == 0 {
		return missing, nil
	}
	n, err := strconv.ParseInt(values[0], 10, 64)
	if len(values) > 1 || err != nil {
		return 0, assay.Errorf(assay.Invalid, "the request's %s must be a number, once", name)
	}
	return n, nil
}

// streamed is an answer that takes long: lines of JSON that tell how far it
// is, then one with the result.
type streamed func(progress Progress) (any, error)

// streamLine is one of them; one field is set.
type streamLine struct {
	Progress *streamProgress `json:"progress,omitempty"`
	Result   any             `json:"result,omitempty"`
	Failure  *Failure        `json:"failure,omitempty"`
}

type streamProgress struct {
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
}

// progressEvery is how often a line of progress is sent: often enough for
// eyes, and for a proxy on the way that cuts what is silent.
const progressEvery = 200 * time.Millisecond

func (h *Handler) stream(w http.ResponseWriter, r *http.Request, run streamed) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	controller := http.NewResponseController(w)
	send := func(line streamLine) {
		text, err := stdjson.Marshal(line)
		if err != nil {
			f := NewFailure(assay.Wrap(assay.Internal, err, "the answer cannot be written as JSON"))
			text, _ = stdjson.Marshal(streamLine{Failure: &f}) // of strings and numbers alone
		}
		// A client that has gone ends the request's context; the work ends by
		// that.
		_, _ = w.Write(append(text, '\n'))
		_ = controller.Flush()
	}
	var last time.Time
	result, err := run(func(done, total int64) {
		if now := time.Now(); now.Sub(last) >= progressEvery {
			last = now
			send(streamLine{Progress: &streamProgress{done, total}})
		}
	})
	if err != nil {
		if assay.Is(err, assay.Internal) && h.Log != nil {
			h.Log.ErrorContext(r.Context(), "api request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		f := NewFailure(err)
		send(streamLine{Failure: &f})
		return
	}
	send(streamLine{Result: result})
}

// LogKey implements Logging.
func (c *Client) LogKey(ctx context.Context) (LogKey, error) {
	return call[LogKey](ctx, c, http.MethodGet, "log/key", nil, nil)
}

// LogEntries implements Logging.
func (c *Client) LogEntries(ctx context.Context, from int64, limit int) (LogPage, error) {
	query := url.Values{"from": {strconv.FormatInt(from, 10)}, "limit": {strconv.Itoa(limit)}}
	return call[LogPage](ctx, c, http.MethodGet, "log/entries", query, nil)
}

// ProveLog implements Logging.
func (c *Client) ProveLog(ctx context.Context, purl string, index int64) (stdjson.RawMessage, error) {
	query := url.Values{"index": {strconv.FormatInt(index, 10)}}
	if purl != "" {
		query.Set("purl", purl)
	}
	return call[stdjson.RawMessage](ctx, c, http.MethodGet, "log/proof", query, nil)
}

// VerifyLog implements Logging.
func (c *Client) VerifyLog(ctx context.Context, v LogVerification, progress Progress) (LogReport, error) {
	return follow[LogReport](ctx, c, "log/verify", v, progress)
}

// Backup implements Backing.
func (c *Client) Backup(ctx context.Context, b NewBackup, progress Progress) (Backup, error) {
	return follow[Backup](ctx, c, "backup", b, progress)
}

// follow asks for something that takes long, passes its progress on, and
// returns its result.
func follow[T any](ctx context.Context, c *Client, path string, body any, progress Progress) (T, error) {
	var none T
	text, err := json.Marshal(body)
	if err != nil {
		return none, assay.Wrap(assay.Invalid, err, "the request cannot be written as JSON")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(text))
	if err != nil {
		return none, assay.Wrap(assay.Invalid, err, "the server's address is not understood")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return none, unreached(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return answered[T](ctx, resp)
	}
	lines := stdjson.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	for {
		var line struct {
			Progress *streamProgress    `json:"progress"`
			Result   stdjson.RawMessage `json:"result"`
			Failure  *Failure           `json:"failure"`
		}
		err := lines.Decode(&line)
		switch {
		case errors.Is(err, io.EOF):
			return none, assay.Errorf(assay.Unavailable, "the server ended before it had finished: look at its log, and ask again")
		case err != nil:
			return none, unreached(ctx, err)
		case line.Failure != nil:
			return none, line.Failure.Err()
		case line.Result != nil:
			var answer T
			if err := json.Unmarshal(line.Result, &answer); err != nil {
				return none, assay.Wrap(assay.Unsound, err, "the server's answer is not understood: is it an Assay of another version?")
			}
			return answer, nil
		case line.Progress != nil && progress != nil:
			progress(line.Progress.Done, line.Progress.Total)
		}
	}
}
