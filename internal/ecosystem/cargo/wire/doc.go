// Package wire is the pure half of the Cargo world: how names, versions and
// requirements are spelt, where a crate lies in a sparse index, how an index
// document is read and written again with versions marked as yanked, how an
// upload is taken apart, and what a .crate file says of itself.
//
// It follows Cargo's registry index format and its web API
// (https://doc.rust-lang.org/cargo/reference/registry-index.html and
// registry-web-api.html), semver 2.0.0 for versions, and Cargo's own syntax
// for version requirements.
//
// What it promises:
//
//   - A document is indexed in one pass, a line at a time; what stays in
//     memory is the index (versions, dates, checksums, offsets), never the
//     lines.
//   - A document that two readers could understand differently is refused as
//     a whole: a duplicate key at any level, two lines for one version, a line
//     for another crate, a line that is cut off. Cargo itself skips lines that
//     it cannot read; here that would leave open which versions were meant to
//     be there, and a version that nobody could judge must not be allowed.
//     Lines of a later form of the format than is known here are written as
//     they stand if they say enough to be judged, and are left out if not.
//   - What is written is copied from the document byte for byte, apart from
//     the value of yanked in the lines of denied versions. Checksums are never
//     touched, so that lock files hold wherever they are used.
//   - What was sent beside an uploaded .crate and the Cargo.toml inside are
//     compared as Cargo reads them: a difference that would mislead is named.
//   - What Compose writes of hosted versions is what Read reads.
//
// What it never does: network, disk, HTTP, policy, or words for people beyond
// its own errors. All of it is safe for concurrent use once made.
package wire
