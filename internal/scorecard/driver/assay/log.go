package assay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// newest is how many entries of the log are read.
const newest = 100

// entry is an entry of the log, in either of the two forms that the server
// has for it.
type entry struct {
	Index     int64           `json:"index"`
	Time      time.Time       `json:"time"`
	Kind      string          `json:"kind"`
	Ecosystem assay.Ecosystem `json:"ecosystem"`
	// Body stands in the feed, for those who may read the subject.
	Body struct {
		Details details `json:"details"`
		Subject struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"subject"`
	} `json:"body"`
	// Subject, By and Details stand in the administrators' view.
	Subject string  `json:"subject"`
	By      string  `json:"by"`
	Details details `json:"details"`
}

// details are what all kinds of events have in common that give a reason.
type details struct {
	Reason  string `json:"reason"`
	Pattern string `json:"pattern"`
}

// event is the entry as a reader of the feed is told of it: time, kind, and
// what it is about where the reader may know. An event that names nothing is
// its kind alone, so that nobody takes another word for a name.
func (e entry) event() string {
	about := e.Subject
	if about == "" && e.Body.Subject.Name != "" {
		about = assay.Coordinate{Ecosystem: e.Ecosystem, Name: e.Body.Subject.Name, Version: e.Body.Subject.Version}.String()
	}
	parts := []string{e.Time.UTC().Format(time.RFC3339), e.Kind}
	if about != "" {
		parts = append(parts, about, e.Details.Pattern+e.Body.Details.Pattern, e.Details.Reason+e.Body.Details.Reason)
	}
	return scorecard.Words(strings.Join(parts, " "))
}

// act is the entry as an act of somebody.
func (e entry) act() string {
	if e.By == "" {
		return e.event()
	}
	return scorecard.Words(e.event() + " by " + e.By)
}

// Events implements scorecard.Acts: the end of the feed.
func (a *acts) Events(ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
	res, answer := a.ask(ctx, question{as: as, path: "log/checkpoint"})
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	size, ok := treeSize(res.Body)
	if !ok {
		return nil, unclear("the checkpoint does not say how many entries there are")
	}
	query := url.Values{"from": {strconv.FormatInt(max(0, size-newest), 10)}}
	res, answer = a.ask(ctx, question{as: as, path: "log/feed", query: query})
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	var lines []string
	scan := bufio.NewScanner(bytes.NewReader(res.Body))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		if len(bytes.TrimSpace(scan.Bytes())) == 0 {
			continue // a sign of life
		}
		var e entry
		if err := json.Unmarshal(scan.Bytes(), &e); err != nil {
			return nil, unclear("the feed has a line that is no entry")
		}
		lines = append(lines, e.event())
	}
	if scan.Err() != nil {
		return nil, unclear("the feed has a line that is too long")
	}
	return lines, answer
}

// treeSize reads the second line of a checkpoint.
func treeSize(checkpoint []byte) (int64, bool) {
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) < 3 {
		return 0, false
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	return size, err == nil && size >= 0
}

// Acted implements scorecard.Acts: the log as administrators see it.
func (a *acts) Acted(ctx context.Context) ([]string, scorecard.Answer) {
	entries, answer := a.entries(ctx, newest)
	var lines []string
	for _, e := range entries {
		lines = append(lines, e.act())
	}
	return lines, answer
}

func (a *acts) entries(ctx context.Context, most int) ([]entry, scorecard.Answer) {
	var page struct {
		Entries []entry `json:"entries"`
	}
	answer := a.read(ctx, question{
		as: a.instance.administrator, path: api + "log/entries",
		query: url.Values{"from": {"-1"}, "limit": {strconv.Itoa(most)}},
	}, &page)
	return page.Entries, answer
}

// EraseActed implements scorecard.Acts. No call erases an entry; what an
// administrator can try is to ask for it where entries are read.
func (a *acts) EraseActed(ctx context.Context) scorecard.Answer {
	last, answer := a.entries(ctx, 1)
	switch {
	case answer.Verdict != scorecard.Accepted:
		return answer
	case len(last) == 0:
		return unclear("the log has no entry that could be erased")
	}
	_, answer = a.ask(ctx, question{
		as: a.instance.administrator, method: http.MethodDelete, path: api + "log/entries",
		query: url.Values{"index": {strconv.FormatInt(last[0].Index, 10)}},
	})
	return answer
}
