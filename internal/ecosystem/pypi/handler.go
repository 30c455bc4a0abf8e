package pypi

import (
	"net/http"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// reading are the methods of every route but the upload's.
const reading = "GET, HEAD"

// handler speaks Python's simple API and the upload API for one place.
type handler struct {
	repo   ecosystem.Repository
	limits limits
	// publisher is the repository's writing half; nil where nothing is
	// published.
	publisher ecosystem.Publisher
	uploads   chan struct{} // one token for each upload under way
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	segments, folder, err := splitPath(r.URL.EscapedPath())
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.write(w, r, segments)
		return
	}
	switch {
	case len(segments) == 0:
		writeText(w, r, "This is a Python package index. Its pages begin at "+h.repo.Base()+"simple/\n")
	case segments[0] == "simple" && len(segments) == 1:
		h.projects(w, r)
	case segments[0] == "simple" && len(segments) == 2:
		h.page(w, r, segments[1], folder)
	case segments[0] == "files" && len(segments) == 3 && !folder:
		h.file(w, r, segments[1], segments[2])
	case segments[0] == "integrity" && len(segments) == 5 && segments[4] == "provenance":
		h.provenance(w, r, segments[1], segments[3])
	case slices.Equal(segments, []string{"legacy"}):
		notAllowed(w, r, http.MethodPost, "files are uploaded to this address with POST, as twine upload and uv publish do")
	default:
		h.refuse(w, r, assay.Errorf(assay.NotFound, "there is nothing at this address: pages begin at %ssimple/", h.repo.Base()), assay.Coordinate{})
	}
}

// page answers with a project's page. Another spelling of the name is led to
// the normal one, as PEP 503 asks, so that every cache knows one address.
func (h *handler) page(w http.ResponseWriter, r *http.Request, raw string, folder bool) {
	name, err := wire.Name(raw)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if name != raw || !folder {
		to := h.repo.Base() + "simple/" + name + "/"
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, to, http.StatusMovedPermanently)
		return
	}
	rep, err := representation(r)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	answer, err := h.repo.Listing(r.Context(), name, rep)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{Ecosystem: assay.PyPI, Name: name})
		return
	}
	ecosystem.WriteAnswer(w, r, answer)
}

func (h *handler) file(w http.ResponseWriter, r *http.Request, raw, file string) {
	name, err := wire.Name(raw)
	if err == nil && !wire.ValidFile(file) {
		err = assay.Errorf(assay.Invalid, "%q cannot be the name of a file", file)
	}
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	content, err := h.repo.File(r.Context(), name, file)
	if err != nil {
		main, _ := wire.MetadataOf(file)
		h.refuse(w, r, err, assay.Coordinate{Ecosystem: assay.PyPI, Name: name, Version: wire.ParseFile(name, main).Version, File: file})
		return
	}
	ecosystem.WriteContent(w, r, content)
}

// writeText writes an answer that needs nobody.
func writeText(w http.ResponseWriter, r *http.Request, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // the client has gone: nobody is left to tell
	}
}

// write answers what is no reading.
func (h *handler) write(w http.ResponseWriter, r *http.Request, segments []string) {
	path := strings.Join(segments, "/")
	switch {
	case path != "" && path != "legacy" && path != "pypi" && path != "pypi/legacy":
		notAllowed(w, r, reading, "nothing can be changed at this address: files are uploaded to "+h.repo.Base()+"legacy/")
	case r.Method != http.MethodPost:
		notAllowed(w, r, http.MethodPost, "files are uploaded with POST, as twine upload and uv publish do")
	case h.publisher == nil:
		notAllowed(w, r, reading, "publishing is not available here: this place hands out packages and takes none")
	default:
		h.upload(w, r)
	}
}
