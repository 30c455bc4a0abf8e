package pypi

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// nobodyHas is a name that no index should have a project of.
const nobodyHas = "assay-scorecard-asks-for-a-project-that-nobody-has"

// Recognise asks for a project that most indexes have, else for the list of
// all projects, then for one that nobody has. A server that has that one as
// well answers anything, and is not recognised.
func (a *acts) Recognise(ctx context.Context) scorecard.Answer {
	l, known := a.Listing(ctx, scorecard.Credential{}, wellKnown()[0])
	if known.Status == 0 && known.Verdict == scorecard.Unclear {
		return known // no answer at all: there is nothing more to ask
	}
	if known.Verdict == scorecard.Accepted && len(l.Versions) == 0 {
		known = scorecard.Answer{Verdict: scorecard.Absent, Status: known.Status, Reason: "it has no versions"}
	}
	// One that has no upstream, or whose upstream is down, may answer with a
	// fault for what is not its own.
	if known.Verdict == scorecard.Absent || known.Status >= 500 {
		if _, all := a.all(ctx); all.Verdict == scorecard.Accepted {
			known = all
		}
	}
	if known.Verdict != scorecard.Accepted && known.Verdict != scorecard.Absent {
		return known
	}
	_, none := a.Listing(ctx, scorecard.Credential{}, nobodyHas)
	switch {
	case none.Verdict == scorecard.Accepted:
		return asking.Spoilt(none, "does not answer as a Python package index: a project that nobody has is answered with a list of files")
	case known.Verdict == scorecard.Accepted && none.Verdict != scorecard.Unclear,
		// One whose own upstream is down answers with a fault.
		known.Verdict == scorecard.Accepted && none.Status >= 500:
		return known
	case known.Verdict == scorecard.Accepted:
		return none
	}
	return asking.Spoilt(known, "does not answer as a Python package index: it has neither %s nor a list of projects", wellKnown()[0])
}

// Samples asks for well-known projects, then for the list of all: that of a
// public index is long.
func (a *acts) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	if n <= 0 {
		return nil, scorecard.Answer{Verdict: scorecard.Accepted}
	}
	var found []string
	worst := scorecard.Answer{Verdict: scorecard.Absent, Reason: "neither well-known names nor its list led to a project"}
	note := func(a scorecard.Answer) {
		if worst.Verdict == scorecard.Absent && a.Verdict != scorecard.Accepted && a.Verdict != scorecard.Absent {
			worst = a
		}
	}
	for i, name := range wellKnown() {
		if i >= a.limits.WellKnown || len(found) >= n {
			break
		}
		l, answer := a.Listing(ctx, scorecard.Credential{}, name)
		if answer.Verdict == scorecard.Accepted && len(l.Versions) > 0 {
			found = append(found, name)
		}
		note(answer)
		if answer.Status == 0 && answer.Verdict == scorecard.Unclear {
			break
		}
	}
	if len(found) == 0 {
		all, answer := a.all(ctx)
		found = all[:min(n, len(all))]
		note(answer)
	}
	if len(found) == 0 {
		return nil, worst
	}
	return found, scorecard.Answer{Verdict: scorecard.Accepted}
}

// all are the projects that the index itself lists.
func (a *acts) all(ctx context.Context) ([]string, scorecard.Answer) {
	res, answer := a.ask(ctx, asking.Question{URL: a.index, Accept: accepted, Limit: a.limits.Index})
	return readAll(a.index, res, answer, a.limits.Files)
}

func readAll(index string, res scorecard.Response, answer scorecard.Answer, most int) ([]string, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	var names []string
	add := func(name string) {
		if addressable(name) && !slices.Contains(names, normal(name)) && len(names) < 100 {
			names = append(names, normal(name))
		}
	}
	if document := asking.Members(res.Body); document != nil {
		projects := asking.List(document["projects"])
		if projects == nil || !strings.HasPrefix(asking.Text(asking.Members(document["meta"])["api-version"]), "1.") {
			return nil, asking.Spoilt(answer, "answered with %s instead of a list of projects", asking.KindOf(res))
		}
		for _, p := range projects {
			add(asking.Text(asking.Members(p)["name"]))
		}
		return names, answer
	}
	declared := false
	links, err := links(res.At, res.Body, most, func(name, content string) {
		declared = declared || name == "pypi:repository-version" && strings.HasPrefix(content, "1.")
	})
	if err != nil || !asking.IsWebPage(res) && !declared {
		return nil, asking.Spoilt(answer, "answered with %s instead of a list of projects", asking.KindOf(res))
	}
	for _, l := range links {
		// A project's link leads to the folder of its name below the index.
		u, err := url.Parse(l.address)
		if err != nil || !strings.HasPrefix(l.address, index) || normal(path.Base(u.Path)) != normal(l.text) {
			if !declared {
				return nil, asking.Spoilt(answer, "answered with a web page that lists no projects")
			}
			continue
		}
		add(l.text)
	}
	if len(names) == 0 && !declared {
		return nil, asking.Spoilt(answer, "answered with a web page that lists no projects")
	}
	return names, answer
}
