package sqlite

import (
	"context"
	"errors"

	"modernc.org/sqlite"
	code "modernc.org/sqlite/lib"

	"assay.invalid/internal/assay"
)

// kinded gives an error of the database or of a context its kind. doing says
// what was tried. Errors that have a kind already stay as they are. Messages
// carry no path: they may be shown to a remote asker.
func kinded(ctx context.Context, err error, doing string) error {
	if err == nil {
		return nil
	}
	var known *assay.Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return assay.Wrap(assay.Canceled, err, "%s: the request was given up", doing)
	}
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return assay.Wrap(assay.Internal, err, "%s failed", doing)
	}
	// An extended code adds detail in the higher bits.
	switch failed.Code() & 0xff {
	case code.SQLITE_INTERRUPT:
		if ctx.Err() != nil {
			return assay.Wrap(assay.Canceled, err, "%s: the request was given up", doing)
		}
	case code.SQLITE_FULL:
		return fullDisk(err, doing)
	case code.SQLITE_IOERR:
		// SQLite says FULL for a write that met ENOSPC, but has no such word
		// for the shared memory file beside the log, which fails in these two
		// ways when it cannot grow.
		if c := failed.Code(); c == code.SQLITE_IOERR_SHMSIZE || c == code.SQLITE_IOERR_SHMMAP {
			return fullDisk(err, doing)
		}
		return assay.Wrap(assay.Internal, err, "%s failed: the disk refused to read or write the metadata; check the disk, its free space and its quota", doing)
	case code.SQLITE_BUSY, code.SQLITE_LOCKED:
		return assay.Wrap(assay.Unavailable, err, "%s failed: another program holds the metadata database; end it and try again", doing)
	case code.SQLITE_CORRUPT, code.SQLITE_NOTADB:
		return assay.Wrap(assay.Internal, err, "%s failed: the metadata database is damaged; stop Assay, keep a copy of the data directory, and restore the newest backup", doing)
	case code.SQLITE_READONLY, code.SQLITE_PERM, code.SQLITE_CANTOPEN, code.SQLITE_AUTH:
		return assay.Wrap(assay.Internal, err, "%s failed: Assay may not open or write the metadata database; check the owner and permissions of the data directory", doing)
	case code.SQLITE_TOOBIG:
		return assay.Wrap(assay.TooLarge, err, "%s failed: a value is larger than the database can hold", doing)
	}
	return assay.Wrap(assay.Internal, err, "%s failed", doing)
}

func fullDisk(err error, doing string) error {
	return assay.Wrap(assay.Exhausted, err, "%s failed: the disk of the data directory is full; free some space and try again", doing)
}

// busy tells whether running the transaction again can help.
func busy(err error) bool {
	var failed *sqlite.Error
	return errors.As(err, &failed) && failed.Code()&0xff == code.SQLITE_BUSY
}
