package golang

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"assay.invalid/internal/ecosystem/golang/wire"
	"assay.invalid/internal/scorecard"
)

// Samples asks well-known modules. The protocol has no search, but a proxy
// may keep the index of modules at its own address; one that does names what
// it really has, and is asked first.
func (a *acts) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	var found []string
	worst := scorecard.Answer{Verdict: scorecard.Absent, Reason: "neither an index nor well-known modules led to one"}
	if n <= 0 {
		return nil, scorecard.Answer{Verdict: scorecard.Accepted}
	}
	res, answer := a.ask(ctx, scorecard.Credential{}, "index?limit="+strconv.Itoa(a.limits.Index), a.limits.Wire.List)
	if answer.Status == 0 {
		return nil, answer
	}
	if answer.Verdict == scorecard.Accepted {
		found = indexed(res.Body, n, a.limits.Index)
	}
	for i, name := range wellKnown() {
		if i >= a.limits.WellKnown || len(found) >= n || len(found) > 0 && i >= n {
			break
		}
		versions, answer := a.list(ctx, scorecard.Credential{}, name)
		switch {
		case answer.Verdict == scorecard.Accepted && len(versions) > 0 && !slices.Contains(found, name):
			found = append(found, name)
		case answer.Verdict != scorecard.Accepted && answer.Verdict != scorecard.Absent && worst.Verdict == scorecard.Absent:
			worst = answer
		}
	}
	if len(found) == 0 {
		return nil, worst
	}
	return found, scorecard.Answer{Verdict: scorecard.Accepted}
}

// indexed are the modules in the lines of an index, each an object with Path
// and Version; nothing if it is something else.
func indexed(body []byte, n, most int) []string {
	var found []string
	lines := 0
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if lines++; lines > most || len(found) >= n {
			break
		}
		var entry struct{ Path, Version string }
		if json.Unmarshal(line, &entry) != nil || !wire.Canonical(entry.Path, entry.Version) {
			return nil
		}
		if name, err := (wire.Grammar{}).Name(entry.Path); err == nil && name == entry.Path && !wire.Pseudo(entry.Version) && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}
