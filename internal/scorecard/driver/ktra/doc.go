// Package ktra starts a throw-away Ktra, a registry for Cargo, and is its
// scorecard.Instance.
//
// One exact version is built from the registry that this machine's cargo uses,
// with the dependencies that its makers locked, once, into a cache folder.
// Building takes some minutes and runs the build scripts of those
// dependencies. It runs with its defaults, changed in what a throw-away
// instance needs and nothing else: the address, its folders, and the
// repository of its index, which is made by this machine's git.
//
// Its index is a git repository. Its working copy lies in the folder of files
// that Ktra serves, so that the same lines can be read as a sparse index; that
// is the subject's address. Everybody may sign up, and everybody who has may
// publish a name that nobody has. There is no upstream: what it mirrors has a
// built-in address, which no trial may reach, and no request leads there. Two
// crates under well-known names are published, for probes to look at. What is
// asked beyond Cargo's protocol is Ktra's own: signing up, logging in, and
// another password.
package ktra
