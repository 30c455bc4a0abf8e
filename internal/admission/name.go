package admission

import (
	"context"

	"assay.invalid/internal/assay"
)

// nameStep asks the ecosystem whether the name may be a new one. Rules for
// new names are stricter than those for reading: what was allowed years ago
// (capitals, names of built-in modules) confuses people and tools today.
type nameStep struct{}

func (nameStep) Name() string { return "name" }

func (nameStep) Check(_ context.Context, c *Candidate) error {
	canonical, err := c.Grammar.Name(c.Coordinate.Name)
	if err != nil {
		return err
	}
	// Two spellings of one name would be two packages to some readers.
	if canonical != c.Coordinate.Name {
		return assay.Errorf(assay.Invalid, "the name is written %q here: publish it so", canonical)
	}
	return c.Admissible(c.Coordinate.Name, c.Coordinate.Version)
}
