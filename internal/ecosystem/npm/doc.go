// Package npm is the adapter for the npm registry's protocol: it turns
// requests of npm, pnpm, Yarn and bun into questions to an
// ecosystem.Repository, which decides, and writes the answers in their form.
//
// It owns the routes of one place, the words in which npm hears a refusal,
// and the repairs of a document from which versions were left out. It never
// reaches an upstream, a store or a policy; the pure half is package wire.
//
// It follows the npm registry's public API (package metadata in the full and
// abbreviated form, dist-tags, search, audits, signature keys, attestations)
// as npm 11 and pnpm 12 use it, and for places that take packages also
// publishing, deprecating, unpublishing and tagging. Where the place takes
// none, a write is answered with a clear 405.
//
// What a denied version means for each request:
//
//	request                                denied version
//	GET /{pkg}                             left out of versions, time and dist-tags; named in
//	                                       policyRestrictions, whose message npm shows to who asks for it
//	GET /{pkg}, abbreviated by Accept      the same
//	GET /{pkg}/{version or tag}            403 with reason, rule and link; a tag is repaired first
//	GET /{pkg}/-/{file}.tgz                403 with reason, rule and link, whatever the listing said
//	GET /-/package/{pkg}/dist-tags         the tag moved to an allowed version, or left out
//	GET /-/v1/search                       passed through: search chooses nothing; hosted packages stand first
//	POST /-/npm/v1/security/...            passed through: advisories are wanted for what is denied, too
//	GET /-/npm/v1/keys                     passed through
//	GET /-/npm/v1/attestations/{pkg}@{v}   passed through: a proof is not the package
//	GET /-/ping, /-/whoami                 answered here
//	any write                              the place's own rights decide, not the policy
//
// npm has no request for a single change: it reads the document, edits it and
// sends all of it back. What that asks for is worked out by comparing it with
// the document that the same asker is shown now:
//
//	PUT /{pkg} with an attachment          publish: one version, one tarball
//	PUT /{pkg} without one                 deprecate: the versions whose deprecated field differs
//	PUT /{pkg}/-rev/{rev}                  unpublish: the one version that is missing, if nothing else changed
//	                                       meanwhile (_rev is a digest of the document)
//	DELETE /{pkg}/-/{file}/-rev/{rev}      nothing more: the tarball went with its version
//	DELETE /{pkg}/-rev/{rev}               unpublish every version
//	PUT, DELETE .../dist-tags/{tag}        set or drop a tag
//
// No claimed name leaves: it is taken out of audits, and a search that holds
// one, or its scope, in any spelling stays here.
//
// dist-tags move only to what their reader would have wanted; the rules stand
// at wire.Packument.RepairedTags. A version that is only warned of carries the
// warning in its deprecated field, which npm prints at installation. Warnings
// of install scripts are left out there: nearly every build tool has them, npm
// reports them itself, and a warning on every package is read by nobody. npm
// prefers versions that are not deprecated, so a version without a warning is
// chosen before one that has one, where the asker's range admits both.
//
// A refusal is 403: npm calls a 404 "could not be found" and pnpm waits and
// retries on a 451. Its reason stands in the body's error field, in the
// npm-notice header and in the reason phrase, one of which each client shows.
package npm
