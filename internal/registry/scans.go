package registry

import (
	"context"
	"io"
	"path"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// Scanner looks into a file for what malware does. It is bounded in time and
// memory by itself: a file that it cannot read to its end is a signal, not an
// error. Errors are for what has nothing to do with the file.
type Scanner interface {
	Scan(ctx context.Context, file assay.Coordinate, content io.ReaderAt, size int64, before *Before) ([]assay.Signal, error)
}

// Before is the same sort of file of the version before, where it is here.
type Before struct {
	Version string
	Content io.ReaderAt
	Size    int64
}

// look judges a file whose digests hold, before it is kept. One whose digest
// is known to be bad is refused; what the scanner finds, where a rule needs
// it, is kept with the file. nil: nobody looked.
func (pl *Place) look(ctx context.Context, name string, f ecosystem.File, content io.ReaderAt, size int64, digests []assay.Digest) (*store.Scan, error) {
	if f.Always || f.Info {
		return nil, nil
	}
	if list := pl.knownBad(digests); list != "" {
		return nil, pl.refuseKnownBad(ctx, name, f, list)
	}
	if !pl.s.cfg.Rules.Current().NeedsContent(pl.eco) || pl.s.cfg.Scanner == nil {
		return nil, nil
	}
	return pl.scan(ctx, name, f.Version, f.Name, content, size)
}

func (pl *Place) knownBad(digests []assay.Digest) string {
	if pl.s.cfg.Insight == nil {
		return ""
	}
	for _, d := range digests {
		if list := pl.s.cfg.Insight.KnownBad(d); list != "" {
			return list
		}
	}
	return ""
}

// refuseKnownBad keeps that the file is bad, so that the version is refused
// from now on without being fetched again, and answers the refusal. The bytes
// are not kept.
func (pl *Place) refuseKnownBad(ctx context.Context, name string, f ecosystem.File, list string) error {
	now := pl.s.now()
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: f.Version}
	err := pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		return tx.PutScan(ctx, pl.name, name, store.Scan{Version: f.Version, File: f.Name, Scanned: now, KnownBad: list})
	})
	if err != nil {
		return err
	}
	pl.invalidate(name)
	d := pl.s.cfg.Rules.Current().Decide(&assay.Facts{Coordinate: at, Registry: pl.name, KnownBad: list}, now)
	if !d.Denied() {
		return assay.Errorf(assay.Unsound, "%s has a digest that is known to be bad (%s); nothing of it was kept", f.Name, list)
	}
	return denied(at, &d)
}

// scan lets the scanner look into one file, beside that of the version before
// it where it is here.
func (pl *Place) scan(ctx context.Context, name, version, file string, content io.ReaderAt, size int64) (*store.Scan, error) {
	before, release, err := pl.versionBefore(ctx, name, version, file)
	if err != nil {
		return nil, err
	}
	defer release()
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: version, File: file}
	signals, err := pl.s.cfg.Scanner.Scan(ctx, at, content, size, before)
	if err != nil {
		return nil, assay.Wrap(assay.KindOf(err), err, "scanning %s", file)
	}
	return &store.Scan{Version: version, File: file, Scanned: pl.s.now(), Signals: signals}, nil
}

// olderTried bounds how many versions are looked at for one whose file is
// here.
const olderTried = 20

// versionBefore opens the file of the newest version below the given one that is
// here and of the same sort; nil where there is none.
func (pl *Place) versionBefore(ctx context.Context, name, version, file string) (*Before, func(), error) {
	none := func() {}
	var found store.File
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Versions(ctx, pl.name, name)
		if err != nil {
			return err
		}
		var older []string
		for _, row := range rows {
			older = append(older, row.Version)
		}
		releases, err := tx.Releases(ctx, pl.name, name)
		if err != nil {
			return err
		}
		for _, r := range releases {
			older = append(older, r.Version)
		}
		older = slices.DeleteFunc(older, func(v string) bool { return pl.grammar.Compare(v, version) >= 0 })
		slices.SortFunc(older, func(a, b string) int { return pl.grammar.Compare(b, a) })
		for _, v := range older[:min(len(older), olderTried)] {
			files, err := tx.FilesOf(ctx, pl.name, name, v)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(files, func(f store.File) bool { return f.Stored && path.Ext(f.File) == path.Ext(file) })
			if i >= 0 {
				found = files[i]
				return nil
			}
		}
		return nil
	})
	if err != nil || found.Blob == "" {
		return nil, none, err
	}
	b, err := pl.s.cfg.Blobs.Open(ctx, found.Blob)
	if err != nil {
		return nil, none, nil // its bytes are lost: then there is nothing to compare with
	}
	return &Before{Version: found.Version, Content: b, Size: found.Size}, func() { _ = b.Close() }, nil
}

// ensureScanned sees to it that a file was scanned before the decision on it,
// where an enforced rule asks what is inside. What was stored before the rule
// was set is scanned now; what is not here is fetched whole first.
func (pl *Place) ensureScanned(ctx context.Context, name string, f ecosystem.File, e *entry) error {
	if e == nil || f.Always || f.Info || f.Sum != "" || pl.s.cfg.Scanner == nil || !pl.s.cfg.Rules.Current().NeedsContent(pl.eco) {
		return nil
	}
	key := store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name}
	var scanned bool
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		scan, err := tx.Scan(ctx, key)
		// A row that says when nothing was looked at is a mark of a list alone.
		scanned = err == nil && !scan.Scanned.IsZero()
		if assay.Is(err, assay.NotFound) {
			return nil
		}
		return err
	})
	if err != nil || scanned {
		return err
	}
	if d := e.decide(pl.s.cfg.Rules.Current(), pl.s.now()); d.Denied() {
		return nil // it is refused as it is: nothing need be fetched for that
	}
	row, err := pl.fetched(ctx, key, name, f, e)
	if err != nil {
		return err
	}
	err = pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		scan, err := tx.Scan(ctx, key)
		// A row that says when nothing was looked at is a mark of a list alone.
		scanned = err == nil && !scan.Scanned.IsZero()
		if assay.Is(err, assay.NotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if !scanned { // it was stored before anybody asked what is inside
		if err := pl.scanStored(ctx, name, row); err != nil {
			return err
		}
	}
	if e.dead.Load() {
		return errMoved
	}
	return nil
}

// scanStored scans a file that is stored, and keeps what was found.
func (pl *Place) scanStored(ctx context.Context, name string, row store.File) error {
	b, err := pl.s.cfg.Blobs.Open(ctx, row.Blob)
	if err != nil {
		return err
	}
	defer b.Close()
	scan, err := pl.scan(ctx, name, row.Version, row.File, b, row.Size)
	if err != nil {
		return err
	}
	if err := pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.PutScan(ctx, pl.name, name, *scan) }); err != nil {
		return err
	}
	if len(scan.Signals) > 0 {
		pl.invalidate(name)
	}
	return nil
}

// lookAtUpload judges the files of an upload. What is known to be bad is
// refused; what the scanner finds is kept with the version, for the policy to
// judge.
func (pl *Place) lookAtUpload(ctx context.Context, up *ecosystem.Upload, digests func(i int) []assay.Digest) ([]store.Scan, error) {
	var scans []store.Scan
	for i := range up.Files {
		f := &up.Files[i]
		if list := pl.knownBad(digests(i)); list != "" {
			return nil, assay.Errorf(assay.Invalid, "%s is known to be malicious (%s) and is not published", f.Name, list)
		}
		if pl.s.cfg.Scanner == nil {
			continue
		}
		scan, err := pl.scan(ctx, up.Name, up.Version, f.Name, f.Content, f.Size)
		if err != nil {
			return nil, err
		}
		scans = append(scans, *scan)
	}
	return scans, nil
}
