// Package probe is what the probes have in common; each probe is a folder
// below it. It reads listings, event logs and pages of a subject and says
// what came, within bounds that hold for every probe.
//
// It judges nothing: whether what came is good is each probe's own matter.
// It asks no other host than those that the Visitor lets it ask, sends no
// credential with a page, and trusts no byte that comes back: a page may be
// of any type, a document of any shape and depth.
//
// The folder probetest is no probe: it holds the fakes of the probes' tests.
package probe
