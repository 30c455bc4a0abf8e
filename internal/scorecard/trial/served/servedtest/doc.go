// Package servedtest is a small package repository in memory, with an
// upstream, that does everything about packages rightly: what trials of
// packages are tested on. A test that wants one thing done wrongly answers
// that call itself, by trialtest.Acts.
//
// It promises to answer every call at once. It never opens a connection,
// never waits, and holds no state beyond the value that New returns.
package servedtest
