package registry

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sort"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// date asks for the dates that the listing itself does not have (Go), newest
// versions first, a bounded number at once and in all. A version that could
// not be dated stays so: its age is unknown, which the policy judges. It
// tells whether any is left to be dated soon.
func (pl *Place) date(ctx context.Context, origin store.Origin, name string, listing ecosystem.Listing, c *changes) (partial bool) {
	var undated []string
	versions := listing.Versions()
	for i := range versions {
		v := &versions[i]
		if !v.Published.IsZero() || !c.rows[v.Version].Published.IsZero() || pl.longAgo(v) {
			continue
		}
		if _, ok := pl.format.VersionSource(name, v.Version); ok {
			undated = append(undated, v.Version)
		}
	}
	if len(undated) == 0 {
		return false
	}
	sort.Slice(undated, func(i, j int) bool { return pl.grammar.Compare(undated[i], undated[j]) > 0 })
	if len(undated) > pl.s.lim.DateMost {
		undated, partial = undated[:pl.s.lim.DateMost], true
	}
	// One document that hangs must not hold the whole listing up: what is not
	// dated in time is unknown for now, and asked for again soon.
	ctx, cancel := context.WithTimeout(ctx, pl.s.lim.Dating)
	defer cancel()
	dated := make([]ecosystem.Version, len(undated))
	errs := make([]error, len(undated))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(pl.s.lim.DateAtOnce, len(undated)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				dated[i], errs[i] = pl.fetchVersion(ctx, origin, name, undated[i])
			}
		}()
	}
	for i := range undated {
		next <- i
	}
	close(next)
	wg.Wait()
	for i, version := range undated {
		if errs[i] != nil {
			partial = partial || !isGone(errs[i])
			pl.s.log.Debug("a version could not be dated", "registry", pl.name, "package", name, "version", version, "error", errs[i].Error())
			continue
		}
		row := c.rows[version]
		row.Published, row.PublishedSource = dated[i].Published, dated[i].PublishedSource
		c.put(row)
	}
	return partial
}

// bound keeps, of versions that have no date of their own, before when they
// existed as the listing says. The first such bound stays: it is the lowest,
// while a listing's own date rises with every new version. A version that is
// dated so is not asked for again.
func (c *changes) bound(listing ecosystem.Listing) {
	versions := listing.Versions()
	for i := range versions {
		v := &versions[i]
		row := c.rows[v.Version]
		if v.NoLater.IsZero() || !v.Published.IsZero() || !row.Published.IsZero() {
			continue
		}
		row.Published, row.PublishedSource = v.NoLater, v.NoLaterSource
		c.put(row)
	}
}

// exactWithin is how long ago a version may have existed at the latest and
// still be asked for its own date: of older ones no rule of age asks more
// than the bound tells.
const exactWithin = 30 * 24 * time.Hour

// longAgo tells whether a version is known to be so old that nobody need be
// asked since when.
func (pl *Place) longAgo(v *ecosystem.Version) bool {
	return !v.NoLater.IsZero() && pl.s.now().Sub(v.NoLater) > exactWithin
}

// maxVersionDocument bounds the document that dates one version, in bytes.
const maxVersionDocument = 1 << 20

// fetchVersion asks one origin for the document that dates a version.
func (pl *Place) fetchVersion(ctx context.Context, origin store.Origin, name, version string) (ecosystem.Version, error) {
	src, ok := pl.format.VersionSource(name, version)
	if !ok {
		return ecosystem.Version{}, assay.Errorf(assay.NotFound, "%s has no version %s", name, version)
	}
	if src.Head {
		return pl.fetchHead(ctx, origin, src, name, version)
	}
	body, err := pl.fetchSmall(ctx, origin, src, maxVersionDocument, name)
	if err != nil {
		return ecosystem.Version{}, err
	}
	return pl.format.ReadVersion(name, version, ecosystem.Document{Source: src, Content: bytes.NewReader(body), Size: int64(len(body))})
}

// fetchHead asks one origin for the header of the document that dates a
// version.
func (pl *Place) fetchHead(ctx context.Context, origin store.Origin, src ecosystem.Source, name, version string) (ecosystem.Version, error) {
	at, src := pl.addressed(origin, src)
	resp, err := pl.ask(ctx, at, upstream.Request{Method: http.MethodHead, Path: src.Path, URL: src.URL, Accept: src.Accept}, name)
	if err != nil {
		return ecosystem.Version{}, fromUpstream(err, "asking the upstream")
	}
	_ = resp.Body.Close() // there is none
	if resp.Status != 200 {
		return ecosystem.Version{}, assay.Errorf(assay.NotFound, "the upstream of %s does not have %s", pl.name, src.Path+src.URL)
	}
	return pl.format.ReadVersion(name, version, ecosystem.Document{Source: src, Modified: resp.Modified})
}

// fetchSmall asks one origin for a document that is read in memory.
func (pl *Place) fetchSmall(ctx context.Context, origin store.Origin, src ecosystem.Source, limit int64, names ...string) ([]byte, error) {
	if src.Limit > 0 {
		limit = min(limit, src.Limit)
	}
	at, src := pl.addressed(origin, src)
	resp, err := pl.ask(ctx, at, upstream.Request{Method: "GET", Path: src.Path, URL: src.URL, Accept: src.Accept, Limit: limit}, names...)
	if err != nil {
		return nil, fromUpstream(err, "asking the upstream")
	}
	defer resp.Body.Close()
	if resp.Status != 200 {
		return nil, assay.Errorf(assay.NotFound, "the upstream of %s does not have %s", pl.name, src.Path+src.URL)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fromUpstream(err, "reading the upstream's answer")
	}
	return body, nil
}

// version returns the entry of the version that a file belongs to, for formats
// whose listing is not needed for that.
func (pl *Place) version(ctx context.Context, name string, f ecosystem.File) (*entry, error) {
	version := f.Version
	p := pl.packages.getOrPut(name, func() *pack { return &pack{} }, 512)
	if sn := p.current.Load(); sn != nil {
		if e, _ := sn.lookup(version); e != nil && !e.facts.Published.IsZero() {
			return e, nil
		}
	}
	if e := p.looseEntry(version); e != nil {
		return e, nil
	}
	generation := p.generation.Load()
	var row store.Version
	var pkg store.Package
	var known *about
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if known, err = pl.readAbout(ctx, tx, name); err != nil {
			return err
		}
		if pkg, err = tx.Package(ctx, pl.name, name); err != nil {
			return err
		}
		row, err = tx.Version(ctx, pl.name, name, version)
		return err
	})
	if err != nil && !assay.Is(err, assay.NotFound) {
		return nil, err
	}
	if err == nil && !row.Published.IsZero() && pl.serves(pkg.Origin) {
		e := &entry{facts: pl.rowFacts(name, pkg.Origin, &row, known)}
		p.setLoose(version, e, generation)
		return e, nil
	}
	if p.isMissing(version, pl.s.now(), pl.s.lim.Missing) {
		return nil, assay.Errorf(assay.NotFound, "%s@%s does not exist upstream", name, version)
	}
	e, err := pl.learnVersion(ctx, p, generation, pkg, row, known, name, f)
	if assay.Is(err, assay.NotFound) && !pl.private(name) {
		p.setMissing(version, pl.s.now())
	}
	return e, err
}

// learnVersion dates a version that we do not know from its own document, and
// keeps what it learned.
func (pl *Place) learnVersion(ctx context.Context, p *pack, generation int64, pkg store.Package, row store.Version, known *about, name string, f ecosystem.File) (*entry, error) {
	version := f.Version
	v, origin, err := pl.askVersion(ctx, pkg.Origin, name, f)
	if err != nil {
		return nil, err
	}
	if v.Published.IsZero() {
		pl.bound(ctx, name, origin, &v)
	}
	now := pl.s.now()
	if pkg.Origin != origin {
		pkg = store.Package{Registry: pl.name, Name: name, Origin: origin, Owned: now, Listed: pkg.Listed}
	}
	fresh := row.Version == ""
	row.Version, row.Published, row.PublishedSource = version, v.Published, v.PublishedSource
	if fresh {
		row.FirstListed = now
		if pl.listable(name, version) {
			row.LastAbsent = earlier(pkg.Listed, now)
		}
	}
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		// A listing may have been recorded meanwhile; its row stands.
		stands, err := tx.Package(ctx, pl.name, name)
		if err != nil && !assay.Is(err, assay.NotFound) {
			return err
		}
		if err != nil || stands.Origin != pkg.Origin {
			if err := tx.PutPackage(ctx, pkg); err != nil {
				return err
			}
		}
		// So may a digest that was pinned or found changed.
		kept, err := tx.Version(ctx, pl.name, name, version)
		if err != nil && !assay.Is(err, assay.NotFound) {
			return err
		}
		if err == nil {
			kept.Published, kept.PublishedSource = row.Published, row.PublishedSource
			row = kept
		}
		return tx.PutVersions(ctx, pl.name, name, []store.Version{row})
	})
	if err != nil {
		return nil, err
	}
	e := &entry{facts: pl.rowFacts(name, pkg.Origin, &row, known)}
	p.setLoose(version, e, generation)
	return e, nil
}

// bound gives a version without a date of its own the one before which its
// listing says that it existed, where there is such a listing.
func (pl *Place) bound(ctx context.Context, name, origin string, v *ecosystem.Version) {
	sn, _, err := pl.load(ctx, name, forListing)
	if err != nil || sn == nil || sn.listing == nil || sn.missing || sn.pkg.Origin != origin {
		return // its age stays unknown, which the policy judges
	}
	if i := sn.listing.Find(v.Version); i >= 0 {
		v.Published, v.PublishedSource = sn.entries[i].facts.Published, sn.entries[i].facts.PublishedSource
	}
}

// askVersion reads the document that dates a version, and tells which origin
// gave it. Where the request is for that very document, it is stored on the
// way and not asked for twice.
func (pl *Place) askVersion(ctx context.Context, owner, name string, f ecosystem.File) (ecosystem.Version, string, error) {
	if f.Info {
		return pl.storeInfo(ctx, name, f)
	}
	candidates := pl.candidates(owner)
	if len(candidates) == 0 {
		return ecosystem.Version{}, "", pl.noUpstream()
	}
	for _, origin := range candidates {
		v, err := pl.fetchVersion(ctx, origin, name, f.Version)
		if !isGone(err) {
			return v, origin.Address, err
		}
	}
	return ecosystem.Version{}, "", assay.Errorf(assay.NotFound, "%s@%s does not exist upstream", name, f.Version)
}

// storeInfo fetches and keeps the document itself, then reads it. Nothing of
// it is handed out before the decision.
func (pl *Place) storeInfo(ctx context.Context, name string, f ecosystem.File) (ecosystem.Version, string, error) {
	key := store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name}
	row, err := pl.stored(ctx, key)
	if err != nil || !row.Stored {
		t, err := pl.join(name, f, nil)
		if err != nil {
			return ecosystem.Version{}, "", err
		}
		defer t.Leave()
		if err := t.Wait(ctx); err != nil {
			return ecosystem.Version{}, "", err
		}
		if row, err = pl.stored(ctx, key); err != nil {
			return ecosystem.Version{}, "", err
		}
	}
	b, err := pl.s.cfg.Blobs.Open(ctx, row.Blob)
	if err != nil {
		return ecosystem.Version{}, "", err
	}
	defer b.Close()
	v, err := pl.format.ReadVersion(name, f.Version, ecosystem.Document{Source: f.Source, Content: b, Size: row.Size})
	return v, row.Origin, err
}
