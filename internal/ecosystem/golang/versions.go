package golang

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// serveList serves the rendered list. When the newest version was left out
// of it, what that version's go.mod retracts is left out too.
func (h *handler) serveList(w http.ResponseWriter, r *http.Request, name string) {
	answer, err := h.repo.Listing(r.Context(), name, listRepresentation)
	if err != nil {
		h.refuse(w, r, err, coordinate(name, ""))
		return
	}
	contentType, newest := hiddenNewest(answer.ContentType)
	if newest != "" {
		if answer, err = h.withoutRetracted(r.Context(), name, newest, answer); err != nil {
			h.refuse(w, r, err, coordinate(name, ""))
			return
		}
	}
	own := *answer // an Answer may be shared
	own.ContentType = contentType
	ecosystem.WriteAnswer(w, r, &own)
}

// withoutRetracted returns the answer as it is when the hidden newest version
// retracts nothing, else one made anew. It releases the answer on error.
func (h *handler) withoutRetracted(ctx context.Context, name, newest string, answer *ecosystem.Answer) (_ *ecosystem.Answer, err error) {
	defer func() {
		if err != nil && answer.Release != nil {
			answer.Release()
		}
	}()
	patience := modPatience
	if answer.Stale > 0 {
		patience = modPatienceStale
	}
	mod, err := h.modFile(ctx, name, newest, patience)
	if err != nil {
		return nil, err
	}
	if len(mod.Retracted) == 0 {
		return answer, nil
	}
	decided, err := h.repo.Versions(ctx, name)
	if err != nil {
		return nil, err
	}
	var kept []string
	for _, d := range decided {
		version := d.Facts.Coordinate.Version
		if _, retracted := mod.Retracts(version); d.Listed && !leftOut(d) && !retracted {
			kept = append(kept, version)
		}
	}
	slices.SortFunc(kept, wire.Grammar{}.Compare)
	var body bytes.Buffer
	if err := wire.EncodeList(&body, kept); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body.Bytes())
	own := *answer
	own.Gzip = false
	own.Body, own.Size = ecosystem.Bytes(body.Bytes()), int64(body.Len())
	own.ETag = `"kept-` + hex.EncodeToString(sum[:16]) + `"`
	return &own, nil
}

// How long a list waits for the go.mod of a version that it leaves out: the
// list itself is at hand, and an upstream that has just hung is not waited
// for again.
const (
	modPatience      = 5 * time.Second
	modPatienceStale = 300 * time.Millisecond
)

// modFile reads the go.mod of a version, which is handed out whatever the
// decision. A version without a sound go.mod retracts nothing, as the go
// command has it too. One that cannot be had in time says nothing either: a
// retraction is the author's advice, and to withhold the whole list for it
// would stop builds that need none of it.
func (h *handler) modFile(ctx context.Context, name, version string, patience time.Duration) (*wire.ModFile, error) {
	asker := ctx
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	content, err := h.repo.File(ctx, name, version+wire.Mod)
	if err == nil {
		var text []byte
		if text, err = readContent(content, h.limits.Mod); err == nil {
			var mod *wire.ModFile
			if mod, err = wire.DecodeMod(name, version, text, h.limits); err == nil {
				return mod, nil
			}
		}
	}
	switch assay.KindOf(err) {
	case assay.NotFound, assay.Unsound, assay.Unavailable:
		return &wire.ModFile{}, nil
	case assay.Denied: // of a removed version nothing is handed out, its go.mod neither
		return &wire.ModFile{}, nil
	case assay.Canceled:
		if asker.Err() == nil {
			return &wire.ModFile{}, nil // our patience ended, not the asker's
		}
	}
	return nil, err
}

// maxCandidates bounds how many versions @latest tries: each may cost a
// request to the upstream, because only the .info has a date to decide on.
const maxCandidates = 10

// serveLatest serves the .info of the newest version that may be chosen.
func (h *handler) serveLatest(w http.ResponseWriter, r *http.Request, name string) {
	content, err := h.latest(r.Context(), name)
	if err != nil {
		var none *noLatest
		if errors.As(err, &none) {
			h.refuse(w, r, none.err, none.subject, none.head...)
			return
		}
		h.refuse(w, r, err, coordinate(name, ""))
		return
	}
	ecosystem.WriteContent(w, r, content)
}

// noLatest says that every version is refused: the error is that of the
// newest one, the head says that it stands for all.
type noLatest struct {
	err     error
	subject assay.Coordinate
	head    []string
}

func (n *noLatest) Error() string { return n.err.Error() }
func (n *noLatest) Unwrap() error { return n.err }

func (h *handler) latest(ctx context.Context, name string) (*ecosystem.Content, error) {
	decided, err := h.repo.Versions(ctx, name)
	if err != nil {
		return nil, err
	}
	allowed, denied := split(decided)
	if len(allowed)+len(denied) == 0 {
		return nil, assay.Errorf(assay.NotFound, "the upstream has no version of %s", name)
	}
	usable, err := h.notRetracted(ctx, name, allowed, decided)
	if err != nil {
		return nil, err
	}
	content, late, err := h.firstAllowed(ctx, name, usable)
	if err != nil || content != nil {
		return content, err
	}
	return h.refusedLatest(ctx, name, append(late, denied...), len(usable) > 0)
}

// split returns the listed versions, the preferred first.
func split(decided []ecosystem.Decided) (allowed, denied []ecosystem.Decided) {
	for _, d := range decided {
		switch {
		case !d.Listed:
		case d.Decision.Denied():
			denied = append(denied, d)
		case leftOut(d):
		default:
			allowed = append(allowed, d)
		}
	}
	prefer := func(a, b ecosystem.Decided) int {
		return wire.Prefer(b.Facts.Coordinate.Version, a.Facts.Coordinate.Version)
	}
	slices.SortFunc(allowed, prefer)
	slices.SortFunc(denied, prefer)
	return allowed, denied
}

// leftOut tells whether a version that is handed out to exact requests is left
// out where one is chosen: yanked here.
func leftOut(d ecosystem.Decided) bool {
	_, unlisted := d.Decision.Unlisted()
	return unlisted
}

// notRetracted drops what the author took back, as said in the go.mod of the
// newest version, denied or not.
func (h *handler) notRetracted(ctx context.Context, name string, allowed, decided []ecosystem.Decided) ([]ecosystem.Decided, error) {
	newest := ""
	for _, d := range decided {
		if v := d.Facts.Coordinate.Version; d.Listed && !wire.Pseudo(v) && (newest == "" || wire.Prefer(v, newest) > 0) {
			newest = v
		}
	}
	if newest == "" || len(allowed) == 0 {
		return allowed, nil
	}
	mod, err := h.modFile(ctx, name, newest, modPatience)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(allowed, func(d ecosystem.Decided) bool {
		_, retracted := mod.Retracts(d.Facts.Coordinate.Version)
		return retracted || d.Facts.Yanked != ""
	}), nil
}

// firstAllowed returns the .info of the first candidate that is handed out.
// A candidate can be refused after all, because its date is known only now:
// those are returned too. With none left, content is nil.
func (h *handler) firstAllowed(ctx context.Context, name string, candidates []ecosystem.Decided) (content *ecosystem.Content, refused []ecosystem.Decided, err error) {
	for i, c := range candidates {
		if i == maxCandidates {
			break
		}
		content, err := h.repo.File(ctx, name, c.Facts.Coordinate.Version+wire.Info)
		switch {
		case err == nil:
			return content, nil, nil
		case assay.Is(err, assay.Denied):
			refused = append(refused, c)
		case !assay.Is(err, assay.NotFound):
			return nil, nil, err
		}
	}
	return nil, refused, nil
}

// refusedLatest says why there is no latest version, in the words of the
// newest that is refused. Without any, the author has retracted them all, or
// (missing) the upstream lists what it does not have.
func (h *handler) refusedLatest(ctx context.Context, name string, refused []ecosystem.Decided, missing bool) (*ecosystem.Content, error) {
	if len(refused) == 0 && missing {
		return nil, assay.Errorf(assay.NotFound, "the upstream lists versions of %s and has none of them", name)
	}
	if len(refused) == 0 {
		return nil, assay.Errorf(assay.Forbidden, "no version of %s is there to be taken: its author has retracted those that are listed. To have one all the same, ask for it by its number", name)
	}
	newest := refused[0]
	for _, d := range refused[1:] {
		if wire.Prefer(d.Facts.Coordinate.Version, newest.Facts.Coordinate.Version) > 0 {
			newest = d
		}
	}
	subject := coordinate(name, newest.Facts.Coordinate.Version)
	// Asking for the file is how a refusal is decided and counted.
	content, err := h.repo.File(ctx, name, subject.Version+wire.Info)
	if err == nil {
		return content, nil // allowed meanwhile
	}
	if !assay.Is(err, assay.Denied) && newest.Decision.Denied() {
		err = &assay.Error{Kind: assay.Denied, Message: subject.Short() + " is refused by Assay", Decision: newest.Decision, Subject: subject, Err: err}
	}
	none := &noLatest{err: err, subject: subject}
	if len(refused) > 1 {
		none.head = []string{fmt.Sprintf("%d versions of %s are refused; the newest:", len(refused), clip(name, 80))}
	}
	return nil, none
}
