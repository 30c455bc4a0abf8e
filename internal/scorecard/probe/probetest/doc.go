// Package probetest holds the fakes with which probes are tested: a subject's
// acts written as functions, pages by address, and a bench around them. It is
// imported by tests only.
package probetest
