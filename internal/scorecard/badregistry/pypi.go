package badregistry

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// pypi answers below /pypi/. It holds the lock throughout.
func (r *Registry) pypi(req *http.Request, path string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.pypiAnswer(req, path)
	if err != nil {
		return asRefusal(err, true)
	}
	return a
}

// basic reads who asks where clients send a name and a password: the password
// is the token.
func (r *Registry) basic(req *http.Request) (asker, error) {
	_, secret, _ := req.BasicAuth()
	return r.who(secret, "", sourceOf(req))
}

func (r *Registry) pypiAnswer(req *http.Request, path string) (answer, error) {
	by, err := r.basic(req)
	if err != nil {
		return answer{}, err
	}
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	read := req.Method == http.MethodGet || req.Method == http.MethodHead
	switch {
	case !read && req.Method == http.MethodPost && segments[0] == "legacy" && len(segments) == 1:
		return r.pypiUpload(req, by)
	case !read:
		return answer{}, refuse(http.StatusMethodNotAllowed, "%s is not known here", req.Method)
	case segments[0] == "simple" && len(segments) == 1:
		return r.pypiNames(), nil
	case segments[0] == "simple" && len(segments) == 2:
		return r.pypiPage(req, segments[1])
	case segments[0] == "files" && len(segments) == 4:
		return r.pypiFile(req, segments[1], segments[2], segments[3])
	case segments[0] == "integrity" && len(segments) == 3:
		return r.pypiProvenance(segments[1], segments[2])
	case len(segments) == 3 && segments[2] == "json":
		return r.pypiKnown(req, segments[0], segments[1])
	}
	return answer{}, notFound(path)
}

// pypiKey is under which name a project is kept. It is the normalised one, so
// that a project has one whatever its spelling.
func (r *Registry) pypiKey(name string) string {
	if r.sins[ConfusablesDiffer] {
		return name
	}
	return normalPyPI(name)
}

const kindSimple = "application/vnd.pypi.simple.v1+json"

// pypiNames lists the projects that are hosted here.
func (r *Registry) pypiNames() answer {
	projects := []map[string]string{}
	for _, name := range r.sampleOrder(assay.PyPI) {
		projects = append(projects, map[string]string{"name": name})
	}
	a := asJSON(http.StatusOK, map[string]any{"meta": map[string]string{"api-version": "1.4"}, "projects": projects})
	a.kind = kindSimple
	return a
}

// pypiPage is a project's page: JSON to who asks for it, else HTML.
func (r *Registry) pypiPage(req *http.Request, name string) (answer, error) {
	p, err := r.find(req.Context(), assay.PyPI, r.pypiKey(name))
	if err != nil {
		return answer{}, err
	}
	if p.gone != "" {
		return answer{}, notFound(name)
	}
	files, versions, noted := []map[string]any{}, []string{}, []string{}
	for _, v := range p.releases {
		if v.status == assay.Removed || v.Archive == nil {
			continue
		}
		files = append(files, r.pypiListed(p, v))
		versions = append(versions, v.Number)
		if text := r.notice(v); text != "" {
			noted = append(noted, text)
		}
	}
	document := map[string]any{"meta": map[string]string{"api-version": "1.4"}, "name": normalPyPI(name), "files": files, "versions": versions}
	// There is a status for a project, and none for a version: it is said
	// where it holds for all.
	status := map[string]string{"status": "active"}
	if len(noted) > 0 && len(noted) == len(versions) {
		status = map[string]string{"status": "deprecated", "reason": noted[len(noted)-1]}
	}
	document["project-status"] = status
	if !strings.Contains(req.Header.Get("Accept"), kindSimple) {
		return pypiHTML(name, status, files), nil
	}
	a := asJSON(http.StatusOK, document)
	a.kind = kindSimple
	return a, nil
}

// pypiListed is what a page says of a version's file. One that may not be
// chosen is listed as yanked, with the reason: pip shows that, and shows
// nothing where a version is missing.
func (r *Registry) pypiListed(p *pack, v *release) map[string]any {
	listed := map[string]any{
		"filename": pypiFileName(p.name, v), "url": r.origin + "/pypi/files/" + url.PathEscape(p.name) + "/" + v.Number + "/" + pypiFileName(p.name, v),
		"hashes": r.pypiHashes(v), "size": len(v.Archive), "upload-time": v.Published.UTC().Format("2006-01-02T15:04:05.000000Z"), "yanked": false,
	}
	if s := r.stands(p, v); !s.listed {
		why := v.reason
		if s.served != nil {
			why = s.served.Error()
		}
		listed["yanked"] = why
	}
	if v.bundle != nil {
		listed["provenance"] = r.origin + "/pypi/integrity/" + url.PathEscape(p.name) + "/" + v.Number + "/"
	}
	return listed
}

func (r *Registry) pypiHashes(v *release) map[string]string {
	content := v.Archive
	if r.sins[DigestMismatch] {
		content = append(slices.Clone(content), "other bytes"...)
	}
	strong, weak := sha256.Sum256(content), md5.Sum(content)
	switch {
	case r.sins[NoDigests]:
		return map[string]string{}
	case r.sins[WeakDigests]:
		return map[string]string{"md5": hex.EncodeToString(weak[:])}
	}
	return map[string]string{"sha256": hex.EncodeToString(strong[:])}
}

func pypiFileName(name string, v *release) string {
	if isGzip(v.Archive) {
		return escapedPyPI(name) + "-" + v.Number + ".tar.gz"
	}
	return escapedPyPI(name) + "-" + v.Number + "-py3-none-any.whl"
}

// pypiHTML is the page in the older form.
func pypiHTML(name string, status map[string]string, files []map[string]any) answer {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html><html><head><meta name=\"pypi:repository-version\" content=\"1.4\"><meta name=\"pypi:project-status\" content=%q>", status["status"])
	if status["reason"] != "" {
		fmt.Fprintf(&b, "<meta name=\"pypi:project-status-reason\" content=\"%s\">", html.EscapeString(status["reason"]))
	}
	fmt.Fprintf(&b, "<title>Links for %s</title></head><body>\n", html.EscapeString(name))
	for _, f := range files {
		address := f["url"].(string)
		for algorithm, digest := range f["hashes"].(map[string]string) {
			address += "#" + algorithm + "=" + digest
		}
		fmt.Fprintf(&b, "<a href=\"%s\"", html.EscapeString(address))
		if why, yanked := f["yanked"].(string); yanked {
			fmt.Fprintf(&b, " data-yanked=\"%s\"", html.EscapeString(why))
		}
		if at, there := f["provenance"].(string); there {
			fmt.Fprintf(&b, " data-provenance=\"%s\"", html.EscapeString(at))
		}
		fmt.Fprintf(&b, ">%s</a><br>\n", html.EscapeString(f["filename"].(string)))
	}
	b.WriteString("</body></html>\n")
	return answer{status: http.StatusOK, kind: kindPage, body: []byte(b.String())}
}

func (r *Registry) pypiFile(req *http.Request, name, number, file string) (answer, error) {
	p, err := r.find(req.Context(), assay.PyPI, name)
	if err != nil {
		return answer{}, err
	}
	if v := p.release(number); v != nil && v.Archive != nil && file != pypiFileName(p.name, v) {
		return answer{}, notFound("file " + file)
	}
	content, err := r.file(p, number)
	return answer{status: http.StatusOK, kind: kindBytes, body: content}, err
}

// pypiProvenance is the provenance of a version's file (PEP 740).
func (r *Registry) pypiProvenance(name, number string) (answer, error) {
	p := r.packages[assay.PyPI][name]
	if p == nil || p.release(number) == nil || p.release(number).bundle == nil {
		return answer{}, notFound("provenance of " + coordinateOf(name, number))
	}
	attestation, err := attestationOf(p.release(number).bundle)
	if err != nil {
		attestation = string(p.release(number).bundle) // taken without a look
	}
	return asJSON(http.StatusOK, map[string]any{"version": 1, "attestation_bundles": []any{map[string]any{
		"publisher": map[string]string{"kind": "Builder", "id": identityIssuer}, "attestations": []any{attestation},
	}}}), nil
}

// attestationOf is a bundle in the form of PEP 740.
func attestationOf(raw []byte) (any, error) {
	var b bundle
	if err := json.Unmarshal(raw, &b); err != nil {
		return nil, err
	}
	if b.Envelope == nil || len(b.Envelope.Signatures) == 0 {
		return nil, fmt.Errorf("it holds no signed statement")
	}
	return map[string]any{"version": 1, "verification_material": b.Verification,
		"envelope": map[string]string{"statement": b.Envelope.Payload, "signature": b.Envelope.Signatures[0].Sig}}, nil
}

// pypiKnown is what is told of a version in the manner of the public index,
// with its vulnerabilities.
func (r *Registry) pypiKnown(req *http.Request, name, number string) (answer, error) {
	p, err := r.find(req.Context(), assay.PyPI, r.pypiKey(name))
	if err != nil {
		return answer{}, err
	}
	if p.release(number) == nil {
		return answer{}, notFound(coordinateOf(name, number))
	}
	found := []map[string]any{}
	for _, a := range advisories() {
		if a.ecosystem == assay.PyPI && a.name == p.name && a.affected(number) && !r.sins[AuditEmpty] {
			found = append(found, map[string]any{"id": a.ID, "summary": a.Title, "aliases": []string{}, "link": "https://advisories.example/" + a.ID})
		}
	}
	return asJSON(http.StatusOK, map[string]any{"info": map[string]string{"name": p.name, "version": number}, "vulnerabilities": found}), nil
}

// pypiUpload takes the form that twine sends.
func (r *Registry) pypiUpload(req *http.Request, by asker) (answer, error) {
	media, with, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return answer{}, refuse(http.StatusBadRequest, "an upload is a form with a file")
	}
	up := upload{ecosystem: assay.PyPI, manifest: map[string]any{}}
	fields := map[string]string{}
	parts := multipart.NewReader(req.Body, with["boundary"])
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return answer{}, refuse(http.StatusBadRequest, "the form cannot be read: %v", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return answer{}, refuse(http.StatusBadRequest, "the form cannot be read: %v", err)
		}
		if part.FormName() == "content" {
			up.archive = content
		} else {
			fields[part.FormName()] = string(content)
		}
	}
	up.name, up.number = r.pypiKey(fields["name"]), fields["version"]
	sum := sha256.Sum256(up.archive)
	switch {
	case fields[":action"] != "file_upload" || up.archive == nil:
		return answer{}, refuse(http.StatusBadRequest, "the form uploads no file")
	case !namesPyPI.MatchString(fields["name"]):
		return answer{}, refuse(http.StatusBadRequest, "%q is no name of a project", fields["name"])
	case fields["sha256_digest"] != hex.EncodeToString(sum[:]):
		return answer{}, refuse(http.StatusBadRequest, "the file is not the one that its digest names")
	}
	if sent := fields["attestations"]; sent != "" {
		if up.bundle, err = bundleOf(sent); err != nil && !r.sins[ForgedProvenance] {
			return answer{}, refuse(http.StatusBadRequest, "the attestations are refused: %v", err)
		}
		if up.bundle == nil {
			up.bundle = []byte(sent)
		}
	}
	return asText(http.StatusOK, "OK\n"), r.publish(req.Context(), by, up)
}

// bundleOf reads the one attestation of a form, and makes of it the bundle
// that it was made from.
func bundleOf(sent string) ([]byte, error) {
	var all []struct {
		Material map[string]any `json:"verification_material"`
		Envelope struct {
			Statement string `json:"statement"`
			Signature string `json:"signature"`
		} `json:"envelope"`
	}
	if err := json.Unmarshal([]byte(sent), &all); err != nil || len(all) != 1 {
		return nil, fmt.Errorf("they are no list of one attestation")
	}
	if _, err := base64.StdEncoding.DecodeString(all[0].Envelope.Statement); err != nil || all[0].Envelope.Statement == "" {
		return nil, fmt.Errorf("it holds no statement")
	}
	return json.Marshal(map[string]any{
		"mediaType": bundleType, "verificationMaterial": all[0].Material,
		"dsseEnvelope": map[string]any{"payloadType": statementType, "payload": all[0].Envelope.Statement,
			"signatures": []map[string]string{{"sig": all[0].Envelope.Signature}}},
	})
}
