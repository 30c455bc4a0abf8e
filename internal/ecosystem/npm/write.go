package npm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// headerIndex carries the place of a change in the log.
const headerIndex = "Assay-Log-Index"

// writing are the methods of the routes of hosted packages.
const writing = "GET, HEAD, PUT, DELETE"

// What somebody who may not write is told.
const (
	needToken = "publishing and changing packages needs a token: make one with assay token create --publish, and put it into your .npmrc"
	// loginByToken replaces noLogin where packages are published.
	loginByToken = "nobody is logged in here by a password: make a token with assay token create, and put it into your .npmrc"
)

// mayWrite tells an anonymous asker from one with the wrong token. It is
// asked before a body is read, and answers alike for packages that exist and
// for those that do not.
func mayWrite(ctx context.Context, name string) error {
	who := assay.PrincipalOf(ctx)
	if who.ID == "" {
		return assay.Errorf(assay.Unauthenticated, "%s", needToken)
	}
	if !who.MayPublish(assay.NPM, name) {
		return assay.Errorf(assay.Forbidden, "your token (%s) may not publish or change %s: ask an administrator for one that may", who.ID, name)
	}
	return nil
}

// write answers what is no reading, for the address of a package.
func (h *handler) write(w http.ResponseWriter, r *http.Request, segments []string) {
	if h.publisher == nil || len(segments) == 0 {
		notAllowed(w, r, reading, noPublishing)
		return
	}
	name, rest, err := cutName(segments)
	if err == nil {
		err = mayWrite(r.Context(), name)
	}
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	if len(rest) == 4 && rest[1]+"/" == name[:strings.IndexByte(name, '/')+1] {
		// The scope stands before the file's name again.
		rest = slices.Delete(slices.Clone(rest), 1, 2)
	}
	switch {
	case r.Method == http.MethodPut && len(rest) == 0:
		h.put(w, r, name, "")
	case r.Method == http.MethodPut && len(rest) == 2 && rest[0] == "-rev":
		h.put(w, r, name, rest[1])
	case r.Method == http.MethodDelete && len(rest) == 2 && rest[0] == "-rev":
		h.withdraw(w, r, name, rest[1])
	case r.Method == http.MethodDelete && len(rest) == 4 && rest[0] == "-" && rest[2] == "-rev":
		h.dropFile(w, r, name, rest[1])
	case r.Method == http.MethodPut || r.Method == http.MethodDelete:
		h.refuse(w, r, assay.Errorf(assay.NotFound, "nothing can be changed at this address"), assay.Coordinate{})
	default:
		notAllowed(w, r, writing, "a package is published with PUT and withdrawn with DELETE")
	}
}

// put publishes, or changes what is said of versions.
func (h *handler) put(w http.ResponseWriter, r *http.Request, name, rev string) {
	sent, give, err := h.readSent(w, r, name)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	defer give()
	switch {
	case sent.Attachment == nil:
		h.change(w, r, sent, rev)
	case rev != "":
		h.refuse(w, r, assay.Errorf(assay.Invalid, "a tarball is published at the address of its package, without a revision"), assay.Coordinate{})
	default:
		h.publish(w, r, sent)
	}
}

// readSent reads the body of a PUT. Its size is taken from the bytes that all
// uploads may hold together before anything is read, so that many large ones
// wait for each other and memory stays bounded. give gives the room back.
func (h *handler) readSent(w http.ResponseWriter, r *http.Request, name string) (sent *wire.Sent, give func(), err error) {
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "", "identity":
	default:
		return nil, nil, assay.Errorf(assay.Invalid, "a package is sent without Content-Encoding")
	}
	// A form on a hostile page can send text, and this type it cannot.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != mediaFull {
		return nil, nil, assay.Errorf(assay.Invalid, "a package is sent with the Content-Type %s", mediaFull)
	}
	most := h.limits.upload
	if r.ContentLength > most {
		return nil, nil, assay.Errorf(assay.TooLarge, "what was sent has %d bytes; the limit is %d: leave files out of the package", r.ContentLength, most)
	}
	if r.ContentLength >= 0 {
		most = r.ContentLength
	}
	weight := max(most, 1)
	if err := h.uploads.Acquire(r.Context(), weight); err != nil {
		return nil, nil, assay.Wrap(assay.Canceled, err, "waiting for other uploads")
	}
	give = func() { h.uploads.Release(weight) }
	body := &bodyReader{r: http.MaxBytesReader(w, r.Body, h.limits.upload)}
	sent, err = wire.ReadSent(body, name, h.limits.sent)
	if body.err != nil {
		err = bodyError(body.err) // the body failed, not what was in it
	}
	if err != nil {
		give()
		return nil, nil, err
	}
	return sent, give, nil
}

// bodyReader remembers why a body could not be read.
type bodyReader struct {
	r   io.Reader
	err error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

func (h *handler) publish(w http.ResponseWriter, r *http.Request, sent *wire.Sent) {
	v := &sent.Versions[0]
	up := &ecosystem.Upload{
		Name:     sent.Name,
		Version:  v.Version,
		Manifest: v.Manifest,
		Files: []ecosystem.UploadFile{{
			Name:        wire.FileName(sent.Name, v.Version),
			ContentType: "application/octet-stream",
			Content:     sent.Attachment.Content,
			Size:        sent.Attachment.Content.Size(),
			Digests:     v.Digests,
		}},
	}
	for _, tag := range sent.Tags {
		up.Tags = append(up.Tags, tag.Name)
	}
	receipt, err := h.publisher.Publish(r.Context(), up)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{Ecosystem: assay.NPM, Name: sent.Name, Version: v.Version})
		return
	}
	h.done(w, http.StatusCreated, receipt)
}

// done says that a change stands, and where in the log.
func (h *handler) done(w http.ResponseWriter, status int, receipt ecosystem.Receipt) {
	if receipt.Index >= 0 {
		w.Header().Set(headerIndex, strconv.FormatInt(receipt.Index, 10))
	}
	w.Header().Set("Content-Type", mediaFull)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"ok":true,"success":true}`) // the client has gone: nobody is left to tell
}

// unlogged is the receipt of what changed nothing.
var unlogged = ecosystem.Receipt{Index: -1}

// maxTagBody bounds the body that names a tag's version: a JSON string.
const maxTagBody = 1 << 10

// tag answers what is no reading at /-/package/{pkg}/dist-tags/{tag}.
func (h *handler) tag(w http.ResponseWriter, r *http.Request, segments []string) {
	name, rest, err := cutName(segments)
	if err == nil {
		err = mayWrite(r.Context(), name)
	}
	if err == nil && (len(rest) != 2 || rest[0] != "dist-tags") {
		err = assay.Errorf(assay.NotFound, "nothing can be changed at this address")
	}
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	tag, version := rest[1], ""
	switch r.Method {
	case http.MethodPut:
		if err = wire.NewTag(tag); err == nil {
			version, err = tagVersion(http.MaxBytesReader(w, r.Body, maxTagBody))
		}
	case http.MethodDelete:
		if tag == "latest" {
			err = assay.Errorf(assay.Invalid, "latest cannot be dropped, because npm installs what it points to: point it at another version")
		}
	default:
		notAllowed(w, r, writing, "a dist-tag is set with PUT and dropped with DELETE")
		return
	}
	var receipt ecosystem.Receipt
	if err == nil {
		receipt, err = h.publisher.Tag(r.Context(), name, tag, version)
	}
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{Ecosystem: assay.NPM, Name: name})
		return
	}
	h.done(w, http.StatusOK, receipt)
}

// tagVersion reads the version from the body of a request to set a tag.
func tagVersion(body io.Reader) (string, error) {
	raw, err := io.ReadAll(body)
	if err != nil {
		return "", bodyError(err)
	}
	var version string
	if err := json.Unmarshal(raw, &version); err != nil {
		return "", assay.Wrap(assay.Invalid, err, "the version that the tag shall point to is sent as a JSON string")
	}
	return wire.Grammar{}.Version(version)
}

// whoami answers who asks. Without WWW-Authenticate: npm would then print its
// own guess at the scheme instead of the message.
func (h *handler) whoami(w http.ResponseWriter, r *http.Request) {
	who := assay.PrincipalOf(r.Context())
	h.personal(w)
	if who.ID == "" {
		message := noLogin
		if h.publisher != nil {
			message = "you are nobody here yet: " + needToken
		}
		writeError(w, r, http.StatusUnauthorized, message, "Assay: "+message)
		return
	}
	body, err := json.Marshal(map[string]string{"username": who.ID})
	if err != nil { // a string always encodes
		body = []byte(`{}`)
	}
	writeOwn(w, r, string(body))
}

// personal marks an answer that depends on who asks.
func (h *handler) personal(w http.ResponseWriter) {
	w.Header().Set("Vary", "Authorization")
}
