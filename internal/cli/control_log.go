package cli

import (
	"context"
	"encoding/json"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob/dir"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

// The settings under which the journal keeps what names the log.
const (
	settingLogOrigin = "log-origin"
	settingLogKey    = "log-key"
)

// LogKey implements api.Logging. It needs no signing key at hand.
func (c *control) LogKey(ctx context.Context) (api.LogKey, error) {
	var k api.LogKey
	err := c.house.store.View(ctx, func(tx store.Tx) error {
		origin, err := optional(tx.Setting(ctx, settingLogOrigin))
		if err != nil {
			return err
		}
		key, err := optional(tx.Setting(ctx, settingLogKey))
		k = api.LogKey{Origin: string(origin), Key: string(key)}
		return err
	})
	if err == nil && k.Key == "" {
		err = assay.Errorf(assay.NotFound, "the log has no key yet: the first server, or the first change, makes it")
	}
	return k, err
}

// LogEntries implements api.Logging.
func (c *control) LogEntries(ctx context.Context, from int64, limit int) (api.LogPage, error) {
	limit = min(max(limit, 0), api.MaxLogEntries)
	page := api.LogPage{Entries: []api.LogEntry{}}
	var records []store.LogRecord
	err := c.house.store.View(ctx, func(tx store.Tx) (err error) {
		if page.Size, err = tx.LogSize(ctx); err != nil {
			return err
		}
		if from < 0 {
			from = max(page.Size-int64(limit), 0)
		}
		records, err = tx.LogEntries(ctx, from, limit)
		return err
	})
	if err != nil {
		return api.LogPage{}, err
	}
	for i := range records {
		entry, err := logEntryOf(records[i].Index, records[i].Body, records[i].Ecosystem)
		if err != nil {
			return api.LogPage{}, err
		}
		entry.Time, entry.Kind = records[i].Time, records[i].Kind
		page.Entries = append(page.Entries, entry)
	}
	return page, nil
}

// logEntryOf reads an event's body, which is empty once it is erased.
func logEntryOf(index int64, body []byte, eco assay.Ecosystem) (api.LogEntry, error) {
	entry := api.LogEntry{Index: index}
	if len(body) == 0 {
		entry.Erased = true
		return entry, nil
	}
	var read struct {
		By      string          `json:"by"`
		Details json.RawMessage `json:"details"`
		Subject struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			File    string `json:"file"`
		} `json:"subject"`
	}
	if err := json.Unmarshal(body, &read); err != nil {
		return entry, assay.Wrap(assay.Unsound, err, "the body of entry %d of the log cannot be read: run assay log verify", index)
	}
	entry.By, entry.Details = read.By, read.Details
	if s := read.Subject; s.Name != "" {
		entry.Subject = assay.Coordinate{Ecosystem: eco, Name: s.Name, Version: s.Version, File: s.File}.String()
	}
	return entry, nil
}

// maxAbout bounds the events of one package that are looked through for the
// newest.
const maxAbout = 100_000

// ProveLog implements api.Logging. The askers are administrators, so the
// proof opens what the entry commits to.
func (c *control) ProveLog(ctx context.Context, purl string, index int64) (json.RawMessage, error) {
	if c.house.sequencer == nil {
		return nil, errNoLog()
	}
	if purl == "" && index < 0 {
		return nil, assay.Errorf(assay.Invalid, "say what to prove: a package URL, or the index of an entry")
	}
	// What was committed a moment ago may be what is asked for.
	if err := c.house.sequencer.Flush(ctx); err != nil {
		return nil, err
	}
	if purl != "" {
		var err error
		if index, err = c.entryAbout(ctx, purl, index); err != nil {
			return nil, err
		}
	}
	proof, err := c.house.sequencer.Prove(ctx, index, func(store.LogRecord) bool { return true })
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(proof)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the proof of entry %d cannot be written as JSON", index)
	}
	return text, nil
}

// entryAbout returns the newest entry about a coordinate, or checks that the
// one with that index is about it.
func (c *control) entryAbout(ctx context.Context, purl string, index int64) (int64, error) {
	at, err := c.house.table.Normalise(purl)
	if err != nil {
		return 0, err
	}
	var about []store.LogRecord
	err = c.house.store.View(ctx, func(tx store.Tx) (err error) {
		about, err = tx.LogAbout(ctx, at.String(), maxAbout)
		return err
	})
	if err != nil {
		return 0, err
	}
	if len(about) == 0 {
		return 0, assay.Errorf(assay.NotFound, "the log has no event about %s: assay log show lists what it has", at)
	}
	if index < 0 {
		return about[len(about)-1].Index, nil
	}
	for i := range about {
		if about[i].Index == index {
			return index, nil
		}
	}
	return 0, assay.Errorf(assay.NotFound, "entry %d of the log is not about %s: the newest that is has index %d", index, at, about[len(about)-1].Index)
}

// VerifyLog implements api.Logging.
func (c *control) VerifyLog(ctx context.Context, v api.LogVerification, progress api.Progress) (api.LogReport, error) {
	h := c.house
	done, err := h.alone("a verification of the log")
	if err != nil {
		return api.LogReport{}, err
	}
	defer done()
	if err := h.openLogFiles(); err != nil {
		return api.LogReport{}, err
	}
	blobs, err := h.openBlobs()
	if err != nil {
		return api.LogReport{}, err
	}
	held := &heldFiles{store: h.store.Store, Store: blobs, table: h.table}
	report, err := journal.Verify(ctx, journal.Verification{
		Store: h.store, Files: h.logFiles, Key: v.Key, Seen: journal.SeenInStore{Store: h.store},
		Stored: held, Blobs: held, Progress: progress,
	})
	if err != nil {
		return api.LogReport{}, err
	}
	return reportOf(report), nil
}

func reportOf(r *journal.Report) api.LogReport {
	out := api.LogReport{
		Origin: r.Origin, Entries: r.Entries, Erased: r.Erased, Waiting: r.Waiting, Covered: r.Covered, Root: r.Root,
		SinceSeen: r.SinceSeen, Tiles: r.Tiles, Files: r.Files, Bytes: r.Bytes,
		Sound: r.Sound(), Findings: []api.LogFinding{}, Left: r.Left,
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, api.LogFinding{Kind: f.Kind, Subject: f.Subject, Message: f.Message})
	}
	return out
}

// openBlobs returns the blob store, which furnish may have opened already.
func (h *house) openBlobs() (*dir.Store, error) {
	if h.blobs == nil {
		blobs, err := dir.Open(h.dir.Blobs(), dir.Config{})
		if err != nil {
			return nil, err
		}
		h.blobs = blobs
	}
	return h.blobs, nil
}

// alone keeps the two tasks that read everything, a verification and a
// backup, from running at the same time: together they would be twice as
// slow, and a verification remembers a checkpoint that a backup under way
// might not have.
func (h *house) alone(what string) (done func(), err error) {
	if !h.heavy.TryLock() {
		return nil, assay.Errorf(assay.Conflict, "another verification or backup is under way, and %s would make both slow: try again when that has finished", what)
	}
	return h.heavy.Unlock, nil
}
