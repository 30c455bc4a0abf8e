package golang

import (
	"io"
	"net/http"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// keepQuery is how long the meaning of a branch or short version is kept.
const keepQuery = time.Minute

// handler speaks the module proxy protocol.
type handler struct {
	repo   ecosystem.Repository
	sumdb  *SumDB // nil: none
	limits wire.Limits
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeText(w, r, http.StatusMethodNotAllowed, []string{"a Go module proxy is read with GET and HEAD"})
		return
	}
	req, err := wire.ParseRequest(r.URL.EscapedPath())
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if req.Module != "" && h.above(req.Module) {
		h.refuseParent(w, r, req.Module)
		return
	}
	switch req.Kind {
	case wire.List:
		h.serveList(w, r, req.Module)
	case wire.Latest:
		h.serveLatest(w, r, req.Module)
	case wire.File:
		h.serveFile(w, r, req.Module, req.Version, req.Ext)
	case wire.Query:
		h.serveQuery(w, r, req.Module, req.Version)
	case wire.SumDB:
		h.serveSumDB(w, r, req.Rest)
	case wire.Cached:
		h.refuse(w, r, assay.Errorf(assay.NotFound, "Assay has no cached-only view, so this is answered as with GOPROXY=off: set GOPROXY=%s instead", h.repo.Base()), assay.Coordinate{})
	default:
		h.refuse(w, r, assay.Errorf(assay.NotFound, "this is a Go module proxy: set GOPROXY=%s to use it", h.repo.Base()), assay.Coordinate{})
	}
}

func coordinate(name, version string) assay.Coordinate {
	return assay.Coordinate{Ecosystem: assay.Golang, Name: name, Version: version}
}

func (h *handler) serveFile(w http.ResponseWriter, r *http.Request, name, version, ext string) {
	content, err := h.repo.File(r.Context(), name, version+ext)
	if err != nil {
		h.refuse(w, r, err, coordinate(name, version))
		return
	}
	ecosystem.WriteContent(w, r, content)
}

// serveQuery asks the upstream which version a branch, commit or short
// version means, and serves that version's .info after the decision on it.
// The upstream's own answer is never handed out: it says enough for the go
// command to go on with the version it names.
func (h *handler) serveQuery(w http.ResponseWriter, r *http.Request, name, query string) {
	if h.claimed(name) {
		h.refuseQuery(w, r, name, query)
		return
	}
	version, err := h.resolve(r, name, query)
	if err != nil {
		h.refuse(w, r, err, coordinate(name, ""))
		return
	}
	h.serveFile(w, r, name, version, wire.Info)
}

func (h *handler) resolve(r *http.Request, name, query string) (version string, err error) {
	path, err := wire.FilePath(name, query, wire.Info)
	if err != nil {
		return "", err
	}
	content, err := h.repo.Pass(r.Context(), ecosystem.Passage{
		Method: http.MethodGet,
		Source: ecosystem.Source{Key: "query/" + query, Path: path, Limit: h.limits.Info},
		Names:  []string{name},
		Keep:   keepQuery,
	})
	if err != nil {
		return "", err
	}
	if err := statusError(content, name+"@"+query); err != nil {
		return "", err
	}
	text, err := readContent(content, h.limits.Info)
	if err != nil {
		return "", err
	}
	info, err := wire.DecodeInfo(name, query, text, h.limits)
	return info.Version, err
}

// statusError turns a passed answer that is not a success into an error, and
// releases it.
func statusError(content *ecosystem.Content, what string) error {
	switch content.Status {
	case 0, http.StatusOK:
		return nil
	case http.StatusNotFound, http.StatusGone:
		release(content)
		return assay.Errorf(assay.NotFound, "the upstream has no %s", what)
	}
	release(content)
	e := assay.Errorf(assay.Unavailable, "the upstream answered %d when asked for %s", content.Status, what)
	e.Status = content.Status
	return e
}

// readContent reads a small content whole and releases it.
func readContent(content *ecosystem.Content, limit int64) ([]byte, error) {
	defer release(content)
	body := content.Stream
	if content.Seeker != nil {
		body = content.Seeker
	}
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "the upstream's answer ended too early: try again")
	}
	if int64(len(text)) > limit {
		return nil, assay.Errorf(assay.Unsound, "the upstream's answer is larger than %d bytes, which it never needs to be", limit)
	}
	return text, nil
}

func release(content *ecosystem.Content) {
	if content.Release != nil {
		content.Release()
	}
}
