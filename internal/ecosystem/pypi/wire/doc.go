// Package wire is the pure half of Python's packaging world: how names,
// versions, ranges and files are spelt, how a project's page is read as a
// stream in either of its forms and written again, and what a wheel or source
// archive that is published must hold.
//
// It follows PEP 503, 508 and 625 for names, PEP 440 for versions and ranges,
// the simple repository API (PEP 503, 592, 629, 658, 691, 700, 714, 740, 792),
// the binary distribution format (PEP 427, 491) and the core metadata
// specifications.
//
// What it promises:
//
//   - A page is read as a stream, one file at a time, and what stays in memory
//     is an index of versions and files. It is written again from a second
//     reading, value by value: nothing reaches an installer that was not read.
//   - A page that two readers could understand differently is refused: a key
//     that stands twice in one object, a file named twice with two meanings, a
//     page about another project, one that breaks off, one that is no page of
//     an index at all.
//   - Each file belongs to a version. Where its name tells none, the version
//     is the rest of the name, which nothing can order, so that rules speak of
//     it all the same.
//   - Spellings of one version (1.0 and 1.0.0) are one version, as they are to
//     installers.
//   - A range is judged by order alone, where PEP 440 leaves out what nobody
//     should get unasked: a pre-release must not slip through a block.
//   - What is published is what it says: METADATA agrees with the name of the
//     file and with the form, RECORD with every byte of a wheel.
//   - What Compose writes of hosted files is what Read reads.
//
// What it never does: network, disk, HTTP, policy, or words for people beyond
// its own errors. All of it is safe for concurrent use once made.
package wire
