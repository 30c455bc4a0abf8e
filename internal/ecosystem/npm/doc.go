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
// as npm 11 and pnpm 12 use it. Publishing is answered with a clear 405.
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
//	GET /-/v1/search                       passed through: search chooses nothing
//	POST /-/npm/v1/security/...            passed through: advisories are wanted for what is denied, too
//	GET /-/npm/v1/keys                     passed through
//	GET /-/npm/v1/attestations/{pkg}@{v}   passed through: a proof is not the package
//	GET /-/ping, /-/whoami                 answered here
//	any write                              405
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
