// Package upstream fetches over HTTP from one configured origin and its
// mirrors, as if everything that answers were hostile or ill.
//
// It owns the outgoing connections of the house: which address may be
// dialled, how long anything may take, how many bytes are accepted, when a
// request is made again and when an address is left in peace.
//
// # What it promises
//
//   - The address guard judges the IP of every connection at the moment it is
//     dialled, so a name that resolves to something else the second time (DNS
//     rebinding) gains nothing. Only the configured origin and its mirrors, by
//     scheme, host and port, may be private; every other host, whether named
//     by a redirect or by a document, must be public. Connections of the two
//     sorts live in pools of their own. Behind an HTTP proxy, where the IP is
//     not seen, only the origin, its mirrors and the listed hosts are asked.
//   - Credentials go to the origin's own scheme, host and port, to no mirror,
//     and are not sent again once a redirect has led elsewhere. Cookies are
//     neither sent nor kept.
//   - A body is never longer than its limit, neither on the wire nor after
//     decompression, and a short one ends in an error, never in a clean end of
//     file. An answer whose end cannot be told from a cut connection is refused.
//   - A request ends: dialling, handshake, header, each read of the body and
//     the whole have a limit.
//   - Requests to one origin are bounded in number, those that wait too.
//   - Every request carries the header Assay-Instance, by which an Assay that
//     was set up as its own upstream is noticed.
//
// # Mirrors
//
// An origin's addresses are asked in order and the first that answers is
// believed, with one exception: that something does not exist is believed of
// the main address alone. A mirror lags behind, and a package that a mirror
// lacks while the main address is down must not look absent, for then
// another origin might answer for its name.
//
// # When it gives up
//
// Each configured address has a circuit breaker. Silence, broken connections,
// bodies that break off or stall and the statuses 408, 502, 503 and 504
// count; 429 and 500 do not, because one kind of request, or one path that
// breaks the upstream's program, must not shut out all others. An asker who
// leaves early has learned nothing, and nothing is counted.
//
// # What it never does
//
// It does not look into documents, does not check digests of packages, caches
// nothing, and a Client starts no goroutine of its own. It speaks HTTP/1.1 only
// (RFC 9110, RFC 9112): one connection an answer, so that one hanging
// download holds up no other. Address ranges follow the IANA special-purpose
// registries (RFC 6890 and its updates).
package upstream
