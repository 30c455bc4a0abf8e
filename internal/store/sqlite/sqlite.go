package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Store is a metadata store in one SQLite file. It is safe for concurrent
// use.
type Store struct {
	path    string
	writer  *pool // of one connection: SQLite has one writer at a time
	readers *pool
	limits  limits
	log     *slog.Logger
}

var _ store.Store = (*Store)(nil)

// limits of a store; the zero value is no use.
type limits struct {
	// attempts bounds how often Update runs its function when another
	// program holds the database.
	attempts int
	// busy is how long each attempt waits for another program's lock.
	// Assay's own transactions never contend for it.
	busy time.Duration
	// readers is how many views can run at once; more wait.
	readers int
	// log is how far the write-ahead log is cut back after a burst, in bytes.
	log int64
}

func defaultLimits() limits {
	return limits{attempts: 3, busy: 5 * time.Second, readers: max(4, 2*runtime.GOMAXPROCS(0)), log: 64 << 20}
}

// Open opens the database at path, makes it if there is none, and brings its
// schema up to date. A database that a newer Assay or another program wrote
// is refused, unchanged, with an error of kind Invalid. Opening reads a few
// pages, however large the database is. The caller holds the lock on the data
// directory and calls Close.
func Open(ctx context.Context, path string, log *slog.Logger) (*Store, error) {
	return open(ctx, path, log, defaultLimits())
}

func open(ctx context.Context, path string, log *slog.Logger, lim limits) (*Store, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return nil, assay.Errorf(assay.Invalid, "%q is no path for the metadata database", path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "finding the metadata database failed")
	}
	if err := create(path); err != nil {
		return nil, err
	}
	busy := fmt.Sprintf("busy_timeout(%d)", lim.busy.Milliseconds())
	writer, err := database(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			busy,
			"journal_mode(WAL)",
			"synchronous(FULL)",
			"foreign_keys(1)",
			"trusted_schema(0)",
			fmt.Sprintf("journal_size_limit(%d)", lim.log),
		},
	})
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, writer, log); err != nil {
		return nil, errors.Join(kinded(ctx, err, "opening the metadata database"), writer.Close())
	}
	reader, err := database(path, url.Values{
		"_pragma": {busy, "query_only(1)", "trusted_schema(0)"},
	})
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return &Store{
		path:    path,
		writer:  newPool(writer, 1),
		readers: newPool(reader, lim.readers),
		limits:  lim,
		log:     log,
	}, nil
}

// create makes an empty file that only its owner may read, so that SQLite,
// which copies the mode to the files beside it, never makes a wider one. An
// existing file is not opened: closing any descriptor of it would drop the
// POSIX locks of this whole process, also those of a Store that is open.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		var dir *os.File
		if dir, err = os.Open(filepath.Dir(path)); err == nil {
			err = errors.Join(dir.Sync(), dir.Close())
		}
	}
	if err != nil {
		return assay.Wrap(assay.Internal, err, "making the metadata database failed")
	}
	return nil
}

// database opens a handle on the file. Nothing is read yet.
func database(path string, options url.Values) (*sql.DB, error) {
	// Statements are ours, but a restored file may not be: no writing to the
	// schema or to shadow tables by a crafted database.
	options.Set("_defensive", "1")
	// "x" is a name and never, by mistake, a string.
	options.Set("_dqs", "0")
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options.Encode()}
	connector, err := sqlite.NewConnector(name.String())
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "opening the metadata database failed")
	}
	return sql.OpenDB(connector), nil
}

// Close waits for the transactions under way and closes the database.
// Transactions begun later are refused. It may be called more than once.
func (s *Store) Close() error {
	if err := errors.Join(s.readers.close(), s.writer.close()); err != nil {
		return assay.Wrap(assay.Internal, err, "closing the metadata database failed")
	}
	return nil
}

// View runs fn on one consistent state, which it cannot change.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) error {
	return s.transact(ctx, s.readers, "BEGIN", fn)
}

// Update runs fn in the one writing transaction; rows and events are durable
// when it returns nil. The function is run again when another program held
// the database.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := s.transact(ctx, s.writer, "BEGIN IMMEDIATE", fn)
		if !busy(err) || attempt >= s.limits.attempts {
			return err
		}
		s.log.WarnContext(ctx, "another program holds the metadata database; trying again", "attempt", attempt, "error", err)
	}
}

// transact runs fn between begin and COMMIT on a connection of the pool. Any
// other way out of it, a panic too, rolls back. An error of fn's own is
// returned as it is.
func (s *Store) transact(ctx context.Context, p *pool, begin string, fn func(store.Tx) error) error {
	const doing = "a transaction on the metadata"
	c, err := p.take(ctx)
	if err != nil {
		return kinded(ctx, err, doing)
	}
	t := &tx{connection: c, readOnly: p == s.readers}
	committed := false
	defer func() {
		t.over = true
		if !committed {
			// Not under the caller's context, which may have ended. It fails
			// where BEGIN did, or where SQLite rolled back by itself; either
			// way a connection in doubt is replaced.
			if _, err := c.exec(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
				c.discard()
				c = nil
			}
		}
		p.give(c)
	}()
	if _, err := c.exec(ctx, begin); err != nil {
		return kinded(ctx, err, doing)
	}
	if err := fn(t); err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return kinded(ctx, err, doing)
		}
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if err := ctx.Err(); err != nil {
		return kinded(ctx, err, doing)
	}
	// From here the outcome no longer depends on the caller's patience.
	if _, err := c.exec(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return kinded(ctx, err, doing)
	}
	committed = true
	return nil
}
