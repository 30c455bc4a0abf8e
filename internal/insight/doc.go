// Package insight knows of versions what no upstream's document says: which
// advisories concern them, which stand on a list of known-bad versions or
// digests, and which names look like better known ones. It answers on every
// decision, in microseconds and without asking anybody.
//
// It owns the sources of advisories and the lists (files, directories,
// archives and addresses), their schedule, their last good copies in the data
// directory, and the answer to "who here had it" (Exposure). The reading and
// matching of advisories is insight/osv's, the judgement of names
// insight/names'.
//
// # What it promises
//
//   - What one source says lies in an index of its own. A source that is away,
//     broken or cut short never takes back what it said when it was well: the
//     last good reading stays, and the problem is named. A reading is unsound
//     if it cannot be had whole, if it holds nothing and something in it is
//     broken, or if more of it is broken than before and less of it is left.
//   - An address is asked again on a schedule, conditionally (RFC 9110, ETag
//     and Last-Modified), within a bound of bytes. Its last good answer lies in
//     the data directory and is used from the start on while the address is
//     away. No request carries the name of a package.
//   - A change is in force when whoever made it is answered: the new index
//     decides, and those who watch have been told which packages it concerns.
//   - Sources together say more, never less: where one calls a version
//     vulnerable and another does not, it is. One thing takes an advisory back,
//     in all sources: a newer record that withdraws it.
//   - What cannot be read is counted and named by source, file and line.
//
// # What it never does
//
// It takes no decision: it gives facts to the policy. It fetches through a
// Fetcher that it is given, so that the address guard and the limits of the
// house hold. It writes to no package.
package insight
