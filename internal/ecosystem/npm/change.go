package npm

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// unpublished is the reason that a tombstone carries.
const unpublished = "unpublished by a publisher, with npm"

// maxDeprecation is the length of a deprecation message, in bytes, at the
// most: npm prints it at every installation.
const maxDeprecation = 1000

// change works out what a document without a tarball asks for. npm knows no
// request for a single change: it reads the whole document, edits it and
// sends it back. So it is compared with the one that this asker is shown now;
// what both say alike was not touched, also where it was written by us.
func (h *handler) change(w http.ResponseWriter, r *http.Request, sent *wire.Sent, rev string) {
	receipt, err := h.applyChange(r.Context(), sent, rev)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{Ecosystem: assay.NPM, Name: sent.Name})
		return
	}
	h.done(w, http.StatusOK, receipt)
}

func (h *handler) applyChange(ctx context.Context, sent *wire.Sent, rev string) (ecosystem.Receipt, error) {
	now, err := h.current(ctx, sent.Name)
	if err != nil {
		return unlogged, err
	}
	// Somebody who publishes between the reading and the sending back must
	// not have their version taken for one that was struck out.
	if rev != "" && rev != now.Rev || sent.Rev != "" && sent.Rev != now.Rev {
		return unlogged, assay.Errorf(assay.Conflict, "%s has changed since you read it: try again", sent.Name)
	}
	wanted := make(map[string]string, len(sent.Versions)) // deprecation by version
	for i := range sent.Versions {
		wanted[sent.Versions[i].Version] = sent.Versions[i].Deprecated
	}
	var removed string
	var deprecated []*wire.SentVersion
	kept := 0
	for i := range now.Versions {
		v := &now.Versions[i]
		text, there := wanted[v.Version]
		switch {
		case there:
			kept++
			if text != v.Deprecated {
				deprecated = append(deprecated, &wire.SentVersion{Version: v.Version, Deprecated: text})
			}
		case rev == "":
			return unlogged, assay.Errorf(assay.Conflict, "%s@%s is missing in what was sent: read the package again, and use npm unpublish to withdraw a version", sent.Name, v.Version)
		case removed != "":
			return unlogged, assay.Errorf(assay.Invalid, "%s and %s are missing in what was sent: versions are withdrawn one at a time", removed, v.Version)
		default:
			removed = v.Version
		}
	}
	if kept != len(sent.Versions) {
		return unlogged, assay.Errorf(assay.Invalid, "what was sent names versions of %s that are not listed here, and has no tarball for them", sent.Name)
	}
	return h.apply(ctx, sent.Name, deprecated, removed)
}

// apply says what was found. A failure in the middle leaves what was said
// before it; the same command again does the rest.
func (h *handler) apply(ctx context.Context, name string, deprecated []*wire.SentVersion, removed string) (ecosystem.Receipt, error) {
	last := unlogged
	standing, err := h.standing(ctx, name, deprecated)
	if err != nil {
		return last, err
	}
	for _, v := range deprecated {
		status := assay.Deprecated
		if v.Deprecated == "" {
			status = assay.Active
		}
		if status == standing[v.Version] && status == assay.Active {
			continue // the warning that was shown is of another rule
		}
		receipt, err := h.publisher.SetStatus(ctx, name, v.Version, status, v.Deprecated)
		if err != nil {
			return last, err
		}
		last = receipt
	}
	if removed == "" {
		return last, nil
	}
	return h.publisher.SetStatus(ctx, name, removed, assay.Removed, unpublished)
}

// standing returns what was said of the versions so far, and refuses
// deprecations that would take back more than they seem to: a version has one
// status, and one that was yanked or quarantined must not come back because
// its publisher deprecates it or lifts a deprecation.
func (h *handler) standing(ctx context.Context, name string, deprecated []*wire.SentVersion) (map[string]assay.Status, error) {
	standing := map[string]assay.Status{}
	if len(deprecated) == 0 {
		return standing, nil
	}
	all, err := h.repo.Versions(ctx, name)
	if err != nil {
		return nil, err
	}
	for i := range all {
		standing[all[i].Facts.Coordinate.Version] = all[i].Facts.Status
	}
	for _, v := range deprecated {
		if len(v.Deprecated) > maxDeprecation {
			return nil, assay.Errorf(assay.TooLarge, "the deprecation message has %d bytes; the limit is %d", len(v.Deprecated), maxDeprecation)
		}
		switch status := standing[v.Version]; {
		case status == assay.Active || status == assay.Deprecated:
		case status == assay.Experimental && v.Deprecated != "":
		default:
			return nil, assay.Errorf(assay.Conflict, "%s@%s is %s, and deprecating it or taking that back would lift this: change its status with assay", name, v.Version, status)
		}
	}
	return standing, nil
}

// current is the document that this asker is shown now.
func (h *handler) current(ctx context.Context, name string) (*wire.Sent, error) {
	answer, err := h.repo.Listing(ctx, name, repFull)
	if err != nil {
		return nil, err
	}
	if answer.Release != nil {
		defer answer.Release()
	}
	var document io.Reader = io.NewSectionReader(answer.Body, 0, answer.Size)
	if answer.Gzip {
		if document, err = gzip.NewReader(document); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the listing of %s cannot be read", name)
		}
	}
	now, err := wire.ReadSent(document, name, h.limits.sent)
	if err != nil {
		return nil, assay.Wrap(assay.KindOf(err), err, "the listing of %s cannot be compared with what was sent", name)
	}
	return now, nil
}

// withdraw removes every version of a package: npm asks so when the last one
// goes, or all with --force. The names stay taken.
func (h *handler) withdraw(w http.ResponseWriter, r *http.Request, name, rev string) {
	receipt, err := h.withdrawAll(r.Context(), name, rev)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{Ecosystem: assay.NPM, Name: name})
		return
	}
	h.done(w, http.StatusOK, receipt)
}

func (h *handler) withdrawAll(ctx context.Context, name, rev string) (ecosystem.Receipt, error) {
	now, err := h.current(ctx, name)
	if err != nil {
		return unlogged, err
	}
	if rev != now.Rev {
		return unlogged, assay.Errorf(assay.Conflict, "%s has changed since you read it: try again", name)
	}
	versions := make([]string, 0, len(now.Versions))
	for i := range now.Versions {
		versions = append(versions, now.Versions[i].Version)
	}
	// Versions that the policy hides from this asker go too: nobody should
	// find them back in the listing once it allows them.
	all, err := h.repo.Versions(ctx, name)
	if err != nil {
		return unlogged, err
	}
	for i := range all {
		if f := all[i].Facts; f.Hosted && f.Status != assay.Removed && !slices.Contains(versions, f.Coordinate.Version) {
			versions = append(versions, f.Coordinate.Version)
		}
	}
	last := unlogged
	for _, version := range versions {
		if last, err = h.publisher.SetStatus(ctx, name, version, assay.Removed, unpublished); err != nil {
			return last, err
		}
	}
	return last, nil
}

// dropFile answers the last request of npm unpublish. The version has gone
// with the document before; a tarball alone is not taken away, because a
// version without one could be listed and not be installed.
func (h *handler) dropFile(w http.ResponseWriter, r *http.Request, name, file string) {
	version, ok := wire.FileVersion(name, file)
	if !ok {
		h.refuse(w, r, assay.Errorf(assay.NotFound, "%s has no file %s", name, ecosystem.Printable(file)), assay.Coordinate{})
		return
	}
	now, err := h.current(r.Context(), name)
	if err == nil && slices.ContainsFunc(now.Versions, func(v wire.SentVersion) bool { return v.Version == version }) {
		err = assay.Errorf(assay.Conflict, "%s@%s is still listed, and its tarball stays with it: withdraw the version with npm unpublish", name, version)
	}
	if err != nil && !assay.Is(err, assay.NotFound) {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	h.done(w, http.StatusOK, unlogged)
}
