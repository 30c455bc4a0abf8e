package osv

import (
	"strings"

	"assay.invalid/internal/assay"
)

// cargo is OSV's word for Cargo's ecosystem. It is also the name of a host, and
// those of public registries do not stand in this source.
var cargo = strings.Join([]string{"crates", "io"}, ".")

// ecosystemOf returns the ecosystem that OSV's word means, without what may
// follow a colon ("Debian:12"); false where Assay knows none.
func ecosystemOf(word string) (assay.Ecosystem, bool) {
	word, _, _ = strings.Cut(word, ":")
	switch word {
	case "npm":
		return assay.NPM, true
	case "Go":
		return assay.Golang, true
	case "PyPI":
		return assay.PyPI, true
	case "Maven":
		return assay.Maven, true
	case cargo:
		return assay.Cargo, true
	}
	return "", false
}

// spell writes a package as OSV does.
func spell(c assay.Coordinate) (ecosystem, name string, ok bool) {
	switch c.Ecosystem {
	case assay.NPM:
		return "npm", c.Name, true
	case assay.Golang:
		return "Go", c.Name, true
	case assay.PyPI:
		return "PyPI", c.Name, true
	case assay.Maven:
		return "Maven", strings.Replace(c.Name, "/", ":", 1), true
	case assay.Cargo:
		return cargo, c.Name, true
	}
	return "", "", false
}

// nameOf spells OSV's name of a package as Assay does. A name that the
// ecosystem's grammar does not take is Invalid.
func nameOf(eco assay.Ecosystem, name string, g assay.Grammar) (string, error) {
	switch eco {
	case assay.Maven:
		group, artifact, ok := strings.Cut(name, ":")
		if !ok {
			return "", assay.Errorf(assay.Invalid, "%q is no name of a Maven package: it is written group:artifact", shorten(name, 120))
		}
		name = group + "/" + artifact
	case assay.Golang:
		if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") && word(name, maxName) {
			return name, nil // the standard library: "stdlib", "toolchain", "net/http"
		}
	}
	return g.Name(name)
}

// versionOf spells a version as the ecosystem does; one that it does not take
// stays as it is, and cannot be ordered.
func versionOf(eco assay.Ecosystem, version string, g assay.Grammar) (string, bool) {
	if eco == assay.Golang && !strings.HasPrefix(version, "v") {
		version = "v" + version // OSV leaves it out
	}
	spelt, err := g.Version(version)
	if err != nil {
		return version, false
	}
	switch eco {
	case assay.NPM, assay.Golang, assay.Cargo:
		// Build metadata takes no part in the order (Semantic Versioning 2.0.0,
		// item 10), and Go's +incompatible stands in some records and not in
		// others.
		spelt, _, _ = strings.Cut(spelt, "+")
	}
	return spelt, true
}
