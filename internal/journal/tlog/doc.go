// Package tlog holds the formats of the transparency log: what an entry's
// bytes are, where tiles lie, what a checkpoint and a proof say. It is pure:
// it reads and writes bytes, and asks nobody.
//
// It follows the C2SP specifications tlog-tiles (https://c2sp.org/tlog-tiles),
// tlog-checkpoint (https://c2sp.org/tlog-checkpoint), signed-note
// (https://c2sp.org/signed-note) and tlog-cosignature
// (https://c2sp.org/tlog-cosignature); the tree is the one of RFC 6962,
// section 2.1, with SHA-256.
//
// # The leaf
//
// An entry is text, five lines, each ended by a newline:
//
//	assay event v1
//	kind published
//	time 2026-03-01T12:00:00.000000Z
//	ecosystem npm
//	commitment 6f1ed002ab5595859014ebf0951522d9...
//
// The kind and the ecosystem are the words of the journal; a byte that is not
// a small letter, a digit, '.', '-' or '_' is written %XX. An event of no
// ecosystem has "ecosystem -". The time is UTC to the microsecond. The
// commitment is the hexadecimal SHA-256 of the event's salt followed by its
// body: 32 random bytes and canonical JSON. So a stranger learns that
// something was published in the npm world at that time, and can hold the log
// to it, but cannot confirm a guessed name; and once salt and body are erased
// the entry still hashes to the same leaf.
//
// An entry has exactly one spelling, and what has another is refused: two
// spellings of one event would be two leaves.
//
// # Never
//
// The package trusts no length, width or count it reads: all are bounded
// before they are used. It never accepts a proof or checkpoint that names
// another origin than the key it was asked to verify with.
package tlog
