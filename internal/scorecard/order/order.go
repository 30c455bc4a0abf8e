// Package order says which of some versions a client would choose when nobody
// asks for one: PyPI's, Cargo's and Maven's, as the grammar of each has it.
//
// It promises that any text has a place: what is no version sorts below all
// that are, by its letters, and two spellings of one version have an order
// too, so that a listing is read the same way twice. It never says what a
// range holds.
package order

import (
	"strings"

	"assay.invalid/internal/assay"
	cargoworld "assay.invalid/internal/ecosystem/cargo/wire"
	mavenworld "assay.invalid/internal/ecosystem/maven/wire"
	pypiworld "assay.invalid/internal/ecosystem/pypi/wire"
)

// longest bounds a text that is read as a version: comparing huge numbers
// takes its time.
const longest = 256

func grammarOf(e assay.Ecosystem) assay.Grammar {
	switch e {
	case assay.PyPI:
		return pypiworld.Grammar{}
	case assay.Maven:
		return mavenworld.Grammar{}
	}
	return cargoworld.Grammar{}
}

// Compare is negative where a comes before b.
func Compare(e assay.Ecosystem, a, b string) int {
	x, y := isVersion(e, a), isVersion(e, b)
	switch {
	case x && y:
		if c := grammarOf(e).Compare(a, b); c != 0 {
			return c
		}
	case x:
		return 1
	case y:
		return -1
	}
	return strings.Compare(a, b)
}

// Prerelease tells versions that are chosen only where there is no other. A
// snapshot of Maven's is one; so is what is no version at all.
func Prerelease(e assay.Ecosystem, version string) bool {
	return !isVersion(e, version) || grammarOf(e).Prerelease(version)
}

// Newest is the highest release, else the highest of all; "" of none.
func Newest(e assay.Ecosystem, versions []string) string {
	best := ""
	for i, v := range versions {
		better := Prerelease(e, best) && !Prerelease(e, v) ||
			Prerelease(e, best) == Prerelease(e, v) && Compare(e, v, best) > 0
		if i == 0 || better {
			best = v
		}
	}
	return best
}

// isVersion tells what the grammar can read as a version.
func isVersion(e assay.Ecosystem, text string) bool {
	if text == "" || len(text) > longest {
		return false
	}
	_, err := grammarOf(e).Version(text)
	return err == nil
}
