package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// tx is one transaction. Its methods are in one file for each part of the
// contract, every statement beside its only caller.
type tx struct {
	connection *connection
	readOnly   bool
	over       bool  // the function has returned
	failed     error // the first failure of a statement; the transaction is lost
}

var _ store.Tx = (*tx)(nil)

// usable answers why the transaction cannot go on, if so.
func (t *tx) usable() error {
	if t.over {
		return assay.Errorf(assay.Internal, "a metadata transaction was used after its end")
	}
	return t.failed
}

// lose remembers the first failure: nothing may be committed after it.
func (t *tx) lose(ctx context.Context, err error, doing string) error {
	err = kinded(ctx, err, doing)
	t.failed = err
	return err
}

// exec runs a writing statement and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	const doing = "writing the metadata"
	if err := t.usable(); err != nil {
		return 0, err
	}
	if t.readOnly {
		return 0, t.lose(ctx, assay.Errorf(assay.Internal, "a view cannot write"), doing)
	}
	result, err := t.connection.exec(ctx, query, args...)
	if err != nil {
		return 0, t.lose(ctx, err, doing)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, t.lose(ctx, err, doing)
	}
	return n, nil
}

// row reads one row into dest, or answers false.
func (t *tx) row(ctx context.Context, query string, args []any, dest ...any) (bool, error) {
	found := false
	err := t.rows(ctx, query, args, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	})
	return found, err
}

// rows calls each with every row of the answer. each must not use the
// transaction.
func (t *tx) rows(ctx context.Context, query string, args []any, each func(scan func(...any) error) error) error {
	const doing = "reading the metadata"
	if err := t.usable(); err != nil {
		return err
	}
	s, err := t.connection.statement(ctx, query)
	if err != nil {
		return t.lose(ctx, err, doing)
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return t.lose(ctx, err, doing)
	}
	if err := errors.Join(scanAll(rows, each), rows.Close()); err != nil {
		return t.lose(ctx, err, doing)
	}
	return nil
}

func scanAll(rows *sql.Rows, each func(scan func(...any) error) error) error {
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// collect reads all rows of an answer; it is nil when there are none.
func collect[T any](ctx context.Context, t *tx, query string, args []any, fields func(*T) []any) ([]T, error) {
	var out []T
	err := t.rows(ctx, query, args, func(scan func(...any) error) error {
		var item T
		if err := scan(fields(&item)...); err != nil {
			return err
		}
		out = append(out, item)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// atMost keeps a negative limit from meaning "all", as it does in SQLite.
func atMost(limit int) int { return max(limit, 0) }

// micros is how a time is stored: microseconds since 1970, 0 for the zero
// time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment scans a stored time.
type moment struct{ t *time.Time }

func (m moment) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a stored time is a %T", value)
	}
	*m.t = time.Time{}
	if n != 0 {
		*m.t = time.UnixMicro(n).UTC()
	}
	return nil
}

// flag is how a yes or no is stored.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// list is how a list of strings is stored.
func list[S ~string](items []S) string {
	if len(items) == 0 {
		return "[]"
	}
	text, err := json.Marshal(items)
	if err != nil {
		panic("a list of strings cannot be encoded: " + err.Error()) // json.Marshal has no such case
	}
	return string(text)
}

// listOf scans a stored list; an empty one is nil.
type listOf[S ~string] struct{ items *[]S }

func (l listOf[S]) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a stored list is a %T", value)
	}
	*l.items = nil
	if text == "[]" {
		return nil
	}
	return json.Unmarshal([]byte(text), l.items)
}
