// Package feed reads the journal in the log's order: pages from an index on,
// and the live tail, as NDJSON or as server-sent events.
//
// An item is the public half of an event (index, time, kind, ecosystem,
// commitment), and for those who may read the subject also salt and body,
// which open the commitment: SHA-256(salt || body) is the commitment, with
// the body's bytes exactly as they stand in the item.
//
// A reader keeps a cursor, the next index, and nothing else. Nobody queues
// anything for it: the tail sleeps until the log has grown and then reads
// page by page from the source, as fast as its client takes them. A slow
// client falls behind and catches up; it is never sent a gap, and it costs
// the sequencer nothing.
//
// Only entries that a checkpoint covers are handed out, so that what was read
// here can be proven.
package feed
