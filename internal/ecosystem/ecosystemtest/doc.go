// Package ecosystemtest holds honest fakes of upstream registries and the
// suite that every ecosystem passes.
//
// NPM and Go are small registries over real HTTP on a loopback address. The
// packages they serve are made at test time and are real: a package manager
// installs them. Each keeps a log of the requests it got, can be stopped and
// started again at the same address, and can be told to sin: to cut a body
// short, to hang, to answer with a page of HTML, to send other bytes than it
// promised. A Sin is transport-level where it can be, so that it means the
// same in every ecosystem.
//
// Run drives a place of a running Assay over HTTP, as clients do, and never
// looks inside. What differs between ecosystems is behind World: how to
// publish to the fake, and how to ask the place what a resolver would choose.
//
// The fakes follow the npm registry's package metadata document, the module
// proxy protocol (https://go.dev/ref/mod#goproxy-protocol) and the checksum
// database protocol of golang.org/x/mod/sumdb.
package ecosystemtest
