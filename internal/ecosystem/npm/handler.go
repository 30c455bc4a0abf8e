package npm

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// What a write is told.
const (
	noPublishing = "publishing is not available here: this place hands out packages and takes none"
	noLogin      = "logging in is not available here: packages are read without a token"
)

// reading are the methods of every route but the audits.
const reading = "GET, HEAD"

// handler speaks the npm registry's protocol for one place.
type handler struct {
	repo   ecosystem.Repository
	limits limits
	audits *room
	// publisher is the repository's writing half; nil where nothing is
	// published.
	publisher ecosystem.Publisher
	uploads   *semaphore.Weighted // bytes of all uploads under way
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	segments, err := splitPath(r.URL.EscapedPath())
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if len(segments) > 0 && segments[0] == "-" {
		h.service(w, r, segments[1:])
		return
	}
	if !isRead(r) {
		h.write(w, r, segments)
		return
	}
	if len(segments) == 0 {
		writeOwn(w, r, `{"registry":"npm"}`)
		return
	}
	name, rest, err := cutName(segments)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	switch {
	case len(rest) == 0:
		h.packument(w, r, name)
	case rest[0] != "-" && len(rest) == 1:
		h.listing(w, r, name, repManifest+rest[0], rest[0])
	case rest[0] == "-" && len(rest) == 2:
		h.file(w, r, name, rest[1])
	case rest[0] == "-" && len(rest) == 3 && rest[1]+"/" == name[:strings.IndexByte(name, '/')+1]:
		// Some registries repeat the scope before the file's name, and old
		// lock files with them.
		h.file(w, r, name, rest[2])
	default:
		h.missing(w, r)
	}
}

// service answers the routes below /-/.
func (h *handler) service(w http.ResponseWriter, r *http.Request, segments []string) {
	if path := strings.Join(segments, "/"); slices.Contains(auditPaths, path) {
		h.audit(w, r, path)
		return
	}
	if !isRead(r) {
		message := noPublishing
		switch {
		case len(segments) > 0 && segments[0] == "user" || len(segments) > 1 && segments[0] == "v1" && segments[1] == "login":
			message = noLogin
			if h.publisher != nil {
				message = loginByToken
			}
		case h.publisher == nil:
		case len(segments) > 1 && segments[0] == "package":
			h.tag(w, r, segments[1:])
			return
		default:
			message = "this is not available here: packages are published with npm publish and a token"
		}
		notAllowed(w, r, reading, message)
		return
	}
	switch {
	case slices.Equal(segments, []string{"ping"}):
		writeOwn(w, r, `{}`)
	case slices.Equal(segments, []string{"whoami"}):
		h.whoami(w, r)
	case slices.Equal(segments, []string{"v1", "search"}):
		h.search(w, r)
	case slices.Equal(segments, []string{"npm", "v1", "keys"}):
		h.keys(w, r)
	case len(segments) > 3 && slices.Equal(segments[:3], []string{"npm", "v1", "attestations"}):
		h.attestations(w, r, segments[3:])
	case len(segments) > 2 && segments[0] == "package":
		name, rest, err := cutName(segments[1:])
		switch {
		case err != nil:
			h.refuse(w, r, err, assay.Coordinate{})
		case slices.Equal(rest, []string{"dist-tags"}):
			h.listing(w, r, name, repTags, "")
		default:
			h.missing(w, r)
		}
	default:
		h.missing(w, r)
	}
}

func (h *handler) missing(w http.ResponseWriter, r *http.Request) {
	h.refuse(w, r, assay.Errorf(assay.NotFound, "there is nothing at this address: ask for a package, a version or a tarball"), assay.Coordinate{})
}

func (h *handler) packument(w http.ResponseWriter, r *http.Request, name string) {
	representation := repFull
	if wantsAbbreviated(r) {
		representation = repAbbreviated
	}
	h.listing(w, r, name, representation, "")
}

// listing answers with one representation; version is what the request named
// beyond the package, for the words of a refusal.
func (h *handler) listing(w http.ResponseWriter, r *http.Request, name, representation, version string) {
	answer, err := h.repo.Listing(r.Context(), name, representation)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: version})
		return
	}
	ecosystem.WriteAnswer(w, r, answer)
}

func (h *handler) file(w http.ResponseWriter, r *http.Request, name, file string) {
	version, _ := wire.FileVersion(name, file)
	subject := assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: version}
	if version != "" {
		subject.File = file
	}
	if !wire.ValidFile(file) {
		h.refuse(w, r, assay.Errorf(assay.Invalid, "%q cannot be the name of a tarball", file), subject.Package())
		return
	}
	content, err := h.repo.File(r.Context(), name, file)
	if err != nil {
		h.refuse(w, r, err, subject)
		return
	}
	ecosystem.WriteContent(w, r, content)
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// writeOwn writes a JSON answer that needs nobody.
func writeOwn(w http.ResponseWriter, r *http.Request, body string) {
	w.Header().Set("Content-Type", mediaFull)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(body)) // the client has gone: nobody is left to tell
	}
}
