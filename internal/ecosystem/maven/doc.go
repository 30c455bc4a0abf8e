// Package maven is the adapter of the Maven ecosystem: the repository layout
// over HTTP (https://maven.apache.org/repository/layout.html) on the side of
// Maven, Gradle and all that speak it, and what the registry must know to
// speak it to an upstream.
//
// What each request does about versions that are denied:
//
//	.../<artifact>/maven-metadata.xml      made anew: they are left out, and latest and
//	                                       release moved to the newest allowed ones; 403 with
//	                                       the reason of the newest when none is left
//	.../maven-metadata.xml.sha1 and such   of exactly those bytes
//	.../<version>/<file>                   403 with the reason, the POM too
//	.../<version>/<file>.sha1 and such     403 with the reason
//
// The POM is refused with the rest. As a parent's it names plugins and
// extensions that a build runs, and a request does not say what it is for. So
// a build that meets a denied version which another one outweighs fails all
// the same, unless dependencyManagement names the other: then the POM is not
// asked for.
//
// What Maven shows of a refusal is the reason phrase alone, so the link to the
// explanation stands in it. It is 403 and never 404: at 404 Maven says that
// the artifact does not exist, asks the next repository, and remembers.
//
// What never leaves the building, whatever the decision:
//
//	a package that is claimed             answered from what is hosted
//	the plugins of a group of which       made of the hosted plugins
//	anything is claimed
//	metadata of one version of a          404: a release has none
//	claimed package
//
// Side files are never fetched to be handed out: the digest of a file is that
// of the bytes which are served here, and pulled through for it if need be.
// Signatures (.asc) are files like others.
//
// Snapshots of an upstream change by design: what was decided on today would
// be another file tomorrow. They are refused in words, and left out of
// listings. Hosted snapshots are served: each build's files have a name of
// their own and never change; the name with SNAPSHOT in it means the newest.
//
// A version is dated by the Last-Modified of its POM, which the upstream's
// storage sets and a move of the storage can set anew; where there is none,
// by the lastUpdated of the listing, before which it existed. Digests of an
// upstream's file are those of the side file beside it. It comes from the same
// origin and proves only that nothing was damaged on the way; the bytes first
// seen are for ever.
//
// Files are published with PUT, one by one and in any order, digests before or
// after what they are of. A file that is here is never replaced: a 409. There
// is one way to send it again, which changes nothing: the same bytes, while
// the version still lacks its POM or what the POM describes, or of a snapshot's
// build. mvn deploy begins anew when one of its requests fails, and could else
// never complete what it began. A maven-metadata.xml that is sent is read,
// checked and not kept: what is served is made of the files that are here, so
// that two publishers cannot overwrite each other's versions.
//
// Who publishes without a token, or reads a claimed name without one, is
// answered 401 with a challenge: Maven sends credentials only after it.
//
// The package keeps no state and never opens a connection: bytes come from an
// ecosystem.Repository, which decides first, or an ecosystem.World. An upload
// that is larger than a megabyte waits in a temporary file, which is gone when
// the request is.
package maven
