package journal

import (
	"context"
	"sync"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// writers is how many tiles are written at a time: each waits for the disk.
const writers = 4

// publish writes the tiles that the database has and the files do not, then
// the checkpoint over them. The bytes of a tile's path never change, so
// whatever an earlier, failed round left is the same or is replaced.
func (s *Sequencer) publish(ctx context.Context) error {
	var size int64
	var root merkle.Hash
	var proof merkle.TreeProof
	err := s.store.View(ctx, func(tx store.Tx) (err error) {
		if size, err = tx.LogSize(ctx); err != nil || size <= s.published {
			return err
		}
		if root, err = merkle.TreeHash(size, hashesOf(ctx, tx)); err != nil || s.published == 0 {
			return err
		}
		proof, err = merkle.ProveTree(size, s.published, hashesOf(ctx, tx))
		return err
	})
	if err != nil {
		return err
	}
	if size < s.published {
		return assay.Errorf(assay.Conflict, "the log in the database has %d entries, after a checkpoint over %d was signed: an older copy of the database was put in its place while the server ran. Restore the newest backup", size, s.published)
	}
	if size == s.published {
		return nil
	}
	// A log must never sign what does not continue all that it signed before,
	// whatever became of its database meanwhile.
	if s.published > 0 && merkle.CheckTree(proof, size, root, s.published, s.root) != nil {
		return assay.Errorf(assay.Conflict, "the first %d entries in the database are not those that were signed: the history was changed while the server ran. Run assay log verify, and restore the newest backup", s.published)
	}
	tiles := tlog.NewTiles(s.published, size)
	if err := s.writeTiles(ctx, tiles); err != nil {
		return err
	}
	signed, err := tlog.Checkpoint{Origin: s.origin, Size: size, Root: root}.Sign(s.key.signer)
	if err != nil {
		return err
	}
	if err := s.files.Put(ctx, fileCheckpoint, signed); err != nil {
		return err
	}
	s.published, s.root = size, root
	s.head.set(size, signed)
	s.dropPartials(ctx, tiles)
	return nil
}

// writeTiles returns when all tiles are written, or with the first failure
// once those under way have ended.
func (s *Sequencer) writeTiles(ctx context.Context, tiles []tlog.Tile) error {
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		next  int
		first error
	)
	take := func() (tlog.Tile, bool) {
		mu.Lock()
		defer mu.Unlock()
		if first != nil || next == len(tiles) {
			return tlog.Tile{}, false
		}
		next++
		return tiles[next-1], true
	}
	work := func() {
		for tile, ok := take(); ok; tile, ok = take() {
			data, err := s.tileData(ctx, tile)
			if err == nil {
				err = s.files.Put(ctx, tile.Path(), data)
			}
			if err != nil {
				mu.Lock()
				if first == nil {
					first = err
				}
				mu.Unlock()
			}
		}
	}
	for range min(writers, len(tiles)) {
		group.Go(work)
	}
	group.Wait()
	return first
}

// tileData makes a tile's bytes from the database.
func (s *Sequencer) tileData(ctx context.Context, tile tlog.Tile) (data []byte, err error) {
	err = s.store.View(ctx, func(tx store.Tx) (err error) {
		data, err = readTile(ctx, tx, tile)
		return err
	})
	return data, err
}

func readTile(ctx context.Context, tx store.Log, tile tlog.Tile) ([]byte, error) {
	if !tile.Entries {
		return merkle.ReadTileData(tile.Of(), hashesOf(ctx, tx))
	}
	from := tile.N * tlog.Width
	records, err := tx.LogEntries(ctx, from, tile.Width)
	if err != nil {
		return nil, err
	}
	if len(records) != tile.Width {
		return nil, assay.Errorf(assay.Internal, "the metadata store answered %d entries of the log instead of %d", len(records), tile.Width)
	}
	var bundle []byte
	for i := range records {
		if records[i].Index != from+int64(i) {
			return nil, assay.Errorf(assay.Internal, "the log has no entry %d: the database is damaged", from+int64(i))
		}
		if bundle, err = tlog.AppendEntry(bundle, records[i].Leaf); err != nil {
			return nil, err
		}
	}
	return bundle, nil
}

// dropPartials removes the partial tiles of places that are full now, as
// tlog-tiles allows: a busy log would keep 255 of each. What a failure leaves
// behind does no harm.
func (s *Sequencer) dropPartials(ctx context.Context, tiles []tlog.Tile) {
	for _, tile := range tiles {
		if tile.Width != tlog.Width {
			continue
		}
		if err := s.files.Drop(ctx, tile.Partials()); err != nil {
			s.log.Warn("partial tiles of the log were not removed", "path", tile.Partials(), "error", err)
		}
	}
}
