// Package tlogread reads a transparency log over a Visitor and checks that it
// is one: that the root of its checkpoint is the root of its tiles, that its
// newest entries are the ones that were hashed, and that a later checkpoint
// only adds to an earlier one.
//
// It follows the C2SP specifications tlog-checkpoint
// (https://c2sp.org/tlog-checkpoint), tlog-tiles (https://c2sp.org/tlog-tiles),
// signed-note (https://c2sp.org/signed-note) and tlog-cosignature
// (https://c2sp.org/tlog-cosignature); the tree is that of RFC 6962, section
// 2.1.
//
// What contradicts itself is a *Lie; every other error means that it could
// not be told. Signatures of the log are checked where its key is known.
// Cosignatures are recognised by their form: whose keys deserve trust is not
// decided here.
//
// It promises to make a bounded number of requests, whatever size the
// checkpoint states: small trees are hashed whole, of larger ones the newest
// leaf and some spread over the tree are proven to lie under the root.
package tlogread
