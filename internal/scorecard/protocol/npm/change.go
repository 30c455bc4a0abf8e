package npm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// document is a package's document on its way back: npm has no call for a
// single change, so clients read it, edit it and send it.
type document struct {
	path     string // of the package, escaped
	all      map[string]json.RawMessage
	versions map[string]json.RawMessage
	rev      string
}

func (a *acts) document(ctx context.Context, as scorecard.Credential, name string) (*document, scorecard.Answer) {
	path, answer, ok := packagePath(name)
	if !ok {
		return nil, answer
	}
	res, answer := a.ask(ctx, question{path: path + "?write=true", as: as, limit: a.limits.Document})
	if _, answer = a.read(res, answer, name); answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	d := &document{path: path, all: members(res.Body)}
	d.versions = members(d.all["versions"])
	d.rev = text(d.all["_rev"])
	return d, answer
}

// revised is the address of the document's revision.
func (d *document) revised() string { return d.path + "/-rev/" + url.PathEscape(d.rev) }

// encoded is what is sent back.
func (d *document) encoded() (map[string]json.RawMessage, error) {
	versions, err := json.Marshal(d.versions)
	d.all["versions"] = versions
	delete(d.all, "_revisions")
	delete(d.all, "_attachments")
	return d.all, err
}

// noRevision is said of a registry whose documents cannot be sent back.
var noRevision = scorecard.Answer{Verdict: scorecard.NoCall, Reason: "its documents have no revision to change them by"}

// Remove does what npm unpublish does. npm has no place for a reason.
func (a *acts) Remove(ctx context.Context, as scorecard.Credential, name, version, _ string) scorecard.Answer {
	d, answer := a.document(ctx, as, name)
	if answer.Verdict != scorecard.Accepted {
		return answer
	}
	if d.rev == "" {
		return noRevision
	}
	_, there := d.versions[version]
	if version != "" && !there {
		return scorecard.Answer{Verdict: scorecard.Absent, Status: answer.Status, Reason: "its listing has no version " + scorecard.Words(version)}
	}
	if version == "" || len(d.versions) == 1 {
		res, answer := a.ask(ctx, question{method: http.MethodDelete, path: d.revised(), as: as})
		return done(res, missing(answer))
	}
	return a.removeVersion(ctx, as, name, version, d)
}

func (a *acts) removeVersion(ctx context.Context, as scorecard.Credential, name, version string, d *document) scorecard.Answer {
	if err := d.strikeOut(version); err != nil {
		return unclear("its document cannot be sent back: %v", err)
	}
	body, err := d.encoded()
	if err != nil {
		return unclear("its document cannot be sent back: %v", err)
	}
	res, answer := a.ask(ctx, question{method: http.MethodPut, path: d.revised(), as: as, body: body})
	if answer = done(res, missing(answer)); answer.Verdict != scorecard.Accepted {
		return answer
	}
	// From here on the version is gone, whatever becomes of its file.
	after, second := a.document(ctx, as, name)
	if second.Verdict != scorecard.Accepted {
		answer.Reason = scorecard.Words("the tarball was not deleted, because the document could not be read again: " + second.String())
		return answer
	}
	res, second = a.ask(ctx, question{method: http.MethodDelete, path: a.filePath(name, version) + "/-rev/" + url.PathEscape(after.rev), as: as})
	if second = done(res, second); second.Verdict != scorecard.Accepted {
		answer.Reason = scorecard.Words("the tarball was not deleted: " + second.String())
	}
	return answer
}

// strikeOut takes a version and its tags out of a document.
func (d *document) strikeOut(version string) error {
	delete(d.versions, version)
	tags := members(d.all["dist-tags"])
	wasLatest := text(tags["latest"]) == version
	for tag, to := range tags {
		if text(to) == version {
			delete(tags, tag)
		}
	}
	if wasLatest {
		to, err := json.Marshal(newest(d.versions))
		if err != nil {
			return err
		}
		tags["latest"] = to
	}
	encoded, err := json.Marshal(tags)
	if err == nil && tags != nil {
		d.all["dist-tags"] = encoded
	}
	return err
}

// filePath is a tarball's path below the base. The listing's word is taken
// only for an address below it: a DELETE must not be led elsewhere.
func (a *acts) filePath(name, version string) string {
	usual, _, _ := usualFile(name, version)
	at, known := a.files.get(name, version)
	rest, below := strings.CutPrefix(at, a.base)
	if !known || !below || rest == "" || strings.ContainsAny(rest, "?#") || strings.Contains(rest, "..") {
		return usual
	}
	return rest
}

// SetStatus deprecates, and takes a deprecation back. npm's protocol can say
// nothing else of a version.
func (a *acts) SetStatus(ctx context.Context, as scorecard.Credential, name, version string, s assay.Status, reason string) scorecard.Answer {
	if s != assay.Deprecated && s != assay.Active {
		return scorecard.Answer{Verdict: scorecard.NoCall}
	}
	d, answer := a.document(ctx, as, name)
	if answer.Verdict != scorecard.Accepted {
		// A version in quarantine may have taken the whole listing with it:
		// whoever has another call may still take that back.
		if s == assay.Active && answer.No() {
			answer.Verdict = scorecard.NoCall
		}
		return answer
	}
	manifest := members(d.versions[version])
	standing := statusIn(text(manifest["deprecated"]))
	switch {
	case s == assay.Active && standing != assay.Deprecated:
		return scorecard.Answer{Verdict: scorecard.NoCall, Reason: "npm takes back deprecations alone, and the version has none"}
	case manifest == nil:
		return scorecard.Answer{Verdict: scorecard.Absent, Status: answer.Status, Reason: "its listing has no version " + scorecard.Words(version)}
	case s == assay.Active:
		reason = ""
	case reason == "":
		reason = "deprecated"
	}
	var err error
	if manifest["deprecated"], err = json.Marshal(reason); err == nil {
		d.versions[version], err = json.Marshal(manifest)
	}
	var body map[string]json.RawMessage
	if err == nil {
		body, err = d.encoded()
	}
	if err != nil {
		return unclear("its document cannot be sent back: %v", err)
	}
	res, answer := a.ask(ctx, question{method: http.MethodPut, path: d.path, as: as, body: body})
	return done(res, missing(answer))
}

// AddOwner does what npm owner add does: it looks the person up, and sends
// the list of maintainers with one more.
func (a *acts) AddOwner(ctx context.Context, as scorecard.Credential, name, person string) scorecard.Answer {
	d, answer := a.document(ctx, as, name)
	if answer.Verdict != scorecard.Accepted {
		return answer
	}
	if d.rev == "" {
		return noRevision
	}
	owner := map[string]string{"name": person}
	res, found := a.ask(ctx, question{path: userPath(person), as: as})
	if m, found := object(res, found, "a person"); found.Verdict == scorecard.Accepted && text(m["email"]) != "" {
		owner["email"] = text(m["email"])
	}
	added, err := json.Marshal(owner)
	if err != nil {
		return unclear("%q cannot be named as an owner", person)
	}
	res, answer = a.ask(ctx, question{method: http.MethodPut, path: d.revised(), as: as, body: map[string]any{
		"_id": name, "_rev": d.rev, "maintainers": append(list(d.all["maintainers"]), added),
	}})
	return done(res, missing(answer))
}
