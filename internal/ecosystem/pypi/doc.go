// Package pypi is the adapter for Python's package index: it turns requests
// of pip, uv, Poetry and twine into questions to an ecosystem.Repository,
// which decides, and writes the answers in their form.
//
// It owns the routes of one place, the choice between the forms of a page, and
// the words in which installers hear a refusal. It never reaches an upstream,
// a store or a policy; the pure half is package wire.
//
// It follows the simple repository API in both forms (PEP 503, 629, 691, 700)
// with yanked files (592), metadata files (658, 714), project status (792) and
// provenance (740), and the upload API of twine.
//
// What a denied version means for each request:
//
//	request                                 denied version
//	GET simple/                             nothing: the list has the hosted projects that the asker may read
//	GET simple/{name}/, HTML or JSON        its files are listed as yanked (PEP 592), the reason is ours
//	GET files/{name}/{file}                 403 with reason, rule and link, whatever the page said
//	GET files/{name}/{file}.metadata        the same
//	GET integrity/.../provenance            passed through: a proof is not the package
//	POST legacy/                            the place's own rights decide, not the policy
//
// A page itself is never refused: pip turns a 4xx there into "no matching
// distribution" and hides what it says. Left out, a version would look as if
// it had never been; yanked, no installer chooses it, and one that is told to
// take it by its exact version asks for the file and is refused there. A
// version that was yanked here, or by its authors, is listed so too, and its
// files are handed out to those exact requests.
//
// What each client shows of a denied version (tried in November 2026):
//
//	client                    asked for ==1.2.0                     asked for a range that has nothing else
//	pip 23.0, 23.2            the reason phrase of the 403          "no matching distribution" alone
//	pip 26.3                  the reason phrase of the 403          also "ignored the following yanked versions"
//	uv 0.13                   the reason phrase of the 403          the reason with which it is yanked, in full
//	Poetry 2.5                the reason phrase of the 403          not tried
//	any of them, a lock file  the reason phrase of the 403 (pip with hashes and uv tried)
//	twine 7, uv 0.13 publish  twine the reason phrase, uv the body
//
// A file is judged by its own date where that is later than its version's: a
// wheel that is added to a release of three years ago is new.
//
// The list of all projects (simple/) has what is hosted here and the asker may
// read. The upstream's is hundreds of thousands of names long, no installer asks for
// it, and none of its names has been decided on.
//
// versions (PEP 700) names denied versions too: the specification asks that
// every file listed belong to one of them, and installers choose files.
//
// tracks and alternate-locations (PEP 708) are not passed on. Both tell an
// installer that the files of another index may be mixed with ours, and nobody
// decides on those; without them one that meets a name at two indexes must
// refuse, which is what the specification is for. Nothing is mixed here
// either: a claimed name is hosted alone, another comes from its one origin.
//
// Project status (PEP 792) is the upstream's, passed on. deprecated is a
// deprecation of every version; quarantined leaves no files, so that there is
// nothing to choose, and what was there before is denied, as behind a security
// placeholder, also where its files are kept here. A
// hosted project has none, because Assay speaks of versions: quarantined and
// removed ones are refused and their files listed as yanked with the reason,
// deprecated and experimental ones are handed out with a warning. A project
// whose versions are all in quarantine therefore lists its files, each as
// yanked, where the specification has none: the person reads why.
//
// An upload is one file. It joins its version, so that wheels and source
// archive come one after the other; a file that is there already is a 409.
// Attestations and GPG signatures that are sent with it are refused: they
// would not be verified, kept or served, and dropped silently they would be
// believed in. Trusted publishing is not spoken: a token is made with assay
// token create.
package pypi
