package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/logpage"
)

// eventsAPage is how many events the page of the log lists.
const eventsAPage = 50

// logHandler is the log: the page /log for a browser, everything else for
// programs. The advisories that were written here lie below it, because they
// too are for those who follow what happens here.
func (f *front) logHandler() http.Handler {
	page := f.page(f.logPage)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() == "/log" && formFor(r) == asHTML {
			page.ServeHTTP(w, r)
			return
		}
		if f.ownAdvisories(w, r) {
			return
		}
		f.server.config.Journal.ServeHTTP(w, mounted(r, "log"))
	})
}

// logPage shows the checkpoint, one entry proven, and events.
func (f *front) logPage(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	query := r.URL.Query()
	head, err := f.logHead(ctx)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	p := logpage.Page{Origin: head.origin, Size: head.size, Root: head.root, Checkpoint: head.signed}
	if p.Key, err = f.readLog(ctx, "/key", nil, 0); err != nil {
		f.fail(w, r, err)
		return
	}
	p.Key = strings.TrimSuffix(p.Key, "\n")
	entry, err := index(query, "entry", head.size-1)
	if err == nil {
		p.Before, err = index(query, "before", head.size)
	}
	if err != nil {
		f.fail(w, r, err)
		return
	}
	if entry >= 0 {
		if p.Proof, err = f.proof(ctx, entry, &p); err != nil {
			f.fail(w, r, err)
			return
		}
	}
	p.Before = min(p.Before, head.size)
	if p.Events, err = f.logEvents(ctx, max(p.Before-eventsAPage, 0), p.Before); err != nil {
		f.fail(w, r, err)
		return
	}
	f.answerPage(w, r, &p)
}

// index reads a place in the log out of a query.
func index(query url.Values, name string, missing int64) (int64, error) {
	if !query.Has(name) {
		return missing, nil
	}
	n, err := strconv.ParseInt(query.Get(name), 10, 62)
	if err != nil || n < 0 {
		return 0, assay.Errorf(assay.Invalid, "%q is no place in the log: write the number of an entry, counted from 0", clip(query.Get(name), 40))
	}
	return n, nil
}

// logHead is the newest checkpoint, as far as its reader needs it.
type logHead struct {
	signed string
	origin string
	size   int64
	root   string
}

// logHead asks for the newest checkpoint in the name of the context's
// principal. The log keeps it in memory.
func (f *front) logHead(ctx context.Context) (logHead, error) {
	if f.server.config.Journal == nil {
		return logHead{}, assay.Errorf(assay.NotFound, "this Assay keeps no log")
	}
	signed, err := f.readLog(ctx, "/checkpoint", nil, 0)
	if err != nil {
		return logHead{}, err
	}
	return readHead(signed)
}

// readHead reads the three lines of a checkpoint (C2SP tlog-checkpoint).
func readHead(signed string) (logHead, error) {
	lines := strings.SplitN(signed, "\n", 4)
	if len(lines) < 4 || lines[0] == "" {
		return logHead{}, assay.Errorf(assay.Internal, "the log's checkpoint has fewer than three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, notBase64 := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || size < 0 || notBase64 != nil || len(root) != 32 {
		return logHead{}, assay.Errorf(assay.Internal, "the log's checkpoint names no tree")
	}
	return logHead{signed: signed, origin: lines[0], size: size, root: lines[2]}, nil
}

// proof fetches an entry's proof and works it out.
func (f *front) proof(ctx context.Context, entry int64, p *logpage.Page) (*logpage.Proof, error) {
	text, err := f.readLog(ctx, "/entry/"+strconv.FormatInt(entry, 10), nil, 0)
	if err != nil {
		return nil, err
	}
	var read struct {
		Checkpoint string   `json:"checkpoint"`
		Leaf       string   `json:"leaf"`
		Hashes     [][]byte `json:"hashes"`
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the proof of entry %d cannot be read", entry)
	}
	head, err := readHead(read.Checkpoint)
	if err != nil {
		return nil, err
	}
	// The log may have grown since the page asked for its head; the proof's
	// own checkpoint is the one that it is shown with.
	p.Origin, p.Size, p.Root, p.Checkpoint = head.origin, head.size, head.root, head.signed
	root, err := base64.StdEncoding.DecodeString(head.root)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the proof of entry %d names no root", entry)
	}
	proof := logpage.WorkOut(read.Leaf, entry, head.size, read.Hashes, root)
	return &proof, nil
}

// logEvents returns the events from an index on and before another, the
// newest first, each as far as the context's principal may read it.
func (f *front) logEvents(ctx context.Context, from, before int64) ([]web.Event, error) {
	if from >= before {
		return nil, nil
	}
	text, err := f.readLog(ctx, "/feed", url.Values{"from": {strconv.FormatInt(from, 10)}}, int(before-from))
	if err != nil {
		return nil, err
	}
	var events []web.Event
	for line := range strings.Lines(text) {
		var item struct {
			Index     int64           `json:"index"`
			Time      time.Time       `json:"time"`
			Kind      string          `json:"kind"`
			Ecosystem assay.Ecosystem `json:"ecosystem"`
			Body      json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal([]byte(line), &item); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "an event of the log cannot be read")
		}
		if item.Index >= before {
			break
		}
		event := web.Event{Index: item.Index, Time: item.Time, Kind: item.Kind, Sealed: len(item.Body) == 0}
		if !event.Sealed {
			new(eventBody).read(item.Body, &event, item.Ecosystem)
		}
		events = append(events, event)
	}
	slices.Reverse(events)
	return events, nil
}

// readLog asks the log as any program does, in the name of the context's
// principal, so that who may read what is decided in one place. With lines,
// it stops once it has so many.
func (f *front) readLog(ctx context.Context, path string, query url.Values, lines int) (string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, (&url.URL{Path: path, RawQuery: query.Encode()}).String(), nil)
	if err != nil {
		return "", assay.Wrap(assay.Internal, err, "the log cannot be asked for %s", path)
	}
	answer := &logAnswer{header: http.Header{}, lines: lines, stop: stop}
	if !answer.from(f.server.config.Journal, r) {
		return "", assay.Errorf(assay.Internal, "the log ended its answer early")
	}
	if answer.status >= 400 {
		return "", &assay.Error{Kind: kindOfStatus(answer.status), Message: strings.TrimSpace(answer.body.String())}
	}
	return answer.body.String(), nil
}

// kindOfStatus is the kind of error that the log answers with a status.
func kindOfStatus(status int) assay.Kind {
	switch status {
	case http.StatusBadRequest:
		return assay.Invalid
	case http.StatusUnauthorized:
		return assay.Unauthenticated
	case http.StatusForbidden:
		return assay.Forbidden
	case http.StatusNotFound:
		return assay.NotFound
	case http.StatusServiceUnavailable:
		return assay.Exhausted
	}
	return assay.Internal
}

// logAnswer takes an answer of the log, in memory.
type logAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
	lines  int // after which it is enough; 0: to the end
	stop   context.CancelFunc
	enough bool
}

// from lets the log answer. It says whether the answer came to its end, or
// was stopped because it was enough.
func (a *logAnswer) from(log http.Handler, r *http.Request) (whole bool) {
	defer func() {
		// That is how a handler says that an answer was begun and cannot be
		// finished; here it may be because nobody wanted the rest.
		switch fault := recover(); fault {
		case nil:
		case http.ErrAbortHandler:
			whole = a.enough
		default:
			panic(fault)
		}
	}()
	log.ServeHTTP(a, r)
	return true
}

func (a *logAnswer) Header() http.Header { return a.header }

func (a *logAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *logAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.enough {
		return 0, errEnough
	}
	a.body.Write(p)
	if a.lines > 0 && bytes.Count(a.body.Bytes(), []byte("\n")) >= a.lines {
		a.enough = true
		a.stop()
	}
	return len(p), nil
}

// Flush is what a feed does after each part.
func (a *logAnswer) Flush() {}

var errEnough = errors.New("the page has all the lines that it shows")
