package npm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"assay.invalid/internal/scorecard"
)

// Events reads the feed of changes. A registry without one takes its address
// for a package's, so anything but results in JSON, or a plain no to who may
// not read them, is "no such call".
func (a *acts) Events(ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
	var last scorecard.Answer
	for _, path := range []string{"_changes", "-/_changes"} {
		res, answer := a.ask(ctx, question{path: path + "?descending=true&limit=" + strconv.Itoa(a.limits.Events), as: as})
		if answer.Status == http.StatusBadRequest || answer.Status == http.StatusUnprocessableEntity {
			answer.Verdict = scorecard.NoCall
		}
		lines, answer := changed(res, missing(answer), a.limits.Events)
		if answer.Verdict != scorecard.NoCall {
			return lines, answer
		}
		last = answer
	}
	return nil, last
}

// change is one line of the feed with what orders it.
type change struct {
	seq  float64
	line string
}

func changed(res scorecard.Response, a scorecard.Answer, most int) ([]string, scorecard.Answer) {
	if a.Verdict != scorecard.Accepted {
		return nil, a
	}
	m := members(res.Body)
	results := list(m["results"])
	if m == nil || results == nil {
		a.Verdict, a.Reason = scorecard.NoCall, scorecard.Words("answered with "+kindOf(res)+" where a feed of changes would be")
		return nil, a
	}
	var all []change
	ordered := true
	for _, raw := range results {
		o := members(raw)
		if o == nil {
			return nil, spoilt(a, "its feed of changes holds something that is no change")
		}
		c := change{line: lineOf(o)}
		if json.Unmarshal(o["seq"], &c.seq) != nil {
			ordered = false
		}
		all = append(all, c)
	}
	if ordered {
		slices.SortStableFunc(all, func(x, y change) int { return cmp.Compare(x.seq, y.seq) })
	} else {
		slices.Reverse(all) // newest first was asked for
	}
	lines := []string{}
	for _, c := range all[max(0, len(all)-most):] {
		if c.line != "" {
			lines = append(lines, c.line)
		}
	}
	return lines, a
}

// lineOf writes a change as kind, package and version, with the time before
// and the reason behind, as far as it has them. The feed of old has the name
// alone, as its id.
func lineOf(o map[string]json.RawMessage) string {
	first := func(keys ...string) string {
		for _, key := range keys {
			if s := text(o[key]); s != "" {
				return s
			}
		}
		return ""
	}
	kind := first("kind", "type", "event")
	if kind == "" {
		kind = "changed"
		if bytes.Equal(bytes.TrimSpace(o["deleted"]), []byte("true")) {
			kind = "removed"
		}
	}
	name := first("name", "package", "id")
	if name == "" {
		return ""
	}
	if version := first("version"); version != "" {
		name += "@" + version
	}
	parts := []string{first("time", "at", "date"), kind, name}
	if reason := first("reason"); reason != "" {
		parts = append(parts, "("+reason+")")
	}
	return scorecard.Words(strings.TrimSpace(strings.Join(parts, " ")))
}
