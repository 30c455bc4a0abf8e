package maven

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// headerIndex carries the place of a change in the log.
const headerIndex = "Assay-Log-Index"

const needToken = "publishing needs a token: make one with assay token create --publish, and put it as the password of a server into your settings.xml"

// mayWrite tells an anonymous asker from one with the wrong token. It is
// asked before a body is read, and answers alike for packages that exist and
// for those that do not.
func mayWrite(ctx context.Context, name string) error {
	who := assay.PrincipalOf(ctx)
	if who.ID == "" {
		return assay.Errorf(assay.Unauthenticated, "%s", needToken)
	}
	if !who.MayPublish(assay.Maven, name) {
		return assay.Errorf(assay.Forbidden, "your token (%s) may not publish %s: ask an administrator for one that may", who.ID, name)
	}
	return nil
}

func (h *handler) put(w http.ResponseWriter, r *http.Request, p wire.Path) {
	var err error
	status, index := http.StatusCreated, int64(-1)
	switch p.Kind {
	case wire.File:
		if err = mayWrite(r.Context(), p.Name); err == nil && p.Sum != "" {
			err = h.promise(w, r, p)
		} else if err == nil {
			status, index, err = h.publish(w, r, p)
		}
	case wire.Metadata, wire.SnapshotMetadata:
		err = h.takeMetadata(w, r, p)
	default:
		if err = mayWrite(r.Context(), ""); !assay.Is(err, assay.Unauthenticated) {
			err = assay.Errorf(assay.NotFound, "nothing is published at this path: a file lies at <group>/<artifact>/<version>/<artifact>-<version>.<extension>")
		}
	}
	if err != nil {
		h.refuse(w, r, err, coordinate(p.Name, p.Version))
		return
	}
	if index >= 0 {
		w.Header().Set(headerIndex, strconv.FormatInt(index, 10))
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(status)
}

// publish takes one file.
func (h *handler) publish(w http.ResponseWriter, r *http.Request, p wire.Path) (status int, index int64, err error) {
	if err := wire.AdmissibleFile(p.Name, p.Version, p.File); err != nil {
		return 0, -1, err // before its bytes come
	}
	body, size, discard, err := h.spool(w, r)
	if err != nil {
		return 0, -1, err
	}
	defer discard()
	if err := h.checkPOM(p, body, size); err != nil {
		return 0, -1, err
	}
	receipt, err := h.publisher.Publish(r.Context(), &ecosystem.Upload{
		Name: p.Name, Version: p.Version, Adds: true,
		Files: []ecosystem.UploadFile{{Name: p.File, ContentType: contentType(p.File), Content: body, Size: size}},
	})
	if assay.Is(err, assay.Conflict) {
		if err = h.again(r.Context(), p, body, size, err); err == nil {
			return http.StatusOK, -1, nil
		}
	}
	return http.StatusCreated, receipt.Index, err
}

// checkPOM refuses a POM of another package in few words. Admission would
// refuse it in more, of which the reason phrase has no room: mvn
// deploy:deploy-file sends the POM that it finds in a jar.
func (h *handler) checkPOM(p wire.Path, content io.ReaderAt, size int64) error {
	if parsed, _ := wire.ParseFile(p.Name, p.Version, p.File); parsed.Extension != "pom" {
		return nil
	}
	pom, err := wire.DecodePOM(io.NewSectionReader(content, 0, size), h.limits.document)
	if err == nil {
		err = pom.Is(p.Name, p.Version)
	}
	if err != nil {
		return assay.Errorf(assay.Invalid, "%s is refused: %v", p.File, err)
	}
	return nil
}

// again answers for a file that is here already: nil where sending it again is
// how an upload that broke off is taken up. The bytes must be the same, and
// the version still lack something, or be a snapshot; a release that is whole
// is published once.
func (h *handler) again(ctx context.Context, p wire.Path, sent io.ReaderAt, size int64, conflict error) error {
	why := assay.PublicMessage(conflict)
	if h.same(ctx, p, sent, size) {
		if wire.Snapshot(p.Version) || h.unfinished(ctx, p) {
			return nil
		}
		why = "it is here already with these very bytes, and nothing is missing from the version"
	}
	// The end is cut off where there is little room: what to do comes first.
	return assay.Wrap(assay.Conflict, conflict, "%s is published and never changes, raise the version: %s", p.File, why)
}

// unfinished tells whether a version lacks its POM or what that describes.
func (h *handler) unfinished(ctx context.Context, p wire.Path) bool {
	answer, err := h.repo.Listing(ctx, p.Name, unfinishedPrefix+p.Version)
	if err != nil {
		return false
	}
	if answer.Release != nil {
		answer.Release()
	}
	return true
}

// same tells whether the file is here with these very bytes.
func (h *handler) same(ctx context.Context, p wire.Path, sent io.ReaderAt, size int64) bool {
	content, err := h.repo.File(ctx, p.Name, p.Version+"/"+p.File)
	if err != nil {
		return false
	}
	if content.Release != nil {
		defer content.Release()
	}
	if content.Seeker == nil || content.Size != size {
		return false
	}
	return sameBytes(content.Seeker, io.NewSectionReader(sent, 0, size))
}

func sameBytes(a, b io.Reader) bool {
	const piece = 64 << 10
	left, right := make([]byte, piece), make([]byte, piece)
	for {
		n, errA := io.ReadFull(a, left)
		m, errB := io.ReadFull(b, right)
		if n != m || !bytes.Equal(left[:n], right[:m]) || !ended(errA) || !ended(errB) {
			return false
		}
		if errA != nil || errB != nil {
			return errA != nil && errB != nil
		}
	}
}

// ended tells success and a plain end from a failure to read.
func ended(err error) bool {
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// spool reads the body of a PUT to its end: into memory where it is small and
// says so, else into a file. Room for it is taken from what all uploads may
// hold together before anything is read.
func (h *handler) spool(w http.ResponseWriter, r *http.Request) (content io.ReaderAt, size int64, discard func(), err error) {
	most := h.limits.upload
	if r.ContentLength > most {
		return nil, 0, nil, assay.Errorf(assay.TooLarge, "what was sent has %d bytes; the limit for one file is %d", r.ContentLength, most)
	}
	if r.ContentLength >= 0 {
		most = r.ContentLength
	}
	weight := max(most, 1)
	if err := h.uploads.Acquire(r.Context(), weight); err != nil {
		return nil, 0, nil, assay.Wrap(assay.Canceled, err, "waiting for other uploads")
	}
	give := func() { h.uploads.Release(weight) }
	body := http.MaxBytesReader(w, r.Body, h.limits.upload)
	if most <= h.limits.memory {
		text, err := io.ReadAll(body)
		if err != nil {
			give()
			return nil, 0, nil, bodyError(err)
		}
		return bytes.NewReader(text), int64(len(text)), give, nil
	}
	file, err := os.CreateTemp("", "assay-upload-")
	if err != nil {
		give()
		return nil, 0, nil, assay.Wrap(assay.Internal, err, "an upload cannot be held")
	}
	// Without a name it is gone with us, however we end.
	if err := os.Remove(file.Name()); err != nil {
		err = errors.Join(err, file.Close())
		give()
		return nil, 0, nil, assay.Wrap(assay.Internal, err, "an upload cannot be held")
	}
	discard = func() {
		_ = file.Close() // it has no name and no reader any more
		give()
	}
	size, err = io.Copy(file, body)
	if err != nil {
		discard()
		return nil, 0, nil, bodyError(err)
	}
	return file, size, discard, nil
}

func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return assay.Errorf(assay.TooLarge, "what was sent is larger than the limit of %d bytes", large.Limit)
	}
	return assay.Wrap(assay.Invalid, err, "the upload did not come whole: send it again")
}

// readBody reads a small body whole.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, bodyError(err)
	}
	return text, nil
}

// promise takes the digest of a file, which may come before the file or after
// it.
func (h *handler) promise(w http.ResponseWriter, r *http.Request, p wire.Path) error {
	digest, err := h.readSum(w, r, p.Sum)
	if err != nil {
		return err
	}
	if err := wire.Admissible(p.Name, p.Version); err != nil {
		return err
	}
	if err := wire.AdmissibleFile(p.Name, p.Version, p.File); err != nil {
		return err
	}
	if h.promises == nil {
		return nil // what is served has its digest from its bytes
	}
	return h.promises.Promise(r.Context(), p.Name, p.Version, p.File, digest)
}

func (h *handler) readSum(w http.ResponseWriter, r *http.Request, algorithm string) (assay.Digest, error) {
	text, err := readBody(w, r, wire.MaxSum)
	if err != nil {
		return "", err
	}
	return wire.DecodeSum(algorithm, text)
}

// takeMetadata reads a document of versions, snapshot files or plugins, and
// the digests of one, and keeps nothing of them. Who sends one must be
// allowed to publish what it speaks of.
func (h *handler) takeMetadata(w http.ResponseWriter, r *http.Request, p wire.Path) error {
	who := assay.PrincipalOf(r.Context())
	if who.ID == "" {
		return assay.Errorf(assay.Unauthenticated, "%s", needToken)
	}
	if p.Sum != "" {
		_, err := h.readSum(w, r, p.Sum)
		return err
	}
	text, err := readBody(w, r, h.limits.document.Metadata)
	if err != nil {
		return err
	}
	doc, err := wire.CheckSent(bytes.NewReader(text), h.limits.document)
	if err != nil {
		return err
	}
	if p.Kind == wire.Metadata && doc.Artifact == "" && len(doc.Versions) == 0 && p.Group != "" {
		for _, plugin := range doc.Plugins {
			if err := mayWrite(r.Context(), p.Group+"/"+plugin.Artifact); err != nil {
				return err
			}
		}
		return nil
	}
	group, artifact := wire.Split(p.Name)
	if doc.Group != group || doc.Artifact != artifact || doc.Version != "" && p.Kind == wire.SnapshotMetadata && doc.Version != p.Version {
		return assay.Errorf(assay.Invalid, "the maven-metadata.xml that was sent is about %s/%s %s, and its path about %s %s", doc.Group, doc.Artifact, doc.Version, p.Name, p.Version)
	}
	return mayWrite(r.Context(), p.Name)
}
