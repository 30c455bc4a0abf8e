// Package pypi is how the scorecard speaks to a subject of Python's world: the
// simple repository API as pip reads it and the upload as twine sends it, seen
// from outside and through a scorecard.Visitor.
//
// It owns what is asked, how an answer is read, how throw-away projects are
// named and how releases are packed, soundly or not. What the protocol has no
// call for (removing, yanking, owners, people, making tokens) is NoCall.
//
// The address of a subject is that of its index, as pip's index-url has it
// (".../simple/"), or of the place above it. Uploads go to "legacy/" of that
// place, and where there is no such thing to the place itself.
//
// What it promises:
//
//   - No answer is believed for its status alone. A web page that is no list
//     of files, JSON of another shape, a document about another project, or
//     one that is bigger than the visitor reads, is Unclear with what came as
//     the reason.
//   - Both forms of the index are read, and times only where there are any:
//     the HTML form has none.
//   - A version is what the names of files say. Its main file, whose digests
//     it has, is the wheel that fits anywhere, else the first wheel, else the
//     source archive. It counts as yanked when all of its files are.
//   - A secret is the password of "__token__" in Basic authentication. One
//     with a colon in it is a name and a password: servers that have no tokens
//     know no better. It goes to the subject alone.
//
// It follows https://packaging.python.org/en/latest/specifications/simple-repository-api/
// (PEP 503, 592, 691, 700, 740 and 792), and the upload as Warehouse, the
// software of the public index, documents it
// (https://github.com/pypi/warehouse/blob/main/docs/user/api/upload.md). Beyond
// one act it keeps only where files are and which address took an upload.
package pypi
