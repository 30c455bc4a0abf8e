// Package badregistry is a small package repository in memory, for the tests
// of the scorecard's checks. It does everything right, and has a switch for
// every sin: with one switched on, the check that the sin names must notice,
// and nothing else about it changes.
//
// It owns its packages, people, tokens, mail, log and upstreams, and serves
// npm at /npm/, Go at /go/ with a checksum database of its own, PyPI at /pypi/,
// Cargo at /cargo/, Maven at /maven/, pages at the root, and at /-/trial/ the
// calls of a driver. Everything goes over HTTP as
// the real clients see it, the driver's calls too: nothing is asked in
// memory, so that a check records the same exchanges as anywhere else.
//
// It promises that a registry without sins makes every check hold, that it
// listens on loopback alone, and that Close ends every goroutine. It never
// writes to disk and never speaks to anything but itself. It is no example of
// how to keep passwords or tokens: they are in memory as they came.
package badregistry
