package server

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/packages"
	"assay.invalid/internal/web/why"
)

// packagePage shows a package or a version. The address is the package URL
// as it was written: decoded, an escaped slash or percent sign in a name
// would become another name.
func (f *front) packagePage(w http.ResponseWriter, r *http.Request) {
	purl, _ := strings.CutPrefix(r.URL.EscapedPath(), web.PackagesPrefix)
	if purl == "" || purl == r.URL.EscapedPath() {
		f.refuse(w, r, http.StatusNotFound, assay.Errorf(assay.NotFound,
			"a package's page is %s and its package URL: %spkg:npm/lodash, or %spkg:npm/lodash@4.17.21", web.PackagesPrefix, web.PackagesPrefix, web.PackagesPrefix))
		return
	}
	view, err := f.server.config.Control.Package(r.Context(), purl)
	if err != nil {
		f.fail(w, r, err)
		return
	}
	if answerJSON(w, r, view) {
		return
	}
	if view.Coordinate.Version == "" {
		f.answerPage(w, r, packageOf(&view, clipped(r.URL.Query().Get("after")), time.Now()))
		return
	}
	f.answerPage(w, r, versionOf(&view, time.Now()))
}

func aboutOf(view *api.PackageView, now time.Time) packages.About {
	about := packages.About{
		What: web.PURLOf(view.Coordinate), Name: view.Coordinate.Name, Registry: view.Registry, Hosted: view.Hosted, Claimed: view.Claimed,
		Facts: view.Facts, Exceptions: exceptionsOf(view.Exceptions), Events: eventsOf(view.Events), Epoch: view.Epoch,
	}
	for _, line := range view.Install {
		about.Install = append(about.Install, packages.Install{Client: line.Client, Line: line.Line})
	}
	for _, advice := range view.Advice {
		about.Advice = append(about.Advice, web.Capital(advice))
	}
	if view.Stale > 0 {
		about.Stale = web.Left(now.Add(time.Duration(view.Stale)*time.Second), now)
	}
	return about
}

func statusOf(view *api.PackageView, version string) (status, reason string) {
	for _, s := range view.Statuses {
		if s.Version == version && s.Status != assay.Active {
			return s.Status.String(), s.Reason
		}
	}
	return "", ""
}

func packageOf(view *api.PackageView, after string, now time.Time) *packages.Package {
	p := &packages.Package{About: aboutOf(view, now), After: after}
	for i := range view.Versions {
		v := &view.Versions[i]
		line := packages.Version{
			Version: v.Version, What: web.PURLOf(view.Coordinate.At(v.Version)), Badges: []web.Badge{web.BadgeOf(v.Decision.Effect)},
			Listed: v.Listed, Downloads: view.Downloads[v.Version],
		}
		line.Status, _ = statusOf(view, v.Version)
		if lead := v.Decision.Lead(); lead != nil && v.Decision.Effect != assay.Allow {
			line.Rule, line.Reason, line.Until = lead.Rule, lead.Reason, lead.Until
		}
		for j := range v.Decision.Opinions {
			if v.Decision.Opinions[j].LiftedBy != "" {
				line.Lifted = v.Decision.Opinions[j].Rule
			}
			badge := web.BadgeOfOpinion(&v.Decision.Opinions[j])
			if badge.Shape == "observe" && !slices.Contains(line.Badges, badge) {
				line.Badges = append(line.Badges, badge)
			}
		}
		p.Versions = append(p.Versions, line)
	}
	if !slices.ContainsFunc(p.Versions, func(v packages.Version) bool { return v.Version == after }) {
		p.After = "" // a version that has gone since leads back to the newest
	}
	return p
}

func versionOf(view *api.PackageView, now time.Time) *packages.VersionPage {
	explained := why.New(view.Explanation, now)
	p := &packages.VersionPage{
		About: aboutOf(view, now), Package: web.PURLOf(view.Coordinate.Package()), Version: view.Coordinate.Version,
		Badge: explained.Badge, Sentence: explained.Title + ".", Rule: explained.Rule, Reason: explained.Reason,
		Until: explained.Until, Left: explained.Left, Nearest: explained.Nearest, Opinions: explained.Opinions,
		Downloads: view.Downloads[view.Coordinate.Version],
	}
	p.Advice = explained.Advice
	for i := range p.Events {
		if p.Events[i].Version == p.Version {
			p.Events[i].Version = "" // the page is about nothing else
		}
	}
	p.Status, p.StatusReason = statusOf(view, view.Coordinate.Version)
	if _, id, ok := strings.Cut(view.Why, "/why/"); ok {
		p.Why = web.WhyPath(id)
	}
	return p
}
