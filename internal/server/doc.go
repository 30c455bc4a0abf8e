// Package server is the door of the house: it listens, bounds what a client
// may cost, checks that a request is meant for this address, and hands it to
// the place, page or interface that its first path segment names.
//
// It owns connections (how many, how slow), the middleware around every
// request, the metrics of requests, /healthz, /readyz, /metrics, and the
// plain forms of its own refusals. It knows nothing of packages: those are
// the adapters', mounted as Places.
//
// It promises:
//
//   - A request for another host is refused (421), and no address in an
//     answer ever comes from a request (DNS rebinding, cache poisoning).
//   - Paths reach an adapter as the client wrote them: RawPath is kept,
//     nothing is cleaned or redirected.
//   - A request that carries a token is its holder's or refused, never taken
//     for anonymous. Its secret goes no further than here. Wrong ones are
//     counted for each source (429). Over the socket whoever asks is the
//     operator.
//   - An answer that tells of packages says that it varies with who asks; one
//     that was made for somebody may be kept by no shared cache.
//   - A client that takes no byte for Limits.WriteStall is cut; one that is
//     slow and still moving is not, however large the file.
//   - A file keeps its way through the kernel (sendfile): every wrapper here
//     keeps io.ReaderFrom.
//   - An answer that was begun and cannot be finished ends by cutting the
//     connection, never by looking complete.
//   - When the context of Serve ends, nothing new is taken on, what is under
//     way is finished within Limits.Grace, and Serve returns only when every
//     handler has.
//
// # Reason phrases
//
// For several package managers the reason phrase of the status line is the
// only channel to the person (RFC 9112, section 4). net/http cannot set one,
// so a connection's Write puts it in: net/http flushes each answer before the
// next handler runs, so a status line always begins a Write. HTTP/2 has no
// phrases; it is spoken only when asked for, and only with clients that
// choose it.
//
// It never reads packages, never decides, never follows X-Forwarded-* of
// anyone but the configured proxies, and never derives its own address from
// a request.
package server
