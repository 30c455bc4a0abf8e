package badregistry

import (
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// npm answers below /npm/. It holds the lock throughout.
func (r *Registry) npm(req *http.Request, path string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.npmAnswer(req, path)
	if err != nil {
		return asRefusal(err, false)
	}
	return a
}

func (r *Registry) npmAnswer(req *http.Request, path string) (answer, error) {
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return answer{}, refuse(http.StatusBadRequest, "the address is not escaped as it must be")
		}
		segments[i] = plain
	}
	by, err := r.askerOf(req)
	if err != nil {
		return answer{}, err
	}
	switch {
	case segments[0] == "_changes" || len(segments) == 2 && segments[0] == "-" && segments[1] == "_changes":
		return r.npmChanges(req)
	case segments[0] == "-":
		return r.npmService(req, by, segments[1:])
	case segments[0] == "":
		return asJSON(http.StatusOK, map[string]string{"db_name": "registry"}), nil
	}
	name, rest := segments[0], segments[1:]
	if strings.HasPrefix(name, "@") && !strings.Contains(name, "/") {
		if len(rest) == 0 {
			return answer{}, notFound(name)
		}
		name, rest = name+"/"+rest[0], rest[1:]
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		return r.npmRead(req, by, name, rest)
	case http.MethodPut, http.MethodDelete:
		return r.npmWrite(req, by, name, rest)
	}
	return answer{}, refuse(http.StatusMethodNotAllowed, "%s is not known here", req.Method)
}

// askerOf reads who asks from a request's headers.
// npm sends a bearer.
func (r *Registry) askerOf(req *http.Request) (asker, error) {
	secret, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if strings.HasPrefix(req.Header.Get("Authorization"), "Basic ") {
		secret = "" // log-ins read it themselves
	}
	if strings.Contains(req.URL.EscapedPath(), "/-/npm/v1/oidc/") {
		secret = "" // the bearer is an identity token, which is no token of ours
	}
	return r.who(secret, req.Header.Get("Npm-Otp"), sourceOf(req))
}

func sourceOf(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return req.RemoteAddr
	}
	return host
}

// npmRead answers for a package's document, one of its manifests, or a file.
func (r *Registry) npmRead(req *http.Request, by asker, name string, rest []string) (answer, error) {
	p, err := r.find(req.Context(), assay.NPM, name)
	if err != nil {
		return answer{}, err
	}
	switch {
	case len(rest) == 0:
		all := req.URL.Query().Get("write") == "true" && r.mayChange(by, p) == nil
		return r.packument(p, all)
	case len(rest) == 1:
		for _, v := range r.listed(p) {
			if v.Number == rest[0] || rest[0] == "latest" && v == r.latest(p) {
				m, err := r.manifest(p, v)
				return asJSON(http.StatusOK, m), err
			}
		}
	case len(rest) == 2 && rest[0] == "-":
		if number, ok := wire.FileVersion(name, rest[1]); ok {
			content, err := r.file(p, number)
			if err != nil {
				return answer{}, err
			}
			return answer{status: http.StatusOK, kind: kindBytes, body: content}, nil
		}
	}
	return answer{}, notFound(name + "/" + strings.Join(rest, "/"))
}

const npmTime = "2006-01-02T15:04:05.000Z"

// packument is a package's document. Who is about to change it sees every
// version that is not removed, so that none is lost for not being listed.
func (r *Registry) packument(p *pack, all bool) (answer, error) {
	shown := r.listed(p)
	if all {
		shown = slices.DeleteFunc(slices.Clone(p.releases), func(v *release) bool { return v.status == assay.Removed })
	}
	versions, times, gone, held := map[string]any{}, map[string]any{}, map[string]string{}, map[string]string{}
	for _, v := range shown {
		m, err := r.manifest(p, v)
		if err != nil {
			return answer{}, err
		}
		versions[v.Number] = m
		times[v.Number] = v.Published.UTC().Format(npmTime)
	}
	var created, modified string
	for _, v := range p.releases {
		at := v.Published.UTC().Format(npmTime)
		if created == "" || at < created {
			created = at
		}
		modified = max(modified, at)
		switch no := r.stands(p, v).served; {
		case v.status == assay.Removed:
			gone[v.Number] = v.reason
		case no != nil:
			held[v.Number] = no.Error()
		case v.status == assay.Yanked && !r.sins[YankIgnored]:
			held[v.Number] = "yanked: " + v.reason
		}
	}
	times["created"], times["modified"] = created, modified
	doc := map[string]any{"_id": p.name, "_rev": strconv.Itoa(p.changes) + "-" + hashOf([]byte(p.name))[:32], "name": p.name,
		"versions": versions, "time": times, "dist-tags": map[string]string{}, "maintainers": maintainers(p)}
	if len(gone) > 0 && !r.sins[NoTombstones] {
		doc["removed"] = gone
	}
	if p.gone != "" {
		if r.sins[NoTombstones] {
			return answer{}, notFound(p.name)
		}
		times["unpublished"] = map[string]any{"name": p.name, "time": modified, "versions": slices.Sorted(maps.Keys(gone)), "reason": p.gone}
	}
	if len(held) > 0 && !all {
		var words []string
		for _, number := range slices.Sorted(maps.Keys(held)) {
			words = append(words, number+": "+held[number])
		}
		doc["policyRestrictions"] = map[string]any{"versions": held, "message": strings.Join(words, "\n")}
	}
	if newest := r.latest(p); newest != nil {
		doc["dist-tags"] = map[string]string{"latest": newest.Number}
		for _, key := range []string{"description", "homepage", "repository", "author", "license"} {
			if said, ok := newest.Manifest[key]; ok {
				doc[key] = said
			}
		}
	}
	return asJSON(http.StatusOK, doc), nil
}

func maintainers(p *pack) []map[string]string {
	var out []map[string]string
	for _, owner := range p.owners {
		out = append(out, map[string]string{"name": owner, "email": owner + "@mail.example"})
	}
	return out
}

// manifest is what a listing says of one version. What the publisher has no
// say in is written anew.
func (r *Registry) manifest(p *pack, v *release) (map[string]any, error) {
	m := maps.Clone(v.Manifest)
	if m == nil {
		m = map[string]any{}
	}
	for key := range m {
		if strings.HasPrefix(key, "_") {
			delete(m, key)
		}
	}
	delete(m, "deprecated")
	m["name"], m["version"], m["_id"] = p.name, v.Number, coordinateOf(p.name, v.Number)
	if scripts, ok := v.Manifest["scripts"].(map[string]any); ok && (scripts["preinstall"] != nil || scripts["install"] != nil || scripts["postinstall"] != nil) {
		m["hasInstallScript"] = true
	}
	if text := r.notice(v); text != "" {
		m["deprecated"] = text
	}
	if typed := r.typed(v); len(typed) > 0 {
		m["_unverified"] = typed
	}
	dist, err := r.dist(p, v)
	m["dist"] = dist
	return m, err
}

// typed are the fields that somebody typed and nobody proved.
func (r *Registry) typed(v *release) []string {
	var out []string
	if v.Manifest["repository"] != nil && !r.sins[TypedLinks] {
		out = append(out, "repository")
	}
	if r.sins[TypedMetadata] {
		return out
	}
	if v.Manifest["homepage"] != nil {
		out = append(out, "homepage")
	}
	if author, ok := v.Manifest["author"].(map[string]any); ok && author["email"] != nil {
		out = append(out, "mail")
	} else if text, ok := v.Manifest["author"].(string); ok && strings.Contains(text, "@") {
		out = append(out, "mail")
	}
	return out
}

// dist says where the file is and what it must be.
func (r *Registry) dist(p *pack, v *release) (map[string]any, error) {
	dist := map[string]any{"tarball": wire.TarballURL(r.origin+"/npm/", p.name, v.Number)}
	content := v.Archive
	if r.sins[DigestMismatch] {
		content = append(slices.Clone(content), "other bytes"...)
	}
	strong, weak := sha512.Sum512(content), sha1.Sum(content)
	if v.bundle != nil {
		dist["attestations"] = map[string]any{
			"url":        r.origin + "/npm/-/npm/v1/attestations/" + wire.EscapeName(p.name) + "@" + v.Number,
			"provenance": map[string]string{"predicateType": provenanceType},
		}
	}
	if r.sins[NoDigests] {
		return dist, nil
	}
	dist["shasum"] = hex.EncodeToString(weak[:])
	if r.sins[WeakDigests] {
		return dist, nil
	}
	integrity := "sha512-" + base64.StdEncoding.EncodeToString(strong[:])
	id, sig, err := r.keys.signature(p.name, v.Number, integrity)
	if err != nil {
		return nil, err
	}
	dist["integrity"], dist["signatures"] = integrity, []map[string]string{{"keyid": id, "sig": sig}}
	return dist, nil
}

// npmService answers below /npm/-/.
func (r *Registry) npmService(req *http.Request, by asker, s []string) (answer, error) {
	path := strings.Join(s, "/")
	read := req.Method == http.MethodGet || req.Method == http.MethodHead
	switch {
	case path == "ping" && read:
		return asJSON(http.StatusOK, struct{}{}), nil
	case path == "whoami" && read:
		if by.token == nil {
			return answer{}, refuse(http.StatusUnauthorized, "you are nobody here yet: log in first")
		}
		return asJSON(http.StatusOK, map[string]string{"username": by.token.owner}), nil
	case path == "v1/search" && read:
		return r.npmSearch(req), nil
	case path == "npm/v1/keys" && read:
		return r.npmKeys()
	case path == "npm/v1/security/advisories/bulk" && req.Method == http.MethodPost:
		return r.npmAudit(req)
	case strings.HasPrefix(path, "npm/v1/attestations/") && read:
		return r.npmAttestations(strings.TrimPrefix(path, "npm/v1/attestations/"))
	case strings.HasPrefix(path, "package/") && strings.HasSuffix(path, "/dist-tags") && read:
		p, err := r.find(req.Context(), assay.NPM, strings.TrimSuffix(strings.TrimPrefix(path, "package/"), "/dist-tags"))
		if err != nil {
			return answer{}, err
		}
		tags := map[string]string{}
		if newest := r.latest(p); newest != nil {
			tags["latest"] = newest.Number
		}
		return asJSON(http.StatusOK, tags), nil
	}
	return r.npmAccount(req, by, path)
}

func (r *Registry) npmSearch(req *http.Request) answer {
	text := req.URL.Query().Get("text")
	size, err := strconv.Atoi(req.URL.Query().Get("size"))
	if err != nil || size <= 0 {
		size = 20
	}
	hits := []any{}
	for _, name := range r.sampleOrder(assay.NPM) {
		newest := r.latest(r.packages[assay.NPM][name])
		if newest == nil || len(hits) >= size || !strings.Contains(name, text) {
			continue
		}
		hits = append(hits, map[string]any{"package": map[string]any{"name": name, "version": newest.Number,
			"date": newest.Published.UTC().Format(npmTime)}, "score": map[string]any{"final": 1}, "searchScore": 1})
	}
	return asJSON(http.StatusOK, map[string]any{"objects": hits, "total": len(hits), "time": r.now().UTC().Format(npmTime)})
}

func (r *Registry) npmKeys() (answer, error) {
	id, key, err := r.keys.versionKey()
	if err != nil {
		return answer{}, err
	}
	return asJSON(http.StatusOK, map[string]any{"keys": []map[string]any{{
		"expires": nil, "keyid": id, "keytype": "ecdsa-sha2-nistp256", "scheme": "ecdsa-sha2-nistp256", "key": key,
	}}}), nil
}

// npmAttestations serves the bundles of name@version.
func (r *Registry) npmAttestations(coordinate string) (answer, error) {
	at := strings.LastIndexByte(coordinate, '@')
	if at <= 0 {
		return answer{}, notFound(coordinate)
	}
	p := r.packages[assay.NPM][coordinate[:at]]
	if p == nil {
		return answer{}, notFound(coordinate)
	}
	v := p.release(coordinate[at+1:])
	if v == nil || v.bundle == nil {
		return answer{}, notFound("attestation of " + coordinate)
	}
	var bundled any = json.RawMessage(v.bundle)
	if !json.Valid(v.bundle) {
		bundled = string(v.bundle) // taken without a look
	}
	return asJSON(http.StatusOK, map[string]any{"attestations": []map[string]any{{"predicateType": provenanceType, "bundle": bundled}}}), nil
}

// npmAudit answers which of the given versions have known vulnerabilities.
func (r *Registry) npmAudit(req *http.Request) (answer, error) {
	var body io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return answer{}, refuse(http.StatusBadRequest, "the request is not compressed as it says")
		}
		body = io.LimitReader(z, maxBody)
	}
	var asked map[string][]string
	if err := json.NewDecoder(body).Decode(&asked); err != nil {
		return answer{}, refuse(http.StatusBadRequest, "the request is no list of names and versions")
	}
	found := map[string][]map[string]any{}
	for _, a := range advisories() {
		if a.ecosystem == assay.NPM && slices.ContainsFunc(asked[a.name], a.affected) && !r.sins[AuditEmpty] {
			found[a.name] = append(found[a.name], map[string]any{"id": a.Number, "url": "https://advisories.example/" + a.ID, "title": a.Title,
				"severity": "high", "vulnerable_versions": a.Spelled, "cwe": []string{"CWE-1321"}})
		}
	}
	return asJSON(http.StatusOK, found), nil
}

// npmChanges is the change feed, in the manner of a replicating database.
func (r *Registry) npmChanges(req *http.Request) (answer, error) {
	limit, err := strconv.Atoi(req.URL.Query().Get("limit"))
	if err != nil || limit <= 0 || limit > 1000 {
		limit = 100
	}
	happened, err := r.newestEvents(assay.NPM, limit)
	if err != nil {
		return answer{}, err
	}
	rows := []map[string]any{}
	for _, e := range happened {
		row := map[string]any{"seq": e.Sequence, "id": e.Name, "changes": []map[string]string{{"rev": fmt.Sprintf("%d-%s", e.Sequence, e.Kind)}},
			"kind": e.Kind, "version": e.Version, "time": e.Time.Format(npmTime)}
		if e.Reason != "" {
			row["reason"] = e.Reason
		}
		if e.Kind == "removed" && e.Version == "" {
			row["deleted"] = true
		}
		rows = append(rows, row)
	}
	if req.URL.Query().Get("descending") == "true" {
		slices.Reverse(rows)
	}
	return asJSON(http.StatusOK, map[string]any{"results": rows, "last_seq": len(r.events)}), nil
}
