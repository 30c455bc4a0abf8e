package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"assay.invalid/internal/assay"
)

// Publishing takes packages that have no publishing protocol of their own.
type Publishing interface {
	// PublishModule publishes a version of a Go module in a place. zip is the
	// module zip, of exactly size bytes. The asker is the context's principal.
	// When it returns, the version is in the journal and in force. Of what is
	// refused nothing is kept; the same version again is a Conflict.
	PublishModule(ctx context.Context, place, name, version string, zip io.Reader, size int64) (Published, error)
}

// Published is a version that was published.
type Published struct {
	Coordinate assay.Coordinate `json:"coordinate"`
	// H1 is the digest of the module zip, as go.sum has it.
	H1 assay.Digest `json:"h1"`
	// LogIndex is the event's place in the log; -1 where the log was late,
	// which changes nothing about the version.
	LogIndex int64 `json:"log_index"`
	// Use are lines for a shell, in order, that use the version.
	Use []string `json:"use"`
}

// Uploads are bounded apart from other requests.
const (
	// MaxUpload is the size of the largest upload by default, in bytes. A
	// module zip has 500 MiB at most.
	MaxUpload = 512 << 20
	// uploadType is not one that a form on a hostile page can send.
	uploadType = "application/zip"
	// uploadPath is followed by the place.
	uploadPath = "publish"
)

// UploadPrefix is where uploads go: a path below it may carry a body of
// MaxUpload bytes, any other only what requests need.
const UploadPrefix = Prefix + uploadPath + "/"

// publish answers PUT publish/{place}?module=&version= with the zip as its
// body. Whoever has said who they are may ask; the registry knows who may
// publish what.
func publish(h *Handler, r *http.Request, place string) (any, error) {
	ctx := h.asker(r)
	if p := assay.PrincipalOf(ctx); p.ID == "" {
		return nil, assay.Errorf(assay.Unauthenticated,
			"publishing needs a token: make one with 'assay token create --publish PATTERN' where Assay serves, and set ASSAY_TOKEN to it")
	}
	name, err := parameter(r, "module", "the module's path, as in its go.mod file")
	if err != nil {
		return nil, err
	}
	version, err := parameter(r, "version", "the version to publish, such as v1.2.3")
	if err != nil {
		return nil, err
	}
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || typ != uploadType {
		return nil, assay.Errorf(assay.Invalid, "the request must be %s", uploadType)
	}
	limit := h.MaxUpload
	if limit <= 0 {
		limit = MaxUpload
	}
	switch {
	case r.ContentLength < 0:
		return nil, assay.Errorf(assay.Invalid, "the request must say how large it is, in Content-Length")
	case r.ContentLength > limit:
		return nil, assay.Errorf(assay.TooLarge, "the zip has %d bytes; %d is the limit", r.ContentLength, limit)
	}
	// net/http reads no further than Content-Length, and fails before it.
	return h.Control.PublishModule(ctx, place, name, version, uploading{r.Body}, r.ContentLength)
}

// uploading gives errors of reading a request's body their kind, so that
// they can be told from those of keeping what was read.
type uploading struct{ body io.Reader }

func (u uploading) Read(p []byte) (int, error) {
	n, err := u.body.Read(p)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.As(err, &tooLarge):
		return n, assay.Errorf(assay.TooLarge, "the upload is larger than %d bytes", tooLarge.Limit)
	}
	return n, assay.Wrap(assay.Canceled, err, "the upload ended before it was complete: publish again")
}

// PublishModule implements Publishing. It waits for the server's consent
// before it sends the zip, where the transport can.
func (c *Client) PublishModule(ctx context.Context, place, name, version string, zip io.Reader, size int64) (Published, error) {
	address := c.base + uploadPath + "/" + url.PathEscape(place) + "?" + url.Values{"module": {name}, "version": {version}}.Encode()
	// The zip stays the caller's to close.
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address, io.NopCloser(zip))
	if err != nil {
		return Published{}, assay.Wrap(assay.Invalid, err, "the server's address is not understood")
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", uploadType)
	req.Header.Set("Expect", "100-continue")
	return send[Published](ctx, c, req)
}
