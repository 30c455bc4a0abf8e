// Package tuf reads and verifies the metadata of The Update Framework as a
// subject serves it: root, timestamp, snapshot and targets, as of version
// 1.0 of the specification
// (https://theupdateframework.github.io/specification/latest/).
//
// It answers what anybody can tell from outside who trusts nothing yet: does
// each role carry enough signatures of the keys that the root names for it,
// is it still valid, and does it name the next one by version and digest. It
// does not answer whether the root is the right one: a client is given that
// by another way. Delegations and target files are not read.
//
// Keys of the kinds ed25519 and ecdsa-sha2-nistp256 are checked; signatures
// of other kinds are counted as unreadable, which is neither good nor bad.
// Signatures count by distinct key and not by key id, because a key that is
// listed under two ids would otherwise reach a threshold of two alone.
//
// It promises to read a bounded number of documents of bounded size, and
// trusts no number, date or nesting in them.
package tuf
