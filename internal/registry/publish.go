package registry

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"assay.invalid/internal/admission"
	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// Sequencer gives events their place in the log.
type Sequencer interface {
	// Index waits a little for an event's place; false if it is late.
	Index(ctx context.Context, eventID int64, wait time.Duration) (int64, bool)
}

var (
	_ ecosystem.Publisher = (*Place)(nil)
	_ ecosystem.Promiser  = (*Place)(nil)
	_ ecosystem.Ownership = (*Place)(nil)
)

// mayPublish answers nil, or why the asker may not change a package.
func (pl *Place) mayPublish(ctx context.Context, name string) (assay.Principal, error) {
	asker := assay.PrincipalOf(ctx)
	switch {
	case asker.ID == "":
		return asker, assay.Errorf(assay.Unauthenticated, "publishing needs a token: the administrator makes one with assay token create --publish 'pkg:%s/%s'", pl.eco, name)
	case !asker.MayPublish(pl.eco, name):
		return asker, assay.Errorf(assay.Forbidden, "this token may not publish %s", name)
	case !pl.Claimed(name):
		// Else anybody's upload could stand in for a public package.
		return asker, assay.Errorf(assay.Forbidden, "%s is not claimed, and only claimed names can be published here: assay claim 'pkg:%s/%s'", name, pl.eco, name)
	}
	return asker, nil
}

// Publish admits and keeps one version. Bytes first (an orphan is harmless),
// then rows and event in one transaction; refused means that nothing was
// stored.
func (pl *Place) Publish(ctx context.Context, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	at := assay.Coordinate{Ecosystem: pl.eco, Name: up.Name, Version: up.Version}
	none := ecosystem.Receipt{Coordinate: at, Index: -1}
	asker, err := pl.mayPublish(ctx, up.Name)
	if err != nil {
		return none, err
	}
	hosting, ok := pl.format.(ecosystem.Hosting)
	if !ok || len(up.Files) == 0 {
		return none, assay.Errorf(assay.Invalid, "nothing can be published to %s this way", pl.name)
	}
	// A version that exists is refused before its archive is even read.
	if err := pl.unused(ctx, up); err != nil {
		return none, err
	}
	if err := pl.expectPromised(ctx, up); err != nil {
		return none, err
	}
	candidate, err := pl.admit(ctx, hosting, up)
	if err != nil {
		return none, err
	}
	scans, err := pl.lookAtUpload(ctx, up, func(i int) []assay.Digest { return candidate.Files[i].Computed })
	if err != nil {
		return none, err
	}
	finding, err := pl.suspicion(ctx, up.Name, asker)
	if err != nil {
		return none, err
	}
	if finding != nil {
		return none, pl.hold(ctx, up, candidate, scans, finding, asker)
	}
	files, discard, err := pl.stageFiles(ctx, up, candidate)
	defer discard()
	if err != nil {
		return none, err
	}
	now := pl.s.now().UTC()
	manifest := up.Manifest
	if report, ok := candidate.Report(); ok && len(manifest) == 0 {
		manifest = report.Manifest
	}
	release := store.Release{Registry: pl.name, Name: up.Name, Version: up.Version, Published: now, By: asker.ID,
		Manifest: manifest, File: up.Files[0].Name, Description: description(manifest)}
	var eventID int64
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := pl.checkClaimed(ctx, tx, up.Name); err != nil {
			return err
		}
		if err := pl.checkUnused(ctx, tx, up); err != nil {
			return err
		}
		var err error
		eventID, err = pl.putPublication(ctx, tx, up, files, scans, release, asker, now)
		return err
	})
	if changed(err) {
		pl.invalidate(up.Name)
	}
	if err != nil {
		return none, err
	}
	return pl.receipt(ctx, at, eventID), nil
}

// putPublication writes the rows of a publication and its event, and returns
// the event's id.
func (pl *Place) putPublication(ctx context.Context, tx store.Tx, up *ecosystem.Upload, files []store.File, scans []store.Scan, release store.Release, by assay.Principal, now time.Time) (int64, error) {
	if _, err := tx.Package(ctx, pl.name, up.Name); assay.Is(err, assay.NotFound) {
		if err := tx.PutPackage(ctx, store.Package{Registry: pl.name, Name: up.Name, Owned: now}); err != nil {
			return 0, err
		}
	} else if err != nil {
		return 0, err
	}
	for i := range files {
		f := files[i]
		f.FirstSeen, f.LastUsed = now, now
		if err := tx.PutFile(ctx, f); err != nil {
			return 0, err
		}
	}
	for _, scan := range scans {
		if err := tx.PutScan(ctx, pl.name, up.Name, scan); err != nil {
			return 0, err
		}
	}
	if err := pl.putRelease(ctx, tx, release, up.Adds); err != nil {
		return 0, err
	}
	for _, tag := range up.Tags {
		if err := tx.PutTag(ctx, pl.name, up.Name, tag, up.Version); err != nil {
			return 0, err
		}
	}
	at := assay.Coordinate{Ecosystem: pl.eco, Name: up.Name, Version: up.Version}
	return pl.appendEvent(ctx, tx, now, assay.EventPublished, at, by, publishedBody(pl.name, files, up.Tags))
}

// checkClaimed looks at the claims in the transaction itself: the rules in
// force lag a commit that ends a claim by a moment.
func (pl *Place) checkClaimed(ctx context.Context, tx store.Tx, name string) error {
	claims, err := tx.Claims(ctx)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if eco, err := assay.PatternEcosystem(c.Pattern); err != nil || eco != pl.eco {
			continue
		}
		p, err := assay.ParsePattern(c.Pattern, pl.grammar)
		if err != nil {
			continue
		}
		if (policy.Claim{ID: c.ID, Pattern: p}).Covers(pl.eco, name) {
			return nil
		}
	}
	return assay.Errorf(assay.Forbidden, "%s is not claimed any more, and only claimed names can be published here", name)
}

func description(manifest []byte) string {
	var m struct {
		Description string `json:"description"`
	}
	if json.Unmarshal(manifest, &m) != nil {
		return ""
	}
	return ecosystem.Printable(m.Description)
}

// unused looks before the work, checkUnused decides in the transaction.
func (pl *Place) unused(ctx context.Context, up *ecosystem.Upload) error {
	return pl.s.cfg.Store.View(ctx, func(tx store.Tx) error { return pl.checkUnused(ctx, tx, up) })
}

func (pl *Place) checkUnused(ctx context.Context, tx store.Tx, up *ecosystem.Upload) error {
	before, err := tx.Release(ctx, pl.name, up.Name, up.Version)
	switch {
	case err == nil && !before.Removed.IsZero():
		return assay.Errorf(assay.Conflict, "%s@%s was removed on %s, and a version is never used again; publish another", up.Name, up.Version, before.Removed.UTC().Format("2006-01-02"))
	case err == nil && !up.Adds:
		return assay.Errorf(assay.Conflict, "%s@%s is published already, and a version never changes; publish another", up.Name, up.Version)
	case err != nil && !assay.Is(err, assay.NotFound):
		return err
	}
	if err := pl.checkAlone(ctx, tx, up.Name); err != nil {
		return err
	}
	exists := !assay.Is(err, assay.NotFound)
	for i := range up.Files {
		_, err := tx.File(ctx, store.FileKey{Registry: pl.name, Name: up.Name, Version: up.Version, File: up.Files[i].Name})
		if err == nil && exists {
			return assay.Errorf(assay.Conflict, "%s of %s@%s is published already, and a file never changes; publish another version", up.Files[i].Name, up.Name, up.Version)
		}
		if err == nil {
			return assay.Errorf(assay.Conflict, "%s@%s was pulled from an upstream before the name was claimed, and lock files may hold its digest; publish another version", up.Name, up.Version)
		}
		if !assay.Is(err, assay.NotFound) {
			return err
		}
	}
	return nil
}

// stageFiles commits the bytes and returns their rows, not yet written. The
// blobs are orphans until then, which the garbage collection finds.
func (pl *Place) stageFiles(ctx context.Context, up *ecosystem.Upload, c *admission.Candidate) (files []store.File, discard func(), err error) {
	var staged []blob.Staged
	discard = func() {
		for _, s := range staged {
			_ = s.Discard() // what staging held; a committed blob stays
		}
	}
	for i := range up.Files {
		f := &up.Files[i]
		st, err := pl.s.cfg.Blobs.Stage(ctx)
		if err != nil {
			return nil, discard, err
		}
		staged = append(staged, st)
		if _, err := io.Copy(st, io.NewSectionReader(f.Content, 0, f.Size)); err != nil {
			return nil, discard, err
		}
		info, err := st.Commit(ctx)
		if err != nil {
			return nil, discard, err
		}
		// What is kept is what was judged, or it is nothing.
		if err := match(ecosystem.File{Name: f.Name}, []assay.Digest{info.Digest}, c.Files[i].Computed); err != nil {
			return nil, discard, assay.Wrap(assay.Internal, err, "%s changed while it was stored", f.Name)
		}
		files = append(files, store.File{Registry: pl.name, Name: up.Name, Version: up.Version, File: f.Name,
			Blob: info.Digest, Size: info.Size, Digests: c.Files[i].Computed, Verified: "published here", Stored: true})
	}
	return files, discard, nil
}

func publishedBody(registry string, files []store.File, tags []string) any {
	type file struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
		Size   int64  `json:"size"`
	}
	body := struct {
		Registry string   `json:"registry"`
		Files    []file   `json:"files"`
		Tags     []string `json:"tags,omitempty"`
	}{Registry: registry, Tags: tags}
	for _, f := range files {
		body.Files = append(body.Files, file{f.File, f.Blob.Value(), f.Size})
	}
	return body
}

// appendEvent appends and returns the event's id.
func (pl *Place) appendEvent(ctx context.Context, tx store.Tx, now time.Time, kind assay.EventKind, at assay.Coordinate, by assay.Principal, body any) (int64, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, assay.Wrap(assay.Internal, err, "writing the event")
	}
	if err := tx.AppendEvent(ctx, assay.Event{Time: now, Kind: kind, Subject: at, By: by.ID, Body: text}); err != nil {
		return 0, err
	}
	return tx.LastEventID(ctx)
}

// logWait is how long a publisher waits for the place in the log. The change
// has been accepted whatever comes.
const logWait = 2 * time.Second

func (pl *Place) receipt(ctx context.Context, at assay.Coordinate, eventID int64) ecosystem.Receipt {
	r := ecosystem.Receipt{Coordinate: at, Index: -1}
	if pl.s.cfg.Sequencer != nil {
		if index, ok := pl.s.cfg.Sequencer.Index(ctx, eventID, logWait); ok {
			r.Index = index
		}
	}
	return r
}

// changed tells whether a transaction may have changed something: one that was
// committed, and one of which nobody knows, because the store failed while it
// was committed. A refusal of ours changed nothing.
func changed(err error) bool {
	if err == nil {
		return true
	}
	switch assay.KindOf(err) {
	case assay.Conflict, assay.Forbidden, assay.NotFound, assay.Invalid, assay.Unauthenticated, assay.TooLarge:
		return false
	}
	return true
}

// invalidate makes the next request read the package anew, and tells those
// who decided on the old state and have not yet answered.
func (pl *Place) invalidate(name string) {
	p, ok := pl.packages.get(name)
	if !ok {
		return
	}
	p.mu.Lock()
	p.generation.Add(1)
	old := p.current.Swap(nil)
	loose := p.loose
	p.loose = nil
	p.mu.Unlock()
	if old != nil {
		for _, e := range old.entries {
			e.dead.Store(true)
		}
		for _, e := range old.absent {
			e.dead.Store(true)
		}
	}
	for _, e := range loose {
		e.dead.Store(true)
	}
}

// Tag points a tag at a version, or drops it.
func (pl *Place) Tag(ctx context.Context, name, tag, version string) (ecosystem.Receipt, error) {
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: version}
	none := ecosystem.Receipt{Coordinate: at, Index: -1}
	asker, err := pl.mayPublish(ctx, name)
	if err != nil {
		return none, err
	}
	var eventID int64
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if version == "" {
			tags, err := tx.Tags(ctx, pl.name, name)
			if err != nil {
				return err
			}
			if _, ok := tags[tag]; !ok {
				return assay.Errorf(assay.NotFound, "%s has no tag %s", name, tag)
			}
		} else if r, err := tx.Release(ctx, pl.name, name, version); err != nil || !r.Removed.IsZero() {
			if err != nil && !assay.Is(err, assay.NotFound) {
				return err
			}
			return assay.Errorf(assay.NotFound, "%s has no version %s to point %s at", name, version, tag)
		}
		if err := tx.PutTag(ctx, pl.name, name, tag, version); err != nil {
			return err
		}
		eventID, err = pl.appendEvent(ctx, tx, pl.s.now(), assay.EventTagged, at, asker, map[string]string{"registry": pl.name, "tag": tag, "version": version})
		return err
	})
	if changed(err) {
		pl.invalidate(name)
	}
	if err != nil {
		return none, err
	}
	return pl.receipt(ctx, at, eventID), nil
}

// Tags returns a hosted package's tags.
func (pl *Place) Tags(ctx context.Context, name string) (map[string]string, error) {
	if err := pl.mayRead(ctx, name); err != nil {
		return nil, err
	}
	var tags map[string]string
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		tags, err = tx.Tags(ctx, pl.name, name)
		return err
	})
	return tags, err
}

// SetStatus says something of a version: of a hosted one by who may publish
// it, of an upstream's by an administrator.
func (pl *Place) SetStatus(ctx context.Context, name, version string, status assay.Status, reason string) (ecosystem.Receipt, error) {
	return pl.setStatus(ctx, name, version, status, reason, func(store.Tx) error { return nil })
}

// setStatus does it, with what else is to be written in the same transaction.
func (pl *Place) setStatus(ctx context.Context, name, version string, status assay.Status, reason string, also func(store.Tx) error) (ecosystem.Receipt, error) {
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: version}
	none := ecosystem.Receipt{Coordinate: at, Index: -1}
	asker := assay.PrincipalOf(ctx)
	hosted := pl.Claimed(name)
	if hosted {
		var err error
		if asker, err = pl.mayPublish(ctx, name); err != nil {
			return none, err
		}
	} else if !asker.Admin {
		return none, assay.Errorf(assay.Forbidden, "%s comes from an upstream; what is said of it here is the administrator's to say", at.Short())
	}
	if reason = ecosystem.Printable(reason); reason == "" && status != assay.Active {
		return none, assay.Errorf(assay.Invalid, "say why, for whoever meets it: --reason \"...\"")
	}
	listing := pl.knownListing(ctx, name)
	version = spelled(listing, version)
	at.Version, none.Coordinate.Version = version, version
	var eventID int64
	err := pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		now := pl.s.now().UTC()
		if err := pl.oneSpelling(ctx, tx, listing, at); err != nil {
			return err
		}
		if err := pl.checkStanding(ctx, tx, at, hosted, asker, status); err != nil {
			return err
		}
		if hosted && status == assay.Removed {
			r, err := tx.Release(ctx, pl.name, name, version)
			if err != nil {
				return err
			}
			r.Removed = now
			if err := tx.PutRelease(ctx, r); err != nil {
				return err
			}
			if err := dropTags(ctx, tx, pl.name, name, version); err != nil {
				return err
			}
		}
		if err := tx.PutStanding(ctx, store.Standing{Registry: pl.name, Name: name, Version: version, Status: status, Reason: reason, Set: now, By: asker.ID}); err != nil {
			return err
		}
		kind := assay.EventStatusChanged
		if status == assay.Removed {
			kind = assay.EventRemoved
		}
		var err error
		if eventID, err = pl.appendEvent(ctx, tx, now, kind, at, asker, map[string]string{"registry": pl.name, "status": status.String(), "reason": reason}); err != nil {
			return err
		}
		return also(tx)
	})
	if changed(err) {
		pl.invalidate(name)
	}
	if err != nil {
		return none, err
	}
	pl.s.cutVersion(at, status, reason)
	return pl.receipt(ctx, at, eventID), nil
}

// checkStanding refuses what cannot be said: a removed version stays removed,
// and of a hosted package only published versions are spoken of.
func (pl *Place) checkStanding(ctx context.Context, tx store.Tx, at assay.Coordinate, hosted bool, asker assay.Principal, to assay.Status) error {
	standings, err := readStandings(ctx, tx, pl.name, at.Name)
	if err != nil {
		return err
	}
	// Who may publish may not end an administrator's quarantine.
	if err := policy.CheckStatus(asker, standings[at.Version].Status, to); err != nil {
		return err
	}
	if hosted {
		r, err := tx.Release(ctx, pl.name, at.Name, at.Version)
		if assay.Is(err, assay.NotFound) {
			return assay.Errorf(assay.NotFound, "%s is not published here", at.Short())
		}
		if err != nil {
			return err
		}
		if !r.Removed.IsZero() {
			return assay.Errorf(assay.Conflict, "%s was removed, which cannot be taken back", at.Short())
		}
	}
	return nil
}

// dropTags moves no tag: one that pointed to a removed version goes, and the
// rendering repairs latest.
func dropTags(ctx context.Context, tx store.Tx, registry, name, version string) error {
	tags, err := tx.Tags(ctx, registry, name)
	if err != nil {
		return err
	}
	for tag, v := range tags {
		if v == version {
			if err := tx.PutTag(ctx, registry, name, tag, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// cutVersion cuts answers under way that hand out a version which is now
// refused or left out.
func (s *Service) cutVersion(at assay.Coordinate, status assay.Status, reason string) {
	rules, now := s.cfg.Rules.Current(), s.now()
	s.flights.review(func(f *assay.Facts) bool {
		if f.Coordinate != at {
			return false
		}
		changed := *f
		changed.Status, changed.StatusReason = status, reason
		d := rules.Decide(&changed, now)
		return d.Denied()
	})
}

// maxSearched bounds how many packages one search looks at before it leaves
// out those that the asker may not read.
const maxSearched = 10_000

// Search looks through the hosted packages that the asker may read.
func (pl *Place) Search(ctx context.Context, text string, limit int) ([]ecosystem.Found, error) {
	asker := assay.PrincipalOf(ctx)
	if asker.ID == "" && !asker.ReadHosted {
		return nil, nil
	}
	var releases []store.Release
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		releases, err = tx.SearchReleases(ctx, pl.name, text, maxSearched)
		return err
	})
	if err != nil {
		return nil, err
	}
	var found []ecosystem.Found
	for _, r := range releases {
		if len(found) >= limit {
			break
		}
		if asker.MayRead(pl.eco, r.Name) && pl.Claimed(r.Name) {
			found = append(found, ecosystem.Found{Name: r.Name, Version: r.Version, Description: r.Description, Published: r.Published})
		}
	}
	return found, nil
}
