package npm

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// keepProofs is how long signature keys and attestations are served again:
// both change seldom, and old ones stay valid.
const keepProofs = time.Hour

// The paths of the audit requests, below /-/.
const (
	pathBulk  = "npm/v1/security/advisories/bulk"
	pathAudit = "npm/v1/security/audits"
	pathQuick = "npm/v1/security/audits/quick"
)

var auditPaths = []string{pathBulk, pathAudit, pathQuick}

// searchParameters are those of npm's search; others are not passed on.
var searchParameters = []string{"text", "size", "from", "quality", "popularity", "maintenance"}

// pass asks the upstream and writes what it says. An error of the upstream's
// is marked as such: npm prints the phrase, and the body is often empty.
func (h *handler) pass(w http.ResponseWriter, r *http.Request, p ecosystem.Passage) {
	content, err := h.repo.Pass(r.Context(), p)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if content.Status >= http.StatusBadRequest {
		answered := strings.TrimSpace(strconv.Itoa(content.Status) + " " + http.StatusText(content.Status))
		ecosystem.SetPhrase(r, content.Status, "Assay: the upstream answered this with "+answered)
	}
	ecosystem.WriteContent(w, r, content)
}

func (h *handler) keys(w http.ResponseWriter, r *http.Request) {
	h.pass(w, r, ecosystem.Passage{
		Method: http.MethodGet,
		Source: ecosystem.Source{Key: "keys", Path: "-/npm/v1/keys", Accept: mediaFull},
		Keep:   keepProofs,
	})
}

// attestations passes /-/npm/v1/attestations/{pkg}@{version} on.
func (h *handler) attestations(w http.ResponseWriter, r *http.Request, segments []string) {
	subject := strings.Join(segments, "/")
	at := strings.LastIndexByte(subject, '@')
	if at <= 0 || at < strings.LastIndexByte(subject, '/') {
		h.refuse(w, r, assay.Errorf(assay.Invalid, "attestations are asked for as name@version"), assay.Coordinate{})
		return
	}
	name, err := wire.Name(subject[:at])
	if err == nil && !wire.ValidFile(subject[at+1:]) {
		err = assay.Errorf(assay.Invalid, "%q is not a version", subject[at+1:])
	}
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	version := subject[at+1:]
	if h.publisher != nil && h.publisher.Claimed(name) {
		h.refuse(w, r, assay.Errorf(assay.NotFound, "there are no attestations of %s", name), assay.Coordinate{})
		return
	}
	h.pass(w, r, ecosystem.Passage{
		Method: http.MethodGet,
		Source: ecosystem.Source{
			Key:    "attestations/" + version,
			Path:   "-/npm/v1/attestations/" + wire.EscapeName(name) + "@" + url.PathEscape(version),
			Accept: mediaFull,
		},
		Names: []string{name},
		Keep:  keepProofs,
	})
}

// search passes a search on. Its text is free, so each word that can be a
// package's name counts as one: a claimed name must not leave in a search
// either.
func (h *handler) search(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RawQuery) > h.limits.query {
		h.refuse(w, r, assay.Errorf(assay.TooLarge, "the search is longer than %d bytes", h.limits.query), assay.Coordinate{})
		return
	}
	asked, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		h.refuse(w, r, assay.Errorf(assay.Invalid, "the search is not percent-encoded correctly"), assay.Coordinate{})
		return
	}
	if h.publisher != nil {
		h.searchBoth(w, r, asked)
		return
	}
	query := url.Values{}
	for _, key := range searchParameters {
		if asked.Has(key) {
			query.Set(key, asked.Get(key))
		}
	}
	h.pass(w, r, ecosystem.Passage{
		Method: http.MethodGet,
		Source: ecosystem.Source{Key: "search", Path: "-/v1/search", Accept: mediaFull},
		Query:  query,
		Names:  searchNames(query.Get("text")),
	})
}

// searchNames are the words of a search that can be package names, qualifiers
// ("author:someone") with and without their prefix.
func searchNames(text string) []string {
	var names []string
	add := func(word string) {
		if name, err := wire.Name(strings.Trim(word, `"'`)); err == nil {
			names = append(names, name)
		}
	}
	for word := range strings.FieldsSeq(text) {
		add(word)
		if _, value, ok := strings.Cut(word, ":"); ok {
			add(value)
		}
	}
	return names
}

// audit passes a question about advisories on. The body is sent as it was
// read, inflated, so that the upstream sees the very names that were checked.
func (h *handler) audit(w http.ResponseWriter, r *http.Request, path string) {
	if r.Method != http.MethodPost {
		notAllowed(w, r, http.MethodPost, "advisories are asked for with POST")
		return
	}
	body, give, err := h.readBody(w, r)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	defer give()
	var names []string
	err = h.audits.read(r, func() (err error) {
		names, err = wire.AuditNames(body, path != pathBulk)
		if err == nil && h.publisher != nil {
			body, names, err = h.stripAudit(body, path)
		}
		return err
	})
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if h.publisher != nil && len(names) == 0 {
		writeOwn(w, r, nothingFound(path))
		return
	}
	for i, raw := range names {
		if name, err := wire.Name(raw); err == nil {
			names[i] = name
		}
	}
	h.pass(w, r, ecosystem.Passage{
		Method: http.MethodPost,
		Source: ecosystem.Source{Key: path, Path: "-/" + path, Accept: mediaFull},
		Header: http.Header{"Content-Type": {mediaFull}},
		Body:   body,
		Names:  names,
	})
}

// readBody reads a request's body, inflated when it is compressed, within
// both bounds: a few kilobytes of gzip can hold gigabytes. give gives back
// the room that the body takes.
func (h *handler) readBody(w http.ResponseWriter, r *http.Request) (all []byte, give func(), err error) {
	var body io.Reader = http.MaxBytesReader(w, r.Body, h.limits.body)
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "", "identity":
	case "gzip", "x-gzip":
		zr, err := gzip.NewReader(body)
		if err != nil {
			return nil, nil, bodyError(err)
		}
		body = zr
	default:
		return nil, nil, assay.Errorf(assay.Invalid, "the request's body has a coding other than gzip")
	}
	all, give, err = h.audits.take(body, h.limits.inflated+1)
	if err != nil {
		return nil, nil, bodyError(err)
	}
	if int64(len(all)) > h.limits.inflated {
		give()
		return nil, nil, assay.Errorf(assay.TooLarge, "the request's body is larger than %d bytes when inflated", h.limits.inflated)
	}
	return all, give, nil
}

func bodyError(err error) error {
	if assay.Is(err, assay.Exhausted) {
		return err
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return assay.Errorf(assay.TooLarge, "the request's body is larger than %d bytes", large.Limit)
	}
	return assay.Wrap(assay.Invalid, err, "the request's body cannot be read")
}
