// Package golang is how the scorecard speaks to a subject of Go's world: the
// module proxy protocol as the go command uses it, seen from outside and
// through a scorecard.Visitor.
//
// It owns what is asked, how an answer is read, how throw-away modules are
// named and how releases are packed, soundly or not. The protocol only reads;
// whatever else a subject can be asked is a driver's matter, and NoCall here.
//
// What it promises:
//
//   - No answer is believed for its status alone. A web page, a list with a
//     line that is no version, a description of another version, a zip of
//     another module, or an answer that is bigger than the visitor reads, is
//     Unclear with what came as the reason.
//   - Latest is what the go command would choose: the highest version of the
//     list that is not retracted, releases first; @latest only where the list
//     is empty (https://go.dev/ref/mod#version-queries).
//   - Digests of a listing come from the checksum database, each one proven
//     against the database's signed tree. They are told for the newest
//     versions alone (limits.Proven): a version with nil digests was not
//     looked up, one with empty digests is not known to the database, or not
//     provably. Without the database's key there is nothing to prove, and
//     all are nil.
//   - A credential is the password of Basic authentication, as the go command
//     sends it from a netrc file, and goes to the subject alone.
//
// It follows https://go.dev/ref/mod#goproxy-protocol and
// https://go.dev/ref/mod#checksum-database. From one act to the next it keeps
// what was proven of the checksum database, and nothing else.
package golang
