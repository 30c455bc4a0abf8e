package journal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// Sequencer gives events their places in the log and publishes it. There is
// one on a data directory, and it is safe for concurrent use.
type Sequencer struct {
	store  store.Store
	files  Files
	key    *signingKey
	origin string
	log    *slog.Logger
	limits Limits

	witnesses *witnesses
	wake      chan struct{} // holds at most one call
	head      *head
	recent    *recent

	work sync.Mutex // one round at a time; guards published and root
	// published is the size of the newest checkpoint known to be written, and
	// root its root; what a failed write left may be newer, never older.
	published int64
	root      merkle.Hash
}

// New opens the log: it fixes the origin and makes the key if the log is
// empty, and checks that the checkpoint that was last written belongs to what
// the database holds. It answers Conflict, and nothing may be signed, when
// the database is older than the checkpoint or holds another history.
func New(ctx context.Context, cfg Config) (*Sequencer, error) {
	if cfg.Store == nil || cfg.Files == nil || cfg.KeyFile == "" {
		return nil, assay.Errorf(assay.Internal, "a sequencer needs a store, files, and the path of its key")
	}
	s := &Sequencer{
		store: cfg.Store, files: cfg.Files, log: cfg.Log, limits: cfg.Limits.withDefaults(),
		wake: make(chan struct{}, 1),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.recent = newRecent(s.limits.Recent)
	var err error
	if s.witnesses, err = newWitnesses(cfg.Witnesses, cfg.HTTP, s.limits); err != nil {
		return nil, err
	}
	var size int64
	var origin, public []byte
	err = s.store.View(ctx, func(tx store.Tx) (err error) {
		if size, err = tx.LogSize(ctx); err != nil {
			return err
		}
		if origin, err = setting(ctx, tx, settingOrigin); err != nil {
			return err
		}
		public, err = setting(ctx, tx, settingKey)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.origin, err = originOf(string(origin), cfg.Origin, cfg.InstanceID, size); err != nil {
		return nil, err
	}
	// Before a key is made: a new key for an old log would hide that its
	// database was taken away.
	written, err := s.files.Get(ctx, fileCheckpoint)
	if err != nil && !assay.Is(err, assay.NotFound) {
		return nil, err
	}
	if len(written) > 0 && size == 0 {
		return nil, assay.Errorf(assay.Conflict, "the log was published before, but the database has none of its entries: an older copy of the database was put in its place. Restore the newest backup; to begin a new log instead, move the log's files and its key away")
	}
	if s.key, err = s.openKey(ctx, cfg.KeyFile, size, string(public)); err != nil {
		return nil, err
	}
	if string(origin) != s.origin || string(public) != s.key.public {
		err = s.store.Update(ctx, func(tx store.Tx) error {
			if err := tx.PutSetting(ctx, settingOrigin, []byte(s.origin)); err != nil {
				return err
			}
			return tx.PutSetting(ctx, settingKey, []byte(s.key.public))
		})
		if err != nil {
			return nil, err
		}
	}
	if len(written) > 0 {
		c, err := s.checkHistory(ctx, written, size)
		if err != nil {
			return nil, err
		}
		s.published, s.root = c.Size, c.Root
	}
	s.head = newHead(s.published, written)
	return s, nil
}

// openKey loads the key, or makes it for an empty log.
func (s *Sequencer) openKey(ctx context.Context, file string, size int64, public string) (*signingKey, error) {
	key, err := loadKey(file, s.origin)
	if assay.Is(err, assay.NotFound) {
		if size > 0 {
			return nil, assay.Wrap(assay.NotFound, err, "the log's signing key %s is missing, and the log has %d entries that it signed: restore it from a backup. A new key would make it another log", file, size)
		}
		if err := makeKey(file, s.origin); err != nil {
			return nil, err
		}
		key, err = loadKey(file, s.origin)
	}
	if err != nil {
		return nil, err
	}
	// Somebody who can write the key file, but not the database, must not be
	// able to make the log sign with a key of theirs.
	if size > 0 && public != key.public {
		return nil, assay.Errorf(assay.Conflict, "the key in %s is not the one that signed this log: restore the key from a backup", file)
	}
	return key, ctx.Err()
}

// checkHistory checks that a checkpoint that was signed here is one of the
// tree in the database.
func (s *Sequencer) checkHistory(ctx context.Context, signed []byte, size int64) (tlog.Checkpoint, error) {
	c, err := tlog.OpenCheckpoint(signed, s.key.verifier)
	if err != nil {
		return c, assay.Wrap(assay.Conflict, err, "the log's checkpoint file was changed: %s. Run assay log verify; if all else is sound, remove the file and it is made again", assay.PublicMessage(err))
	}
	if c.Size > size {
		return c, assay.Errorf(assay.Conflict, "a checkpoint over %d entries was signed, but the database has only %d: an older copy of the database was put in its place. Restore the newest backup: to go on would sign two histories", c.Size, size)
	}
	root, err := s.rootAt(ctx, c.Size)
	if err != nil {
		return c, err
	}
	if root != c.Root {
		return c, assay.Errorf(assay.Conflict, "the first %d entries in the database are not those that were signed: the history was changed. Run assay log verify, and restore the newest backup", c.Size)
	}
	return c, nil
}

func (s *Sequencer) rootAt(ctx context.Context, size int64) (root merkle.Hash, err error) {
	err = s.store.View(ctx, func(tx store.Tx) (err error) {
		root, err = merkle.TreeHash(size, hashesOf(ctx, tx))
		return err
	})
	return root, err
}

// Origin names the log.
func (s *Sequencer) Origin() string { return s.origin }

// VerifierKey is what others need to check the log, in the form of
// signed-note.
func (s *Sequencer) VerifierKey() string { return s.key.public }

// Watch returns how many entries are published, and a channel that is closed
// once there are more.
func (s *Sequencer) Watch() (size int64, changed <-chan struct{}) { return s.head.watch() }

// Checkpoint returns the newest checkpoint, or NotFound before the first.
func (s *Sequencer) Checkpoint() ([]byte, error) { return s.head.checkpoint() }

// Entries returns published entries from an index on, at most limit.
func (s *Sequencer) Entries(ctx context.Context, from int64, limit int) ([]store.LogRecord, error) {
	size, _ := s.head.watch()
	if from < 0 || from >= size || limit <= 0 {
		return nil, nil
	}
	limit = int(min(int64(limit), size-from))
	var records []store.LogRecord
	err := s.store.View(ctx, func(tx store.Tx) (err error) {
		records, err = tx.LogEntries(ctx, from, limit)
		return err
	})
	return records, err
}

// Wake tells the sequencer that events were committed. It never blocks.
func (s *Sequencer) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // a call is waiting already, and it will see these events too
	}
}

// Run sequences until the context ends, then once more what still waits. It
// returns an error only where going on would fork the log (Conflict); what
// else fails is logged and tried again.
func (s *Sequencer) Run(ctx context.Context) error {
	var asking sync.WaitGroup
	defer asking.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	asking.Go(func() { s.askWitnesses(ctx) })

	timer := time.NewTimer(0)
	defer timer.Stop()
	var faults faultLog
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Finish)
			defer cancel()
			if err := s.Flush(last); err != nil {
				s.log.Error("the log is not up to date at the end; the next start continues", "error", err)
			}
			return nil
		case <-s.wake:
			if faults.count > 0 {
				continue // the timer says when to try again
			}
		case <-timer.C:
		}
		err := s.Flush(ctx)
		if assay.Is(err, assay.Conflict) {
			s.log.Error("the log stops", "error", err)
			return err
		}
		if err != nil && ctx.Err() == nil {
			timer.Reset(faults.add(s.log, err, s.limits))
			continue
		}
		faults.clear(s.log)
		timer.Reset(s.limits.Poll)
	}
}

// faultLog says a fault once, and again when it changes, not ten times a
// second.
type faultLog struct {
	count int
	last  string
}

func (f *faultLog) add(log *slog.Logger, err error, limits Limits) (wait time.Duration) {
	f.count++
	if text := err.Error(); text != f.last {
		f.last = text
		log.Error("events wait for their place in the log", "error", err)
	}
	return min(limits.Poll<<min(f.count, 10), limits.Backoff)
}

func (f *faultLog) clear(log *slog.Logger) {
	if f.count > 0 {
		log.Info("events get their place in the log again", "failures", f.count)
		*f = faultLog{}
	}
}

// Flush sequences and publishes everything that waits now. Commands that
// work without a server call it before they end.
func (s *Sequencer) Flush(ctx context.Context) error {
	s.work.Lock()
	defer s.work.Unlock()
	for {
		n, err := s.sequence(ctx)
		if err != nil {
			return err
		}
		if err := s.publish(ctx); err != nil {
			return err
		}
		if n < s.limits.Batch {
			return nil
		}
	}
}

// sequence gives places to at most one batch of events, and returns how many
// it took. Whether an Update that failed was committed all the same does not
// matter: the next round takes what is not sequenced.
func (s *Sequencer) sequence(ctx context.Context) (int, error) {
	// A look before the transaction, so that an idle server writes nothing.
	waiting := false
	err := s.store.View(ctx, func(tx store.Tx) error {
		records, err := tx.Unsequenced(ctx, 1)
		waiting = len(records) > 0
		return err
	})
	if err != nil || !waiting {
		return 0, err
	}
	var batch []store.LogRecord
	err = s.store.Update(ctx, func(tx store.Tx) (err error) {
		batch, err = appendBatch(ctx, tx, s.limits.Batch)
		return err
	})
	if assay.Is(err, assay.Conflict) {
		// Somebody else wrote the log, or the store refuses a batch: no reason
		// to stop for good, which Conflict means to Run.
		err = assay.Wrap(assay.Internal, err, "the store does not take the next entries of the log: %s", assay.PublicMessage(err))
	}
	if err != nil {
		return 0, err
	}
	s.recent.add(batch)
	return len(batch), nil
}

// appendBatch is the body of the sequencing transaction. It may run more
// than once, and so begins from nothing each time.
func appendBatch(ctx context.Context, tx store.Tx, limit int) ([]store.LogRecord, error) {
	batch, err := tx.Unsequenced(ctx, limit)
	if err != nil || len(batch) == 0 {
		return nil, err
	}
	size, err := tx.LogSize(ctx)
	if err != nil {
		return nil, err
	}
	base := merkle.StoredHashCount(size)
	var hashes []store.LogHash
	stored := hashesOf(ctx, tx)
	// The hashes of this batch are not stored before its end.
	reader := merkle.HashReaderFunc(func(indexes []int64) ([]merkle.Hash, error) {
		out := make([]merkle.Hash, len(indexes))
		var older, places []int64
		for i, index := range indexes {
			if index < base {
				older, places = append(older, index), append(places, int64(i))
			} else {
				out[i] = hashes[index-base].Hash
			}
		}
		if len(older) == 0 {
			return out, nil
		}
		read, err := stored.ReadHashes(older)
		if err != nil {
			return nil, err
		}
		for i, place := range places {
			out[place] = read[i]
		}
		return out, nil
	})
	for i := range batch {
		r := &batch[i]
		if len(r.Salt) != tlog.SaltSize {
			return nil, assay.Errorf(assay.Internal, "event %d has no salt of %d bytes, so it cannot be committed to: the database is damaged", r.EventID, tlog.SaltSize)
		}
		r.Index = size + int64(i)
		r.Leaf = Leaf(*r)
		more, err := merkle.StoredHashes(r.Index, r.Leaf, reader)
		if err != nil {
			return nil, err
		}
		for _, h := range more {
			hashes = append(hashes, store.LogHash{Index: base + int64(len(hashes)), Hash: h})
		}
	}
	if err := tx.AppendLog(ctx, batch, hashes); err != nil {
		return nil, err
	}
	return batch, nil
}
