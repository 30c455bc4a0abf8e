package registry

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// need says how badly the newest state of a package is needed.
type need uint8

const (
	forListing need = iota // a resolver will choose: check when not fresh
	forFile                // an exact request: what we know is enough, check behind
	forMissing             // what we know lacks it: check now
)

// load returns the package's snapshot and how stale it is: zero while it is
// as fresh as it must be.
func (pl *Place) load(ctx context.Context, name string, want need) (*snapshot, time.Duration, error) {
	if pl.Claimed(name) {
		sn, err := pl.hosted(ctx, name)
		return sn, 0, err
	}
	p := pl.packages.getOrPut(name, func() *pack { return &pack{} }, 512)
	sn := p.current.Load()
	if sn != nil && sn.hosted {
		sn = nil // its claim has ended
	}
	now := pl.s.now()
	if sn != nil && sn.fresh(now, &pl.s.lim) && (want != forMissing || sn.missing) {
		return sn, 0, nil
	}
	key := pl.name + "\x00" + name
	seen := sn
	refresh := func(ctx context.Context) (*snapshot, error) {
		// Between our look and this, another refresh may have ended.
		if now := p.current.Load(); now != nil && now != seen && !now.hosted && now.fresh(pl.s.now(), &pl.s.lim) {
			return now, nil
		}
		return pl.refresh(ctx, p, name)
	}
	if sn == nil {
		// Nothing in memory: what the store has comes first, because it is
		// enough for an exact request and for a dead upstream.
		stored, err := pl.s.refreshes.do(ctx, "stored\x00"+key, func(ctx context.Context) (*snapshot, error) {
			if sn := p.current.Load(); sn != nil && !sn.hosted {
				return sn, nil
			}
			return pl.restore(ctx, p, name)
		})
		if err != nil && !assay.Is(err, assay.NotFound) {
			return nil, 0, err
		}
		// Time has passed: what was just checked must not seem to come from
		// the future.
		sn, now = stored, pl.s.now()
		if sn != nil && sn.fresh(now, &pl.s.lim) && want != forMissing {
			return sn, 0, nil
		}
	}
	if len(*pl.origins.Load()) == 0 {
		if sn != nil {
			return sn, 0, nil
		}
		return nil, 0, pl.noUpstream()
	}
	if sn == nil || sn.listing == nil || want == forMissing {
		// There is nothing to fall back on: what we know does not have it, and
		// an upstream that cannot be asked has not said that it does not exist.
		fresh, err := pl.s.refreshes.do(ctx, key, refresh)
		if err != nil && sn != nil && sn.missing && staleMayServe(err) {
			return sn, now.Sub(sn.checked), nil
		}
		return fresh, 0, err
	}
	if want == forFile {
		pl.s.refreshes.begin(key, true, refresh)
		return sn, 0, nil
	}
	// Something is known. A healthy upstream answers within StaleAfter; a
	// hanging one must not hold anybody up, so the refresh goes on behind.
	call := pl.s.refreshes.begin(key, true, refresh)
	wait := time.NewTimer(pl.s.lim.StaleAfter)
	defer wait.Stop()
	age := max(now.Sub(sn.checked), time.Second)
	select {
	case <-call.done:
		if call.err == nil {
			return call.value, 0, nil
		}
		if !staleMayServe(call.err) {
			return nil, 0, call.err
		}
		pl.s.log.Warn("listing is stale: the upstream could not be asked", "registry", pl.name, "package", name, "age_seconds", int64(age.Seconds()), "error", call.err.Error())
	case <-wait.C:
		pl.s.log.Warn("listing is stale: the upstream is slow", "registry", pl.name, "package", name, "age_seconds", int64(age.Seconds()))
	case <-ctx.Done():
		return nil, 0, assay.Wrap(assay.Canceled, ctx.Err(), "waiting for the listing of %s", name)
	}
	pl.s.stats.Stale.Add(1)
	return sn, age, nil
}

// staleMayServe tells whether what we know may stand in for an answer that
// failed this way: outages and unsound answers of the upstream, and our own
// lack of room; never a refusal.
func staleMayServe(err error) bool {
	switch assay.KindOf(err) {
	case assay.Unavailable, assay.Unsound, assay.TooLarge, assay.Exhausted, assay.Canceled:
		return true
	}
	return false
}

func (pl *Place) noUpstream() error {
	return assay.Errorf(assay.Unavailable,
		"the registry %s has no upstream, so Assay cannot pull packages through; set one with: assay upstream set %s ADDRESS", pl.name, pl.name)
}

// restore makes a snapshot from the store alone and installs it, or answers
// NotFound.
func (pl *Place) restore(ctx context.Context, p *pack, name string) (*snapshot, error) {
	generation := p.generation.Load()
	sn, err := pl.stillKept(ctx, name)
	if err != nil {
		return nil, err
	}
	// A refresh may have been faster; what it found is newer than the store's.
	if now := p.current.Load(); now != nil && !now.hosted {
		return now, nil
	}
	pl.install(p, name, sn, generation)
	return sn, nil
}

// stillKept makes a snapshot from the store alone, or answers NotFound. It
// leaves the memory as it is.
func (pl *Place) stillKept(ctx context.Context, name string) (*snapshot, error) {
	sources := pl.format.Sources(name)
	docs := make([]store.Document, len(sources))
	var pkg store.Package
	rows := map[string]store.Version{}
	var known *about
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if known, err = pl.readAbout(ctx, tx, name); err != nil {
			return err
		}
		if pkg, err = tx.Package(ctx, pl.name, name); err != nil {
			return err
		}
		kept, err := tx.Versions(ctx, pl.name, name)
		if err != nil {
			return err
		}
		for _, v := range kept {
			rows[v.Version] = v
		}
		for i, src := range sources {
			docs[i], err = pl.keptDocument(ctx, tx, name, src, pkg.Origin)
			if err != nil {
				return err
			}
			docs[i].Missing = docs[i].Missing || docs[i].Blob == ""
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !pl.serves(pkg.Origin) {
		return nil, assay.Errorf(assay.NotFound, "%s was pulled from an origin that is no longer set", name)
	}
	main := docs[0]
	if main.Blob == "" {
		return nil, assay.Errorf(assay.NotFound, "no listing of %s is stored", name)
	}
	listing, err := pl.read(ctx, name, sources, docs)
	if err != nil {
		pl.s.log.Error("a stored listing cannot be read; it is fetched again", "registry", pl.name, "package", name, "error", err.Error())
		return nil, assay.Errorf(assay.NotFound, "the stored listing of %s cannot be read", name)
	}
	sn := pl.build(pkg, listing, docs, rows, known, main.Checked)
	sn.missing = main.Missing
	return sn, nil
}

// serves tells whether the address is still one of the place's origins.
func (pl *Place) serves(address string) bool {
	for _, o := range *pl.origins.Load() {
		if o.Address == address {
			return true
		}
	}
	// With no upstream set at all, what was pulled before stays readable.
	return len(*pl.origins.Load()) == 0
}

// install makes the snapshot the current one, unless the package was changed
// here since its reading began.
func (pl *Place) install(p *pack, name string, sn *snapshot, generation int64) {
	p.mu.Lock()
	if p.generation.Load() == generation {
		p.current.Store(sn)
		p.loose = nil
	}
	p.mu.Unlock()
	pl.packages.reprice(name, sn.bytes())
}

// read opens the documents' blobs and lets the format read them.
func (pl *Place) read(ctx context.Context, name string, sources []ecosystem.Source, docs []store.Document) (ecosystem.Listing, error) {
	open, closeAll, err := pl.open(ctx, sources, docs)
	if err != nil {
		return nil, err
	}
	defer closeAll()
	return pl.format.Read(name, open)
}

// errGone marks documents whose bytes are gone: replaced by a refresh, or
// lost.
var errGone = errors.New("its bytes are not in the blob store")

// open gives the format its documents; the function closes them.
func (pl *Place) open(ctx context.Context, sources []ecosystem.Source, docs []store.Document) ([]ecosystem.Document, func(), error) {
	var blobs []blob.Blob
	closeAll := func() {
		for _, b := range blobs {
			_ = b.Close() // read-only
		}
	}
	out := make([]ecosystem.Document, len(docs))
	for i, d := range docs {
		out[i] = ecosystem.Document{Source: sources[i], Missing: d.Blob == ""}
		if d.Blob == "" {
			continue
		}
		b, err := pl.s.cfg.Blobs.Open(ctx, d.Blob)
		if assay.Is(err, assay.NotFound) {
			// Nobody is told that a package does not exist because our own
			// bytes are gone.
			err = assay.Wrap(assay.Internal, errGone, "the kept document of %s is gone", d.Name)
		}
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		blobs = append(blobs, b)
		out[i].Content, out[i].Size = b, d.Size
		out[i].Modified = d.Fetched
	}
	return out, closeAll, nil
}

// refresh asks the upstream and records what it says. It runs in a goroutine
// of its own, once per package at a time.
func (pl *Place) refresh(ctx context.Context, p *pack, name string) (*snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, pl.s.lim.Refresh)
	defer cancel()
	if pl.private(name) {
		return nil, pl.unknown(name)
	}
	generation := p.generation.Load()
	prev := p.current.Load()
	if prev != nil && prev.hosted {
		prev = nil
	}
	var pkg store.Package
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		pkg, err = tx.Package(ctx, pl.name, name)
		if assay.Is(err, assay.NotFound) {
			pkg = store.Package{Registry: pl.name, Name: name}
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	candidates := pl.candidates(pkg.Origin)
	if len(candidates) == 0 {
		return nil, pl.noUpstream()
	}
	sources := pl.format.Sources(name)
	for _, origin := range candidates {
		docs, err := pl.fetchDocuments(ctx, origin, name, sources)
		if err != nil {
			// An outage or error of this origin never lets the next answer:
			// else whoever can break one origin chooses what the other says.
			return nil, fromUpstream(err, "asking the upstream for "+name)
		}
		if docs[0].Missing {
			continue
		}
		return pl.record(ctx, p, prev, generation, pkg, origin, sources, docs)
	}
	return pl.recordMissing(ctx, p, prev, generation, pkg, sources)
}

// candidates are the origins to ask: the owner alone once there is one.
func (pl *Place) candidates(owner string) []store.Origin {
	origins := *pl.origins.Load()
	for _, o := range origins {
		if o.Address == owner {
			return []store.Origin{o}
		}
	}
	return origins
}

// fetchDocuments asks one origin for all sources. The decisive one's failure
// is the whole's; an optional one's counts as missing. Sources whose address
// stands in another document are asked for when those are there.
func (pl *Place) fetchDocuments(ctx context.Context, origin store.Origin, name string, sources []ecosystem.Source) ([]store.Document, error) {
	docs := make([]store.Document, len(sources))
	errs := make([]error, len(sources))
	wave := func(later bool, ask func(i int, src ecosystem.Source) (store.Document, error)) {
		var wg sync.WaitGroup
		for i := range sources {
			if (sources[i].From != nil) != later {
				continue
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				docs[i], errs[i] = ask(i, sources[i])
			}()
		}
		wg.Wait()
	}
	wave(false, func(_ int, src ecosystem.Source) (store.Document, error) {
		if src.Shared {
			return pl.sharedDocument(ctx, origin, name, src)
		}
		return pl.fetchDocument(ctx, origin, name, src)
	})
	if slices.ContainsFunc(sources, func(src ecosystem.Source) bool { return src.From != nil }) {
		before, closeAll, err := pl.before(ctx, sources, docs, errs)
		if err != nil {
			return nil, err
		}
		wave(true, func(_ int, src ecosystem.Source) (store.Document, error) {
			found, err := src.From(before())
			if err != nil {
				return store.Document{}, err
			}
			src.Path, src.URL = found.Path, found.URL
			return pl.fetchDocument(ctx, origin, name, src)
		})
		closeAll()
	}
	for i, err := range errs {
		if err == nil {
			continue
		}
		if !sources[i].Optional {
			return nil, err
		}
		pl.s.log.Debug("an optional document is not to be had", "registry", pl.name, "package", name, "source", sources[i].Key, "error", err.Error())
		at, key := documentKey(name, sources[i], origin.Address)
		docs[i] = store.Document{Registry: pl.name, Name: at, Source: key, Origin: origin.Address, Missing: true, Checked: pl.s.now()}
	}
	return docs, nil
}

// before opens the documents of the first wave, for those whose address stands
// in them. The first of them that failed is the failure of all.
func (pl *Place) before(ctx context.Context, sources []ecosystem.Source, docs []store.Document, errs []error) (func() []ecosystem.Document, func(), error) {
	var first []ecosystem.Source
	var kept []store.Document
	for i := range sources {
		if sources[i].From != nil {
			continue
		}
		if errs[i] != nil {
			return nil, nil, errs[i]
		}
		first, kept = append(first, sources[i]), append(kept, docs[i])
	}
	open, closeAll, err := pl.open(ctx, first, kept)
	return func() []ecosystem.Document { return slices.Clone(open) }, closeAll, err
}

// documentKey is where a document is kept: one that all packages of an origin
// share has no name.
func documentKey(name string, src ecosystem.Source, origin string) (string, string) {
	if src.Shared {
		return "", "shared/" + src.Key + " " + origin
	}
	return name, src.Key
}

// keptDocument reads what is kept of a source; what was never asked for has no
// bytes.
func (pl *Place) keptDocument(ctx context.Context, tx store.Tx, name string, src ecosystem.Source, origin string) (store.Document, error) {
	at, key := documentKey(name, src, origin)
	doc, err := tx.Document(ctx, pl.name, at, key)
	if assay.Is(err, assay.NotFound) {
		return store.Document{Registry: pl.name, Name: at, Source: key, Origin: origin}, nil
	}
	return doc, err
}

// sharedFresh is how long a document of the whole origin is not asked for
// again: it says where things are, and every package's listing needs it.
const sharedFresh = 10 * time.Minute

// sharedDocument asks for a document of the whole origin, once for all
// packages that are listed at the time. While it cannot be had, the last one
// serves.
func (pl *Place) sharedDocument(ctx context.Context, origin store.Origin, name string, src ecosystem.Source) (store.Document, error) {
	var kept store.Document
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		kept, err = pl.keptDocument(ctx, tx, name, src, origin.Address)
		return err
	})
	if err != nil {
		return kept, err
	}
	if age := pl.s.now().Sub(kept.Checked); kept.Blob != "" && age >= 0 && age < sharedFresh {
		if _, err := pl.s.cfg.Blobs.Stat(ctx, kept.Blob); err == nil {
			return kept, nil
		}
	}
	doc, err := pl.fetchDocument(ctx, origin, name, src)
	if err != nil && kept.Blob != "" && staleMayServe(err) {
		return kept, nil
	}
	return doc, err
}

// fetchDocument asks for one document, conditionally if we have it. The bytes
// are in the blob store when it returns; the row is not yet written.
func (pl *Place) fetchDocument(ctx context.Context, origin store.Origin, name string, src ecosystem.Source) (store.Document, error) {
	var prior store.Document
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		prior, err = pl.keptDocument(ctx, tx, name, src, origin.Address)
		return err
	})
	if err != nil {
		return store.Document{}, err
	}
	at, key := documentKey(name, src, origin.Address)
	if prior.Origin != origin.Address {
		prior = store.Document{}
	}
	if prior.Blob != "" {
		if _, err := pl.s.cfg.Blobs.Stat(ctx, prior.Blob); err != nil {
			prior = store.Document{} // its bytes were lost: ask for all of it
		}
	}
	limit := src.Limit
	if limit == 0 {
		limit = pl.s.lim.Document
	}
	req := upstream.Request{Method: "GET", Path: src.Path, URL: src.URL, Accept: src.Accept, Limit: limit, Compressed: true}
	if prior.Blob != "" {
		req.ETag, req.LastModified = prior.ETag, prior.LastModified
	}
	resp, err := pl.ask(ctx, pl.upstreamOrigin(origin), req, name)
	if err != nil {
		return store.Document{}, err
	}
	defer resp.Body.Close()
	now := pl.s.now()
	doc := store.Document{Registry: pl.name, Name: at, Source: key, Origin: origin.Address, Checked: now}
	switch resp.Status {
	case 304:
		if prior.Blob == "" {
			return doc, assay.Errorf(assay.Unsound, "the upstream of %s said \"not modified\" to a question that had no condition", pl.name)
		}
		prior.Checked, prior.Missing = now, false
		return prior, nil
	case 404, 410:
		doc.Missing = true
		return doc, nil
	}
	staged, err := pl.s.cfg.Blobs.Stage(ctx)
	if err != nil {
		return doc, err
	}
	defer staged.Discard()
	if _, err := io.Copy(staged, resp.Body); err != nil {
		return doc, fromUpstream(err, "reading the upstream's answer")
	}
	info, err := staged.Commit(ctx)
	if err != nil {
		return doc, err
	}
	doc.ETag, doc.LastModified = resp.ETag, resp.LastModified
	doc.Blob, doc.Size, doc.Fetched = info.Digest, info.Size, pl.s.now()
	return doc, nil
}

func (pl *Place) upstreamOrigin(o store.Origin) upstream.Origin {
	return upstream.Origin{Address: o.Address, Mirrors: o.Mirrors}
}

// record joins a sound answer with what we had, writes what changed in one
// transaction, and installs the new snapshot.
func (pl *Place) record(ctx context.Context, p *pack, prev *snapshot, generation int64, pkg store.Package, origin store.Origin, sources []ecosystem.Source, docs []store.Document) (*snapshot, error) {
	now := pl.s.now()
	name := pkg.Name
	if pl.private(name) { // claimed while we asked: what came is not kept
		return nil, pl.unknown(name)
	}
	var listing ecosystem.Listing
	if prev != nil && prev.listing != nil && !prev.missing && sameBlobs(prev.docs, docs) {
		listing = prev.listing
	} else {
		var err error
		if listing, err = pl.read(ctx, name, sources, docs); err != nil {
			return nil, err
		}
	}
	if pkg.Origin != origin.Address {
		pkg.Origin, pkg.Owned = origin.Address, now
	}
	if prev != nil && listing == prev.listing && prev.pkg.Origin == pkg.Origin && !prev.partial {
		// Nothing new: remember that the upstream confirmed it.
		pkg.Listed = now
		if err := pl.confirm(ctx, pkg, docs); err != nil {
			return nil, err
		}
		same := *prev
		same.pkg, same.docs, same.checked = pkg, docs, now
		p.mu.Lock()
		if p.generation.Load() == generation {
			p.current.Store(&same)
		}
		p.mu.Unlock()
		return &same, nil
	}
	var kept []store.Version
	var promised []store.Promise
	var known *about
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if known, err = pl.readAbout(ctx, tx, name); err != nil {
			return err
		}
		if promised, err = tx.Promises(ctx, pl.name, name); err != nil {
			return err
		}
		kept, err = tx.Versions(ctx, pl.name, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	changes := pl.compare(pkg, listing, kept, promised, now)
	partial := pl.date(ctx, origin, name, listing, changes)
	changes.bound(listing)
	var replaced []store.Document
	pkg.Listed = now
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		replaced = replaced[:0]
		if err := tx.PutPackage(ctx, pkg); err != nil {
			return err
		}
		for _, d := range docs {
			if old, err := tx.Document(ctx, pl.name, d.Name, d.Source); err == nil && old.Blob != "" && old.Blob != d.Blob {
				replaced = append(replaced, old)
			}
			if err := tx.PutDocument(ctx, d); err != nil {
				return err
			}
		}
		now, err := tx.Versions(ctx, pl.name, name)
		if err != nil {
			return err
		}
		changes.merge(now)
		if err := tx.PutVersions(ctx, pl.name, name, changes.changed()); err != nil {
			return err
		}
		if err := tx.PutPromises(ctx, pl.name, name, changes.promises); err != nil {
			return err
		}
		for _, e := range changes.events {
			if err := tx.AppendEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	sn := pl.build(pkg, listing, docs, changes.rows, known, now)
	sn.partial = partial
	pl.install(p, name, sn, generation)
	pl.dropReplaced(ctx, replaced)
	return sn, nil
}

// dropReplaced deletes the bytes of documents that newer ones replaced. Who
// still reads them keeps them open; a failure leaves them to the garbage
// collection.
func (pl *Place) dropReplaced(ctx context.Context, docs []store.Document) {
	for _, d := range docs {
		used := true
		err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
			var err error
			used, err = tx.BlobInUse(ctx, d.Blob)
			return err
		})
		if err == nil && !used {
			_ = pl.s.cfg.Blobs.Delete(ctx, d.Blob, d.Fetched.Add(time.Second))
		}
	}
}

// confirm writes down that the upstream said the same again.
func (pl *Place) confirm(ctx context.Context, pkg store.Package, docs []store.Document) error {
	return pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutPackage(ctx, pkg); err != nil {
			return err
		}
		for _, d := range docs {
			if err := tx.PutDocument(ctx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func sameBlobs(a, b []store.Document) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Blob != b[i].Blob {
			return false
		}
	}
	return true
}

// recordMissing notes that no origin has the package. What was listed before
// has vanished: no longer chosen, still served to exact requests.
func (pl *Place) recordMissing(ctx context.Context, p *pack, prev *snapshot, generation int64, pkg store.Package, sources []ecosystem.Source) (*snapshot, error) {
	now := pl.s.now()
	if pkg.Origin == "" {
		// Never known here: kept in memory only, where the bound is, so that
		// asking for made-up names fills no database.
		sn := &snapshot{pkg: pkg, missing: true, checked: now}
		pl.install(p, pkg.Name, sn, generation)
		return sn, nil
	}
	var kept []store.Version
	var known *about
	docs := make([]store.Document, len(sources))
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if known, err = pl.readAbout(ctx, tx, pkg.Name); err != nil {
			return err
		}
		if kept, err = tx.Versions(ctx, pl.name, pkg.Name); err != nil {
			return err
		}
		for i, src := range sources {
			if docs[i], err = pl.keptDocument(ctx, tx, pkg.Name, src, pkg.Origin); err != nil {
				return err
			}
			if !src.Shared { // what speaks of the whole origin is as it was
				docs[i].Missing, docs[i].Checked = true, now
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	changes := pl.compare(pkg, nil, kept, nil, now)
	err = pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		for _, d := range docs {
			if err := tx.PutDocument(ctx, d); err != nil {
				return err
			}
		}
		now, err := tx.Versions(ctx, pl.name, pkg.Name)
		if err != nil {
			return err
		}
		changes.merge(now)
		if err := tx.PutVersions(ctx, pl.name, pkg.Name, changes.changed()); err != nil {
			return err
		}
		for _, e := range changes.events {
			if err := tx.AppendEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var listing ecosystem.Listing
	if prev != nil {
		listing = prev.listing
	} else if docs[0].Blob != "" {
		if listing, err = pl.read(ctx, pkg.Name, sources, docs); err != nil {
			return nil, err
		}
	}
	sn := pl.build(pkg, nil, docs, changes.rows, known, now)
	sn.listing, sn.missing = listing, true
	pl.install(p, pkg.Name, sn, generation)
	return sn, nil
}

// changes are what a new listing changes in the rows of a package.
type changes struct {
	rows    map[string]store.Version // all, as they are now
	touched map[string]bool
	events  []assay.Event
	// promises are the digests of files that were not promised before.
	promises []store.Promise
}

func (c *changes) put(v store.Version) {
	c.rows[v.Version] = v
	c.touched[v.Version] = true
}

// merge takes over what was written to the rows since they were read: to ask
// an upstream takes seconds, and a digest that was pinned meanwhile, or found
// changed, must not be forgotten.
func (c *changes) merge(now []store.Version) {
	for _, row := range now {
		mine, ok := c.rows[row.Version]
		if !ok {
			c.rows[row.Version] = row
			continue
		}
		if row.Digest != "" {
			mine.Digest = row.Digest
		}
		if mine.ChangedTo == "" {
			mine.ChangedTo, mine.ChangedAt = row.ChangedTo, row.ChangedAt
		}
		if !row.FirstListed.IsZero() && (mine.FirstListed.IsZero() || row.FirstListed.Before(mine.FirstListed)) {
			mine.FirstListed = row.FirstListed
		}
		if mine.Published.IsZero() {
			mine.Published, mine.PublishedSource = row.Published, row.PublishedSource
		}
		c.rows[row.Version] = mine
	}
}

func (c *changes) changed() []store.Version {
	out := make([]store.Version, 0, len(c.touched))
	for version := range c.touched {
		out = append(out, c.rows[version])
	}
	return out
}

func (c *changes) event(now time.Time, kind assay.EventKind, subject assay.Coordinate, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte("{}") // bodies are our own structs of strings
	}
	c.events = append(c.events, assay.Event{Time: now, Kind: kind, Subject: subject, Body: text})
}

// compare finds what a listing (nil: the package does not exist) says that
// differs from what we kept: new versions, other digests, vanished and
// returned ones.
func (pl *Place) compare(pkg store.Package, listing ecosystem.Listing, kept []store.Version, promised []store.Promise, now time.Time) *changes {
	c := &changes{rows: make(map[string]store.Version, len(kept)), touched: map[string]bool{}}
	for _, v := range kept {
		c.rows[v.Version] = v
	}
	earlierPromises := promisesByFile(promised)
	at := assay.Coordinate{Ecosystem: pl.eco, Name: pkg.Name}
	var versions []ecosystem.Version
	if listing != nil {
		versions = listing.Versions()
	}
	for i := range versions {
		v := &versions[i]
		row, known := c.rows[v.Version]
		if !known {
			// It cannot have existed before our last listing without it,
			// whatever date the upstream or an author gives it.
			c.put(store.Version{Version: v.Version, Published: v.Published, PublishedSource: v.PublishedSource,
				FirstListed: now, LastAbsent: earlier(pkg.Listed, now), Digest: v.Digest})
			c.promise(v, earlierPromises)
			continue
		}
		before := row
		if !v.Published.IsZero() {
			row.Published, row.PublishedSource = v.Published, v.PublishedSource
		}
		if row.Digest == "" {
			row.Digest = v.Digest
		} else if v.Digest != "" && v.Digest != row.Digest && v.Digest.Algorithm() == row.Digest.Algorithm() && v.Digest != row.ChangedTo {
			row.ChangedTo, row.ChangedAt = v.Digest, now
			c.event(now, assay.EventDigestChanged, at.At(v.Version), map[string]string{"registry": pl.name, "first": string(row.Digest), "offered": string(v.Digest)})
		}
		for _, broken := range c.promise(v, earlierPromises) {
			if row.ChangedTo == broken.offered.Digest {
				continue
			}
			row.ChangedTo, row.ChangedAt = broken.offered.Digest, now
			c.event(now, assay.EventDigestChanged, at.At(v.Version), map[string]string{"registry": pl.name, "file": broken.offered.File, "first": string(broken.first), "offered": string(broken.offered.Digest)})
		}
		if !row.Vanished.IsZero() {
			row.Vanished = time.Time{}
			c.event(now, assay.EventReturned, at.At(v.Version), map[string]string{"registry": pl.name})
		}
		if row != before {
			c.put(row)
		}
	}
	for version, row := range c.rows {
		if !row.Vanished.IsZero() || row.FirstListed.IsZero() || (listing != nil && listing.Find(version) >= 0) {
			continue
		}
		if listing != nil && !pl.listable(pkg.Name, version) {
			continue
		}
		row.Vanished = now
		c.put(row)
		c.event(now, assay.EventVanished, at.At(version), map[string]string{"registry": pl.name})
	}
	return c
}

// earlier keeps a clock that once stood in the future from condemning every
// version that comes after it was set right.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// listable tells whether a listing would name that version if it existed:
// Go's pseudo-versions are never listed, so that their absence says nothing.
func (pl *Place) listable(name, version string) bool {
	if u, ok := pl.format.(ecosystem.Unlister); ok {
		return !u.Unlisted(name, version)
	}
	return true
}

// isGone tells an upstream's plain "does not exist".
func isGone(err error) bool {
	var e *assay.Error
	return errors.As(err, &e) && e.Kind == assay.NotFound
}
