package registry

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/store"
)

// maxUsed bounds the uses that wait to be written down; beyond it the least
// recently used order becomes coarser, nothing else.
const maxUsed = 100_000

// touch notes that a file was used; upkeep writes it down.
func (pl *Place) touch(key store.FileKey) {
	now := pl.s.now()
	pl.s.usedMu.Lock()
	if len(pl.s.used) < maxUsed {
		pl.s.used[key] = now
	}
	pl.s.usedMu.Unlock()
}

func (s *Service) writeUse(ctx context.Context) {
	s.usedMu.Lock()
	used := s.used
	s.used = map[store.FileKey]time.Time{}
	s.usedMu.Unlock()
	if len(used) == 0 {
		return
	}
	err := s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.TouchFiles(ctx, used) })
	if err != nil {
		s.log.Warn("uses of files could not be written down; the cache may drop them early", "error", err.Error())
	}
}

// garbageEvery is how often unreferenced blobs are looked for.
const garbageEvery = time.Hour

// upkeep writes down uses, trims the cache and collects garbage until the
// service closes.
func (s *Service) upkeep() {
	defer s.wg.Done()
	tick := time.NewTicker(s.lim.Upkeep)
	defer tick.Stop()
	collected := time.Now()
	for {
		select {
		case <-s.base.Done():
			return
		case <-tick.C:
		}
		s.writeUse(s.base)
		if err := s.trim(s.base); err != nil && s.base.Err() == nil {
			s.log.Error("the cache could not be trimmed", "error", err.Error())
		}
		if time.Since(collected) >= garbageEvery {
			collected = time.Now()
			n, err := s.CollectGarbage(s.base)
			if err != nil && s.base.Err() == nil {
				s.log.Error("garbage could not be collected", "error", err.Error())
			} else if n > 0 {
				s.log.Info("unreferenced blobs deleted", "count", n)
			}
		}
	}
}

// trimAtOnce is how many files are evicted between two looks at the total.
const trimAtOnce = 64

// trim evicts the least recently used files until what is pulled through
// fits. Their digests stay: fetched again, they must be the same bytes.
func (s *Service) trim(ctx context.Context) error {
	for {
		var total int64
		var least []store.File
		err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
			var err error
			if _, total, err = tx.StoredFiles(ctx); err != nil || total <= s.lim.Cache {
				return err
			}
			least, err = tx.LeastUsed(ctx, trimAtOnce)
			return err
		})
		if err != nil || total <= s.lim.Cache || len(least) == 0 {
			return err
		}
		var out []store.File
		for _, f := range least {
			if total <= s.lim.Cache {
				break
			}
			total -= f.Size
			f.Stored = false
			out = append(out, f)
		}
		began := time.Now()
		err = s.cfg.Store.Update(ctx, func(tx store.Tx) error {
			for _, f := range out {
				if err := tx.PutFile(ctx, f); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.hot.clear()
		for _, f := range out {
			if err := s.deleteUnused(ctx, f.Blob, began); err != nil {
				return err
			}
			s.stats.Evicted.Add(1)
		}
	}
}

// deleteUnused deletes a blob that nothing refers to. A blob that was put
// again since the given time is somebody's new file and stays.
func (s *Service) deleteUnused(ctx context.Context, digest assay.Digest, before time.Time) error {
	used := true
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		used, err = tx.BlobInUse(ctx, digest)
		return err
	})
	if err != nil || used {
		return err
	}
	err = s.cfg.Blobs.Delete(ctx, digest, before)
	if assay.Is(err, assay.Conflict) {
		return nil
	}
	return err
}

// CollectGarbage deletes blobs that nothing refers to and that are older than
// Limits.Garbage, and returns how many.
func (s *Service) CollectGarbage(ctx context.Context) (int, error) {
	before := time.Now().Add(-s.lim.Garbage)
	var old []assay.Digest
	err := s.cfg.Blobs.Walk(ctx, func(info blob.Info) error {
		if info.Committed.Before(before) {
			old = append(old, info.Digest)
		}
		return ctx.Err()
	})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, digest := range old {
		var used bool
		err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
			var err error
			used, err = tx.BlobInUse(ctx, digest)
			return err
		})
		if err != nil {
			return n, err
		}
		if used {
			continue
		}
		err = s.cfg.Blobs.Delete(ctx, digest, before)
		if err != nil && !assay.Is(err, assay.Conflict) {
			return n, err
		}
		if err == nil {
			n++
		}
	}
	return n, nil
}
