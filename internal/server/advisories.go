package server

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/server/api"
)

// The feed of advisories that were written here, in the OSV format
// (https://ossf.github.io/osv-schema/): all of them as one JSON object, each
// as a file, and all files as an archive, which is the form that those who
// follow several databases fetch.
const (
	advisoriesPath    = "/log/advisories"
	advisoriesArchive = "/log/advisories.zip"
)

// ownAdvisories answers what lies at advisoriesPath, and tells whether it did.
// Each asker sees the advisories about packages that the asker may read: the
// name of a private package is not told to strangers by what was wrong with
// it.
func (f *front) ownAdvisories(w http.ResponseWriter, r *http.Request) bool {
	path := r.URL.EscapedPath()
	file, one := strings.CutPrefix(path, advisoriesPath+"/")
	if path != advisoriesPath && path != advisoriesArchive && !one {
		return false
	}
	f.page(func(w http.ResponseWriter, r *http.Request) {
		// The answer depends on who asks, whoever that is.
		w.Header().Add("Vary", "Authorization")
		if !f.mayRead(r.Context()) {
			f.refuse(w, r, http.StatusUnauthorized, errWhoReads())
			return
		}
		all, err := f.server.config.Control.OwnAdvisories(r.Context())
		if err != nil {
			f.fail(w, r, err)
			return
		}
		switch {
		case one:
			f.oneAdvisory(w, r, all, file)
		case path == advisoriesArchive:
			f.advisoryArchive(w, r, all)
		default:
			f.advisoryList(w, r, all)
		}
	}).ServeHTTP(w, r)
	return true
}

// advisoryList answers all records in one object, in the form in which the
// OSV interface answers a query.
func (f *front) advisoryList(w http.ResponseWriter, r *http.Request, all []api.OwnAdvisory) {
	list := struct {
		Archive string            `json:"archive"`
		Vulns   []json.RawMessage `json:"vulns"`
	}{Archive: strings.TrimSuffix(f.address(), "/") + advisoriesArchive, Vulns: []json.RawMessage{}}
	for _, a := range all {
		list.Vulns = append(list.Vulns, a.Record)
	}
	text, err := json.Marshal(list)
	if err != nil {
		f.fail(w, r, assay.Wrap(assay.Internal, err, "an advisory that was written here cannot be read"))
		return
	}
	serveAdvisories(w, r, "application/json", text)
}

// oneAdvisory answers the record with an id. One that the asker may not read
// is not found, as is one that does not exist.
func (f *front) oneAdvisory(w http.ResponseWriter, r *http.Request, all []api.OwnAdvisory, file string) {
	for _, a := range all {
		if file == a.ID+".json" {
			serveAdvisories(w, r, "application/json", a.Record)
			return
		}
	}
	f.refuse(w, r, http.StatusNotFound, assay.Errorf(assay.NotFound,
		"there is no advisory at %s: %s lists those that were written here", clip(ecosystem.Printable(r.URL.Path), 200), advisoriesPath))
}

// advisoryArchive answers all records as files of a zip archive. The same
// records make the same bytes, so that whoever has them is answered 304.
func (f *front) advisoryArchive(w http.ResponseWriter, r *http.Request, all []api.OwnAdvisory) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, a := range all {
		file, err := archive.CreateHeader(&zip.FileHeader{Name: a.ID + ".json", Method: zip.Deflate, Modified: a.Modified.UTC()})
		if err == nil {
			_, err = file.Write(a.Record)
		}
		if err != nil {
			f.fail(w, r, assay.Wrap(assay.Internal, err, "the archive of advisories cannot be written"))
			return
		}
	}
	if err := archive.Close(); err != nil {
		f.fail(w, r, assay.Wrap(assay.Internal, err, "the archive of advisories cannot be written"))
		return
	}
	serveAdvisories(w, r, "application/zip", out.Bytes())
}

// serveAdvisories answers a document with its ETag, conditional requests and
// HEAD included.
func serveAdvisories(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	sum := sha256.Sum256(body)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "no-cache") // asked anew each time: a takedown must not wait for a cache
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
