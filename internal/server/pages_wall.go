package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"

	"assay.invalid/internal/web"
)

// Wall is the site of scorecards side by side, below /wall/.
type Wall interface {
	// File is one file of the site, by its path: index.html,
	// repositories/npm.html; ok is false where there is none. It is read
	// often, and so made once.
	File(ctx context.Context, name string) (body []byte, ok bool, err error)
}

// wallTypes are the content types of the site's files. Others are sent as
// bytes: what is not of the site's making must not become a page.
var wallTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json",
	".atom": "application/atom+xml", ".yaml": "application/yaml",
}

// wallPage shows the wall, to everybody: it is made of public documents, and
// of files that the operator chose to show.
func (f *front) wallPage(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, "/wall/")
	if !below {
		// The site's links are relative: they need the slash.
		http.Redirect(w, r, f.address()+"wall/", http.StatusPermanentRedirect)
		return
	}
	if name == "" {
		name = "index.html"
	}
	body, ok, err := f.server.config.Wall.File(r.Context(), name)
	switch {
	case err != nil:
		f.fail(w, r, err)
		return
	case !ok:
		f.notFound(w, r)
		return
	}
	kind, known := wallTypes[path.Ext(name)]
	if !known {
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=300")
	sum := sha256.Sum256(body)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	switch path.Ext(name) {
	case ".html":
		h.Set("Content-Security-Policy", web.ContentPolicy)
	case ".svg":
		// A badge is there to be shown elsewhere.
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
