// Package journal makes a transparency log of the events: an append-only
// Merkle tree, its signed checkpoints, its tiles, proofs, and a live feed.
//
// # What it owns
//
// The places that events have in the log (store.Log, of which the Sequencer
// is the only writer), the settings "log-origin", "log-key" and "log-seen",
// the signing key's file, and the files of the log:
//
//	checkpoint             the newest checkpoint, with the cosignatures it has
//	checkpoint.cosigned    the newest that has a cosignature
//	tile/<L>/<N>           hash tiles, entries in tile/entries/<N>
//
// The files are in the formats of C2SP tlog-tiles and tlog-checkpoint (see
// journal/tlog), so that auditors and witnesses that exist can read them.
// Everything but the signatures can be made again from the database.
//
// # How an event comes into the log
//
// An event is committed with the rows it speaks of, and Wake is called. The
// Sequencer takes all events that wait, as one batch, and in one transaction
// gives them their places and stores the tree's new hashes. Then it writes
// the new tiles, then the checkpoint, then it tells those who wait. A poll
// finds what nobody woke it for.
//
// # What it promises
//
// A checkpoint is only signed for a tree that is durable in the database and
// whose tiles are durable files. Nothing that was signed is ever unsigned:
// each step can fail, or succeed and say that it failed, or be cut off by a
// crash, and the next round goes on from what is really there. The place of
// an event never changes. Index never makes a publisher fail: it answers
// late, or not at all.
//
// At its start the Sequencer compares the checkpoint that it last wrote with
// the database. If the database has fewer entries, or others, then an old
// copy was put in the place of the real one; signing on would fork the log,
// so it refuses to start. (Who takes back both database and files can only be
// found out by a witness, or by somebody who kept a checkpoint.)
//
// # What it never does
//
// It never publishes a name: an entry commits to SHA-256(salt || body), and
// salt and body are only handed to those who may read the subject. It never
// changes or drops an entry; an erased body leaves the tree whole. It never
// makes a new signing key for a log that has entries.
package journal
