// Package rulebook keeps the rules that are in force: blocks, exceptions,
// claims, the versions of the policy file, and the epoch that numbers their
// state. It is their only writer.
//
// Promises:
//
//   - A change is one transaction: its rows, the new epoch and its event are
//     committed together or not at all.
//   - A change is in force when the call that made it returns: Current is the
//     new ruleset, and every watcher has been told.
//   - Current never runs ahead of the store. It is exchanged after the
//     commit; a process that dies in between reads the committed state when
//     it opens the book again.
//   - Where the store fails and it is unknown whether it committed, the state
//     is read again before the caller is answered: a change that turns out
//     stored is in force and answered as made. If the store cannot even be
//     read, the error says so, and every further call reads it first.
//   - The epoch rises with every change and never falls. A call that changes
//     nothing (a policy applied twice) leaves it.
//   - A claim is made only on names that no upstream is known to have, or in
//     so many words; it is ended only where nothing is hosted under it.
//     Connect says who knows of both; nobody outside is asked.
//
// One process writes a store at a time (it holds the data directory's lock),
// and within it one call at a time. Reading Current takes no lock.
//
// Events carry canonical JSON (RFC 8785): blocked {epoch, id, pattern,
// reason, until}, unblocked {epoch, id, pattern}, excepted {epoch, id,
// reason, rule, until, version}, exception-revoked {epoch, id, rule,
// version}, claimed {epoch, id, pattern, shadow}, unclaimed {epoch, id,
// pattern}, policy-changed {epoch, previous, sha256}, the digests being those
// of the texts; until is left out where there is none, previous at the first
// policy.
package rulebook
