package upstream

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
)

// pypiDoor answers as a simple API below simple/: JSON for those who take it
// (PEP 691, with the dates and sizes of PEP 700), HTML for the others (PEP
// 503).
type pypiDoor struct{ shelf *shelf }

const (
	mediaSimpleJSON = "application/vnd.pypi.simple.v1+json"
	mediaHTML       = "text/html; charset=utf-8"
)

func (d pypiDoor) answer(base string, r *http.Request) answer {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return pypiNo("this index is only read")
	}
	plain := !strings.Contains(strings.Join(r.Header.Values("Accept"), ","), mediaSimpleJSON)
	if path == "simple/" {
		return d.index(plain)
	}
	if name, ok := strings.CutPrefix(path, "simple/"); ok {
		name, ok = strings.CutSuffix(name, "/")
		if !ok || name == "" || strings.Contains(name, "/") {
			return pypiNo("no such page")
		}
		return d.project(base, name, plain)
	}
	if rest, ok := strings.CutPrefix(path, "files/"); ok {
		name, file, ok := strings.Cut(rest, "/")
		if ok && name != "" {
			return d.file(name, file)
		}
	}
	return pypiNo("no such page")
}

func (d pypiDoor) index(plain bool) answer {
	names := d.shelf.names("")
	if plain {
		var b strings.Builder
		b.WriteString("<!DOCTYPE html><html><head><meta name=\"pypi:repository-version\" content=\"1.1\"></head><body>\n")
		for _, name := range names {
			fmt.Fprintf(&b, "<a href=\"%s/\">%[1]s</a>\n", html.EscapeString(name))
		}
		b.WriteString("</body></html>\n")
		return answer{status: http.StatusOK, media: mediaHTML, body: []byte(b.String())}
	}
	projects := []map[string]string{}
	for _, name := range names {
		projects = append(projects, map[string]string{"name": name})
	}
	return pypiSays(map[string]any{"meta": simpleVersion(), "projects": projects})
}

func simpleVersion() map[string]string { return map[string]string{"api-version": "1.1"} }

func (d pypiDoor) project(base, raw string, plain bool) answer {
	name := pypiName(raw)
	versions := d.shelf.find(name)
	if len(versions) == 0 {
		return pypiNo("no such project")
	}
	slices.SortFunc(versions, func(a, b *version) int { return cmp.Compare(a.release.Version, b.release.Version) })
	if plain {
		var b strings.Builder
		b.WriteString("<!DOCTYPE html><html><head><meta name=\"pypi:repository-version\" content=\"1.1\"></head><body>\n")
		for _, v := range versions {
			file := v.pypiFile()
			fmt.Fprintf(&b, "<a href=\"%sfiles/%s/%s#sha256=%s\">%[3]s</a>\n", html.EscapeString(base), name, html.EscapeString(file), v.sha256())
		}
		b.WriteString("</body></html>\n")
		return answer{status: http.StatusOK, media: mediaHTML, body: []byte(b.String())}
	}
	files, numbers := []map[string]any{}, []string{}
	for _, v := range versions {
		numbers = append(numbers, v.release.Version)
		files = append(files, map[string]any{
			"filename": v.pypiFile(), "url": base + "files/" + name + "/" + v.pypiFile(), "size": len(v.body),
			"hashes": map[string]string{"sha256": v.sha256()}, "upload-time": stamp(v.published), "yanked": false,
		})
	}
	return pypiSays(map[string]any{"meta": simpleVersion(), "name": name, "versions": numbers, "files": files})
}

func (d pypiDoor) file(name, file string) answer {
	for _, v := range d.shelf.find(name) {
		if v.pypiFile() == file {
			return answer{status: http.StatusOK, media: "application/octet-stream", body: v.body}
		}
	}
	return pypiNo("no such file")
}

// pypiFile is the name of its file: that of a wheel for a zip, and of a
// source distribution for everything else.
func (v *version) pypiFile() string {
	stem := strings.ReplaceAll(pypiName(v.release.Name), "-", "_") + "-" + v.release.Version
	if bytes.HasPrefix(v.body, []byte("PK")) {
		return stem + "-py3-none-any.whl"
	}
	return stem + ".tar.gz"
}

func (v *version) sha256() string {
	sum := sha256.Sum256(v.body)
	return hex.EncodeToString(sum[:])
}

// pypiName is the normal form of a project's name (PEP 503).
func pypiName(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	return strings.Join(words, "-")
}

func pypiSays(v any) answer {
	a := says(v)
	if a.status == http.StatusOK {
		a.media = mediaSimpleJSON
	}
	return a
}

func pypiNo(why string) answer {
	return answer{status: http.StatusNotFound, media: mediaText, body: []byte(why + "\n")}
}
