// Package catalogue holds the list of outcomes and capabilities that package
// repositories are asked for: data, one file an outcome, and what reads it.
//
// The texts are read by maintainers and by those who fund them. A change of
// what a capability means raises the version and stands in CHANGELOG.md. The
// form of the files is schema.json, in JSON Schema 2020-12.
package catalogue
