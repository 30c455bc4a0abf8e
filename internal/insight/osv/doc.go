// Package osv reads advisories in the Open Source Vulnerability format
// (https://ossf.github.io/osv-schema/) and tells which of them concern a
// version.
//
// It owns the reading of one record and of collections of them (Read), the
// compact index that is asked on every decision (Index), and the writing of
// records about versions that were removed here for malice (Write).
//
// Promises:
//
//   - Matching follows the specification: events in any order, several ranges,
//     last_affected, limit, enumerated versions, "all versions"; ranges of
//     commits (GIT) say nothing of versions and are passed over. A withdrawn
//     record matches nothing.
//   - What cannot be ordered is never silently allowed: a version that the
//     ecosystem cannot order lies inside every range, and an event that cannot
//     be ordered widens its range.
//   - What cannot be read is named and counted (Report), and the rest is used.
//   - Reading is bounded by Limits in bytes, counts and depth.
//
// It does no input or output but on the readers that it is given, keeps no
// state beside an Index, and an Index is immutable and safe for concurrent
// use.
package osv
