package upstream

import (
	"compress/gzip"
	"crypto/sha1" //nolint:gosec // npm's shasum is a SHA-1
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/ecosystem/npm/wire"
)

// npmDoor answers as an npm registry.
type npmDoor struct{ shelf *shelf }

const mediaJSON = "application/json"

// auditBound is how much of an audit request is read, in bytes.
const auditBound = 4 << 20

func (d npmDoor) answer(base string, r *http.Request) answer {
	path := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case path == "-/ping":
		return npmSays(http.StatusOK, struct{}{})
	case path == "-/v1/search":
		return d.search(r.URL.Query().Get("text"))
	case path == "-/npm/v1/keys":
		return npmSays(http.StatusOK, map[string]any{"keys": []any{}})
	case strings.HasPrefix(path, "-/npm/v1/security/"):
		if names := d.audited(r, path); strings.HasSuffix(path, "/bulk") {
			return npmSays(http.StatusOK, advisories(names))
		}
		return npmSays(http.StatusOK, struct{}{})
	case strings.HasPrefix(path, "-/"):
		return npmNo("no such call")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return npmNo("this registry is only read")
	}
	if name, file, ok := strings.Cut(path, "/-/"); ok {
		return d.tarball(name, file)
	}
	name, err := wire.Name(path)
	if err != nil {
		return npmNo("no such package")
	}
	versions := d.shelf.find(name)
	if len(versions) == 0 {
		return npmNo("no such package")
	}
	return npmSays(http.StatusOK, document(base, name, versions))
}

// searchBound is how many packages a search finds at most.
const searchBound = 20

func (d npmDoor) search(text string) answer {
	d.shelf.note(text)
	objects := []any{}
	for _, name := range d.shelf.names(text) {
		if len(objects) < searchBound {
			objects = append(objects, map[string]any{"package": map[string]any{"name": name}})
		}
	}
	return npmSays(http.StatusOK, map[string]any{"objects": objects, "total": len(objects), "time": stamp(time.Now().UTC())})
}

// audited notes the names that an audit tells, and returns them.
func (d npmDoor) audited(r *http.Request, path string) []string {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil // nothing can be read, so no name was told
		}
		body = unpacked
	}
	sent, err := io.ReadAll(io.LimitReader(body, auditBound))
	if err != nil {
		return nil
	}
	names, err := wire.AuditNames(sent, !strings.HasSuffix(path, "/bulk"))
	if err != nil {
		return nil
	}
	d.shelf.note(names...)
	return names
}

func (d npmDoor) tarball(rawName, file string) answer {
	name, err := wire.Name(rawName)
	if err != nil {
		return npmNo("no such file")
	}
	for _, v := range d.shelf.find(name) {
		if wire.FileName(name, v.release.Version) == file {
			return answer{status: http.StatusOK, media: "application/octet-stream", body: v.body}
		}
	}
	return npmNo("no such file")
}

// document is the full packument; clients that ask for the short one take it
// as well.
func document(base, name string, versions []*version) map[string]any {
	var grammar wire.Grammar
	times := map[string]string{}
	manifests := map[string]any{}
	latest, first, last := "", time.Time{}, time.Time{}
	for _, v := range versions {
		number := v.release.Version
		times[number] = stamp(v.published)
		manifests[number] = v.manifest(base)
		better := latest == "" || grammar.Prerelease(latest) && !grammar.Prerelease(number) ||
			grammar.Prerelease(latest) == grammar.Prerelease(number) && grammar.Compare(number, latest) > 0
		if better {
			latest = number
		}
		if first.IsZero() || v.published.Before(first) {
			first = v.published
		}
		if v.published.After(last) {
			last = v.published
		}
	}
	times["created"], times["modified"] = stamp(first), stamp(last)
	return map[string]any{
		"_id": name, "name": name, "dist-tags": map[string]string{"latest": latest},
		"versions": manifests, "time": times, "description": "offered by a trial",
	}
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }

func (v *version) manifest(base string) map[string]any {
	r := v.release
	short := sha1.Sum(v.body) //nolint:gosec // as above
	long := sha512.Sum512(v.body)
	m := map[string]any{
		"_id": r.Name + "@" + r.Version, "name": r.Name, "version": r.Version,
		"description": "offered by a trial", "license": "CC0-1.0",
		"dist": map[string]string{
			"tarball":   wire.TarballURL(base, r.Name, r.Version),
			"shasum":    hex.EncodeToString(short[:]),
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(long[:]),
		},
	}
	if len(r.Dependencies) > 0 {
		m["dependencies"] = r.Dependencies
	}
	if len(r.Scripts) > 0 {
		m["scripts"] = r.Scripts
	}
	for _, hook := range []string{"preinstall", "install", "postinstall"} {
		if r.Scripts[hook] != "" {
			m["hasInstallScript"] = true
		}
	}
	return m
}

func npmSays(status int, v any) answer {
	a := says(v)
	if a.status == http.StatusOK {
		a.status = status
	}
	return a
}

func npmNo(why string) answer {
	return npmSays(http.StatusNotFound, map[string]string{"error": why})
}
