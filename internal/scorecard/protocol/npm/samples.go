package npm

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// Samples asks the search, then the list of all packages that some
// registries have, then for well-known ones.
func (a *acts) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	if n <= 0 {
		return nil, scorecard.Answer{Verdict: scorecard.Accepted}
	}
	found := &samples{most: n}
	// Registries that search by substring need a letter that is common;
	// others take only the empty word for "everything".
	for i, word := range []string{"a", "e", ""} {
		if i >= a.limits.Searches || found.enough() {
			break
		}
		res, answer := a.ask(ctx, question{path: fmt.Sprintf("-/v1/search?text=%s&size=%d", url.QueryEscape(word), min(n*4, 100))})
		names, answer := searched(res, answer)
		found.add(names, answer)
		if answer.Status == 0 || answer.Verdict == scorecard.Absent || answer.Verdict == scorecard.NoCall {
			break
		}
	}
	if len(found.names) == 0 {
		res, answer := a.ask(ctx, question{path: "-/all"})
		found.add(listOfAll(res, answer))
	}
	for i, name := range wellKnown() {
		if i >= a.limits.WellKnown || len(found.names) > 0 && i >= n || found.enough() {
			break
		}
		if answer := a.exists(ctx, name); answer.Verdict == scorecard.Accepted {
			found.add([]string{name}, answer)
		} else {
			found.add(nil, answer)
		}
	}
	return found.names, found.answer()
}

// samples gathers names, and the answer to give where there are none.
type samples struct {
	most  int
	names []string
	worst scorecard.Answer
}

func (s *samples) enough() bool { return len(s.names) >= s.most }

func (s *samples) add(names []string, a scorecard.Answer) {
	for _, name := range names {
		if valid, err := wire.Name(name); err == nil && valid == name && !s.enough() && !slices.Contains(s.names, name) {
			s.names = append(s.names, name)
		}
	}
	// A refusal or a broken answer says more than "not there".
	if s.worst.Verdict == "" && a.Verdict != scorecard.Accepted && a.Verdict != scorecard.Absent && a.Verdict != scorecard.NoCall {
		s.worst = a
	}
}

func (s *samples) answer() scorecard.Answer {
	switch {
	case len(s.names) > 0:
		return scorecard.Answer{Verdict: scorecard.Accepted}
	case s.worst.Verdict != "":
		return s.worst
	}
	return scorecard.Answer{Verdict: scorecard.Absent, Reason: "neither its search nor well-known names led to a package"}
}

func searched(res scorecard.Response, a scorecard.Answer) ([]string, scorecard.Answer) {
	m, a := object(res, a, "results of a search")
	if a.Verdict != scorecard.Accepted {
		return nil, a
	}
	if list(m["objects"]) == nil {
		return nil, spoilt(a, "its search answered with JSON that has no results")
	}
	var names []string
	for _, o := range list(m["objects"]) {
		if name := text(members(members(o)["package"])["name"]); name != "" {
			names = append(names, name)
		}
	}
	return names, a
}

// listOfAll reads the list of all packages: an object by name, or an array.
func listOfAll(res scorecard.Response, a scorecard.Answer) ([]string, scorecard.Answer) {
	if a.Verdict != scorecard.Accepted {
		return nil, a
	}
	var names []string
	for _, e := range list(res.Body) {
		name := text(e)
		if name == "" {
			name = text(members(e)["name"])
		}
		names = append(names, name)
	}
	m := members(res.Body)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if text(members(m[name])["name"]) == name {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, spoilt(a, "answered with %s instead of a list of packages", kindOf(res))
	}
	return names, a
}
