package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
)

// EventLog is what anybody sees of a subject's events.
type EventLog struct {
	// Call is the verdict of the protocol's or driver's own call, and Said
	// the subject's words to it.
	Call scorecard.Verdict `json:"call"`
	Said string            `json:"said,omitempty"`
	// Page is the address that is stated for events, Status what it answers
	// and Untold why it could not be read. Form is how its events are
	// written, "" if they could not be found in it.
	Page   string `json:"page,omitempty"`
	Status int    `json:"status,omitempty"`
	Untold string `json:"untold,omitempty"`
	Form   string `json:"form,omitempty"`
	// Events counts what came; Named are those that name a package, Full
	// those that also say when.
	Events int `json:"events"`
	Named  int `json:"named"`
	Full   int `json:"full"`
}

// Public reports whether anybody can follow the packages that change.
func (l EventLog) Public() bool { return l.Full > 0 }

// Refused reports that there is an event log, and that it is not for all.
func (l EventLog) Refused() bool {
	return l.Call == scorecard.Refused || l.Status == 401 || l.Status == 403
}

// Asked reports whether there was anything to ask.
func (l EventLog) Asked() bool { return l.Call != scorecard.NoCall || l.Page != "" }

// ReadEventLog asks for the events without any credential: by the call, and
// where that shows no whole event, at the page that is stated.
func ReadEventLog(ctx context.Context, b *scorecard.Bench) EventLog {
	lines, a := b.Events(ctx, scorecard.Credential{})
	log := EventLog{Call: a.Verdict, Said: a.Reason}
	if a.Verdict == scorecard.Accepted {
		log.count(eventsOfLines(lines))
		if log.Public() {
			return log
		}
	}
	address := b.Subject.Pages["events"]
	if address == "" {
		return log
	}
	log.Page = Shown(address)
	p, err := FetchAs(ctx, b, address, "application/x-ndjson, application/json;q=0.9, text/plain;q=0.5")
	if err != nil {
		log.Untold = scorecard.MissingOf(err).Reason
		return log
	}
	log.Status = p.Status
	if !p.There() {
		return log
	}
	events, form := ReadEvents(p.Body)
	if p.Web() {
		events, form = nil, ""
	}
	log.Form = form
	if len(events) > 0 {
		log.Events, log.Named, log.Full = 0, 0, 0
		log.count(events)
	}
	return log
}

func (l *EventLog) count(events []Event) {
	for _, e := range events {
		l.Events++
		if e.Name != "" {
			l.Named++
			if !e.Time.IsZero() {
				l.Full++
			}
		}
	}
}

// Event is what can be told of one event, whatever form it has.
type Event struct {
	// Name is the package, "" if the event names none.
	Name string
	Time time.Time
}

// maxEvents bounds how many events are looked at, maxDepth how deep an event
// is searched for the name of its package.
const (
	maxEvents = 1000
	maxDepth  = 4
)

// ReadEvents finds the events of a document: an array of JSON objects, an
// object that holds one, or an object a line. It says which form it was, ""
// if there was none.
func ReadEvents(document []byte) ([]Event, string) {
	document = bytes.TrimSpace(document)
	if len(document) == 0 {
		return nil, ""
	}
	var whole any
	if json.Unmarshal(document, &whole) == nil {
		list, form := listIn(whole)
		if form == "" {
			return nil, ""
		}
		return eventsOf(list), form
	}
	var list []any
	for line := range bytes.Lines(document) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var one map[string]any
		if json.Unmarshal(line, &one) != nil {
			// The last line of a document that was cut is no event; a first
			// one that is none says that this is something else.
			break
		}
		if list = append(list, one); len(list) == maxEvents {
			break
		}
	}
	if len(list) == 0 {
		return nil, ""
	}
	return eventsOf(list), "JSON lines"
}

// listIn finds the list of events in a JSON document.
func listIn(whole any) ([]any, string) {
	switch d := whole.(type) {
	case []any:
		return d, "a JSON array"
	case map[string]any:
		for _, key := range []string{"events", "results", "items", "entries", "changes", "data", "objects"} {
			if list, ok := d[key].([]any); ok {
				return list, fmt.Sprintf("a JSON object with %q", key)
			}
		}
		if e := eventOf(d); e.Name != "" {
			return []any{d}, "JSON lines"
		}
	}
	return nil, ""
}

func eventsOf(list []any) []Event {
	events := []Event{}
	for _, one := range list[:min(len(list), maxEvents)] {
		if o, ok := one.(map[string]any); ok {
			events = append(events, eventOf(o))
		}
	}
	return events
}

// Fields in which event logs that are in use keep the package and the time.
var (
	nameFields = []string{"name", "package", "package_name", "packagename", "module", "path", "purl", "subject", "crate", "gem", "project", "coordinate"}
	timeFields = []string{"time", "timestamp", "at", "date", "created", "created_at", "published", "published_at", "occurred_at", "updated", "committimestamp"}
)

func eventOf(o map[string]any) Event {
	return Event{Name: nameIn(o), Time: timeIn(o)}
}

func nameIn(o map[string]any) string {
	text := func(v any) string {
		s, _ := v.(string)
		return strings.TrimSpace(s)
	}
	// Change feeds of CouchDB call the document, here the package, id;
	// elsewhere that is the event's own number.
	if _, feed := o["seq"]; feed {
		if id := text(o["id"]); id != "" {
			return id
		}
	}
	return search(o, 0, nameFields, text)
}

func timeIn(o map[string]any) time.Time {
	found := search(o, 0, timeFields, func(v any) string {
		if t, ok := readTime(v); ok {
			return t.UTC().Format(time.RFC3339Nano)
		}
		return ""
	})
	t, err := time.Parse(time.RFC3339Nano, found)
	if err != nil {
		return time.Time{}
	}
	return t
}

// search finds the first of the fields, in their order, that holds what is
// looked for: in the object, then in the objects in it.
func search(o map[string]any, depth int, fields []string, read func(any) string) string {
	if depth == maxDepth {
		return ""
	}
	lower := make(map[string]any, len(o))
	for k, v := range o {
		lower[strings.ToLower(k)] = v
	}
	for _, f := range fields {
		if v, ok := lower[f]; ok {
			if s := read(v); s != "" {
				return s
			}
		}
	}
	for _, inside := range []string{"body", "event", "package", "subject", "payload", "data", "object", "doc", "coordinate"} {
		if in, ok := lower[inside].(map[string]any); ok {
			if s := search(in, depth+1, fields, read); s != "" {
				return s
			}
		}
	}
	return ""
}

// readTime reads a date, or seconds or milliseconds since 1970. Small numbers
// are counters and no times.
func readTime(v any) (time.Time, bool) {
	switch v := v.(type) {
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime} {
			if t, err := time.Parse(layout, v); err == nil && t.Year() > 1990 {
				return t, true
			}
		}
	case float64:
		switch {
		case v > 1e9 && v < 1e11:
			return time.Unix(int64(v), 0), true
		case v > 1e12 && v < 1e14:
			return time.UnixMilli(int64(v)), true
		}
	}
	return time.Time{}, false
}

// eventsOfLines reads the lines in which a call hands events out: words, of
// which one may be a time, or a JSON object.
func eventsOfLines(lines []string) []Event {
	var events []Event
	for _, line := range lines[:min(len(lines), maxEvents)] {
		var o map[string]any
		if json.Unmarshal([]byte(line), &o) == nil {
			events = append(events, eventOf(o))
			continue
		}
		var e Event
		var rest []string
		for _, word := range strings.Fields(line) {
			if t, ok := readTime(strings.Trim(word, `,;"`)); ok && e.Time.IsZero() {
				e.Time = t
				continue
			}
			rest = append(rest, word)
		}
		// A kind alone names nothing: a second word must say of what.
		if len(rest) >= 2 {
			e.Name = rest[1]
		}
		events = append(events, e)
	}
	return events
}
