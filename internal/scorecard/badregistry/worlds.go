package badregistry

import (
	"regexp"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// world is what the registry knows of one ecosystem.
type world struct {
	ecosystem assay.Ecosystem
	at        string // where it is served
	// first and second begin the names of two parties: the publisher holds
	// the first, the stranger the second. Where names have namespaces these
	// are proven ones. In the first, people who signed up may make packages
	// too.
	first, second     string
	reserved, popular []string
}

// worlds are all of them, in the order in which they are furnished.
func worlds() []world {
	return []world{
		{assay.NPM, "/npm/", "@trial/", "@other/", reservedNPM, popularNPM},
		{assay.Golang, "/go/", "trial.example/", "other.example/", nil, popularGolang},
		{assay.PyPI, "/pypi/", "trial-", "other-", reservedPyPI, popularPyPI},
		{assay.Cargo, "/cargo/", "trial-", "other-", reservedCargo, popularCargo},
		{assay.Maven, "/maven/", "example.trial/", "example.other/", reservedMaven, popularMaven},
	}
}

func worldOf(e assay.Ecosystem) world {
	for _, w := range worlds() {
		if w.ecosystem == e {
			return w
		}
	}
	return world{ecosystem: e}
}

func known(e assay.Ecosystem) bool { return worldOf(e).at != "" }

var (
	namesPyPI     = regexp.MustCompile(`^([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9])$`)
	versionsPyPI  = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?$`)
	namesCargo    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)
	versionsCargo = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
	namesMaven    = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*/[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
	versionsMaven = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._+-]*$`)
)

// spelling refuses names and versions that clients could not ask for.
func (w world) spelling(name, number string) error {
	names, versions := namesPyPI, versionsPyPI
	switch w.ecosystem {
	case assay.Cargo:
		names, versions = namesCargo, versionsCargo
	case assay.Maven:
		names, versions = namesMaven, versionsMaven
	}
	switch {
	case !names.MatchString(name):
		return assay.Errorf(assay.Invalid, "%q is no name of %s", name, w.ecosystem)
	case !versions.MatchString(number):
		return assay.Errorf(assay.Invalid, "%q is no version of %s", number, w.ecosystem)
	}
	return nil
}

// normalPyPI is a name as addresses have it (PEP 503).
func normalPyPI(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return strings.ContainsRune("-_.", c) })
	return strings.Join(words, "-")
}

// escapedPyPI is a name as it stands in the names of files.
func escapedPyPI(name string) string { return strings.ReplaceAll(normalPyPI(name), "-", "_") }

// isGzip tells source archives and crates from wheels and jars.
func isGzip(content []byte) bool {
	return slices.Equal(content[:min(len(content), 2)], []byte{0x1f, 0x8b})
}
