// Package keep owns the form of a backup: how one is written, and how one is
// read back.
//
// What lies in it:
//
//	metadata.sqlite      one consistent state of the database
//	blobs/sha256/ab/...  every blob that this state refers to
//	log/                 the transparency log's files, as of a checkpoint
//	log-key              the log's signing key, only where it was asked for
//	backup.json          the manifest: every file with its size and SHA-256
//
// # What it promises
//
// The manifest is written last, and a backup without one is none, so what a
// failure or a kill left behind never looks whole. Neither a backup nor a
// restoration that was broken off has the names of a data directory, so no
// server starts on one. The log's files never run ahead of the database: the
// checkpoint is taken first, and the tiles are made from the copied database
// for just that checkpoint.
//
// Restore copies nothing that the manifest does not name, checks the digest
// of each byte that it copies, and puts the directory in place in one step,
// after the caller has verified it.
//
// # What it never does
//
// It never follows a symbolic link or a path out of a backup, which may come
// from anywhere. It never writes into a directory that holds something.
package keep
