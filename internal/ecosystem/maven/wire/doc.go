// Package wire is the pure half of the Maven ecosystem: how packages and
// versions are spelt and ordered, what a path of the repository layout means,
// and how its documents are read and written.
//
// A package is group/artifact ("org.apache.commons/commons-lang3"), the form
// of package URLs. It follows the repository layout
// (https://maven.apache.org/repository/layout.html), the metadata descriptor
// (https://maven.apache.org/ref/3.8.7/maven-repository-metadata/), the POM
// (https://maven.apache.org/pom.html) and, for the order of versions, the
// behaviour of Maven 3.8.7's own comparison. The library that orders versions
// elsewhere here (deps.dev/util/semver) refuses numbers beyond 64 bits and
// follows Maven 4 in places, which is why the order is written here; testdata
// has the rows that it is held to.
//
// It promises that a name or version that it returns can be put into a path,
// and that a path and a name stand for each other one to one: a group is
// spelt with dots in a name and with slashes in a path, so a path whose group
// folders hold dots means nothing. Documents are read as streams within
// Limits; a document type or entity declaration is refused, because it can
// make a small document endless or read files (XML entity bombs, XXE).
// What an upstream sends and is not what it must be is an error of kind
// assay.Unsound; what a person or client wrote wrongly is Invalid.
//
// It does no input or output but on the readers it is given, starts no
// goroutine and keeps no state.
package wire
