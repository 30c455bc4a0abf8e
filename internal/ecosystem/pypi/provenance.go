package pypi

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// keepProvenance is how long a provenance is served again.
const keepProvenance = time.Hour

// mediaProvenance is what a provenance is asked for as (PEP 740).
const mediaProvenance = "application/vnd.pypi.integrity.v1+json"

// maxAddress bounds the address that a page gives to a provenance.
const maxAddress = 8 << 10

// provenance passes the provenance of an upstream's file on, from where the
// upstream's page says that it is. A proof is not the package: it is had of
// what is refused, too.
func (h *handler) provenance(w http.ResponseWriter, r *http.Request, raw, file string) {
	name, err := wire.Name(raw)
	if err == nil && !wire.ValidFile(file) {
		err = assay.Errorf(assay.Invalid, "%q cannot be the name of a file", file)
	}
	if err == nil && h.publisher != nil && h.publisher.Claimed(name) {
		err = assay.Errorf(assay.NotFound, "there is no provenance of %s", file)
	}
	var address string
	if err == nil {
		address, err = h.provenanceOf(r.Context(), name, file)
	}
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	from := source(address, "")
	from.Key, from.Accept = "provenance/"+file, mediaProvenance+", application/json;q=0.5"
	content, err := h.repo.Pass(r.Context(), ecosystem.Passage{Method: http.MethodGet, Source: from, Names: []string{name}, Keep: keepProvenance})
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if content.Status >= http.StatusBadRequest {
		ecosystem.SetPhrase(r, content.Status, "Assay: the upstream answered this with "+strconv.Itoa(content.Status))
	}
	ecosystem.WriteContent(w, r, content)
}

// provenanceOf asks the listing where a file's provenance is.
func (h *handler) provenanceOf(ctx context.Context, name, file string) (string, error) {
	answer, err := h.repo.Listing(ctx, name, repProvenance+file)
	if err != nil {
		return "", err
	}
	if answer.Release != nil {
		defer answer.Release()
	}
	var text io.Reader = io.NewSectionReader(answer.Body, 0, answer.Size)
	if answer.Gzip {
		if text, err = gzip.NewReader(text); err != nil {
			return "", assay.Wrap(assay.Internal, err, "the listing of %s cannot be read", name)
		}
	}
	address, err := io.ReadAll(io.LimitReader(text, maxAddress))
	if err != nil {
		return "", assay.Wrap(assay.Internal, err, "the listing of %s cannot be read", name)
	}
	return string(address), nil
}
