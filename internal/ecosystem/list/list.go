// Package list is the one explicit table of all ecosystems. Adding one is a
// folder beside this one and a line here; nothing registers itself.
//
// A Table answers for the whole table: which Grammar an ecosystem has, and
// what a package URL means once it has been parsed and normalised.
package list

import (
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/ecosystem/maven"
	"assay.invalid/internal/ecosystem/npm"
	"assay.invalid/internal/ecosystem/pypi"
)

// Config is what the ecosystems need to know of this machine.
type Config struct {
	// SumDB is Go's checksum database; nil: none vouches for modules.
	SumDB *golang.SumDB
}

// Adapters returns every ecosystem that Assay speaks, in the order in which
// people are told of them.
func Adapters(cfg Config) []ecosystem.Adapter {
	return []ecosystem.Adapter{
		npm.New(),
		golang.New(golang.Config{SumDB: cfg.SumDB}),
		pypi.New(),
		cargo.New(),
		maven.New(),
	}
}

// Table finds adapters. It is immutable and safe for concurrent use.
type Table struct {
	adapters []ecosystem.Adapter
}

// NewTable makes a table of adapters; nothing is checked here, the tests of
// this package do.
func NewTable(adapters []ecosystem.Adapter) *Table {
	return &Table{adapters: slices.Clone(adapters)}
}

// Adapters returns all, in order.
func (t *Table) Adapters() []ecosystem.Adapter { return slices.Clone(t.adapters) }

// Place returns the adapter whose default registry has the name.
func (t *Table) Place(name string) (ecosystem.Adapter, bool) {
	for _, a := range t.adapters {
		if a.Place() == name {
			return a, true
		}
	}
	return nil, false
}

// Places returns the names of the default registries, in order.
func (t *Table) Places() []string {
	names := make([]string, len(t.adapters))
	for i, a := range t.adapters {
		names[i] = a.Place()
	}
	return names
}

// Ecosystem returns the adapter of an ecosystem.
func (t *Table) Ecosystem(eco assay.Ecosystem) (ecosystem.Adapter, bool) {
	for _, a := range t.adapters {
		if a.Ecosystem() == eco {
			return a, true
		}
	}
	return nil, false
}

// Grammar returns the grammar of an ecosystem.
func (t *Table) Grammar(eco assay.Ecosystem) (assay.Grammar, bool) {
	a, ok := t.Ecosystem(eco)
	if !ok {
		return nil, false
	}
	return a.Grammar(), true
}

// Normalise reads a package URL and spells its name and version as its
// ecosystem does. Errors are Invalid and say what to write instead.
func (t *Table) Normalise(purl string) (assay.Coordinate, error) {
	c, err := assay.ParseCoordinate(purl)
	if err != nil {
		return assay.Coordinate{}, err
	}
	grammar, ok := t.Grammar(c.Ecosystem)
	if !ok {
		return assay.Coordinate{}, assay.Errorf(assay.Invalid, "%q is of an ecosystem that Assay does not know: it knows %s",
			purl, t.known())
	}
	if c.Name, err = grammar.Name(c.Name); err != nil {
		return assay.Coordinate{}, err
	}
	if c.Version == "" {
		return c, nil
	}
	if c.Version, err = grammar.Version(c.Version); err != nil {
		return assay.Coordinate{}, err
	}
	return c, nil
}

func (t *Table) known() string {
	types := make([]string, len(t.adapters))
	for i, a := range t.adapters {
		types[i] = "pkg:" + string(a.Ecosystem()) + "/"
	}
	return strings.Join(types, ", ")
}
