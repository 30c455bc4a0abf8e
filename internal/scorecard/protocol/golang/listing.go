package golang

import (
	"context"
	"net/http"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/golang/wire"
	"assay.invalid/internal/scorecard"
)

// Listing asks for the list, then for what the newest versions' descriptions,
// the newest go.mod and the checksum database say.
func (a *acts) Listing(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	path, err := wire.ListPath(name)
	if err != nil {
		return scorecard.Listing{}, unclear("%q cannot be asked for: it is no module path", name)
	}
	res, answer := a.ask(ctx, as, path, a.limits.Wire.List)
	versions, answer := decodeList(name, res, answer, a.limits.Wire)
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Listing{}, answer
	}
	l := scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{}, Gone: map[string]string{}, Header: keptHeaders(res.Header), Raw: res.Body}
	for _, v := range versions {
		at, err := wire.FilePath(name, v, wire.Zip)
		if err != nil {
			return scorecard.Listing{}, spoilt(answer, "listed %q, whose file cannot be asked for", v)
		}
		l.Versions[v] = scorecard.Version{File: a.base + at}
	}
	if len(versions) == 0 {
		return a.unlisted(ctx, as, l, answer)
	}
	slices.SortFunc(versions, func(x, y string) int { return wire.Grammar{}.Compare(y, x) })
	a.date(ctx, as, l, versions[:min(len(versions), a.limits.Dated)])
	a.retract(ctx, as, l, wire.Newest(versions))
	a.prove(ctx, as, l, versions[:min(len(versions), a.limits.Proven)])
	l.Latest = wire.Newest(slices.DeleteFunc(slices.Clone(versions), func(v string) bool { return l.Versions[v].Status == assay.Yanked }))
	return l, answer
}

// list asks for the list alone.
func (a *acts) list(ctx context.Context, as scorecard.Credential, name string) ([]string, scorecard.Answer) {
	path, err := wire.ListPath(name)
	if err != nil {
		return nil, unclear("%q cannot be asked for: it is no module path", name)
	}
	res, answer := a.ask(ctx, as, path, a.limits.Wire.List)
	return decodeList(name, res, answer, a.limits.Wire)
}

func decodeList(name string, res scorecard.Response, answer scorecard.Answer, bounds wire.Limits) ([]string, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	if isWebPage(res) {
		return nil, spoilt(answer, "answered with a web page instead of a list of versions")
	}
	versions, err := wire.DecodeList(name, res.Body, bounds)
	if err != nil {
		return nil, spoilt(answer, "answered with %s that is no list of versions: %v", kindOf(res), because(err))
	}
	return versions, answer
}

// unlisted is a module whose list is empty: the go command then asks for
// @latest, which may name a commit.
func (a *acts) unlisted(ctx context.Context, as scorecard.Credential, l scorecard.Listing, answer scorecard.Answer) (scorecard.Listing, scorecard.Answer) {
	path, err := wire.LatestPath(l.Name)
	if err != nil {
		return scorecard.Listing{}, unclear("%q cannot be asked for: it is no module path", l.Name)
	}
	res, latest := a.ask(ctx, as, path, a.limits.Wire.Info)
	if latest.Verdict == scorecard.Absent {
		return l, answer
	}
	if latest.Verdict != scorecard.Accepted {
		return scorecard.Listing{}, latest
	}
	info, err := wire.DecodeInfo(l.Name, "", res.Body, a.limits.Wire)
	if err != nil {
		return scorecard.Listing{}, spoilt(latest, "answered @latest with %s that describes no version: %v", kindOf(res), because(err))
	}
	at, err := wire.FilePath(l.Name, info.Version, wire.Zip)
	if err != nil {
		return scorecard.Listing{}, spoilt(latest, "answered @latest with %q, whose file cannot be asked for", info.Version)
	}
	l.Versions[info.Version] = scorecard.Version{File: a.base + at, Published: info.Time}
	l.Latest = info.Version
	a.prove(ctx, as, l, []string{info.Version})
	return l, answer
}

// date adds the dates of versions. One whose description is refused or not
// sound has none; no answer at all ends the asking.
func (a *acts) date(ctx context.Context, as scorecard.Credential, l scorecard.Listing, versions []string) {
	for _, version := range versions {
		path, err := wire.FilePath(l.Name, version, wire.Info)
		if err != nil {
			continue
		}
		res, answer := a.ask(ctx, as, path, a.limits.Wire.Info)
		if answer.Status == 0 {
			return
		}
		if answer.Verdict != scorecard.Accepted {
			continue
		}
		if info, err := wire.DecodeInfo(l.Name, version, res.Body, a.limits.Wire); err == nil {
			v := l.Versions[version]
			v.Published = info.Time
			l.Versions[version] = v
		}
	}
}

// retract reads the newest go.mod, in which a module's author takes versions
// back and says that the module is deprecated
// (https://go.dev/ref/mod#go-mod-file-retract).
func (a *acts) retract(ctx context.Context, as scorecard.Credential, l scorecard.Listing, newest string) {
	path, err := wire.FilePath(l.Name, newest, wire.Mod)
	if err != nil {
		return
	}
	res, answer := a.ask(ctx, as, path, a.limits.Wire.Mod)
	if answer.Verdict != scorecard.Accepted || isWebPage(res) {
		return
	}
	file, err := wire.DecodeMod(l.Name, newest, res.Body, a.limits.Wire)
	if err != nil {
		return
	}
	for version, v := range l.Versions {
		if file.Deprecated != "" {
			v.Status, v.Notice = assay.Deprecated, scorecard.Words(file.Deprecated)
		}
		if why, retracted := file.Retracts(version); retracted {
			if why == "" {
				why = "retracted by its author"
			}
			v.Status, v.Notice = assay.Yanked, scorecard.Words(why)
		}
		l.Versions[version] = v
	}
}

// keptHeaders are those that say how an answer may be kept and how old it is.
func keptHeaders(h http.Header) map[string]string {
	kept := map[string]string{}
	for _, key := range []string{"Age", "Cache-Control", "Content-Type", "Etag", "Expires", "Last-Modified", "Vary"} {
		if v := scorecard.Words(h.Get(key)); v != "" {
			kept[key] = v
		}
	}
	return kept
}
