package cargo

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

// reading are the methods of every route that changes nothing.
const reading = "GET, HEAD"

// authFolder is where the same place demands a token of whoever reads.
const authFolder = "auth"

// handler speaks Cargo's registry protocol for one place.
type handler struct {
	repo   ecosystem.Repository
	limits limits
	// publisher is the repository's writing half; nil where nothing is
	// published.
	publisher ecosystem.Publisher
	ownership ecosystem.Ownership // nil where owners cannot be changed
	uploads   *semaphore.Weighted // bytes of all uploads under way
	naming    *naming
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	segments, err := splitPath(r.URL.EscapedPath())
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	auth := len(segments) > 0 && segments[0] == authFolder
	if auth {
		segments = segments[1:]
		if assay.PrincipalOf(r.Context()).ID == "" && !slices.Equal(segments, []string{"me"}) {
			h.refuse(w, r, assay.Errorf(assay.Unauthenticated, "%s", needToken), assay.Coordinate{})
			return
		}
	}
	if len(segments) > 2 && segments[0] == "api" && segments[1] == "v1" && segments[2] == "crates" {
		h.api(w, r, segments[3:])
		return
	}
	if !isRead(r) {
		notAllowed(w, r, reading, "an index is only read; crates are published with cargo publish")
		return
	}
	switch {
	case len(segments) == 0:
		writeOwn(w, r, http.StatusOK, jsonType, `{"registry":"cargo"}`)
	case slices.Equal(segments, []string{wire.ConfigPath}):
		h.config(w, r, auth)
	case slices.Equal(segments, []string{"me"}):
		h.me(w, r)
	case len(segments) == 2 || len(segments) == 3:
		h.index(w, r, segments)
	default:
		h.missing(w, r)
	}
}

// api answers the routes below /api/v1/crates.
func (h *handler) api(w http.ResponseWriter, r *http.Request, segments []string) {
	download := len(segments) == 3 && segments[2] == "download"
	switch {
	case isRead(r) && download:
		h.download(w, r, segments[0], segments[1])
	case isRead(r) && len(segments) == 0:
		h.search(w, r)
	case isRead(r) && len(segments) == 2 && segments[1] == "owners":
		h.owners(w, r, segments[0])
	case isRead(r):
		h.missing(w, r)
	case download || len(segments) == 0:
		notAllowed(w, r, reading, "this is only read; crates are published with cargo publish")
	case h.publisher == nil:
		notAllowed(w, r, reading, "publishing is not available here: this place hands out crates and takes none")
	default:
		h.write(w, r, segments)
	}
}

func (h *handler) missing(w http.ResponseWriter, r *http.Request) {
	h.refuse(w, r, assay.Errorf(assay.NotFound, "there is nothing at this address: it is a registry for cargo, sparse+%s", h.repo.Base()), assay.Coordinate{})
}

// config says where crates lie. It depends on nothing but the address.
func (h *handler) config(w http.ResponseWriter, r *http.Request, auth bool) {
	base := strings.TrimSuffix(h.repo.Base(), "/")
	if auth {
		base += "/" + authFolder
	}
	body := wire.Config{DL: base + "/api/v1/crates", API: base, AuthRequired: auth}.Encode()
	sum := sha256.Sum256(body)
	ecosystem.WriteAnswer(w, r, &ecosystem.Answer{
		ContentType: jsonType, ETag: `"` + hex.EncodeToString(sum[:16]) + `"`, Body: ecosystem.Bytes(body), Size: int64(len(body)),
	})
}

// index answers with the document of a crate. Its path must be the one that
// Cargo makes of the name: another would be a second address for one thing.
func (h *handler) index(w http.ResponseWriter, r *http.Request, segments []string) {
	name, err := wire.Name(segments[len(segments)-1])
	if err != nil || strings.Join(segments, "/") != wire.IndexPath(name) {
		h.missing(w, r)
		return
	}
	answer, err := h.repo.Listing(r.Context(), name, repIndex)
	if assay.Is(err, assay.Denied) {
		h.refuseAll(w, r, err, name)
		return
	}
	if err != nil {
		h.refuse(w, r, err, coordinate(name, ""))
		return
	}
	if !answer.Modified.IsZero() {
		w.Header().Set("Last-Modified", answer.Modified.UTC().Format(http.TimeFormat))
	}
	ecosystem.WriteAnswer(w, r, answer)
}

func (h *handler) download(w http.ResponseWriter, r *http.Request, crate, version string) {
	name, err := wire.Name(crate)
	if err == nil && !wire.ValidVersion(version) {
		err = assay.Errorf(assay.Invalid, "%q cannot be a version", version)
	}
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	content, err := h.repo.File(r.Context(), name, wire.FileName(name, version))
	if err != nil {
		h.refuse(w, r, err, coordinate(name, version))
		return
	}
	ecosystem.WriteContent(w, r, content)
}

func coordinate(name, version string) assay.Coordinate {
	return assay.Coordinate{Ecosystem: assay.Cargo, Name: name, Version: version}
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// me is the page that cargo login names: it is read in a browser or printed,
// and there is nobody to log in.
func (h *handler) me(w http.ResponseWriter, r *http.Request) {
	text := `A token for cargo

An administrator of this Assay makes one:

    assay token create --publish 'pkg:cargo/NAME'      to publish, yank and read
    assay token create --read 'pkg:cargo/NAME'         to read

Then, once for the machine:

    cargo login --registry assay

where Cargo's configuration names the registry assay, and what keeps tokens:

    [registries.assay]
    index = "sparse+` + h.repo.Base() + authFolder + `/"

    [registry]
    global-credential-providers = ["cargo:token"]
`
	writeOwn(w, r, http.StatusOK, textType, text)
}
