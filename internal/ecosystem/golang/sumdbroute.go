package golang

import (
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// How long answers of the checksum database may be kept. Tiles and records
// are never changed: a partial tile has its width in its path, and the signed
// tree in a look-up only has to be as old as the record.
const (
	keepTile   = 365 * 24 * time.Hour
	keepRecord = 30 * 24 * time.Hour
	keepLatest = 30 * time.Second
)

// serveSumDB passes requests to the checksum database on. The go command
// verifies what it gets, so nothing is decided and nothing changed here; but
// look-ups of claimed modules are answered here, because the question alone
// would tell their names.
//
// A client first asks for /supported. 200 means that it asks Assay alone from
// then on; 404 that it asks the database itself, which is right for a
// database that Assay was not set up with.
func (h *handler) serveSumDB(w http.ResponseWriter, r *http.Request, rest string) {
	if h.sumdb == nil {
		h.refuse(w, r, assay.Errorf(assay.NotFound, "Assay is set up without a checksum database"), assay.Coordinate{})
		return
	}
	req, err := wire.ParseSumDB(rest, h.sumdb.Name)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if req.Path == "supported" {
		w.Header().Set("Content-Type", textType)
		w.WriteHeader(http.StatusOK)
		return
	}
	switch {
	case req.Module == "":
	case h.claimed(req.Module):
		h.refuseLookup(w, r, req.Module)
		return
	case h.above(req.Module):
		h.refuseParent(w, r, req.Module)
		return
	}
	passage := ecosystem.Passage{Method: http.MethodGet, Source: h.sumdb.source(req.Path), Keep: keepLatest}
	contentType := textType
	switch {
	case req.Module != "":
		passage.Names = []string{req.Module}
		passage.Keep = keepRecord
	case req.Tile:
		passage.Keep = keepTile
		if !strings.Contains(req.Path, "/data/") {
			contentType = rawType
		}
	}
	content, err := h.repo.Pass(r.Context(), passage)
	if err == nil {
		err = statusError(content, req.Path+" of the checksum database")
	}
	if err != nil {
		h.refuse(w, r, err, coordinate(req.Module, ""))
		return
	}
	own := *content
	own.ContentType = contentType // never a page of HTML under our address
	ecosystem.WriteContent(w, r, &own)
}
