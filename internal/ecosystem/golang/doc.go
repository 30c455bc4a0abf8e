// Package golang is the adapter of the Go ecosystem: the module proxy
// protocol (https://go.dev/ref/mod#goproxy-protocol) on the side of the go
// command, and what the registry must know to speak it to an upstream.
//
// What each request does about versions that are denied:
//
//	/<module>/@v/list       they are left out. When the newest one is, so are the
//	                        versions that its go.mod retracts: the go command would
//	                        have read the retractions there, and now cannot
//	/<module>/@latest       the newest allowed one that is not retracted, releases
//	                        before pre-releases before pseudo-versions; 403 with the
//	                        reasons when none is left
//	/<module>/@v/<v>.info   403 with the reason
//	/<module>/@v/<v>.zip    403 with the reason
//	/<module>/@v/<v>.mod    served all the same
//	/<module>/@v/<q>.info   a branch, commit or short version: the upstream says which
//	                        version is meant, and that one's .info is decided on
//	/sumdb/<name>/...       passed on untouched; it hands out no code
//	/cached-only/...        404: Assay has no such view
//
// What never leaves the building, whatever the decision:
//
//	a claimed module                 answered from what is hosted; 404 for what is not
//	/<claimed>/@v/<q>.info           404: hosted modules have no branches or commits
//	a parent of claimed paths        404: the go command asks for every parent of an import path
//	/sumdb/<name>/lookup/<claimed>   403 with the GONOSUMDB line that stops the question
//
// A module is published as its zip (https://go.dev/ref/mod#zip-files): the
// .mod is the go.mod inside, and the .info is dated by the server's clock.
// There is no native way to publish one; see NewUpload. Versions that were
// taken back are left out of Compose's documents by the registry.
//
// Why .mod is always served: the go command reads the go.mod of every version
// that is named anywhere in the module graph, also of those that nobody
// builds. Were it refused, a project that already uses the fixed version
// would stop building because one of its dependencies still names the broken
// one. A go.mod file holds names and versions, no code; with .info and .zip
// refused a denied version can be neither chosen nor built.
//
// Why a refusal is 403 and never 404 or 410: at those two the go command goes
// on to the next entry of GOPROXY, often "direct", and around the decision.
// The reason is a text body in the form that the go command shows: at most 8
// lines and 648 bytes, no blank line, graphic characters alone. A list of
// which everything is denied is empty and 200; the go command then asks for
// @latest, which says why.
//
// The list has no dates; each version is dated by its .info, whose time the
// author of the commit has set. Digests come from the checksum database, over
// look-ups that are verified here with the database's key (see Attest): the
// upstream that carries them is not trusted.
//
// The package keeps nothing but a bounded cache of proven parts of the
// checksum database. It never opens a connection or a file: bytes come from an
// ecosystem.Repository, which decides first, or an ecosystem.World.
package golang
