package maven

import (
	"context"
	"net/http"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/order"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// Publish deploys a release: the jar, the POM, then the metadata. The first
// that is not taken ends it, and what was taken by then stays, as it does when
// Maven fails half-way.
func (a *acts) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	of, ok := readName(r.Name)
	if !ok || !isVersion(r.Version) {
		return asking.Unclear("%q cannot be deployed: it is no version of a group/artifact", r.Name+" "+r.Version)
	}
	jar := r.Archive
	if jar == nil {
		var err error
		if jar, err = (protocol{}).Archive(r); err != nil {
			return asking.Unclear("the release cannot be packed: %v", err)
		}
	}
	described, err := pom(r, of)
	if err != nil {
		return asking.Unclear("the POM cannot be written: %v", err)
	}
	for _, f := range []struct {
		path    string
		content []byte
	}{{of.file(r.Version, "jar"), jar}, {of.file(r.Version, "pom"), described}} {
		if answer := a.put(ctx, as, f.path, f.content); answer.Verdict != scorecard.Accepted {
			return answer
		}
	}
	return a.merge(ctx, as, of, r.Version)
}

// merge adds the version to the metadata that is there.
func (a *acts) merge(ctx context.Context, as scorecard.Credential, of artifact, version string) scorecard.Answer {
	path := of.folder() + metadataFile
	res, answer := a.ask(ctx, asking.Question{URL: a.base + path, As: as, Limit: a.limits.Metadata})
	var m metadata
	switch answer.Verdict {
	case scorecard.Absent:
	case scorecard.Accepted:
		var err error
		if m, err = readMetadata(of, res.Body, a.limits.Versions); err != nil {
			return asking.Spoilt(answer, "the files were taken, and the %s beside them is not sound: %v", metadataFile, err)
		}
	default:
		return answer
	}
	m.Group, m.Artifact = of.group, of.id
	if !slices.Contains(m.Versioning.Versions, version) {
		m.Versioning.Versions = append(m.Versioning.Versions, version)
	}
	m.Versioning.Latest = version
	m.Versioning.Release = order.Newest(assay.Maven, m.Versioning.Versions)
	text, err := composeMetadata(m, time.Now())
	if err != nil {
		return asking.Unclear("the metadata cannot be written: %v", err)
	}
	return a.put(ctx, as, path, text)
}

// put sends a file and its digests. Whether the digests are taken is nobody's
// matter but the server's: Maven only warns.
func (a *acts) put(ctx context.Context, as scorecard.Credential, path string, content []byte) scorecard.Answer {
	sent := func(path string, content []byte) scorecard.Answer {
		res, answer := a.ask(ctx, asking.Question{Method: http.MethodPut, URL: a.base + path, As: as, Body: content, Limit: a.limits.Answer,
			Header: map[string]string{"Content-Type": "application/octet-stream"}})
		return done(res, asking.Missing(answer))
	}
	answer := sent(path, content)
	if answer.Verdict != scorecard.Accepted {
		return answer
	}
	sums := asking.Digests(content)
	for _, algorithm := range []string{"md5", "sha1"} {
		sent(path+"."+algorithm, []byte(sums[algorithm]))
	}
	return answer
}

// done judges the answer to a change. A server that answers any request with
// a page of its own would otherwise seem to have done it.
func done(res scorecard.Response, answer scorecard.Answer) scorecard.Answer {
	switch {
	case answer.Verdict != scorecard.Accepted:
		return answer
	case asking.IsWebPage(res):
		return asking.Spoilt(answer, "answered with a web page instead of saying that it was done")
	}
	return answer
}
