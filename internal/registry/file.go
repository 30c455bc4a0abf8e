package registry

import (
	"bytes"
	"context"
	"crypto/md5"  // #nosec: compared beside a stronger digest where there is one
	"crypto/sha1" // #nosec: old npm versions have nothing else
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// File decides on a file and returns it: from memory, from the blob store, or
// as a transfer under way.
func (pl *Place) File(ctx context.Context, name, file string) (*ecosystem.Content, error) {
	var content *ecosystem.Content
	var fl *flight
	for {
		if err := pl.mayRead(ctx, name); err != nil {
			return nil, err
		}
		f, e, named, err := pl.locate(ctx, name, file)
		if err != nil {
			return nil, err
		}
		fl = pl.s.flights.begin()
		content, err = pl.decideAndOpen(ctx, name, f, e, fl)
		if err == nil {
			if named {
				pl.remember(name, file, f)
			}
			break
		}
		fl.end()
		if err != errMoved {
			return nil, err
		}
	}
	content.Flight = fl
	release := content.Release
	if release == nil {
		content.Release = fl.end
		return content, nil
	}
	content.Release = func() {
		fl.end()
		release()
	}
	return content, nil
}

// errMoved says that the facts a decision rested on were replaced meanwhile.
var errMoved = errors.New("the facts have changed")

// locate finds which file of which version is meant, and its facts. The entry
// is nil for a file that needs none (File.Always). named tells that the name
// alone said which file it is, and was not remembered.
func (pl *Place) locate(ctx context.Context, name, file string) (f ecosystem.File, e *entry, named bool, err error) {
	if pl.Claimed(name) {
		f, e, err = pl.hostedFile(ctx, name, file)
		return f, e, false, err
	}
	f, ok, known, err := pl.named(name, file)
	if ok {
		if !f.Always {
			e, err = pl.version(ctx, name, f)
		}
		return f, e, !known, err
	}
	if err != nil {
		if _, ok := pl.format.VersionSource(name, ""); ok {
			return f, nil, false, err
		}
	}
	sn, _, err := pl.load(ctx, name, forFile)
	if err != nil {
		return ecosystem.File{}, nil, false, err
	}
	f, e, err = pl.locateIn(ctx, sn, name, file)
	if assay.Is(err, assay.NotFound) && !sn.fresh(pl.s.now(), &pl.s.lim) {
		// Perhaps it was published since we last looked.
		if sn, _, err = pl.load(ctx, name, forMissing); err != nil {
			return ecosystem.File{}, nil, false, err
		}
		f, e, err = pl.locateIn(ctx, sn, name, file)
	}
	return f, e, false, err
}

// named finds a file that its name alone determines, as in formats whose
// listing does not say all; ok is false for every other. known tells that the
// name was remembered.
func (pl *Place) named(name, file string) (f ecosystem.File, ok, known bool, err error) {
	if p, kept := pl.packages.get(name); kept {
		if was, ok := p.named.get(file); ok {
			return was.file, true, true, nil
		}
	}
	f, err = pl.format.Locate(name, file, nil)
	if err != nil {
		return f, false, false, err
	}
	_, ok = pl.format.VersionSource(name, f.Version)
	return f, ok, false, nil
}

// remember keeps what a name was found to mean, of a file that was handed out
// from here: any other name could be asked for without end.
func (pl *Place) remember(name, file string, f ecosystem.File) {
	if p, ok := pl.packages.get(name); ok {
		p.named.put(file, found{file: f})
	}
}

// locateIn looks in a snapshot, then among the stored files of versions that
// left the listing: a lock file of today installs in years.
func (pl *Place) locateIn(ctx context.Context, sn *snapshot, name, file string) (ecosystem.File, *entry, error) {
	if known, ok := sn.found.get(file); ok {
		return known.file, known.entry, nil
	}
	notFound := assay.Errorf(assay.NotFound, "%s has no file %s", name, file)
	if sn.listing != nil {
		f, err := pl.format.Locate(name, file, sn.listing)
		if err == nil {
			if e, _ := sn.lookup(f.Version); e != nil {
				sn.found.put(file, found{f, e})
				return f, e, nil
			}
			return f, nil, notFound
		}
		if !assay.Is(err, assay.NotFound) {
			return f, nil, err
		}
	}
	if f, e, err := pl.takenOut(ctx, sn, name, file); err == nil || !assay.Is(err, assay.NotFound) {
		return f, e, err
	}
	for version, e := range sn.absent {
		if f, err := pl.keptFile(ctx, name, version, file); err == nil || !assay.Is(err, assay.NotFound) {
			return f, e, err
		}
	}
	return ecosystem.File{}, nil, notFound
}

// takenOut finds a file that is kept here of a version which is listed without
// it: an upstream that takes one wheel of many away breaks no lock file.
func (pl *Place) takenOut(ctx context.Context, sn *snapshot, name, file string) (ecosystem.File, *entry, error) {
	notFound := assay.Errorf(assay.NotFound, "%s has no file %s", name, file)
	format, ok := pl.format.(ecosystem.Naming)
	if !ok {
		return ecosystem.File{}, nil, notFound
	}
	version, ok := format.VersionOf(name, file)
	if !ok {
		return ecosystem.File{}, nil, notFound
	}
	e, listed := sn.lookup(version)
	if !listed {
		return ecosystem.File{}, nil, notFound
	}
	f, err := pl.keptFile(ctx, name, e.facts.Coordinate.Version, file)
	return f, e, err
}

// keptFile is a file whose bytes are here and that no listing describes now.
func (pl *Place) keptFile(ctx context.Context, name, version, file string) (ecosystem.File, error) {
	row, err := pl.stored(ctx, store.FileKey{Registry: pl.name, Name: name, Version: version, File: file})
	if err != nil {
		return ecosystem.File{}, err
	}
	if !row.Stored {
		return ecosystem.File{}, assay.Errorf(assay.NotFound, "the bytes of %s are not here", file)
	}
	return ecosystem.File{Name: file, Version: version, ContentType: "application/octet-stream"}, nil
}

// decideAndOpen takes the decision, in step with changes of the rules, then
// opens the bytes.
func (pl *Place) decideAndOpen(ctx context.Context, name string, f ecosystem.File, e *entry, fl *flight) (*ecosystem.Content, error) {
	if err := pl.ensureScanned(ctx, name, f, e); err != nil {
		return nil, err
	}
	warning := ""
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: f.Version}
	if e != nil && !f.Always {
		for {
			rules := pl.s.cfg.Rules.Current()
			facts := e.factsOn(f.Published)
			fl.carries(facts)
			d := e.decideOn(facts, rules, pl.s.now())
			pl.count(ctx, at, d)
			if d.Denied() {
				pl.s.cfg.Usage.Decided(at, d)
				return nil, denied(at, d)
			}
			if pl.s.cfg.Rules.Current() != rules {
				continue
			}
			if e.dead.Load() || rules.Claimed(pl.eco, name) != e.facts.Hosted {
				return nil, errMoved
			}
			if d.Effect == assay.Warn {
				if lead := d.Lead(); lead != nil {
					warning = lead.Rule + ": " + lead.Reason
				}
			}
			if len(d.Opinions) > 0 && !f.Info && f.Sum == "" { // Fetch counts files, not what only describes them
				pl.s.cfg.Usage.Decided(at, d)
			}
			break
		}
	}
	var content *ecosystem.Content
	var err error
	if f.Sum != "" {
		content, err = pl.sumOf(ctx, name, f, e)
	} else {
		content, err = pl.bytesOf(ctx, name, f, e)
	}
	if err != nil {
		return nil, err
	}
	content.Warning = warning
	content.ContentType = f.ContentType
	content.Status = 200
	if !f.Always && !f.Info && f.Sum == "" {
		pl.s.cfg.Usage.Fetch(at, assay.PrincipalOf(ctx))
	}
	return content, nil
}

func denied(at assay.Coordinate, d *assay.Decision) error {
	reason := "the policy denies it"
	if lead := d.Lead(); lead != nil {
		reason = lead.Rule + ": " + lead.Reason
	}
	return &assay.Error{Kind: assay.Denied, Message: at.Short() + " is refused: " + reason, Decision: d, Subject: at}
}

// count records what was refused or warned of, and what an observed rule
// would have done.
func (pl *Place) count(ctx context.Context, at assay.Coordinate, d *assay.Decision) {
	for _, op := range d.Opinions {
		if against(op) {
			pl.s.cfg.Usage.Verdict(pl.name, at, op, d.Denied(), assay.PrincipalOf(ctx), lastSegment(pl.s.why(at)))
		}
	}
}

// against tells whether an opinion speaks against a version, observed or not.
func against(op assay.Opinion) bool { return op.Effect >= assay.Warn && op.LiftedBy == "" }

// bytesOf opens stored bytes or joins a transfer.
func (pl *Place) bytesOf(ctx context.Context, name string, f ecosystem.File, e *entry) (*ecosystem.Content, error) {
	key := store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name}
	if hot, ok := pl.s.hot.get(key); ok {
		if content, ok := hot.content(); ok {
			pl.s.stats.FilesWarm.Add(1)
			if hot.due(pl.s.now()) {
				pl.touch(key)
			}
			return content, nil
		}
	}
	row, err := pl.stored(ctx, key)
	if err != nil && !assay.Is(err, assay.NotFound) {
		return nil, err
	}
	if err == nil && row.Stored {
		content, err := pl.openStored(ctx, key, row)
		if err == nil {
			pl.s.stats.FilesWarm.Add(1)
			pl.touch(key)
			return content, nil
		}
		if !assay.Is(err, assay.NotFound) {
			return nil, err
		}
		pl.s.log.Error("stored bytes are gone; they are fetched again and must be the same", "registry", pl.name, "package", name, "file", f.Name)
	}
	t, err := pl.join(name, f, e)
	if err != nil {
		return nil, err
	}
	size, err := t.Begun(ctx)
	if err != nil {
		t.Leave()
		return nil, err
	}
	// The first bytes are waited for, so that a small file that turns out
	// wrong is refused in words and not by a connection that breaks.
	body := t.Reader(ctx)
	first := make([]byte, 4<<10)
	n, err := body.Read(first)
	if err != nil && err != io.EOF {
		t.Leave()
		return nil, err
	}
	return &ecosystem.Content{Size: size, Stream: io.MultiReader(bytes.NewReader(first[:n]), body), Release: t.Leave}, nil
}

// join follows the transfer of a file, beginning it if there is none.
func (pl *Place) join(name string, f ecosystem.File, e *entry) (*upstream.Transfer, error) {
	return pl.s.transfers.Join(pl.name+"\x00"+name+"\x00"+f.Version+"\x00"+f.Name, func(ctx context.Context, t *upstream.Transfer) error {
		err := pl.transfer(ctx, t, name, f, e)
		if err != nil && !assay.Is(err, assay.Canceled) && !assay.Is(err, assay.NotFound) {
			// The clients may have got half and a broken connection: here
			// stands why.
			pl.s.log.Warn("a file could not be pulled through", "registry", pl.name, "package", name, "file", f.Name, "error", err.Error())
		}
		return err
	})
}

func (pl *Place) stored(ctx context.Context, key store.FileKey) (store.File, error) {
	var row store.File
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		row, err = tx.File(ctx, key)
		return err
	})
	return row, err
}

func etagOf(row store.File) string { return `"` + row.Blob.Value()[:32] + `"` }

// openStored opens a stored file and keeps it: a small one in memory, a larger
// one open.
func (pl *Place) openStored(ctx context.Context, key store.FileKey, row store.File) (*ecosystem.Content, error) {
	b, err := pl.s.cfg.Blobs.Open(ctx, row.Blob)
	if err != nil {
		return nil, err
	}
	hot := newHotFile(row)
	if row.Size <= pl.s.lim.HotFile {
		hot.body, err = io.ReadAll(io.LimitReader(b.Reader(), row.Size+1))
		_ = b.Close() // read-only
		if err != nil {
			return nil, assay.Wrap(assay.Internal, err, "reading the stored file %s", key.File)
		}
	} else {
		hot.open = b
	}
	content, ok := hot.content()
	if !ok {
		return nil, assay.Errorf(assay.Internal, "the stored file %s was closed while it was opened", key.File)
	}
	pl.s.hot.put(key, hot, hot.cost())
	return content, nil
}

// transfer fetches one file, checks it and keeps it. It runs once for all who
// want the file; nothing is kept unless every check holds.
func (pl *Place) transfer(ctx context.Context, t *upstream.Transfer, name string, f ecosystem.File, e *entry) error {
	ctx, cancel := context.WithTimeout(ctx, pl.s.lim.Transfer)
	defer cancel()
	key := store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name}
	prior, err := pl.stored(ctx, key)
	if err != nil && !assay.Is(err, assay.NotFound) {
		return err
	}
	// Who vouches for the file is asked at the same time as the upstream, which
	// saves a way there and back with every file.
	var resp *upstream.Response
	var origin string
	var failed error
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		resp, origin, failed = pl.request(ctx, name, f, e)
	}()
	expected, verified, err := pl.expect(ctx, name, f, e)
	if err != nil {
		cancel() // what it asked for is of no use now
	}
	<-asked
	if resp != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	staged, err := pl.s.cfg.Blobs.Stage(ctx)
	if err != nil {
		return err
	}
	t.Begin(staged, resp.Size) // the transfer discards it from here on
	sums := newSums(expected)
	if err := copyTo(t, staged, sums, resp.Body); err != nil {
		return fromUpstream(err, "fetching "+f.Name)
	}
	structural, err := pl.format.Check(f, staged, sums.size)
	if err != nil {
		return err
	}
	computed := append(sums.digests(), structural...)
	if err := match(f, expected, computed); err != nil {
		return err
	}
	scan, err := pl.look(ctx, name, f, staged, sums.size, computed)
	if err != nil {
		return err
	}
	sha := sums.sha256()
	if prior.Blob != "" && prior.Blob != sha {
		return pl.changed(ctx, name, f, prior.Blob, sha)
	}
	info, err := staged.Commit(ctx)
	if err != nil {
		return err
	}
	return pl.keep(ctx, name, f, origin, info, computed, verified, scan)
}

// expect collects the digests that the bytes must have: those the listing
// promises, the one first promised, those of an outside authority, and the
// ones first seen.
func (pl *Place) expect(ctx context.Context, name string, f ecosystem.File, e *entry) (digests []assay.Digest, verified string, err error) {
	digests = append(digests, f.Digests...)
	if len(digests) > 0 {
		verified = "the listing's digest"
	}
	switch {
	case f.Beside:
		var promised []assay.Digest
		err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
			var err error
			promised, err = tx.PromisesFor(ctx, store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name})
			return err
		})
		if err != nil {
			return nil, "", err
		}
		digests = append(digests, promised...)
	case e != nil && e.facts.Digest != "" && !f.Always && !f.Info:
		digests = append(digests, e.facts.Digest)
	}
	if a, ok := pl.format.(ecosystem.Attester); ok {
		owner := ""
		if e != nil {
			owner = e.facts.Origin
		}
		attested, by, err := a.Attest(ctx, f, &world{pl: pl, name: name, owner: owner})
		if err != nil && !assay.Is(err, assay.NotFound) {
			return nil, "", err
		}
		if len(attested) > 0 {
			digests, verified = append(digests, attested...), by
		}
	}
	return digests, verified, nil
}

// request asks the owner of the name for the file, or, for a format that
// needs no listing, each origin until one has it.
func (pl *Place) request(ctx context.Context, name string, f ecosystem.File, e *entry) (*upstream.Response, string, error) {
	if f.Source.Path == "" && f.Source.URL == "" {
		return nil, "", assay.Errorf(assay.NotFound, "%s is no longer listed upstream and its bytes are not stored here", f.Name)
	}
	owner := ""
	if e != nil {
		owner = e.facts.Origin
	} else if pkg, err := pl.pkg(ctx, name); err == nil {
		owner = pkg.Origin
	}
	candidates := pl.candidates(owner)
	if len(candidates) == 0 {
		return nil, "", pl.noUpstream()
	}
	limit := f.Source.Limit
	if limit == 0 {
		limit = pl.s.lim.File
	}
	for _, origin := range candidates {
		resp, err := pl.requestAt(ctx, origin, name, f, limit)
		if assay.Is(err, assay.Unavailable) {
			if moved, ok := pl.whereNow(ctx, origin, name, f); ok {
				resp, err = pl.requestAt(ctx, origin, name, moved, limit)
			}
		}
		if err != nil {
			return nil, "", err
		}
		if resp.Status == 200 {
			return resp, origin.Address, nil
		}
		_ = resp.Body.Close() // an answer without the file
	}
	return nil, "", assay.Errorf(assay.NotFound, "the upstream does not have %s of %s", f.Name, name)
}

// requestAt asks one origin for a file.
func (pl *Place) requestAt(ctx context.Context, origin store.Origin, name string, f ecosystem.File, limit int64) (*upstream.Response, error) {
	at, err := pl.withBeside(ctx, origin, f.Source.URL)
	if err != nil {
		return nil, err
	}
	resp, err := pl.ask(ctx, at, upstream.Request{Method: "GET", Path: f.Source.Path, URL: f.Source.URL, Accept: f.Source.Accept, Limit: limit}, name)
	if err != nil {
		return nil, fromUpstream(err, "asking the upstream for "+f.Name)
	}
	return resp, nil
}

func (pl *Place) pkg(ctx context.Context, name string) (store.Package, error) {
	var pkg store.Package
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		pkg, err = tx.Package(ctx, pl.name, name)
		return err
	})
	return pkg, err
}

// match compares every expected digest with the computed one of its
// algorithm. One that could not be computed fails: a check that cannot be
// made is not a check that passed.
func match(f ecosystem.File, expected, computed []assay.Digest) error {
	have := map[string]assay.Digest{}
	for _, d := range computed {
		have[d.Algorithm()] = d
	}
	for _, want := range expected {
		got := have[want.Algorithm()]
		if got == want {
			continue
		}
		return assay.Errorf(assay.Unsound,
			"the upstream's bytes for %s do not match the digest %s that was promised (they have %s); nothing was kept; try again, and if it stays so report it to the upstream", f.Name, want, got)
	}
	return nil
}

// changed records that the upstream offered other bytes than those first seen,
// so that the rule digest-changed denies the version from now on.
func (pl *Place) changed(ctx context.Context, name string, f ecosystem.File, first, offered assay.Digest) error {
	now, version := pl.s.now(), f.Version
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: version}
	err := pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		row, err := tx.Version(ctx, pl.name, name, version)
		if assay.Is(err, assay.NotFound) {
			row = store.Version{Version: version, FirstListed: now}
		} else if err != nil {
			return err
		}
		row.ChangedTo, row.ChangedAt = offered, now
		if row.Digest == "" && !f.Beside {
			row.Digest = first
		}
		if err := tx.PutVersions(ctx, pl.name, name, []store.Version{row}); err != nil {
			return err
		}
		body, err := json.Marshal(map[string]string{"registry": pl.name, "file": f.Name, "first": string(first), "offered": string(offered)})
		if err != nil {
			return err
		}
		return tx.AppendEvent(ctx, assay.Event{Time: now, Kind: assay.EventDigestChanged, Subject: at, Body: body})
	})
	if err != nil {
		return err
	}
	pl.packages.forget(name)
	return assay.Errorf(assay.Unsound, "the upstream serves other bytes for %s than those first seen here (first %s, now %s); it is refused until an administrator accepts them", at.Short(), first, offered)
}

// keep writes down a file whose bytes are right and durable.
func (pl *Place) keep(ctx context.Context, name string, f ecosystem.File, origin string, info blob.Info, digests []assay.Digest, verified string, scan *store.Scan) error {
	if pl.private(name) { // claimed while we fetched: what came is not kept
		return pl.unknown(name)
	}
	now := pl.s.now()
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: f.Version, File: f.Name}
	row := store.File{Registry: pl.name, Name: name, Version: f.Version, File: f.Name, Origin: origin,
		Blob: info.Digest, Size: info.Size, Digests: digests, Verified: verified, FirstSeen: now, LastUsed: now, Stored: true}
	err := pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		key := store.FileKey{Registry: pl.name, Name: name, Version: f.Version, File: f.Name}
		before, err := tx.File(ctx, key)
		if err == nil {
			row.FirstSeen = before.FirstSeen
			if before.Blob != row.Blob {
				return assay.Errorf(assay.Conflict, "%s was stored meanwhile with other bytes", f.Name)
			}
		} else if !assay.Is(err, assay.NotFound) {
			return err
		}
		if err := tx.PutFile(ctx, row); err != nil {
			return err
		}
		if scan != nil {
			if err := tx.PutScan(ctx, pl.name, name, *scan); err != nil {
				return err
			}
		}
		if !f.Always && !f.Info && !f.Beside {
			if err := pl.pin(ctx, tx, name, f.Version, digests); err != nil {
				return err
			}
		}
		if before.Blob != "" {
			return nil // fetched again after its bytes had been evicted
		}
		body, err := json.Marshal(map[string]any{"registry": pl.name, "sha256": info.Digest.Value(), "size": info.Size, "verified": verified})
		if err != nil {
			return err
		}
		return tx.AppendEvent(ctx, assay.Event{Time: now, Kind: assay.EventStored, Subject: at, Body: body})
	})
	if err != nil {
		return err
	}
	pl.s.stats.FilesFetched.Add(1)
	if scan != nil && len(scan.Signals) > 0 {
		pl.invalidate(name)
	}
	return nil
}

// pin keeps the digest first seen of a version whose listing promised none.
func (pl *Place) pin(ctx context.Context, tx store.Tx, name, version string, digests []assay.Digest) error {
	row, err := tx.Version(ctx, pl.name, name, version)
	if assay.Is(err, assay.NotFound) || (err == nil && row.Digest != "") {
		return nil
	}
	if err != nil {
		return err
	}
	row.Digest = assay.Strongest(digests)
	for _, d := range digests {
		if d.Algorithm() == "h1" {
			row.Digest = d
		}
	}
	return tx.PutVersions(ctx, pl.name, name, []store.Version{row})
}

// copyTo moves the body into the staged blob and the sums, telling the
// followers how far it has come.
func copyTo(t *upstream.Transfer, to io.Writer, sums *sums, body io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return werr
			}
			sums.write(buf[:n])
			t.Advance(n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sums computes SHA-256 always, and the other algorithms that are expected.
type sums struct {
	by   map[string]hash.Hash
	size int64
}

func newSums(expected []assay.Digest) *sums {
	s := &sums{by: map[string]hash.Hash{"sha256": sha256.New()}}
	for _, d := range expected {
		alg := d.Algorithm()
		if s.by[alg] != nil {
			continue
		}
		switch alg {
		case "sha512":
			s.by[alg] = sha512.New()
		case "sha384":
			s.by[alg] = sha512.New384()
		case "sha1":
			s.by[alg] = sha1.New()
		case "md5":
			s.by[alg] = md5.New()
		}
	}
	return s
}

func (s *sums) write(p []byte) {
	s.size += int64(len(p))
	for _, h := range s.by {
		_, _ = h.Write(p) // never fails (hash.Hash)
	}
}

func (s *sums) digests() []assay.Digest {
	out := make([]assay.Digest, 0, len(s.by)+1)
	for alg, h := range s.by {
		out = append(out, assay.NewDigest(alg, h.Sum(nil)))
	}
	slices.Sort(out)
	return out
}

func (s *sums) sha256() assay.Digest { return assay.NewDigest("sha256", s.by["sha256"].Sum(nil)) }
