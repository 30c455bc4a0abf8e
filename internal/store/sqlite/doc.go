// Package sqlite keeps Assay's metadata in one SQLite database file: the
// store that needs no other process.
//
// # What it promises
//
// Everything that the contract in package store asks, and the suite in
// store/storetest checks. A nil from Update means that the transaction is on
// the disk: the database runs in write-ahead mode with synchronous=FULL, so
// each commit ends in an fsync of the log. A process killed at any moment
// leaves the last committed state, rows and events alike; SQLite replays its
// log at the next Open.
//
// # How it works
//
// There is one writing connection, handed from Update to Update, and a few
// reading connections (query_only) for View, which never wait for the writer.
// Each connection keeps the statements it has prepared. Transactions are begun
// and ended here rather than by database/sql, which would roll back in the
// middle of a function when its context ends; later statements of that
// function would then be committed one by one. For the same reason a
// transaction in which any statement has failed is lost, whatever its
// function makes of the error: SQLite itself may have rolled back already.
//
// # The log
//
// Events are numbered in the order of their commits, because one transaction
// writes at a time. The log takes them in that order and leaves none out:
// AppendLog refuses everything but the next waiting events, at the next places,
// with exactly the hashes that they add to the tree. So what waits is found by
// one look at the last entry, and the order of events is that of the log. What
// an event is about is kept beside its body, for searching alone; the log
// commits to the body.
//
// # What it never does
//
// It never shares the file with a second Assay: the lock on the data
// directory, kept elsewhere, sees to that. It does not delete or repair a
// damaged database. A transaction must not be started inside another.
//
// The schema is in schema.sql, its history in migration/.
package sqlite
