// Package wire is the pure half of the npm world: how names, versions, ranges
// and tarball files are spelt, how a package's document (its "packument") is
// read in one pass, and how it is written again with versions left out.
//
// It follows the npm registry's package metadata documents in their full and
// abbreviated forms, the rules of validate-npm-package-name for names that
// exist, semver 2.0.0 for versions, and node-semver's range syntax.
//
// What it promises:
//
//   - A document is indexed in one streaming pass; what stays in memory is
//     the index (versions, dates, digests, offsets), never the document.
//   - A document that two parsers could read differently is refused: a
//     duplicate key at any level, a key beside its case variant, a version
//     key that its manifest contradicts, a name that was not asked for.
//   - What is written is copied from the document byte for byte, apart from
//     the edits asked for; integrity, shasum and signatures are never touched.
//   - A version that is left out is left out of everything that a resolver
//     chooses from: versions, dist-tags, time and staged versions.
//   - A document that is published is held to the same strictness; its
//     tarball is decoded as it comes and held once.
//   - A manifest that was sent and the one in the tarball are compared as npm
//     reads them: a difference that would mislead is named.
//   - What Compose writes of hosted versions is what Read reads.
//
// What it never does: network, disk, HTTP, policy, or words for people beyond
// its own errors. All of it is safe for concurrent use once made.
package wire
