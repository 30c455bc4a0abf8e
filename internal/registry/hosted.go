package registry

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// hosted returns the snapshot of a claimed package. Its documents are
// composed from the releases whenever it is not in memory: there is one truth
// in the store, and no second that could contradict it.
func (pl *Place) hosted(ctx context.Context, name string) (*snapshot, error) {
	p := pl.packages.getOrPut(name, func() *pack { return &pack{} }, 512)
	if sn := p.current.Load(); sn != nil && sn.hosted {
		return sn, nil
	}
	return pl.s.refreshes.do(ctx, "hosted\x00"+pl.name+"\x00"+name, func(ctx context.Context) (*snapshot, error) {
		if sn := p.current.Load(); sn != nil && sn.hosted {
			return sn, nil
		}
		generation := p.generation.Load()
		sn, err := pl.compose(ctx, name)
		if err != nil {
			return nil, err
		}
		// Something may have been published while we read; then this state is
		// already the last but one, and must not stay.
		p.mu.Lock()
		if p.generation.Load() == generation {
			p.current.Store(sn)
			p.loose = nil
		}
		p.mu.Unlock()
		pl.packages.reprice(name, sn.bytes())
		return sn, nil
	})
}

// compose reads a hosted package from the store and makes its snapshot.
func (pl *Place) compose(ctx context.Context, name string) (*snapshot, error) {
	hosting, ok := pl.format.(ecosystem.Hosting)
	if !ok {
		return nil, pl.unknown(name)
	}
	var releases []store.Release
	var tags map[string]string
	var known *about
	digests := map[string]store.File{}
	files := map[string][]ecosystem.ReleasedFile{}
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if releases, err = tx.Releases(ctx, pl.name, name); err != nil {
			return err
		}
		if tags, err = tx.Tags(ctx, pl.name, name); err != nil {
			return err
		}
		if known, err = pl.readAbout(ctx, tx, name); err != nil {
			return err
		}
		for _, r := range releases {
			f, err := tx.File(ctx, store.FileKey{Registry: pl.name, Name: name, Version: r.Version, File: r.File})
			if err != nil && !assay.Is(err, assay.NotFound) {
				return err
			}
			digests[r.Version] = f
			all, err := tx.FilesOf(ctx, pl.name, name, r.Version)
			if err != nil {
				return err
			}
			files[r.Version] = released(all)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	sn := &snapshot{pkg: store.Package{Registry: pl.name, Name: name}, hosted: true, checked: pl.s.now(), absent: map[string]*entry{}}
	var listed []ecosystem.Release
	removed, gone := 0, map[string]*entry{}
	byVersion := map[string]*store.Release{}
	for i := range releases {
		r := &releases[i]
		byVersion[r.Version] = r
		f := digests[r.Version]
		if !r.Removed.IsZero() {
			gone[r.Version] = &entry{facts: pl.hostedFacts(name, r, known, f)}
			if len(r.Manifest) == 0 {
				sn.absent[r.Version] = gone[r.Version]
				continue // erased: there is nothing left to list
			}
			removed++
		}
		listed = append(listed, ecosystem.Release{Version: r.Version, Published: r.Published, Manifest: r.Manifest, File: r.File, Size: f.Size, Digests: f.Digests, Files: files[r.Version]})
	}
	// A removed version is listed like any other that the policy denies: left
	// out of what resolvers see, and named with its reason where the format
	// has a place for that. A package of which nothing else is left is gone.
	if len(listed) == removed {
		sn.missing, sn.absent = true, gone
		return sn, nil
	}
	if sn.composed, err = hosting.Compose(name, listed, tags); err != nil {
		return nil, err
	}
	sources := pl.format.Sources(name)
	sn.docs = make([]store.Document, len(sources))
	if sn.listing, err = pl.format.Read(name, sn.documents(sources)); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the hosted package %s cannot be read back", name)
	}
	known.respell(sn.listing)
	versions := sn.listing.Versions()
	sn.entries = make([]*entry, len(versions))
	for i := range versions {
		r := byVersion[versions[i].Version]
		if r == nil {
			return nil, assay.Errorf(assay.Internal, "the hosted package %s lists %s, which was never published", name, versions[i].Version)
		}
		facts := pl.hostedFacts(name, r, known, digests[r.Version])
		facts.InstallScripts, facts.Scripts, facts.Deprecated = versions[i].InstallScripts, versions[i].Scripts, versions[i].Deprecated
		sn.entries[i] = &entry{facts: facts}
	}
	return sn, nil
}

// released are the files of a release, in the order of their names. Those that
// were pulled through before the name was claimed are not among them.
func released(files []store.File) []ecosystem.ReleasedFile {
	var out []ecosystem.ReleasedFile
	for _, f := range files {
		if f.Origin == "" {
			out = append(out, ecosystem.ReleasedFile{Name: f.File, Size: f.Size, Published: f.FirstSeen, Digests: f.Digests})
		}
	}
	slices.SortFunc(out, func(a, b ecosystem.ReleasedFile) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (pl *Place) hostedFacts(name string, r *store.Release, known *about, f store.File) *assay.Facts {
	facts := &assay.Facts{
		Coordinate: assay.Coordinate{Ecosystem: pl.eco, Name: name, Version: r.Version},
		Registry:   pl.name, Hosted: true, PublishedBy: r.By,
		Published: r.Published, PublishedSource: "the journal", FirstListed: r.Published,
		Digest: assay.Strongest(f.Digests),
	}
	if st, ok := known.standings[r.Version]; ok {
		facts.Status, facts.StatusReason = st.Status, st.Reason
	}
	if !r.Removed.IsZero() {
		facts.Status = assay.Removed
	}
	pl.tell(facts, known)
	return facts
}

// documents gives the format its documents of a hosted snapshot.
func (sn *snapshot) documents(sources []ecosystem.Source) []ecosystem.Document {
	docs := make([]ecosystem.Document, max(len(sources), len(sn.composed)))
	for i := range docs {
		docs[i] = ecosystem.Document{Missing: i >= len(sn.composed) || sn.composed[i] == nil}
		if i < len(sources) {
			docs[i].Source = sources[i]
		}
		if !docs[i].Missing {
			docs[i].Content, docs[i].Size = bytes.NewReader(sn.composed[i]), int64(len(sn.composed[i]))
		}
	}
	return docs
}

func readStandings(ctx context.Context, tx store.Tx, registry, name string) (map[string]store.Standing, error) {
	rows, err := tx.Standings(ctx, registry, name)
	if err != nil {
		return nil, err
	}
	out := make(map[string]store.Standing, len(rows))
	for _, st := range rows {
		out[st.Version] = st
	}
	return out, nil
}

// hostedFile finds a file of a hosted package. Only what was published is
// ever served: there is no upstream to ask.
func (pl *Place) hostedFile(ctx context.Context, name, file string) (ecosystem.File, *entry, error) {
	sn, err := pl.hosted(ctx, name)
	if err != nil {
		return ecosystem.File{}, nil, err
	}
	located, locateErr := pl.format.Locate(name, file, sn.listing)
	try := func(version string, e *entry) (ecosystem.File, *entry, error) {
		f := ecosystem.File{Name: file, Version: version, ContentType: "application/octet-stream"}
		if locateErr == nil {
			f = located
			f.Version, f.Source, f.Digests = version, ecosystem.Source{}, nil // nobody outside is asked
		}
		row, err := pl.stored(ctx, store.FileKey{Registry: pl.name, Name: name, Version: version, File: f.Name})
		if err != nil {
			return ecosystem.File{}, nil, err
		}
		if row.Origin != "" {
			return ecosystem.File{}, nil, assay.Errorf(assay.NotFound, "not published here")
		}
		if e.facts.Status == assay.Removed {
			f.Always = false // nothing of a removed version is handed out
		}
		return f, e, nil
	}
	if locateErr == nil {
		if e, _ := sn.lookup(located.Version); e != nil {
			if f, e, err := try(located.Version, e); err == nil || !assay.Is(err, assay.NotFound) {
				return f, e, err
			}
		}
	}
	for version, e := range sn.absent {
		if f, e, err := try(version, e); err == nil || !assay.Is(err, assay.NotFound) {
			return f, e, err
		}
	}
	return ecosystem.File{}, nil, assay.Errorf(assay.NotFound, "%s has no file %s", name, file)
}
