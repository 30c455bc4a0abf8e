// Package cargo is the adapter for Cargo's registry protocol: it turns
// requests of cargo into questions to an ecosystem.Repository, which decides,
// and writes the answers in their form.
//
// It owns the routes of one place, the words in which cargo hears a refusal,
// and the marks by which a denied version is not chosen. It never reaches an
// upstream, a store or a policy; the pure half is package wire.
//
// It follows Cargo's sparse index, its web API and its rules for registries
// that demand a token (https://doc.rust-lang.org/cargo/reference/, "Registry
// Index", "Registry Web API", "Registry Authentication"), as cargo 1.95 uses
// them.
//
// What a denied version means for each request:
//
//	request                                        denied version
//	GET /config.json                               none is in it
//	GET /{index path of a crate}                   its line says yanked: true, and no resolver chooses it;
//	                                               403 with the reason where every version is refused
//	GET /api/v1/crates/{crate}/{version}/download  403 with reason, rule and link, whatever the listing said
//	GET /api/v1/crates?q=                          hosted crates, then the upstream's: search chooses nothing
//	GET /api/v1/crates/{crate}/owners              who may publish: of hosted crates alone
//	GET /me                                        how to get a token
//	any write                                      the place's own rights decide, not the policy
//
// Why a denied version stays in the index: cargo takes a version that is
// locked and not listed for a mistake of its own and says so in words that
// mislead; one that is listed as yanked is never chosen anew, and a locked
// build goes on to the download, whose refusal cargo prints. Checksums are the
// upstream's, so that a Cargo.lock holds with this place and without it.
//
// Of yanked versions alone cargo says no more than that they are yanked, and
// cargo add that there is no such crate. Where every version of a crate is
// refused, so that no lock file could be served either, the index itself is
// refused, and cargo prints why.
//
// Nothing but yanked can be said in the index. A version that is only warned
// of therefore looks like any other; its warning stands in a header of the
// download and on its page.
//
// The same place answers a second time below /auth/, for hosted crates. Cargo
// sends its token with what it reads only where config.json says
// "auth-required", and asks for that with a 401 that names Cargo; below /auth/
// every request without a token gets one. No index path begins so: the first
// folder of one has one or two characters.
//
// Cargo asks for a name that it does not find with hyphens in place of
// underscores, and the reverse. Whether a name is claimed is judged alike for
// all of these spellings, so none of them leaves the building. A search that
// holds a claimed name, or the begin of one, stays here too.
//
// A refusal is 403: cargo calls a 404, 410 and 451 of the index "no matching
// package", and shows the body of a 403 everywhere. Errors are JSON in the
// form of the web API, which cargo prints.
package cargo
