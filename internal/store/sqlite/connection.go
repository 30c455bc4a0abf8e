package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

	"assay.invalid/internal/assay"
)

// connection is one connection to the database with the statements prepared
// on it. One transaction uses it at a time.
type connection struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt // by their text; a small, fixed set
}

func connect(ctx context.Context, db *sql.DB) (*connection, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{conn: conn, statements: make(map[string]*sql.Stmt)}, nil
}

// statement returns the prepared form of a statement.
func (c *connection) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	// Prepared once for many callers: the context of the first must not
	// become a property of the statement.
	s, err := c.conn.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = s
	return s, nil
}

func (c *connection) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (c *connection) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.conn.Close())...)
}

// discard ends the connection for good instead of giving it back to
// database/sql: whatever transaction is open on it is rolled back by SQLite.
func (c *connection) discard() {
	for _, s := range c.statements {
		s.Close()
	}
	// Answering ErrBadConn is how database/sql is told to close the physical
	// connection; that it comes back as an error is the expected outcome.
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = c.conn.Close()
}

// pool hands out a fixed number of connections, opened when first needed.
type pool struct {
	db      *sql.DB
	slots   chan *connection // nil: not open
	closing chan struct{}
	once    sync.Once
	err     error // of closing, guarded by once
}

func newPool(db *sql.DB, size int) *pool {
	// database/sql must never be the one to make a caller wait or to drop an
	// idle connection with its statements.
	db.SetMaxOpenConns(0)
	db.SetMaxIdleConns(size)
	p := &pool{db: db, slots: make(chan *connection, size), closing: make(chan struct{})}
	for range size {
		p.slots <- nil
	}
	return p
}

var errClosed = assay.Errorf(assay.Unavailable, "the metadata store is closed: Assay is shutting down")

// take waits for a free connection. give must follow.
func (p *pool) take(ctx context.Context) (*connection, error) {
	// Checked first, because select picks at random: what is closed or
	// canceled must not go on while slots are free.
	select {
	case <-p.closing:
		return nil, errClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-p.closing:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case c := <-p.slots:
		if c != nil {
			return c, nil
		}
		c, err := connect(ctx, p.db)
		if err != nil {
			p.slots <- nil
			return nil, err
		}
		return c, nil
	}
}

// give returns a connection; nil means that it was discarded.
func (p *pool) give(c *connection) { p.slots <- c }

// close waits for the transactions under way and closes all connections.
func (p *pool) close() error {
	p.once.Do(func() {
		close(p.closing)
		var errs []error
		for range cap(p.slots) {
			if c := <-p.slots; c != nil {
				errs = append(errs, c.close())
			}
		}
		p.err = errors.Join(append(errs, p.db.Close())...)
	})
	return p.err
}
