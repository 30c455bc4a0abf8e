package cargo

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

// headerIndex carries the place of a change in the log.
const headerIndex = "Assay-Log-Index"

// needToken is for those who have none.
const needToken = "this needs a token: make one with assay token create, and give it to cargo login"

// mayWrite tells an anonymous asker from one with the wrong token, alike for
// crates that exist and for those that do not.
func mayWrite(ctx context.Context, name string) error {
	who := assay.PrincipalOf(ctx)
	if who.ID == "" {
		return assay.Errorf(assay.Unauthenticated, "%s", needToken)
	}
	if !who.MayPublish(assay.Cargo, name) {
		return assay.Errorf(assay.Forbidden, "your token (%s) may not publish or change %s: ask an administrator for one that may", who.ID, name)
	}
	return nil
}

// write answers what changes something, below /api/v1/crates.
func (h *handler) write(w http.ResponseWriter, r *http.Request, segments []string) {
	if slices.Equal(segments, []string{"new"}) {
		if r.Method != http.MethodPut {
			notAllowed(w, r, http.MethodPut, "a crate is published with PUT")
			return
		}
		h.publish(w, r)
		return
	}
	name, err := wire.Name(segments[0])
	if err == nil {
		err = mayWrite(r.Context(), name)
	}
	switch {
	case err != nil:
		h.refuse(w, r, err, assay.Coordinate{})
	case len(segments) == 3 && segments[2] == "yank" && r.Method == http.MethodDelete:
		h.setYanked(w, r, name, segments[1], true)
	case len(segments) == 3 && segments[2] == "unyank" && r.Method == http.MethodPut:
		h.setYanked(w, r, name, segments[1], false)
	case len(segments) == 2 && segments[1] == "owners" && (r.Method == http.MethodPut || r.Method == http.MethodDelete):
		h.setOwners(w, r, name)
	default:
		h.refuse(w, r, assay.Errorf(assay.NotFound, "nothing can be changed at this address"), assay.Coordinate{})
	}
}

// publish takes an upload. Whose it is decides before its larger part is read.
func (h *handler) publish(w http.ResponseWriter, r *http.Request) {
	receipt, name, err := h.take(w, r)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	logged(w, receipt)
	warnings := map[string]any{"warnings": map[string][]string{"invalid_categories": {}, "invalid_badges": {}, "other": {}}}
	writeJSON(w, r, name, warnings)
}

// take reads an upload and publishes it. Its size is taken from the bytes that
// all uploads may hold together before anything is read, so that many large
// ones wait for each other and memory stays bounded.
func (h *handler) take(w http.ResponseWriter, r *http.Request) (receipt ecosystem.Receipt, name string, err error) {
	if assay.PrincipalOf(r.Context()).ID == "" {
		return receipt, "", assay.Errorf(assay.Unauthenticated, "%s", needToken)
	}
	most := h.limits.upload()
	if r.ContentLength > most {
		return receipt, "", assay.Errorf(assay.TooLarge, "what was sent has %d bytes; the limit is %d: leave files out of the crate", r.ContentLength, most)
	}
	weight := most
	if r.ContentLength >= 0 {
		weight = max(r.ContentLength, 1)
	}
	if err := h.uploads.Acquire(r.Context(), weight); err != nil {
		return receipt, "", assay.Wrap(assay.Canceled, err, "waiting for other uploads")
	}
	defer h.uploads.Release(weight)
	body := &bodyReader{r: http.MaxBytesReader(w, r.Body, most)}
	defer func() {
		if body.err != nil {
			err = bodyError(body.err) // the body failed, not what was in it
		}
	}()
	sent, err := wire.ReadMetadata(body, h.limits.sent)
	if err != nil {
		return receipt, "", err
	}
	if name, err = wire.Name(sent.Name); err != nil {
		return receipt, "", err
	}
	if err := mayWrite(r.Context(), name); err != nil {
		return receipt, name, err
	}
	crate, err := wire.ReadCrate(body, h.limits.sent)
	if err != nil {
		return receipt, name, err
	}
	manifest, err := sent.Encode()
	if err != nil {
		return receipt, name, err
	}
	receipt, err = h.publishNamed(r.Context(), sent.Name, &ecosystem.Upload{
		Name: name, Version: sent.Version, Manifest: manifest,
		Files: []ecosystem.UploadFile{{Name: wire.FileName(name, sent.Version), ContentType: crateType, Content: crate, Size: crate.Size()}},
	})
	return receipt, name, err
}

// publishNamed keeps names apart that Cargo takes for one: a crate is spelt
// one way in all its versions, and no other crate's name differs from it by
// case, or by hyphens and underscores, alone.
func (h *handler) publishNamed(ctx context.Context, spelling string, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	if !h.publisher.Claimed(up.Name) {
		return h.publisher.Publish(ctx, up) // which refuses; nobody outside is asked for the name
	}
	before, err := h.spelling(ctx, up.Name)
	if assay.Is(err, assay.NotFound) {
		alone := h.naming.of(up.Name)
		alone.Lock()
		defer alone.Unlock()
		before, err = h.spelling(ctx, up.Name)
	}
	switch {
	case err == nil && before != spelling:
		return ecosystem.Receipt{Index: -1}, assay.Errorf(assay.Conflict, "the crate is published as %s: publish it so", before)
	case assay.Is(err, assay.NotFound):
		other, err := h.lookalike(ctx, up.Name)
		if err != nil {
			return ecosystem.Receipt{Index: -1}, err
		}
		if other != "" {
			return ecosystem.Receipt{Index: -1}, assay.Errorf(assay.Conflict, "%s cannot be told from %s, which is published here: Rust code writes both alike; choose another name", spelling, other)
		}
	case err != nil:
		return ecosystem.Receipt{Index: -1}, err
	}
	return h.publisher.Publish(ctx, up)
}

// naming holds one lock for every few names. It is held while a crate's first
// version is published, so that two names that are one to Cargo do not pass
// each other.
type naming struct {
	seed  maphash.Seed
	locks [64]sync.Mutex
}

func newNaming() *naming { return &naming{seed: maphash.MakeSeed()} }

// of returns the lock of all names that are one to Cargo with this one.
func (n *naming) of(name string) *sync.Mutex {
	return &n.locks[maphash.String(n.seed, wire.Fold(name))%uint64(len(n.locks))]
}

// spelling is the name of a crate as its versions have it; NotFound if there
// is none.
func (h *handler) spelling(ctx context.Context, name string) (string, error) {
	answer, err := h.repo.Listing(ctx, name, repSpelling)
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
	raw, err := io.ReadAll(io.LimitReader(text, maxPath))
	if err != nil {
		return "", assay.Wrap(assay.Internal, err, "the listing of %s cannot be read", name)
	}
	return string(raw), nil
}

// maxLookalikes bounds the names that a new one is compared with.
const maxLookalikes = 10_000

// lookalike is a hosted crate whose name differs from the new one in hyphens
// and underscores alone, "" if there is none.
func (h *handler) lookalike(ctx context.Context, name string) (string, error) {
	longest := ""
	for _, part := range splitName(name) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	if len(longest) == len(name) {
		return "", nil
	}
	found, err := h.publisher.Search(ctx, longest, maxLookalikes)
	if err != nil {
		return "", err
	}
	for _, f := range found {
		if f.Name != name && wire.Fold(f.Name) == wire.Fold(name) {
			return f.Name, nil
		}
	}
	return "", nil
}

// setYanked says that a version is yanked, or takes that back. What somebody
// else said of it stays: a version that is quarantined must not come out of it
// because its publisher takes a yank back.
func (h *handler) setYanked(w http.ResponseWriter, r *http.Request, name, version string, yank bool) {
	err := error(nil)
	if !wire.ValidVersion(version) {
		err = assay.Errorf(assay.Invalid, "%q cannot be a version", version)
	}
	var receipt ecosystem.Receipt
	if err == nil {
		receipt, err = h.changeYanked(r.Context(), name, version, yank)
	}
	if err != nil {
		h.refuse(w, r, err, coordinate(name, version))
		return
	}
	logged(w, receipt)
	writeJSON(w, r, name, map[string]bool{"ok": true})
}

func (h *handler) changeYanked(ctx context.Context, name, version string, yank bool) (ecosystem.Receipt, error) {
	none := ecosystem.Receipt{Index: -1}
	all, err := h.repo.Versions(ctx, name)
	if err != nil {
		return none, err
	}
	at := slices.IndexFunc(all, func(d ecosystem.Decided) bool { return d.Facts.Hosted && d.Facts.Coordinate.Version == version })
	if at < 0 {
		return none, assay.Errorf(assay.NotFound, "%s@%s is not published here", name, version)
	}
	status, reason := assay.Active, ""
	if yank {
		status, reason = assay.Yanked, "by its publisher, with cargo yank"
	}
	switch was := all[at].Facts.Status; {
	case was == status:
		return none, nil
	case was == assay.Quarantined || was == assay.Removed || !yank && was != assay.Yanked:
		return none, assay.Errorf(assay.Conflict, "%s@%s is %s, and this would lift it: change its status with assay", name, version, was)
	}
	return h.publisher.SetStatus(ctx, name, version, status, reason)
}

func logged(w http.ResponseWriter, receipt ecosystem.Receipt) {
	if receipt.Index >= 0 {
		w.Header().Set(headerIndex, strconv.FormatInt(receipt.Index, 10))
	}
}

func writeJSON(w http.ResponseWriter, r *http.Request, name string, value any) {
	body, err := json.Marshal(value)
	if err != nil { // what is written here are texts, numbers and truths
		writeError(w, r, http.StatusInternalServerError, "the answer about "+name+" cannot be written", "")
		return
	}
	w.Header().Set("Vary", "Authorization")
	writeOwn(w, r, http.StatusOK, jsonType, string(body))
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

func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return assay.Errorf(assay.TooLarge, "the request's body is larger than %d bytes", large.Limit)
	}
	return assay.Wrap(assay.Invalid, err, "the request's body cannot be read")
}
