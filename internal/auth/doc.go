// Package auth keeps the tokens with which people and machines say who they
// are, and turns one into a principal. It is their only writer.
//
// # A secret
//
// A secret is "assay_", 43 characters that are 32 random bytes in base 62
// (digits, capitals, small letters), and 6 that are the CRC-32 (IEEE) of
// those 43 characters in base 62. The prefix lets scanners of source code
// find one that leaked; the checksum keeps a mistyped one from costing a
// question to the store, and a scanner from false alarms. It is no
// protection: the 32 bytes are.
//
// Promises:
//
//   - A secret is shown once, by the call that made it. What is kept is its
//     SHA-256, which needs no salt or stretching: 32 random bytes cannot be
//     guessed. Neither the secret nor its digest stands in an event, an
//     error or a log.
//   - A change is one transaction of the token and its event. Where the
//     store fails and it is unknown whether it committed, the token is read
//     again before the caller is answered.
//   - A revoked token is refused when Revoke answers. A request that was let
//     in before goes on.
//   - Unknown and malformed secrets are refused in the same words.
//   - What a token grants is read by the grammars of the ecosystems; a
//     pattern that is not understood any more grants nothing.
//
// Tokens that were let in are remembered for Options.Remember, so that most
// requests do not ask the store. When a token was last used is written in
// the background, for one token at most once in Options.Touch, without an
// event: it is no act.
//
// Events carry canonical JSON (RFC 8785): token-created {admin, expires, id,
// note, publish, read}, token-revoked {id}, token-changed {id, publish};
// expires, note, publish and read are left out where there is none.
//
// One process writes a store at a time: it holds the data directory's lock.
package auth
