// Package admission decides whether a version that somebody publishes here is
// taken in: a pipeline of named steps, each in its own file.
//
// It owns the order of the checks and the words of a refusal. It promises
// that the first step that refuses ends the pipeline, that a refusal names
// the step, and that nothing is written anywhere: it knows no store, and
// what it is given it only reads. What the ecosystem knows, its rules for
// names and how its archives are read, comes with the candidate.
//
// The steps, in order:
//
//	name      the ecosystem's rules for new names
//	version   written canonically, and told apart from every version before
//	limits    sizes and counts of what was sent
//	digests   the digests that were sent hold for the bytes that were sent
//	archive   bounds, traversal and bombs, as package archive finds them
//	manifest  the manifest in the archive says what was sent beside it
//
// Digests come before the archive, so that a damaged upload is called damaged
// and not malformed.
package admission
