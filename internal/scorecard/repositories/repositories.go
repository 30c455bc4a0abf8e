// Package repositories holds what this project says of package repositories:
// data, embedded, and nothing that reads it.
//
// Public are assessments of public repositories, one file each, in the form
// of package assessment. They are made from public documents by this project
// and not by those who run the repositories; how documents became states
// stands in docs/decisions/0014-facts-to-states.md.
//
// Software are cards and assessments of software that can be started on one's
// own machine: what trials found, and what Assay says of itself. They are
// copies of what stands in docs/scorecard, byte for byte, for a package can
// embed nothing above its own folder; the package's test compares them, and
// with -carry it copies them anew.
//
// The package promises that every assessment in it reads without a mistake
// and speaks of every capability of the catalogue, that every state but
// unknown and not_applicable has evidence with a date, and that no address of
// a public repository's own service stands in it. It never judges, and
// derives no state.
package repositories

import (
	"embed"
	"io/fs"
)

//go:embed public/*.yaml software/*.yaml software/*.json
var files embed.FS

// Public are the assessments of public repositories: npm.yaml, pypi.yaml, ...
func Public() fs.FS { return folder("public") }

// Software are assessments (.yaml) and cards (.json) of software.
func Software() fs.FS { return folder("software") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil { // a constant name that is valid: there is nothing to fail
		panic(err)
	}
	return sub
}
