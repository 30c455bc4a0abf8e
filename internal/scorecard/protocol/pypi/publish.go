package pypi

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// Publish uploads one file, as twine does. Where the usual address of uploads
// is missing, the place itself is tried, and then remembered; what was refused
// is never sent again.
func (a *acts) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	content := r.Archive
	if content == nil {
		var err error
		if content, err = (protocol{}).Archive(r); err != nil {
			return asking.Unclear("the release cannot be packed: %v", err)
		}
	}
	body, kind, err := form(r, content)
	if err != nil {
		return asking.Unclear("the upload cannot be written: %v", err)
	}
	for _, at := range a.uploads() {
		res, answer := a.ask(ctx, asking.Question{Method: http.MethodPost, URL: at, As: as, Limit: a.limits.Answer,
			Header: map[string]string{"Content-Type": kind}, Body: body})
		answer = asking.Missing(answer)
		if answer.Verdict == scorecard.NoCall {
			continue
		}
		if answer.Verdict == scorecard.Accepted || answer.Verdict == scorecard.Refused {
			a.mu.Lock()
			a.upload = at
			a.mu.Unlock()
		}
		return done(res, answer)
	}
	return scorecard.Answer{Verdict: scorecard.NoCall, Reason: "neither legacy/ nor the place itself takes uploads"}
}

// uploads are the addresses to send an upload to, the first that answers.
func (a *acts) uploads() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.upload != "" {
		return []string{a.upload}
	}
	return []string{a.place + "legacy/", a.place}
}

// done judges the answer to an upload. twine looks at the status alone; a
// server that answers anything with a page of its own would then seem to have
// taken it.
func done(res scorecard.Response, answer scorecard.Answer) scorecard.Answer {
	switch {
	case answer.Verdict != scorecard.Accepted:
		return answer
	case asking.IsWebPage(res):
		return asking.Spoilt(answer, "answered with a web page instead of saying that it was done")
	case res.Status == http.StatusAccepted:
		return asking.Spoilt(answer, "took it and says that it is not done yet (status 202)")
	}
	m := asking.Members(res.Body)
	if e := asking.WordsIn(res); m != nil && e != "" && (m["error"] != nil || m["errors"] != nil) {
		return asking.Spoilt(answer, "answered with status %d and an error: %s", res.Status, e)
	}
	return answer
}

// form is the upload as twine writes it.
func form(r scorecard.Release, content []byte) (body []byte, contentType string, err error) {
	name, filetype, python := wheelName(r.Name, r.Version), "bdist_wheel", "py3"
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		name, filetype, python = sourceName(r.Name, r.Version), "sdist", "source"
	}
	sums := asking.Digests(content)
	fields := [][2]string{
		{":action", "file_upload"}, {"protocol_version", "1"},
		{"metadata_version", metadataVersion}, {"name", r.Name}, {"version", r.Version},
		{"filetype", filetype}, {"pyversion", python}, {"summary", summary},
		{"md5_digest", sums["md5"]}, {"sha256_digest", sums["sha256"]},
	}
	for _, f := range described(r) {
		if key, ok := formFields[f[0]]; ok {
			fields = append(fields, [2]string{key, f[1]})
		}
	}
	if r.Provenance != nil {
		fields = append(fields, [2]string{"attestations", attestations(r.Provenance)})
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, "", err
		}
	}
	part, err := w.CreateFormFile("content", name)
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(content); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// attestations are the attestations of a release as the form has them (PEP
// 740): a list. What is one already stays as it is.
func attestations(provenance []byte) string {
	if asking.List(provenance) != nil {
		return string(provenance)
	}
	return "[" + string(provenance) + "]"
}

// formFields are the fields of the form by those of the metadata.
var formFields = map[string]string{
	"Home-page": "home_page", "Author-email": "author_email", "Project-URL": "project_urls", "Requires-Dist": "requires_dist",
}

const (
	metadataVersion = "2.1"
	summary         = "Made by a trial of a scorecard, to be removed when it is over."
)

// described is what a release says of itself, as fields of its metadata.
func described(r scorecard.Release) [][2]string {
	var fields [][2]string
	if r.Homepage != "" {
		fields = append(fields, [2]string{"Home-page", r.Homepage})
	}
	if r.Mail != "" {
		fields = append(fields, [2]string{"Author-email", r.Mail})
	}
	if r.Repository != "" {
		fields = append(fields, [2]string{"Project-URL", "Repository, " + r.Repository})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Dependencies)) {
		wanted := name
		if v := r.Dependencies[name]; v != "" {
			wanted += " == " + v
		}
		fields = append(fields, [2]string{"Requires-Dist", wanted})
	}
	return fields
}

func jsonOf(v any) ([]byte, error) { return json.Marshal(v) }
