package pypi

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/order"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// accepted is what pip 23 asks for.
const accepted = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"

const mediaJSON = "application/vnd.pypi.simple.v1+json"

// Listing asks for a project's page.
func (a *acts) Listing(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	if !addressable(name) {
		return scorecard.Listing{}, asking.Unclear("%q is no name that an index can be asked for", name)
	}
	res, answer := a.ask(ctx, asking.Question{URL: a.index + normal(name) + "/", As: as, Accept: accepted, Limit: a.limits.Document})
	l, answer := readListing(name, res, answer, a.limits.Files)
	for version, v := range l.Versions {
		a.files.Put(normal(name), version, v.File)
	}
	return l, answer
}

func (a *acts) ask(ctx context.Context, q asking.Question) (scorecard.Response, scorecard.Answer) {
	return a.subject.Ask(ctx, q, nil)
}

// readListing is the listing in an answer.
func readListing(name string, res scorecard.Response, answer scorecard.Answer, most int) (scorecard.Listing, scorecard.Answer) {
	p, answer := readPage(normal(name), res, answer, most)
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Listing{}, answer
	}
	l := scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{}, Gone: map[string]string{}, Header: asking.KeptHeaders(res.Header), Raw: res.Body}
	best := map[string]kind{}
	yanked, active := map[string]string{}, map[string]bool{}
	for _, f := range p.files {
		version, k := readFileName(normal(name), f.name)
		if k == unknown {
			continue // what pip cannot tell the version of it leaves alone
		}
		if f.yanked {
			if yanked[version] == "" {
				yanked[version] = scorecard.Words(f.why)
			}
		} else {
			active[version] = true
		}
		v := l.Versions[version]
		if k > best[version] {
			best[version] = k
			v.Digests, v.File, v.Provenance = f.digests, f.url, f.provenance
		}
		if v.Published.IsZero() || !f.uploaded.IsZero() && f.uploaded.Before(v.Published) {
			v.Published = f.uploaded
		}
		l.Versions[version] = v
	}
	var choice []string
	for version, v := range l.Versions {
		v.Status, v.Notice = projectStatus(p)
		if !active[version] {
			v.Status, v.Notice = assay.Yanked, yanked[version]
		} else if best[version] != other {
			choice = append(choice, version)
		}
		l.Versions[version] = v
	}
	l.Latest = order.Newest(assay.PyPI, choice)
	return l, answer
}

// projectStatus is what PEP 792 says of all versions at once. An archived
// project is as good as it was, and its readers are told.
func projectStatus(p page) (assay.Status, string) {
	words := scorecard.Words(p.reason)
	switch p.status {
	case "deprecated":
		return assay.Deprecated, words
	case "quarantined":
		return assay.Quarantined, words
	case "archived":
		return assay.Active, scorecard.Words("archived: " + p.reason)
	}
	return assay.Active, ""
}

// readPage is a project's page in an answer, in the form that it says it has.
func readPage(project string, res scorecard.Response, answer scorecard.Answer, most int) (page, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return page{}, answer
	}
	var p page
	var err error
	switch media := asking.MediaType(res); {
	case media == mediaJSON, media == "application/json":
		p, err = readJSON(project, res.At, res.Body, most)
	case media == "text/html", media == "application/vnd.pypi.simple.v1+html", media == "application/xhtml+xml":
		p, err = readHTML(project, res.At, res.Body, most)
	default:
		return page{}, asking.Spoilt(answer, "answered with %s instead of a list of files", asking.KindOf(res))
	}
	if err != nil {
		return page{}, asking.Spoilt(answer, "answered with a list of files that is not sound: %v", err)
	}
	return p, answer
}
