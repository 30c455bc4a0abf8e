package maven

import (
	"net/http"

	"golang.org/x/sync/semaphore"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// handler speaks the repository layout.
type handler struct {
	repo      ecosystem.Repository
	publisher ecosystem.Publisher // nil: nothing is published here
	promises  ecosystem.Promiser  // the publisher's own; nil: digests cannot be sent by themselves
	limits    limits
	uploads   *semaphore.Weighted // bytes of the files that are being uploaded
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, err := wire.ParsePath(r.URL.EscapedPath())
	switch {
	case err != nil:
		h.refuse(w, r, err, assay.Coordinate{})
	case r.Method == http.MethodPut && h.publisher != nil:
		h.put(w, r, path)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.notAllowed(w, r)
	default:
		h.get(w, r, path)
	}
}

func (h *handler) notAllowed(w http.ResponseWriter, r *http.Request) {
	allow, text := "GET, HEAD", "a Maven repository is read with GET and HEAD"
	if h.publisher != nil {
		allow, text = allow+", PUT", text+" and published to with PUT; what was published is withdrawn with assay remove"
	}
	w.Header().Set("Allow", allow)
	writeText(w, r, http.StatusMethodNotAllowed, []string{text}, text)
}

func (h *handler) get(w http.ResponseWriter, r *http.Request, p wire.Path) {
	switch p.Kind {
	case wire.Metadata:
		h.getMetadata(w, r, p)
	case wire.SnapshotMetadata:
		h.getSnapshot(w, r, p)
	case wire.File:
		h.getFile(w, r, p)
	default:
		h.refuse(w, r, assay.Errorf(assay.NotFound, "this is a Maven repository and has no lists of folders: make %s a mirror in your settings.xml", h.repo.Base()), assay.Coordinate{})
	}
}

func (h *handler) getMetadata(w http.ResponseWriter, r *http.Request, p wire.Path) {
	switch claimed := p.Name != "" && h.claimed(p.Name); {
	case claimed && h.stranger(r):
		h.refuse(w, r, whoAsks(p.Name), assay.Coordinate{})
	case claimed:
		h.getClaimed(w, r, p)
	case p.Group != "" && h.claimedGroup(p.Group):
		h.getPlugins(w, r, p)
	case p.Owner != "" && h.claimed(p.Owner):
		h.refuse(w, r, h.absent(r, p.Owner), assay.Coordinate{})
	case p.Name == "":
		h.refuse(w, r, assay.Errorf(assay.NotFound, "there is no metadata at this path: a package lies at least one folder deep in its group"), assay.Coordinate{})
	default:
		h.getListing(w, r, p.Name, withSum(metadata, p.Sum))
	}
}

// getClaimed answers for a claimed package, or where there is none for the
// group of that path: com/corp/tools is com.corp/tools, and the group
// com.corp.tools.
func (h *handler) getClaimed(w http.ResponseWriter, r *http.Request, p wire.Path) {
	answer, err := h.repo.Listing(r.Context(), p.Name, withSum(metadata, p.Sum))
	switch {
	case err == nil:
		ecosystem.WriteAnswer(w, r, answer)
	case assay.Is(err, assay.NotFound) && p.Group != "" && h.claimedGroup(p.Group):
		h.getPlugins(w, r, p)
	default:
		h.refuse(w, r, err, coordinate(p.Name, ""))
	}
}

func (h *handler) getSnapshot(w http.ResponseWriter, r *http.Request, p wire.Path) {
	switch {
	case !h.claimed(p.Name):
		h.refuse(w, r, noSnapshots(p.Name, p.Version), coordinate(p.Name, p.Version))
	case h.stranger(r):
		h.refuse(w, r, whoAsks(p.Name), assay.Coordinate{})
	default:
		h.getListing(w, r, p.Name, withSum(snapshotPrefix+p.Version, p.Sum))
	}
}

func (h *handler) getListing(w http.ResponseWriter, r *http.Request, name, representation string) {
	answer, err := h.repo.Listing(r.Context(), name, representation)
	if err != nil {
		h.refuse(w, r, err, coordinate(name, ""))
		return
	}
	ecosystem.WriteAnswer(w, r, answer)
}

func (h *handler) getFile(w http.ResponseWriter, r *http.Request, p wire.Path) {
	if h.stranger(r) && h.claimed(p.Name) {
		h.refuse(w, r, whoAsks(p.Name), assay.Coordinate{})
		return
	}
	content, err := h.repo.File(r.Context(), p.Name, withSum(p.Version+"/"+p.File, p.Sum))
	if err != nil {
		h.refuse(w, r, err, coordinate(p.Name, p.Version))
		return
	}
	ecosystem.WriteContent(w, r, content)
}

// withSum is how the digest of a thing is called.
func withSum(what, sum string) string {
	if sum == "" {
		return what
	}
	return what + "." + sum
}

func coordinate(name, version string) assay.Coordinate {
	return assay.Coordinate{Ecosystem: assay.Maven, Name: name, Version: version}
}
