// Package registry is the one service behind every protocol: it knows which
// packages a place has, pulls them through from its upstream, and takes the
// decision on everything it lists and hands out. It is the only caller of the
// policy on the request path and the only writer of packages.
//
// # A listing
//
// Place.Listing loads a snapshot of the package: from memory, from the store,
// or from the upstream, revalidated when it is older than Limits.Fresh. A
// snapshot is immutable: what the upstream's documents say, joined with what
// we have kept of each version (when it was first listed, which digest it was
// first promised with). The policy decides each version; the format renders;
// the rendered answer is kept until the snapshot, the policy's epoch or a
// decision's own end changes it. When the upstream does not answer within
// Limits.StaleAfter an old snapshot is used and the answer says how old it
// is; the refresh goes on behind.
//
// # A file
//
// Place.File decides with the same function on the same facts, then serves
// the stored bytes or begins a transfer: streamed to the client while it is
// stored, with its end held back until every digest holds. The digest first
// seen for a file is for ever.
//
// # Changes of policy
//
// Every answer registers as a flight before it is decided. When the rulebook
// changes, flights that the new rules deny are cut before the change is
// answered: either the decision saw the new rules, or the change saw the
// flight.
//
// # Layered origins
//
// The first origin whose answer is a sound 200 owns the name from then on.
// Only a plain "does not exist" lets the next origin answer; an error or an
// unsound answer never does.
package registry
