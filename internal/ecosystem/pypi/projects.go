package pypi

import (
	"bytes"
	"net/http"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// maxProjects bounds the list of hosted projects.
const maxProjects = 10_000

// projects lists the projects that are hosted here and that the asker may
// read.
func (h *handler) projects(w http.ResponseWriter, r *http.Request) {
	rep, err := representation(r)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	var names []string
	if h.publisher != nil {
		found, err := h.publisher.Search(r.Context(), "", maxProjects)
		if err != nil {
			h.refuse(w, r, err, assay.Coordinate{})
			return
		}
		for i := range found {
			names = append(names, found[i].Name)
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	media := map[string]string{repJSON: wire.MediaJSON, repHTML: wire.MediaHTML, repText: wire.MediaText}[rep]
	var page bytes.Buffer
	if err := wire.WriteProjects(&page, names, rep == repJSON); err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	w.Header().Set("Vary", "Authorization")
	ecosystem.WriteAnswer(w, r, &ecosystem.Answer{
		ContentType: media, Body: ecosystem.Bytes(page.Bytes()), Size: int64(page.Len()),
		Header: http.Header{"Cache-Control": {"private, no-cache"}},
	})
}
