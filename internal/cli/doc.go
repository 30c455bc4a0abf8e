// Package cli is the command line: it reads arguments and settings, builds
// the house out of its rooms, and prints for people.
//
// It owns the commands and their words, the wiring of concrete back ends
// (nothing else imports store/sqlite, blob/dir or the adapters' table to
// build a server of them), and, in its folder adopt, the running of this
// machine's commands. Its folder datadir owns the data directory, and keep the
// form of a backup.
//
// Every command but serve is written against api.Control and does not know
// who answers: the running server over the socket in the data directory, or,
// when none runs, the same code in this process under the directory's lock, or
// a server on the network that --server names. That one is shown the token in
// ASSAY_TOKEN or --token-file, which never stands in an argument, goes to that
// server alone, and is not sent in the clear unless that was accepted.
//
// What it prints: results to the standard output, everything else to the
// standard error. An error is one line, "assay: what, why, what to do", with
// exit code 1, or 2 when the command was not written as it must be. A listing
// is a table for people, or JSON with --json. Text that came from outside is
// stripped of what could drive a terminal.
//
// It takes no decision, keeps nothing in package variables, and is imported
// by cmd/assay alone.
package cli
