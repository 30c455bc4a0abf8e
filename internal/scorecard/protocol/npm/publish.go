package npm

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// bundleType is the media type of an attestation bundle that names none.
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// Publish sends the document that npm publish sends. It makes one attempt:
// npm's second one after a conflict would blur what was refused.
func (a *acts) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	path, answer, ok := packagePath(r.Name)
	if !ok {
		return answer
	}
	content := r.Archive
	if content == nil {
		var err error
		if content, err = (protocol{}).Archive(r); err != nil {
			return unclear("the release cannot be packed: %v", err)
		}
	}
	res, answer := a.ask(ctx, question{method: http.MethodPut, path: path, as: as, body: a.sent(r, content)})
	if answer.Verdict == scorecard.Absent {
		// Nothing can be missing at the address of a new package. Registries
		// that say so in npm's manner hide what one may not do; others have
		// no such call.
		answer.Verdict = scorecard.NoCall
		if m := members(res.Body); saidIn(m) != "" {
			answer.Verdict = scorecard.Refused
		}
	}
	return done(res, answer)
}

// sent is the document: one version, its tarball, and the bundle if any.
func (a *acts) sent(r scorecard.Release, content []byte) map[string]any {
	sums := digests(content)
	sum := sha512.Sum512(content)
	m := manifest(r)
	m["_id"] = r.Name + "@" + r.Version
	m["dist"] = map[string]any{
		"integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		"shasum":    sums["sha1"],
		"tarball":   wire.TarballURL(a.base, r.Name, r.Version),
	}
	attachments := map[string]any{
		r.Name + "-" + r.Version + ".tgz": map[string]any{
			"content_type": "application/octet-stream",
			"data":         base64.StdEncoding.EncodeToString(content),
			"length":       len(content),
		},
	}
	if r.Provenance != nil {
		media := text(members(r.Provenance)["mediaType"])
		if media == "" {
			media = bundleType
		}
		attachments[r.Name+"-"+r.Version+".sigstore"] = map[string]any{
			"content_type": media,
			"data":         string(r.Provenance),
			"length":       len(r.Provenance),
		}
	}
	return map[string]any{
		"_id":          r.Name,
		"name":         r.Name,
		"description":  m["description"],
		"dist-tags":    map[string]string{"latest": r.Version},
		"versions":     map[string]any{r.Version: m},
		"access":       "public",
		"_attachments": attachments,
	}
}

// manifest is the package.json of a release.
func manifest(r scorecard.Release) map[string]any {
	m := map[string]any{
		"name":        r.Name,
		"version":     r.Version,
		"description": "Made by a trial of a scorecard, to be removed when it is over.",
		"license":     "CC0-1.0",
	}
	if len(r.Dependencies) > 0 {
		m["dependencies"] = r.Dependencies
	}
	if len(r.Scripts) > 0 {
		m["scripts"] = r.Scripts
	}
	if r.Repository != "" {
		m["repository"] = map[string]string{"type": "git", "url": r.Repository}
	}
	if r.Homepage != "" {
		m["homepage"] = r.Homepage
	}
	if r.Mail != "" {
		m["author"] = map[string]string{"name": "Assay trial", "email": r.Mail}
	}
	return m
}

// packageJSON writes a manifest as npm init does.
func packageJSON(m map[string]any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return b.Bytes(), err
}
