package journal

import (
	"bytes"
	"context"
	"encoding/json"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// entries walks the log once, from the first entry to the last.
func (w *walk) entries(ctx context.Context) error {
	for from := int64(0); from < w.size; from += page {
		n := int(min(page, w.size-from))
		var records []store.LogRecord
		var hashes map[int64]merkle.Hash
		err := w.Store.View(ctx, func(tx store.Tx) (err error) {
			if records, err = tx.LogEntries(ctx, from, n); err != nil {
				return err
			}
			hashes, err = readHashes(ctx, tx, merkle.StoredHashCount(from), merkle.StoredHashCount(from+int64(n)))
			return err
		})
		if err != nil {
			return err
		}
		byIndex := make(map[int64]*store.LogRecord, len(records))
		for i := range records {
			byIndex[records[i].Index] = &records[i]
		}
		for index := from; index < from+int64(n); index++ {
			record := byIndex[index]
			if record == nil {
				w.report.entry(FindingOrder, index, "it is missing in the database")
				w.broken = true
				continue
			}
			if err := w.entry(ctx, record, hashes); err != nil {
				return err
			}
		}
		w.progress(int64(n))
	}
	return nil
}

// readHashes reads a range of the tree's stored hashes. Only when one is
// missing are they read one by one, to find out which.
func readHashes(ctx context.Context, tx store.Log, from, end int64) (map[int64]merkle.Hash, error) {
	indexes := make([]int64, 0, end-from)
	for i := from; i < end; i++ {
		indexes = append(indexes, i)
	}
	found := make(map[int64]merkle.Hash, len(indexes))
	all, err := hashesOf(ctx, tx).ReadHashes(indexes)
	if err == nil {
		for i, index := range indexes {
			found[index] = all[i]
		}
		return found, nil
	}
	if !assay.Is(err, assay.NotFound) {
		return nil, err
	}
	for i := range indexes {
		one, err := hashesOf(ctx, tx).ReadHashes(indexes[i : i+1])
		if assay.Is(err, assay.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[indexes[i]] = one[0]
	}
	return found, nil
}

// entry checks one event against its entry, and the entry's hashes and tiles
// against what was stored.
func (w *walk) entry(ctx context.Context, r *store.LogRecord, hashes map[int64]merkle.Hash) error {
	w.report.Entries++
	leaf := w.leaf(r, hashes)
	w.nameDigests(r)
	if w.broken {
		return nil
	}
	first := merkle.StoredHashCount(r.Index)
	w.tree.add(leaf)
	for i, want := range w.tree.created {
		got, ok := hashes[first+int64(i)]
		level, n := merkle.SplitStoredHashIndex(first + int64(i))
		switch {
		case !ok:
			w.report.entry(FindingHash, r.Index, "the tree's hash %d at level %d, which it completes, is missing in the database", n, level)
		case got != want:
			w.report.entry(FindingHash, r.Index, "the tree's hash %d at level %d, which it completes, is not the one the events give", n, level)
		}
	}
	if err := w.tiles(ctx, w.tree.closed); err != nil {
		return err
	}
	if w.tree.size == w.covered.Size {
		w.coveredRoot, w.coveredReached = w.tree.root(), true
		if err := w.tiles(ctx, w.tree.open()); err != nil {
			return err
		}
	}
	if w.tree.size == w.seen.Size {
		w.seenRoot, w.seenReached = w.tree.root(), true
	}
	return nil
}

// leaf checks that the stored entry is the one that the event gives, and
// returns the bytes that belong into the tree. Where the two differ it is the
// stored entry if the tree was built from it: then the one fault is reported
// once, not again for every hash above it.
func (w *walk) leaf(r *store.LogRecord, hashes map[int64]merkle.Hash) []byte {
	read, err := tlog.ParseLeaf(r.Leaf)
	if erased(r) {
		w.report.Erased++
		switch {
		case err != nil:
			w.report.entry(FindingLeaf, r.Index, "%s", assay.PublicMessage(err))
		case read.Kind != r.Kind || read.Ecosystem != r.Ecosystem || !read.Time.Equal(r.Time):
			w.report.entry(FindingLeaf, r.Index, "the log has a %q of %s at %s, and the database says %q of %s at %s",
				read.Kind, read.Ecosystem, read.Time, r.Kind, r.Ecosystem, r.Time)
		}
		return r.Leaf
	}
	want := Leaf(*r)
	if bytes.Equal(want, r.Leaf) && len(r.Salt) == tlog.SaltSize {
		return want
	}
	switch {
	case err != nil:
		w.report.entry(FindingLeaf, r.Index, "%s", assay.PublicMessage(err))
	case read.Commitment != tlog.Commit(r.Salt, r.Body) || len(r.Salt) != tlog.SaltSize:
		w.report.entry(FindingLeaf, r.Index, "the event's body or salt is not the one that the log committed to: it was changed")
	default:
		w.report.entry(FindingLeaf, r.Index, "the log has a %q of %q at %s, and the database says %q of %q at %s",
			read.Kind, read.Ecosystem, read.Time, r.Kind, r.Ecosystem, r.Time)
	}
	if hashes[merkle.StoredHashIndex(0, r.Index)] == merkle.RecordHash(r.Leaf) {
		return r.Leaf
	}
	return want
}

// tiles compares tiles with the files of the log.
func (w *walk) tiles(ctx context.Context, tiles []closedTile) error {
	for _, t := range tiles {
		data, err := w.Files.Get(ctx, t.tile.Path())
		if assay.Is(err, assay.NotFound) && t.tile.Width < tlog.Width {
			// The log has grown while it was verified, and the partial tile
			// gave way to the full one.
			if data, err = w.Files.Get(ctx, t.tile.Full().Path()); err == nil {
				data, err = cut(data, t.tile)
			}
		}
		if assay.Is(err, assay.Canceled) {
			return err
		}
		if assay.Is(err, assay.NotFound) && t.end() > w.covered.Size {
			continue // no checkpoint needs it yet
		}
		w.report.Tiles++
		w.report.tile(t.tile, err, bytes.Equal(data, t.data))
	}
	return nil
}

// end is how large the tree must be for the tile to exist.
func (t closedTile) end() int64 {
	return (t.tile.N*tlog.Width + int64(t.tile.Width)) << (tlog.Height * t.tile.Level)
}

// cut returns what a narrower tile at the same place holds.
func cut(full []byte, t tlog.Tile) ([]byte, error) {
	if t.Entries {
		return tlog.CutBundle(full, t.Width)
	}
	if len(full) < t.Width*merkle.HashSize {
		return nil, assay.Errorf(assay.Invalid, "the tile holds fewer than %d hashes", t.Width)
	}
	return full[:t.Width*merkle.HashSize], nil
}

// nameDigests notes the digests that an event says a version's files have.
func (w *walk) nameDigests(r *store.LogRecord) {
	if w.Stored == nil {
		return
	}
	at, digests := digestsOf(r)
	if len(digests) == 0 {
		return
	}
	if w.named[at] == nil {
		w.named[at] = map[assay.Digest]bool{}
	}
	for _, d := range digests {
		w.named[at][d] = true
	}
}

// digestsOf returns the version that an event of a file's arrival is about,
// and the digests that stand in its details, as members named sha256.
func digestsOf(r *store.LogRecord) (assay.Coordinate, []assay.Digest) {
	if (r.Kind != assay.EventStored && r.Kind != assay.EventPublished) || erased(r) {
		return assay.Coordinate{}, nil
	}
	subject, details, err := readBody(r)
	if err != nil {
		return assay.Coordinate{}, nil
	}
	var found []assay.Digest
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, v := range value {
				visit(v)
			}
		case map[string]any:
			for key, v := range value {
				sum, text := v.(string)
				if d, err := assay.ParseDigest("sha256:" + sum); text && key == "sha256" && err == nil {
					found = append(found, d)
				}
				visit(v)
			}
		}
	}
	var tree any
	if json.Unmarshal(details, &tree) == nil {
		visit(tree)
	}
	subject.File = ""
	return subject, found
}

// readBody reads an event's body as far as the journal needs it: whom it is
// about.
func readBody(r *store.LogRecord) (assay.Coordinate, json.RawMessage, error) {
	var body struct {
		Details json.RawMessage `json:"details"`
		Subject struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			File    string `json:"file"`
		} `json:"subject"`
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return assay.Coordinate{}, nil, assay.Wrap(assay.Invalid, err, "the body of event %d cannot be read", r.EventID)
	}
	s := body.Subject
	return assay.Coordinate{Ecosystem: r.Ecosystem, Name: s.Name, Version: s.Version, File: s.File}, body.Details, nil
}
