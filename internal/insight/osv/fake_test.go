package osv

import (
	"testing"

	"assay.invalid/internal/assay"
	cargowire "assay.invalid/internal/ecosystem/cargo/wire"
	gowire "assay.invalid/internal/ecosystem/golang/wire"
	mavenwire "assay.invalid/internal/ecosystem/maven/wire"
	npmwire "assay.invalid/internal/ecosystem/npm/wire"
	pypiwire "assay.invalid/internal/ecosystem/pypi/wire"
)

func testGrammars(eco assay.Ecosystem) (assay.Grammar, bool) {
	g, ok := map[assay.Ecosystem]assay.Grammar{assay.NPM: npmwire.Grammar{}, assay.Golang: gowire.Grammar{}, assay.PyPI: pypiwire.Grammar{},
		assay.Cargo: cargowire.Grammar{}, assay.Maven: mavenwire.Grammar{}}[eco]
	return g, ok
}

func coordinate(t *testing.T, purl string) assay.Coordinate {
	t.Helper()
	c, err := assay.ParseCoordinate(purl)
	if err != nil {
		t.Fatal(err)
	}
	g, ok := testGrammars(c.Ecosystem)
	if !ok {
		t.Fatal(purl)
	}
	if name, err := g.Name(c.Name); err == nil {
		c.Name = name
	}
	return c
}
