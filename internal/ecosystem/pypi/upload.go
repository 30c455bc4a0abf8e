package pypi

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// headerIndex carries the place of a change in the log.
const headerIndex = "Assay-Log-Index"

// needToken is what somebody without one is told.
const needToken = "uploading needs a token: make one with assay token create --publish, and use it as the password of the user __token__"

// mayUpload tells an anonymous asker from one whose token publishes nothing,
// before a body is read.
func mayUpload(ctx context.Context) error {
	if assay.PrincipalOf(ctx).ID == "" {
		return assay.Errorf(assay.Unauthenticated, "%s", needToken)
	}
	return nil
}

// upload takes one file with what its form says of it.
func (h *handler) upload(w http.ResponseWriter, r *http.Request) {
	receipt, subject, err := h.takeUpload(w, r)
	if err != nil {
		if assay.Is(err, assay.Unauthenticated) {
			w.Header().Set("WWW-Authenticate", `Basic realm="Assay"`)
		}
		h.refuse(w, r, err, subject)
		return
	}
	if receipt.Index >= 0 {
		w.Header().Set(headerIndex, strconv.FormatInt(receipt.Index, 10))
	}
	writeText(w, r, "published\n")
}

func (h *handler) takeUpload(w http.ResponseWriter, r *http.Request) (receipt ecosystem.Receipt, subject assay.Coordinate, err error) {
	if err := mayUpload(r.Context()); err != nil {
		return receipt, subject, err
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return receipt, subject, assay.Errorf(assay.Invalid, "a file is uploaded as multipart/form-data, as twine upload and uv publish do")
	}
	most := h.limits.form.Content + h.limits.form.Fields + 1<<20
	if r.ContentLength > most {
		return receipt, subject, assay.Errorf(assay.TooLarge, "what was sent has %d bytes; the limit is %d", r.ContentLength, most)
	}
	select {
	case h.uploads <- struct{}{}:
		defer func() { <-h.uploads }()
	case <-r.Context().Done():
		return receipt, subject, assay.Wrap(assay.Canceled, context.Cause(r.Context()), "waiting for other uploads")
	}
	file, err := spool()
	if err != nil {
		return receipt, subject, err
	}
	defer file.Close()
	body := &bodyReader{r: http.MaxBytesReader(w, r.Body, most)}
	form, err := wire.ReadForm(multipart.NewReader(body, params["boundary"]), h.limits.form, file)
	if err != nil {
		return receipt, subject, uploadError(err, body.err)
	}
	up, err := h.decode(r.Context(), form, file)
	if err != nil {
		return receipt, subject, err
	}
	subject = assay.Coordinate{Ecosystem: assay.PyPI, Name: up.Name, Version: up.Version}
	receipt, err = h.publisher.Publish(r.Context(), up)
	if assay.Is(err, assay.Conflict) {
		// twine skips what is there already by these words or by the status,
		// uv by the status and its own comparison.
		err = &assay.Error{Kind: assay.Conflict, Message: "File already exists here: " + assay.PublicMessage(err), Err: err}
	}
	return receipt, subject, err
}

// uploadError tells the client's fault from ours.
func uploadError(err, body error) error {
	var known *assay.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(body, &large):
		return assay.Errorf(assay.TooLarge, "the upload is larger than %d bytes", large.Limit)
	case body != nil:
		return assay.Wrap(assay.Invalid, body, "the upload broke off")
	}
	return assay.Wrap(assay.Invalid, err, "the upload's form cannot be read")
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

// decode makes an upload of a form. Whoever may not publish the name is told
// so before the archive is read.
func (h *handler) decode(ctx context.Context, form *wire.Form, file *spooled) (*ecosystem.Upload, error) {
	if action := form.Get(":action"); action != "file_upload" {
		return nil, assay.Errorf(assay.Invalid, "the action %q is none of this index: it knows file_upload", action)
	}
	if v := form.Get("protocol_version"); v != "" && v != "1" {
		return nil, assay.Errorf(assay.Invalid, "version %q of the upload protocol is not spoken here, version 1 is", v)
	}
	if a := strings.TrimSpace(form.Get("attestations")); a != "" && a != "[]" {
		// Dropped silently, they would be believed to be there.
		return nil, assay.Errorf(assay.Invalid, "the upload has attestations, and Assay does not verify or keep those of hosted packages: upload without --attestations")
	}
	name, err := wire.Name(form.Get("name"))
	if err != nil {
		return nil, err
	}
	who := assay.PrincipalOf(ctx)
	if !who.MayPublish(assay.PyPI, name) {
		return nil, assay.Errorf(assay.Forbidden, "your token (%s) may not publish %s: ask an administrator for one that may", who.ID, name)
	}
	version, err := wire.Grammar{}.Version(form.Get("version"))
	if err != nil {
		return nil, err
	}
	digests, err := form.Digests()
	if err != nil {
		return nil, err
	}
	file.size = form.Size
	if file.contents, err = wire.Inspect(ctx, name, form.File, file, form.Size, h.limits.inspect); err != nil {
		return nil, err
	}
	return uploadOf(name, version, form, file, digests)
}

// spooled is a file of an upload, in a file of the machine that has no name
// any more: whatever ends the process, nothing of it is left.
type spooled struct {
	f        *os.File
	size     int64
	contents *wire.Contents
}

func spool() (*spooled, error) {
	f, err := os.CreateTemp("", "assay-upload-*")
	if err != nil {
		return nil, assay.Wrap(assay.Exhausted, err, "there is no room for an upload now")
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close() // the removal's error says more
		return nil, assay.Wrap(assay.Internal, err, "an upload could not be spooled")
	}
	return &spooled{f: f}, nil
}

// Write implements io.Writer.
func (s *spooled) Write(p []byte) (int, error) {
	n, err := s.f.Write(p)
	if err != nil {
		err = assay.Wrap(assay.Exhausted, err, "there is no room for the upload")
	}
	return n, err
}

// ReadAt implements io.ReaderAt.
func (s *spooled) ReadAt(p []byte, off int64) (int, error) { return s.f.ReadAt(p, off) }

// Close gives the room back.
func (s *spooled) Close() { _ = s.f.Close() } // it was only read since
