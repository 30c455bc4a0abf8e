package endtoend_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"crypto/sha512"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// upload is one version as npm would send it.
type upload struct {
	name, version string
	tarball       []byte
	document      []byte
}

// newUpload packs a version whose bytes depend on the salt.
func newUpload(t *testing.T, name, version, salt string) upload {
	t.Helper()
	manifest := map[string]any{"name": name, "version": version, "main": "index.js"}
	tarball := packed(t, entry{"package/package.json", string(must1(json.Marshal(manifest)))}, entry{"package/index.js", "module.exports = '" + salt + "'\n"})
	return uploadOf(name, version, manifest, tarball)
}

// entry is a file of a tarball.
type entry struct{ name, content string }

func packed(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for _, f := range entries {
		must(t, archive.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), Typeflag: tar.TypeReg}))
		_, err := io.WriteString(archive, f.content)
		must(t, err)
	}
	must(t, archive.Close())
	must(t, zipped.Close())
	return b.Bytes()
}

// uploadOf makes the document that carries a manifest and a tarball.
func uploadOf(name, version string, manifest map[string]any, tarball []byte) upload {
	up := upload{name: name, version: version, tarball: tarball}
	file := name + "-" + version + ".tgz"
	strong, weak := sha512.Sum512(tarball), sha1.Sum(tarball)
	sent := maps.Clone(manifest)
	sent["_id"] = name + "@" + version
	if sent["dist"] == nil {
		sent["dist"] = map[string]any{
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(strong[:]), "shasum": hex.EncodeToString(weak[:]),
			"tarball": "http://127.0.0.1/" + name + "/-/" + file,
		}
	}
	up.document = must1(json.Marshal(map[string]any{
		"_id": name, "name": name, "dist-tags": map[string]string{"latest": version}, "access": nil,
		"versions": map[string]any{version: sent},
		"_attachments": map[string]any{file: map[string]any{
			"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString(tarball), "length": len(tarball),
		}},
	}))
	return up
}

// path is where its tarball is served.
func (up upload) path() string {
	return "npm/" + up.name + "/-/" + up.name[strings.LastIndexByte(up.name, '/')+1:] + "-" + up.version + ".tgz"
}

// request is the publish of it.
func (up upload) request(ctx context.Context, a *assay, token string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, a.base+"npm/"+strings.Replace(up.name, "/", "%2f", 1), bytes.NewReader(up.document))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	return r, nil
}

// put publishes it and returns the answer.
func (up upload) put(ctx context.Context, a *assay, token string) (status int, body string, err error) {
	r, err := up.request(ctx, a, token)
	if err != nil {
		return 0, "", err
	}
	got, err := a.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	return got.StatusCode, string(content), err
}

// hosted is what the database holds of published packages.
type hosted struct {
	releases map[string]bool // name@version; whether it was removed
	events   map[string]int  // name@version: how many events tell that it was published
	removals map[string]int  // the same for removals
	blobs    map[string]string
	files    int
}

// readHosted reads it from the database itself, of a server or of nobody.
func readHosted(t *testing.T, a *assay) hosted {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(a.data, "assay.db")+"?mode=ro")
	must(t, err)
	defer db.Close()
	h := hosted{releases: map[string]bool{}, events: map[string]int{}, removals: map[string]int{}, blobs: map[string]string{}}
	each(t, db, "SELECT name || '@' || version, removed <> 0 FROM release", func(rows *sql.Rows) error {
		var at string
		var removed bool
		if err := rows.Scan(&at, &removed); err != nil {
			return err
		}
		h.releases[at] = removed
		return nil
	})
	each(t, db, "SELECT name || '@' || version, kind FROM event WHERE kind IN ('published', 'removed')", func(rows *sql.Rows) error {
		var at, kind string
		if err := rows.Scan(&at, &kind); err != nil {
			return err
		}
		if kind == "published" {
			h.events[at]++
		} else {
			h.removals[at]++
		}
		return nil
	})
	each(t, db, "SELECT name || '@' || version, blob FROM file WHERE origin = '' AND stored = 1", func(rows *sql.Rows) error {
		var at, blob string
		if err := rows.Scan(&at, &blob); err != nil {
			return err
		}
		h.blobs[at] = strings.TrimPrefix(blob, "sha256:")
		h.files++
		return nil
	})
	return h
}

func each(t *testing.T, db *sql.DB, query string, row func(*sql.Rows) error, args ...any) {
	t.Helper()
	rows, err := db.Query(query, args...)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		must(t, row(rows))
	}
	must(t, rows.Err())
}
