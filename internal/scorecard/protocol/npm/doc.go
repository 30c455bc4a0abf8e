// Package npm is how the scorecard speaks to a subject of npm's world: the
// calls of the npm registry's protocol as its clients make them, seen from
// outside and through a scorecard.Visitor.
//
// It owns what is asked, how an answer is read, how throw-away packages are
// named and how releases are packed, soundly or not.
//
// What it promises:
//
//   - No answer is believed for its status alone. A web page, text, JSON of
//     another shape, a document about another package, or one that is bigger
//     than the visitor reads, makes the answer Unclear with what came as the
//     reason; Accepted means that the subject said so in npm's manner.
//   - A call that the subject does not have is NoCall: 404, 405 and 501 for the
//     calls of accounts, tokens and changes. 404 and 410 for a package are
//     Absent.
//   - A credential goes to the subject's own origin alone, wherever a listing
//     says that files are.
//   - What publishers type (repository, homepage, author, deprecated,
//     dependencies) may have any shape and is read where it has a known one;
//     what the registry answers for (name, versions, dist, time, dist-tags)
//     must have the right one.
//
// It follows the registry API as npm 11 uses it
// (https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md, and the
// libraries libnpmpublish, npm-profile and npm-registry-fetch of
// https://github.com/npm/cli). It never keeps a credential or a document
// beyond the addresses of files that a listing named, and never repeats a
// change that was refused.
package npm
