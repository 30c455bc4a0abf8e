package registry

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/admission"
	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// maxHeld bounds the publications that one publisher may have waiting: their
// bytes are kept.
const maxHeld = 50

// newID makes the name of something that waits for an answer.
func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()[:10]) }

// suspicion judges the name of a package of which nothing was published yet.
// One whose name looks like a better known one waits for an administrator: a
// typosquat is cheapest to stop before anybody has it.
func (pl *Place) suspicion(ctx context.Context, name string, by assay.Principal) (*assay.NameFinding, error) {
	if pl.s.cfg.Insight == nil {
		return nil, nil
	}
	known := false
	var hosted []store.Release
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		releases, err := tx.Releases(ctx, pl.name, name)
		if known = len(releases) > 0; known || err != nil {
			return err
		}
		hosted, err = tx.SearchReleases(ctx, pl.name, "", maxHostedScan)
		return err
	})
	if err != nil || known {
		return nil, err
	}
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name}
	if finding := pl.s.cfg.Insight.Name(at); finding != nil {
		return finding, nil
	}
	return pl.nearHosted(at, hosted, by), nil
}

// nearHosted judges a name against those of packages that are hosted here and
// that somebody else publishes: who may publish both is no impostor, and names
// within one house are alike. A name that the publisher may not read is not
// told.
func (pl *Place) nearHosted(at assay.Coordinate, hosted []store.Release, by assay.Principal) *assay.NameFinding {
	var others []string
	for _, r := range hosted {
		if !by.MayPublish(pl.eco, r.Name) {
			others = append(others, r.Name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	finding := pl.s.cfg.Insight.Near(at, others)
	if finding != nil && !by.MayRead(pl.eco, finding.Target) {
		told := *finding
		told.Target = "a package that is hosted here"
		return &told
	}
	return finding
}

// hold keeps a publication that was admitted and whose name looks like
// another's, and answers why it is not published yet. A further file of the
// same version joins it.
func (pl *Place) hold(ctx context.Context, up *ecosystem.Upload, c *admission.Candidate, scans []store.Scan, finding *assay.NameFinding, by assay.Principal) error {
	files, discard, err := pl.stageFiles(ctx, up, c)
	defer discard()
	if err != nil {
		return err
	}
	manifest := up.Manifest
	if report, ok := c.Report(); ok && len(manifest) == 0 {
		manifest = report.Manifest
	}
	now := pl.s.now().UTC()
	h := store.Held{ID: newID("h-"), Registry: pl.name, Name: up.Name, Version: up.Version, By: by.ID, At: now, Finding: *finding,
		Manifest: manifest, Tags: up.Tags, Adds: up.Adds, State: store.HeldWaiting}
	for i, f := range files {
		h.Files = append(h.Files, store.HeldFile{Name: f.File, ContentType: up.Files[i].ContentType, Blob: f.Blob, Size: f.Size, Digests: f.Digests})
	}
	at := assay.Coordinate{Ecosystem: pl.eco, Name: up.Name, Version: up.Version}
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := pl.checkClaimed(ctx, tx, up.Name); err != nil {
			return err
		}
		kept := h
		waiting, err := tx.HeldOf(ctx, pl.name, up.Name, up.Version)
		if err != nil {
			return err
		}
		if len(waiting) > 0 {
			if kept, err = joinHeld(waiting[0], h); err != nil {
				return err
			}
		} else if err := heldTooMany(ctx, tx, by.ID); err != nil {
			return err
		}
		h = kept
		if err := tx.PutHeld(ctx, h); err != nil {
			return err
		}
		for _, scan := range scans {
			if err := tx.PutScan(ctx, pl.name, up.Name, scan); err != nil {
				return err
			}
		}
		_, err = pl.appendEvent(ctx, tx, now, assay.EventHeld, at, by, map[string]string{"registry": pl.name, "held": h.ID, "class": finding.Class, "looks_like": finding.Target})
		return err
	})
	if err != nil {
		return err
	}
	// What matters comes first: of some package managers the person sees 120
	// bytes.
	return assay.Errorf(assay.Forbidden, "held as %s, its name looks like %s (%s); assay held appeal %s --reason \"...\" says why it is right. %s is not published yet: it is kept here, nobody can install it, it need not be sent again, and an administrator releases or refuses it",
		h.ID, ecosystem.Printable(finding.Target), finding.Class, h.ID, at.Short())
}

// joinHeld adds a file to what waits already. What was sent before and is
// sent again is a Conflict, as it would be of a published version.
func joinHeld(waiting, h store.Held) (store.Held, error) {
	again := assay.Errorf(assay.Conflict, "%s@%s is held already, as %s: an administrator releases or refuses it, and it need not be sent again", h.Name, h.Version, waiting.ID)
	if !h.Adds || waiting.By != h.By {
		return h, again
	}
	for _, f := range h.Files {
		if slices.ContainsFunc(waiting.Files, func(k store.HeldFile) bool { return k.Name == f.Name }) {
			return h, again
		}
	}
	waiting.Files = append(waiting.Files, h.Files...)
	if len(waiting.Manifest) == 0 {
		waiting.Manifest = h.Manifest
	}
	return waiting, nil
}

func heldTooMany(ctx context.Context, tx store.Tx, by string) error {
	open, err := tx.AllHeld(ctx, true, 10_000)
	if err != nil {
		return err
	}
	n := 0
	for _, h := range open {
		if h.By == by {
			n++
		}
	}
	if n >= maxHeld {
		return assay.Errorf(assay.Exhausted, "%d publications of this token wait for an administrator already: wait until they are answered", n)
	}
	return nil
}

// Held returns what is held, the newest first: for an administrator all, for
// others their own. With open, what nobody has answered yet.
func (s *Service) Held(ctx context.Context, open bool) ([]store.Held, error) {
	asker := assay.PrincipalOf(ctx)
	if asker.ID == "" {
		return nil, assay.Errorf(assay.Unauthenticated, "what is held is shown to administrators and to those who sent it: send a token")
	}
	var all []store.Held
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		all, err = tx.AllHeld(ctx, open, 10_000)
		return err
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(h store.Held) bool { return !asker.Admin && h.By != asker.ID }), nil
}

// AppealHeld keeps what a publisher says to a publication that was held.
func (s *Service) AppealHeld(ctx context.Context, id, text string) (store.Held, error) {
	asker := assay.PrincipalOf(ctx)
	if text = ecosystem.Printable(text); text == "" || len(text) > maxSaid {
		return store.Held{}, assay.Errorf(assay.Invalid, "say why the name is right, in %d bytes at the most: --reason \"...\"", maxSaid)
	}
	return s.changeHeld(ctx, id, func(h *store.Held) (assay.EventKind, error) {
		if !asker.Admin && h.By != asker.ID {
			return "", assay.Errorf(assay.NotFound, "nothing is held under %q: assay held lists what is", id)
		}
		h.State, h.Appeal = store.HeldAppealed, text
		return "", nil
	})
}

// maxSaid bounds a text that somebody gives as a reason or an answer, in
// bytes.
const maxSaid = 1000

// RefuseHeld refuses what is held, for good. Its bytes are no longer kept.
func (s *Service) RefuseHeld(ctx context.Context, id, reason string) (store.Held, error) {
	if err := s.mayAnswer(ctx, &reason); err != nil {
		return store.Held{}, err
	}
	return s.changeHeld(ctx, id, func(h *store.Held) (assay.EventKind, error) {
		h.State, h.Answer = store.HeldRefused, reason
		return assay.EventHeldRefused, nil
	})
}

func (s *Service) mayAnswer(ctx context.Context, reason *string) error {
	if asker := assay.PrincipalOf(ctx); !asker.Admin {
		return assay.Errorf(assay.Forbidden, "what is held and what is reported is the administrator's to answer")
	}
	if *reason = ecosystem.Printable(*reason); *reason == "" || len(*reason) > maxSaid {
		return assay.Errorf(assay.Invalid, "say why, in %d bytes at the most: --reason \"...\"", maxSaid)
	}
	return nil
}

// changeHeld changes one that is open, with an event if there is one to tell.
func (s *Service) changeHeld(ctx context.Context, id string, change func(*store.Held) (assay.EventKind, error)) (store.Held, error) {
	asker := assay.PrincipalOf(ctx)
	var h store.Held
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		if h, err = openHeld(ctx, tx, id); err != nil {
			return err
		}
		kind, err := change(&h)
		if err != nil {
			return err
		}
		now := s.now().UTC()
		if !h.State.Open() {
			h.AnsweredBy, h.Answered = asker.ID, now
		}
		if err := tx.PutHeld(ctx, h); err != nil || kind == "" {
			return err
		}
		pl, ok := s.places[h.Registry]
		if !ok {
			return assay.Errorf(assay.NotFound, "%s was held at %s, which is not served any more", h.Name, h.Registry)
		}
		at := assay.Coordinate{Ecosystem: pl.eco, Name: h.Name, Version: h.Version}
		_, err = pl.appendEvent(ctx, tx, now, kind, at, asker, map[string]string{"registry": h.Registry, "held": h.ID, "reason": h.Answer})
		return err
	})
	return h, err
}

func openHeld(ctx context.Context, tx store.Tx, id string) (store.Held, error) {
	h, err := tx.Held(ctx, id)
	if err == nil && !h.State.Open() {
		return h, assay.Errorf(assay.Conflict, "%s was %s on %s: %s", id, h.State, h.Answered.UTC().Format("2006-01-02"), h.Answer)
	}
	return h, err
}

// ReleaseHeld publishes what is held, as the one who sent it would have. It
// was admitted when it came; that its name is still claimed, and the version
// unused, is looked at again.
func (s *Service) ReleaseHeld(ctx context.Context, id, reason string) (ecosystem.Receipt, error) {
	none := ecosystem.Receipt{Index: -1}
	if err := s.mayAnswer(ctx, &reason); err != nil {
		return none, err
	}
	asker := assay.PrincipalOf(ctx)
	var pl *Place
	var h store.Held
	var eventID int64
	at := assay.Coordinate{}
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		if h, err = openHeld(ctx, tx, id); err != nil {
			return err
		}
		found, ok := s.places[h.Registry]
		if !ok {
			return assay.Errorf(assay.NotFound, "%s was held at %s, which is not served any more", h.Name, h.Registry)
		}
		pl = found
		at = assay.Coordinate{Ecosystem: pl.eco, Name: h.Name, Version: h.Version}
		if eventID, err = pl.publishHeld(ctx, tx, &h, s.now().UTC()); err != nil {
			return err
		}
		now := s.now().UTC()
		h.State, h.Answer, h.AnsweredBy, h.Answered = store.HeldReleased, reason, asker.ID, now
		if err := tx.PutHeld(ctx, h); err != nil {
			return err
		}
		_, err = pl.appendEvent(ctx, tx, now, assay.EventHeldReleased, at, asker, map[string]string{"registry": h.Registry, "held": h.ID, "reason": reason})
		return err
	})
	if pl != nil && changed(err) {
		pl.invalidate(h.Name)
	}
	if err != nil {
		return none, err
	}
	return pl.receipt(ctx, at, eventID), nil
}

// publishHeld writes the rows and the event of a publication.
func (pl *Place) publishHeld(ctx context.Context, tx store.Tx, h *store.Held, now time.Time) (int64, error) {
	if err := pl.checkClaimed(ctx, tx, h.Name); err != nil {
		return 0, err
	}
	up := &ecosystem.Upload{Name: h.Name, Version: h.Version, Adds: h.Adds, Tags: h.Tags}
	var files []store.File
	for _, f := range h.Files {
		up.Files = append(up.Files, ecosystem.UploadFile{Name: f.Name})
		files = append(files, store.File{Registry: pl.name, Name: h.Name, Version: h.Version, File: f.Name, Blob: f.Blob, Size: f.Size,
			Digests: f.Digests, Verified: "published here", Stored: true})
	}
	if len(files) == 0 {
		return 0, assay.Errorf(assay.Internal, "%s holds no file", h.ID)
	}
	if err := pl.checkUnused(ctx, tx, up); err != nil {
		return 0, err
	}
	release := store.Release{Registry: pl.name, Name: h.Name, Version: h.Version, Published: now, By: h.By,
		Manifest: h.Manifest, File: h.Files[0].Name, Description: description(h.Manifest)}
	return pl.putPublication(ctx, tx, up, files, nil, release, assay.Principal{ID: h.By}, now)
}
